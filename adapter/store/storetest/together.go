package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// rounds are how often functions meet that could be in each other's way.
const rounds = 40

// meet runs functions at once, each of which must succeed.
func meet(t subject, functions ...func(service.Tx) error) {
	t.Helper()
	errs := make([]error, len(functions))
	var group sync.WaitGroup
	for i, f := range functions {
		group.Go(func() { errs[i] = t.update(t.Context(), f) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// together are what functions that run at once owe each other: all happens as if
// one came after the other.
func together() map[string]check {
	return map[string]check{
		"changes of one callback follow each other": func(t subject) {
			c := save(t, pending("callback-1", phone(t, "+33155501234"), queueA, start()))
			ring := func(tx service.Tx) error {
				c, err := tx.Callback(c.ID)
				if err != nil {
					return err
				}
				c.Rings++
				_, err = tx.SaveCallback(c, adapter.History{At: start(), Event: "test", To: c.State})
				return err
			}
			for range rounds {
				meet(t, ring, ring, ring)
			}
			got := get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(c.ID) })
			if got.Rings != 3*rounds {
				t.Errorf("%d rings of %d are left", got.Rings, 3*rounds)
			}
		},
		"functions that need the same things in another order all succeed": func(t subject) {
			calls := []adapter.CallID{"a", "b", "c", "d"}
			count := func(shift int) func(service.Tx) error {
				return func(tx service.Tx) error {
					for i := range calls {
						c, err := tx.Call(calls[(i*shift+shift)%len(calls)])
						if err != nil {
							return err
						}
						c.Sequence++
						if err := tx.SaveCall(c); err != nil {
							return err
						}
					}
					return nil
				}
			}
			for _, id := range calls {
				saveCalls(t, waitingCall(id, start()))
			}
			for range rounds {
				meet(t, count(1), count(3), count(1), count(3))
			}
			for _, id := range calls {
				c := get(t, func(tx service.Tx) (adapter.Call, error) { return tx.Call(id) })
				if c.Sequence != 4*rounds {
					t.Errorf("call %s was counted %d times, want %d", id, c.Sequence, 4*rounds)
				}
			}
		},
		"a number is promised a callback or is on the line, when each asks for the other first": func(t subject) {
			for n := range rounds {
				number := phone(t, fmt.Sprintf("+120255501%02d", n))
				call := waitingCall(adapter.CallID(fmt.Sprint("call-", n)), start())
				call.From = number
				meet(t, func(tx service.Tx) error {
					if all, err := tx.PendingOf(number); err != nil || len(all) > 0 {
						return err
					}
					return tx.SaveCall(call)
				}, func(tx service.Tx) error {
					if live, err := tx.LiveCall(number, ""); err != nil || live != "" {
						return err
					}
					return trySave(pending(adapter.CallbackID(fmt.Sprint("callback-", n)), number, queueA, start()))(tx)
				})
				promised := get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.PendingOf(number) })
				live := get(t, func(tx service.Tx) (adapter.CallID, error) { return tx.LiveCall(number, "") })
				if (len(promised) > 0) == (live != "") {
					t.Fatalf("round %d: %d promises, live call %q", n, len(promised), live)
				}
			}
		},
		"an event is parked before what it waits for comes, or finds it": func(t subject) {
			for n := range rounds {
				id, found := adapter.CallID(fmt.Sprint("call-", n)), false
				event := parkedEvent(int64(n+1), "call/"+string(id))
				var unparked []adapter.Parked
				meet(t, func(tx service.Tx) error {
					_, err := tx.Call(id)
					if found = err == nil; errors.Is(err, adapter.ErrNotFound) {
						return tx.Park(event)
					}
					return err
				}, func(tx service.Tx) (err error) {
					if err := tx.SaveCall(waitingCall(id, start())); err != nil {
						return err
					}
					unparked, err = tx.Unpark(event.WaitsFor)
					return err
				})
				if found == (len(unparked) > 0) {
					t.Fatalf("round %d: the call was found: %v, events that had waited: %d", n, found, len(unparked))
				}
			}
		},
		"a line that two change has one front":                                  frontOfTwo,
		"two who count before they add do not both take the last of a capacity": lastOfCapacity,
		"the wait of a parked event is ended once":                              endedOnce,
		"what two purge is purged once, and nothing that came back to life":     purgedOnce,
		"an entry is claimed once": func(t subject) {
			const takers = 4
			by := leased(t, "me")
			for n := range rounds {
				send(t, entry(fmt.Sprint("entry-", n), adapter.OutgoingDeliver))
				var taken [takers]int
				var functions []func(service.Tx) error
				for i := range takers {
					functions = append(functions, func(tx service.Tx) error {
						taken[i] = 0
						all, err := tx.Leaving(adapter.OutgoingDeliver, start(), 10)
						for _, o := range all {
							taken[i]++
							err = errors.Join(err, tx.Claim(by, o))
						}
						return err
					})
				}
				meet(t, functions...)
				if sum := taken[0] + taken[1] + taken[2] + taken[3]; sum != 1 {
					t.Fatalf("round %d: claimed %v", n, taken)
				}
			}
		},
		"of two who answer one idempotency key the second sees the first": func(t subject) {
			for n := range rounds {
				key, first := fmt.Sprint("key-", n), [2]bool{}
				answer := func(i int) func(service.Tx) error {
					return func(tx service.Tx) error {
						_, answer, err := tx.Answer("client", key)
						if first[i] = answer == ""; err != nil || !first[i] {
							return err
						}
						return tx.SaveAnswer("client", key, "request", "answer", start())
					}
				}
				meet(t, answer(0), answer(1))
				if first[0] == first[1] {
					t.Fatalf("round %d: first %v", n, first)
				}
			}
		},
		"an event that comes twice at once is new once": func(t subject) {
			for n := range rounds {
				var isNew [3]bool
				see := func(i int) func(service.Tx) error {
					return func(tx service.Tx) (err error) {
						isNew[i], err = tx.FirstTime("pbx", strconv.Itoa(n), start())
						return err
					}
				}
				meet(t, see(0), see(1), see(2))
				if isNew != [3]bool{true} && isNew != [3]bool{false, true} && isNew != [3]bool{false, false, true} {
					t.Fatalf("round %d: new %v", n, isNew)
				}
			}
		},
	}
}

