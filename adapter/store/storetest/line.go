package storetest

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func front(t subject, n int, now time.Time) []adapter.LineItem {
	t.Helper()
	return get(t, func(tx service.Tx) ([]adapter.LineItem, error) { return tx.Front(queueA, n, now) })
}

func place(t subject, item string, now time.Time) int {
	t.Helper()
	return get(t, func(tx service.Tx) (int, error) { return tx.Place(item, now) })
}

func size(t subject, queue adapter.QueueID, now time.Time) int {
	t.Helper()
	return get(t, func(tx service.Tx) (int, error) { return tx.Size(queue, now) })
}

// mixedLine puts two calls and three callbacks into queue A, one into B, and
// returns queue A's line as it must be.
func mixedLine(t subject) []adapter.LineItem {
	t.Helper()
	at := func(seconds int) time.Time { return start().Add(time.Duration(seconds) * time.Second) }
	call := func(id adapter.CallID, priority int, queued time.Time) {
		saveCalls(t, adapter.Call{ID: id, Source: "pbx", Queue: queueA, State: adapter.CallWaiting, Priority: priority, QueuedAt: queued})
	}
	callback := func(id adapter.CallbackID, number string, queue adapter.QueueID, priority int, queued time.Time) {
		c := pending(id, phone(t, number), queue, queued)
		c.Priority = priority
		save(t, c)
	}
	callback("cb-late", "+12025550101", queueA, 0, at(50))
	call("call-urgent", 10, at(60))
	callback("cb-first", "+12025550102", queueA, 0, at(10))
	call("call-between", 0, at(20))
	callback("cb-low", "+12025550103", queueA, -5, at(0))
	callback("cb-elsewhere", "+12025550104", queueB, 99, at(0))
	return []adapter.LineItem{
		{Call: "call-urgent", Priority: 10, QueuedAt: at(60)},
		{Callback: "cb-first", QueuedAt: at(10)},
		{Call: "call-between", QueuedAt: at(20)},
		{Callback: "cb-late", QueuedAt: at(50)},
		{Callback: "cb-low", Priority: -5, QueuedAt: at(0)},
	}
}

func line() map[string]check {
	return map[string]check{
		"higher priority stands first, then who queued earlier, calls and callbacks alike": func(t subject) {
			want := mixedLine(t)
			equal(t, front(t, 10, start()), want)
			equal(t, front(t, 2, start()), want[:2])
			equal(t, size(t, queueA, start()), 5)
			for i, item := range want {
				equal(t, place(t, string(item.Call)+string(item.Callback), start()), i+1)
			}
		},
		"each queue has a line of its own": func(t subject) {
			mixedLine(t)
			equal(t, size(t, queueB, start()), 1)
			equal(t, place(t, "cb-elsewhere", start()), 1)
		},
		"nobody stands in an unknown queue": func(t subject) {
			equal(t, front(t, 10, start()), []adapter.LineItem(nil))
			equal(t, size(t, queueA, start()), 0)
			equal(t, place(t, "nobody", start()), 0)
		},
		"those who came in the same instant have different places": func(t subject) {
			seen := map[int]bool{}
			for i := range 3 {
				id := adapter.CallbackID(fmt.Sprint("cb-", i))
				save(t, pending(id, phone(t, fmt.Sprint("+1202555010", i)), queueA, start()))
			}
			for i := range 3 {
				seen[place(t, fmt.Sprint("cb-", i), start())] = true
			}
			equal(t, seen, map[int]bool{1: true, 2: true, 3: true})
		},
		"a call leaves the line when it is taken, moves, ends or opts in": func(t subject) {
			for name, change := range map[string]func(*adapter.Call){
				"taken":    func(c *adapter.Call) { c.State = adapter.CallTaken },
				"moved":    func(c *adapter.Call) { c.State = adapter.CallMoved },
				"ended":    func(c *adapter.Call) { c.State = adapter.CallOver },
				"opted in": func(c *adapter.Call) { c.Callback = "callback-1" },
			} {
				c := waitingCall("call-1", time.Time{})
				saveCalls(t, c)
				equal(t, place(t, "call-1", start()), 1)
				change(&c)
				saveCalls(t, c)
				if got := place(t, "call-1", start()); got != 0 {
					t.Errorf("%s: place %d", name, got)
				}
			}
		},
		"a call that changes its queue or priority changes its place": func(t subject) {
			mixedLine(t)
			c := waitingCall("call-1", time.Time{})
			saveCalls(t, c)
			equal(t, place(t, "call-1", start()), 2)
			c.Priority = 20
			saveCalls(t, c)
			equal(t, place(t, "call-1", start()), 1)
			c.Queue = queueB
			saveCalls(t, c)
			equal(t, place(t, "call-1", start()), 2)
			equal(t, size(t, queueA, start()), 5)
		},
		"a callback stands in line as Callback.HoldsPlace says": holdsPlace,
		"a callback that waits for its retry comes into line by time alone": func(t subject) {
			c := pending("cb", phone(t, "+33155501234"), queueA, start())
			c.InLineFrom = start().Add(time.Minute)
			save(t, c)
			before, after := c.InLineFrom.Add(-time.Microsecond), c.InLineFrom
			equal(t, []int{size(t, queueA, before), place(t, "cb", before), len(front(t, 1, before))}, []int{0, 0, 0})
			equal(t, []int{size(t, queueA, after), place(t, "cb", after), len(front(t, 1, after))}, []int{1, 1, 1})
		},
		"each of a long line is counted where it stands":             longLine,
		"who holds no place yet is counted by nobody in a long line": laterInLine,
		"what is taken back leaves no trace in line": func(t subject) {
			want := mixedLine(t)
			do(t, func(tx service.Tx) error {
				_ = tx.Savepoint(func() error {
					if err := tx.SaveCall(waitingCall("call-1", time.Time{})); err != nil {
						return err
					}
					return errRefused
				})
				return nil
			})
			equal(t, front(t, 10, start()), want)
		},
	}
}

// holdsPlace tries each state, held and freed.
func holdsPlace(t subject) {
	c := save(t, pending("cb", phone(t, "+33155501234"), queueA, start()))
	for _, state := range adapter.States() {
		for _, c.HeldBy = range []adapter.CallID{"", "call-2"} {
			for _, c.PlaceFreed = range []bool{false, true} {
				c.State = state
				c = save(t, c)
				want := 0
				if c.HoldsPlace(start()) {
					want = 1
				}
				if got := place(t, "cb", start()); got != want {
					t.Errorf("%s, held by %q, freed %v: place %d, want %d", state, c.HeldBy, c.PlaceFreed, got, want)
				}
			}
		}
	}
}

func representatives() map[string]check {
	available := func(t subject, queue adapter.QueueID) int {
		t.Helper()
		return get(t, func(tx service.Tx) (int, error) { return tx.Available(queue) })
	}
	return map[string]check{
		"none are free in a queue of which nobody said": func(t subject) {
			equal(t, available(t, queueA), 0)
		},
		"the last report counts, each queue for itself": func(t subject) {
			for _, n := range []int{3, 5, 2} {
				do(t, func(tx service.Tx) error { return tx.SetAvailable(queueA, n) })
			}
			do(t, func(tx service.Tx) error { return tx.SetAvailable(queueB, 7) })
			equal(t, []int{available(t, queueA), available(t, queueB)}, []int{2, 7})
		},
	}
}
