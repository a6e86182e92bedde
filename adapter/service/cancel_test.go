package service_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func TestCancel(t *testing.T) {
	promise := func(w *world) adapter.CallbackID { return w.promised("a", w.phone()) }
	for state, test := range map[adapter.State]struct {
		bring   func(*world) adapter.CallbackID
		then    func(*world) // what happens elsewhere afterwards
		at      adapter.State
		end     adapter.State
		tooLate bool
	}{
		adapter.StateScheduled: {
			bring: func(w *world) adapter.CallbackID { return w.scheduled(time.Hour, time.Hour) },
			at:    adapter.StateCancelled, end: adapter.StateCancelled,
		},
		adapter.StateWaiting: {
			bring: func(w *world) adapter.CallbackID { id, _ := w.waits(); return id },
			then:  func(w *world) { w.tell("ahead", adapter.CallEnded{Reason: "hung up"}) },
			at:    adapter.StateCancelled, end: adapter.StateCancelled,
		},
		adapter.StateDue: {
			bring: func(w *world) adapter.CallbackID { return w.failing(fails(adapter.OutcomeThrottled, time.Minute)) },
			then:  func(w *world) { w.dynamics.set(func(d *dynamics) { d.answer = nil }) },
			at:    adapter.StateCancelled, end: adapter.StateCancelled,
		},
		adapter.StateDispatched: {
			bring: promise,
			then:  func(w *world) { w.dynamics.report("delivery-1", "Cancelled", "Cancelled") },
			at:    adapter.StateCancelling, end: adapter.StateCancelled,
		},
		adapter.StateUncertain: {
			bring: func(w *world) adapter.CallbackID { return w.failing(fails(adapter.OutcomeLost, 0)) },
			then:  func(w *world) { w.pass(21 * time.Minute) },
			at:    adapter.StateUncertain, end: adapter.StateCancelled,
		},
		adapter.StateReview: {
			bring: func(w *world) adapter.CallbackID {
				id := promise(w)
				w.dynamics.report("delivery-1", "Complete", "NeverHeardOf")
				w.pass(time.Minute)
				return id
			},
			at: adapter.StateReview, end: adapter.StateReview, tooLate: true,
		},
		adapter.StateAccepted: {
			bring: func(w *world) adapter.CallbackID {
				id := promise(w)
				w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted})
				return id
			},
			at: adapter.StateAccepted, end: adapter.StateAccepted, tooLate: true,
		},
		adapter.StateCompleted: {
			bring: func(w *world) adapter.CallbackID {
				id := promise(w)
				w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "LiveAnswer"})
				return id
			},
			at: adapter.StateCompleted, end: adapter.StateCompleted, tooLate: true,
		},
	} {
		t.Run(string(state), func(t *testing.T) {
			virtual(t, func(w *world) {
				id := test.bring(w)
				w.wantState(id, state)
				for range 2 { // cancelling twice is cancelling
					view, err := w.service.Cancel(w.Context(), id, "changed my mind")
					if errors.Is(err, adapter.ErrTooLate) != test.tooLate || (err != nil && !test.tooLate) {
						t.Fatal(err)
					}
					if !test.tooLate && view.Callback.State != test.at {
						t.Errorf("answered %s, want %s", view.Callback.State, test.at)
					}
				}
				asked := len(w.dynamics.requests())
				if test.then != nil {
					test.then(w)
				}
				w.pass(time.Hour)
				w.wantState(id, test.end)
				if got := len(w.dynamics.requests()); got != asked {
					t.Errorf("Dynamics was asked %d times more", got-asked)
				}
			})
		})
	}
}

func TestCancelWhileDynamicsIsAsked(t *testing.T) {
	for name, made := range map[string]bool{"made, so it is cancelled there": true, "not sent, so it is cancelled here": false} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				answer := w.slow()
				if !made {
					answer = w.slowFailure()
				}
				id := w.promised("a", w.phone())
				view, err := w.service.Cancel(w.Context(), id, "")
				if err != nil || view.Callback.State != adapter.StateDispatching || view.Callback.After != adapter.StateCancelled {
					t.Fatalf("%s, after that %q, %v", view.Callback.State, view.Callback.After, err)
				}
				answer()
				if made {
					w.wantState(id, adapter.StateCancelling)
					w.dynamics.report("delivery-1", "Cancelled", "")
				}
				w.pass(time.Minute)
				w.wantState(id, adapter.StateCancelled)
				w.wantAsked(31 * time.Second)
			})
		})
	}
}

func TestDynamicsWasFasterThanTheCancellation(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCompleted)
	})
}

func TestCancellationIsAskedForUntilDynamicsTakesIt(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.cancel = errDown })
		id := w.promised("a", w.phone())
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(10 * time.Minute)
		if n := len(w.dynamics.cancelled()); n < 5 || n > 25 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		w.dynamics.set(func(d *dynamics) { d.cancel = nil })
		w.pass(2 * time.Minute)
		n := len(w.dynamics.cancelled())
		w.pass(2 * time.Minute)
		if again := len(w.dynamics.cancelled()); again != n {
			t.Errorf("asked again after it was taken")
		}
	})
}

func TestCancelOfNothingIsNotFound(t *testing.T) {
	virtual(t, func(w *world) {
		if _, err := w.service.Cancel(w.Context(), "nobody", ""); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("error %v", err)
		}
		if _, err := w.service.Get(w.Context(), "nobody"); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}

func TestCancelledCallbackGivesItsPlaceToTheNext(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) {
			d.answer = func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) {
				return "", &adapter.DeliverError{Outcome: adapter.OutcomeNotSent, Err: errDown}
			}
		})
		first := w.promised("a", w.phone())
		second := w.promised("b", w.phone())
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		if _, err := w.service.Cancel(w.Context(), first, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantState(second, adapter.StateDispatched)
	})
}

// scheduled asks billing for a window that opens after a while.
func (w *world) scheduled(after, length time.Duration) adapter.CallbackID {
	w.Helper()
	start := time.Now().Add(after)
	w.numbers++
	return w.ask(service.Request{Key: string(rune('A' + w.numbers)), Callback: adapter.Callback{
		Queue: billing, Phone: parse(w.T, "+33155501234"), Window: adapter.Window{Start: start, End: start.Add(length)},
	}}).Callback.ID
}