// frontOfTwo lets the first two of a line leave at once. Whoever comes second must
// see the third in front, or nobody would ever release it.
func frontOfTwo(t subject) {
	for n := range rounds {
		queue := adapter.QueueID(fmt.Sprint("queue-", n))
		call := func(i int) adapter.Call {
			c := waitingCall(adapter.CallID(fmt.Sprint("call-", n, "-", i)), start())
			c.Queue, c.Priority = queue, -i
			return c
		}
		saveCalls(t, call(0), call(1), call(2))
		var front [2]adapter.CallID
		leave := func(i int) func(service.Tx) error {
			return func(tx service.Tx) error {
				c := call(i)
				c.State = adapter.CallTaken
				if err := tx.SaveCall(c); err != nil {
					return err
				}
				items, err := tx.Front(queue, 1, start())
				if err == nil && len(items) > 0 {
					front[i] = items[0].Call
				}
				return err
			}
		}
		meet(t, leave(0), leave(1))
		if third := call(2).ID; front[0] != third && front[1] != third {
			t.Fatalf("round %d: in front were %v", n, front)
		}
	}
}

// endedOnce has two replicas end the wait of an event at the moment at which what it
// waits for comes.
func endedOnce(t subject) {
	for n := range rounds {
		event := parkedEvent(int64(n+1), fmt.Sprint("call/", n))
		park(t, event)
		var ended [3]int
		end := func(i int) func(service.Tx) error {
			return func(tx service.Tx) error {
				ended[i] = 0
				all, err := tx.ParkedBefore(event.Until, 10)
				for _, p := range all {
					ended[i]++
					err = errors.Join(err, tx.Unparked(p.Source, p.ID))
				}
				return err
			}
		}
		meet(t, end(0), end(1), func(tx service.Tx) error {
			all, err := tx.Unpark(event.WaitsFor)
			ended[2] = len(all)
			return err
		})
		if ended[0]+ended[1]+ended[2] != 1 {
			t.Fatalf("round %d: ended %v", n, ended)
		}
	}
}

// purgedOnce has two replicas purge while a callback that ended is taken up again by a
// third, and the id of a call that is over comes to name another.
func purgedOnce(t subject) {
	for n := range rounds {
		ended := pending(adapter.CallbackID(fmt.Sprint("ended-", n)), phone(t, fmt.Sprintf("+120255501%02d", n)), queueA, start())
		ended.State = adapter.StateFailed
		again := ended
		again.ID = adapter.CallbackID(fmt.Sprint("again-", n))
		ended, again = save(t, ended), save(t, again)
		over := waitingCall(adapter.CallID(fmt.Sprint("call-", n)), start())
		over.State = adapter.CallOver
		saveCalls(t, over)
		live := over
		live.State, live.ChangedAt = adapter.CallWaiting, start().Add(2*time.Hour)
		var purged [2]int
		purge := func(i int) func(service.Tx) error {
			return func(tx service.Tx) (err error) {
				purged[i], err = tx.Purge(start().Add(time.Hour), 10)
				return err
			}
		}
		meet(t, purge(0), purge(1), func(tx service.Tx) error {
			c, err := tx.Callback(again.ID)
			if err != nil || c.Phone.IsZero() {
				return err
			}
			c.State, c.Since = adapter.StateWaiting, start().Add(2*time.Hour)
			_, err = tx.SaveCallback(c, adapter.History{At: c.Since, Event: "test", To: c.State})
			return err
		}, func(tx service.Tx) error {
			if _, err := tx.Call(over.ID); err != nil && !errors.Is(err, adapter.ErrNotFound) {
				return err
			}
			return tx.SaveCall(live)
		})
		if sum := purged[0] + purged[1]; sum > 3 { // 2 callbacks and 1 call, by two
			t.Fatalf("round %d: purged %v", n, purged)
		}
		c := get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(again.ID) })
		if c.State.Ended() != c.Phone.IsZero() {
			t.Fatalf("round %d: the callback is %s, without its number: %v", n, c.State, c.Phone.IsZero())
		}
		equal(t, get(t, func(tx service.Tx) (adapter.Call, error) { return tx.Call(live.ID) }), live)
		for left := 1; left > 0; { // what was left to the other
			left = get(t, func(tx service.Tx) (int, error) { return tx.Purge(start().Add(time.Hour), 10) })
		}
		if c := get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(ended.ID) }); !c.Phone.IsZero() {
			t.Fatalf("round %d: the number is left", n)
		}
	}
}
