package service_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

func TestCommandsLeaveOnceEachAndInOrderAfterTheBusRecovers(t *testing.T) {
	virtual(t, func(w *world) {
		w.bus.set(func(b *bus) { b.publish = func([]adapter.Command) error { return errDown } })
		var want []adapter.CallID
		for n := range 5 {
			call := adapter.CallID(fmt.Sprint("call-", n))
			w.rings(call, billing, w.phone())
			want = append(want, call)
			w.pass(time.Second)
		}
		w.until(60 * time.Second)
		w.bus.set(func(b *bus) { b.publish = nil })
		w.until(90 * time.Second)
		var got []adapter.CallID
		ids := map[string]int{}
		for _, a := range w.bus.arrived {
			got = append(got, a.Call)
			ids[a.ID]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("arrived (-want +got):\n%s", diff)
		}
		if len(ids) != len(want) {
			t.Errorf("ids %v", ids)
		}
	})
}

func TestOfferThatIsTooLateDoesNotLeave(t *testing.T) {
	virtual(t, func(w *world) {
		published := 0
		w.bus.set(func(b *bus) { b.publish = func([]adapter.Command) error { return errDown } })
		w.rings("a", billing, w.phone())
		w.until(31 * time.Second)
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.until(5 * time.Minute)
		w.bus.set(func(b *bus) {
			b.publish = func(c []adapter.Command) error {
				if published++; len(c) == 0 {
					return errors.New("there is nothing to publish")
				}
				return nil
			}
		})
		w.pass(5 * time.Minute)
		if published != 0 || len(w.bus.commands("a")) != 0 {
			t.Errorf("published %d times", published)
		}
		if n := see(w, tally).Leaving; n != 0 {
			t.Errorf("%d entries still wait", n)
		}
	})
}

func TestCommandsLeaveAfterARestart(t *testing.T) {
	virtual(t, func(w *world) {
		w.bus.set(func(b *bus) { b.publish = func([]adapter.Command) error { return errDown } })
		w.rings("a", billing, w.phone())
		w.until(31 * time.Second)
		w.halt()
		w.bus.set(func(b *bus) { b.publish = nil })
		w.start()
		if n := len(w.bus.commands("a")); n != 1 {
			t.Errorf("%d commands", n)
		}
	})
}

// As the publisher of the bus does it: what follows a bad command in its session
// was not sent either.
func TestCommandThatCanNeverBeSentIsTheOnlyOneNotToLeave(t *testing.T) {
	for name, wrap := range map[string]func(error) error{
		"alone":              func(err error) error { return err },
		"joined":             func(err error) error { return errors.Join(err, nil) },
		"joined and wrapped": func(err error) error { return fmt.Errorf("publish: %w", errors.Join(err)) },
		"with a network error": func(err error) error {
			return errors.Join(fmt.Errorf("send: %w", errDown), err)
		},
		"wrapped with a network error": func(err error) error {
			return fmt.Errorf("publish: %w", errors.Join(err, errDown))
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.bus.set(func(b *bus) {
					b.publish = func(all []adapter.Command) error {
						for i, c := range all {
							if c.Call == "bad" {
								for _, before := range all[:i] {
									b.arrived = append(b.arrived, arrival{time.Now(), before})
								}
								return wrap(&adapter.CommandError{ID: c.ID, Err: errors.New("too large")})
							}
						}
						return nil
					}
				})
				begin := time.Now()
				for _, id := range []adapter.CallID{"before", "bad", "after"} {
					w.tell(id, adapter.CallQueued{Queue: billing, From: w.phone(), QueuedAt: begin, Entry: adapter.EntryRoute, Bot: adapter.BotNone})
				}
				w.pass(time.Minute)
				for call, want := range map[adapter.CallID]bool{"before": true, "bad": false, "after": true} {
					if got := len(w.bus.commands(call)) > 0; got != want {
						t.Errorf("call %s: arrived %v, want %v", call, got, want)
					}
				}
				if n := see(w, tally).Leaving; n != 0 {
					t.Errorf("%d entries still wait", n)
				}
			})
		})
	}
}
