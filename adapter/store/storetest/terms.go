package storetest

import (
	"fmt"
	"strconv"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func pauses() map[string]check {
	read := func(t subject) []adapter.Pause {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.Pause, error) { return tx.Pauses() })
	}
	keep := func(t subject, all ...adapter.Pause) {
		t.Helper()
		for _, p := range all {
			do(t, func(tx service.Tx) error { return tx.SavePause(p) })
		}
	}
	queue := adapter.Pause{Paused: adapter.Paused{Queue: queueA}, Since: start(), By: "ada", Reason: "fire drill"}
	configuration := adapter.Pause{
		Paused: adapter.Paused{Configuration: "config-1"}, Since: start(), Until: start().Add(time.Minute), Reason: "403: no privilege",
	}
	return map[string]check{
		"nothing is paused at first": func(t subject) {
			equal(t, read(t), []adapter.Pause(nil))
		},
		"a pause of a queue and one of a configuration come back as they were saved": func(t subject) {
			keep(t, queue, configuration)
			equal(t, read(t), []adapter.Pause{configuration, queue})
		},
		"a pause takes the place of the one before": func(t subject) {
			keep(t, queue, configuration)
			later := configuration
			later.Until, later.Reason = start().Add(time.Hour), "401"
			keep(t, later)
			equal(t, read(t), []adapter.Pause{later, queue})
		},
		"what is resumed is not paused, and the other is": func(t subject) {
			keep(t, queue, configuration)
			do(t, func(tx service.Tx) error { return tx.Resume(queue.Paused) })
			equal(t, read(t), []adapter.Pause{configuration})
		},
		"what is not paused cannot be resumed": func(t subject) {
			keep(t, configuration)
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { return tx.Resume(queue.Paused) })
			equal(t, read(t), []adapter.Pause{configuration})
		},
	}
}

// linesToLook are lines that want a look without any event.
func linesToLook() map[string]check {
	at := func(minutes int) time.Time { return start().Add(time.Duration(minutes) * time.Minute) }
	look := func(t subject, queue adapter.QueueID, at time.Time) {
		t.Helper()
		do(t, func(tx service.Tx) error { return tx.LookAtLine(queue, at) })
	}
	due := func(t subject, now time.Time, limit int) []adapter.QueueID {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.QueueID, error) { return tx.LinesToLook(now, limit) })
	}
	next := func(t subject) time.Time {
		t.Helper()
		return get(t, func(tx service.Tx) (adapter.NextWork, error) { return tx.NextWork() }).Look
	}
	return map[string]check{
		"no line wants a look at first": func(t subject) {
			equal(t, due(t, at(99), 9), []adapter.QueueID(nil))
		},
		"lines are looked at in their time, the longest overdue first": func(t subject) {
			look(t, queueA, at(5))
			look(t, queueB, at(3))
			equal(t, due(t, at(3), 9), []adapter.QueueID{queueB})
			equal(t, due(t, at(2), 9), []adapter.QueueID(nil))
			equal(t, due(t, at(5), 9), []adapter.QueueID{queueB, queueA})
			equal(t, due(t, at(5), 1), []adapter.QueueID{queueB})
			equal(t, next(t), at(3))
		},
		"a line that was looked at wants no look any more": func(t subject) {
			look(t, queueA, at(5))
			equal(t, next(t), at(5))
			look(t, queueA, at(7))
			equal(t, next(t), at(7))
			look(t, queueA, time.Time{})
			equal(t, due(t, at(99), 9), []adapter.QueueID(nil))
			equal(t, next(t), time.Time{})
		},
		"a look at a line and the representatives of its queue leave each other alone": func(t subject) {
			do(t, func(tx service.Tx) error { return tx.SetAvailable(queueA, 3) })
			look(t, queueA, at(5))
			equal(t, get(t, func(tx service.Tx) (int, error) { return tx.Available(queueA) }), 3)
			do(t, func(tx service.Tx) error { return tx.SetAvailable(queueA, 4) })
			equal(t, next(t), at(5))
		},
	}
}

// averages are what is counted of a queue's callbacks.
func averages() map[string]check {
	accepted := func(callback adapter.CallbackID, number int, after time.Duration) adapter.Attempt {
		return adapter.Attempt{Callback: callback, Number: number, SentAt: start(), AcceptedAt: start().Add(after)}
	}
	type average struct {
		Is time.Duration
		N  int
	}
	read := func(t subject, queue adapter.QueueID, since time.Time) average {
		t.Helper()
		return get(t, func(tx service.Tx) (a average, err error) {
			a.Is, a.N, err = tx.Acceptance(queue, since)
			return a, err
		})
	}
	return map[string]check{
		"the time to acceptance is averaged over what was accepted in a queue since then": func(t subject) {
			save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			save(t, pending("2", phone(t, "+33155501235"), queueB, start()))
			for _, a := range []adapter.Attempt{
				accepted("1", 1, time.Minute), accepted("1", 2, 3*time.Minute), accepted("2", 1, time.Hour), {Callback: "1", Number: 3, SentAt: start()},
			} {
				do(t, func(tx service.Tx) error { return tx.SaveAttempt(a) })
			}
			equal(t, read(t, queueA, start()), average{2 * time.Minute, 2})
			equal(t, read(t, queueA, start().Add(3*time.Minute)), average{3 * time.Minute, 1})
			equal(t, read(t, queueA, start().Add(4*time.Minute)), average{})
			equal(t, read(t, "nowhere", start()), average{})
		},
		"the pending callbacks of a queue are counted": func(t subject) {
			count := func(queue adapter.QueueID) int {
				return get(t, func(tx service.Tx) (int, error) { return tx.PendingIn(queue) })
			}
			for i, state := range adapter.States() {
				c := pending(adapter.CallbackID(strconv.Itoa(i)), phone(t, fmt.Sprintf("+120255501%02d", i)), queueA, start())
				c.State = state
				save(t, c)
			}
			equal(t, count(queueA), 10)
			equal(t, count(queueB), 0)
		},
		"decisions about a call are listed, the first first": func(t subject) {
			want := []adapter.Judgement{
				{At: start(), Moment: "pre-queue", Verdict: "act", Trace: []byte(`[{"number":1}]`)},
				{At: start().Add(time.Second), Moment: "offer", Verdict: "NotOffered", Trace: []byte(`{"refused":"the queue is paused"}`)},
			}
			for _, j := range []adapter.Judgement{want[1], want[0]} {
				do(t, func(tx service.Tx) error { return tx.SaveDecision("call-1", j.At, j.Moment, j.Verdict, j.Trace) })
			}
			equal(t, get(t, func(tx service.Tx) ([]adapter.Judgement, error) { return tx.Decisions("call-1") }), want)
			equal(t, get(t, func(tx service.Tx) ([]adapter.Judgement, error) { return tx.Decisions("call-2") }), []adapter.Judgement(nil))
		},
	}
}

// lastOfCapacity lets two numbers race for the one callback that a queue still takes:
// each counts and then adds.
func lastOfCapacity(t subject) {
	for n := range rounds {
		queue := adapter.QueueID(fmt.Sprint("queue-", n))
		take := func(i int) func(service.Tx) error {
			number := phone(t, fmt.Sprintf("+12025550%d%02d", i+1, n))
			return func(tx service.Tx) error {
				if count, err := tx.PendingIn(queue); err != nil || count > 0 {
					return err
				}
				c := pending(adapter.CallbackID(fmt.Sprint("callback-", n, "-", i)), number, queue, start())
				c.State = adapter.StateScheduled // which stands in no line
				return trySave(c)(tx)
			}
		}
		meet(t, take(0), take(1))
		if count := get(t, func(tx service.Tx) (int, error) { return tx.PendingIn(queue) }); count != 1 {
			t.Fatalf("round %d: %d callbacks", n, count)
		}
	}
}
