package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
)

// waits makes a callback that stands behind a live call, and its number.
func (w *world) waits() (adapter.CallbackID, adapter.Phone) {
	w.Helper()
	w.rings("ahead", billing, adapter.Phone{})
	w.pass(time.Second)
	from := w.phone()
	return w.promised("a", from), from
}

func TestWaitingCallbackIsHeldWhileTheCustomerCallsAgain(t *testing.T) {
	virtual(t, func(w *world) {
		id, from := w.waits()
		w.rings("again", sales, from)
		c := w.wantState(id, adapter.StateWaiting)
		if c.HeldBy != "again" {
			t.Errorf("held by %q", c.HeldBy)
		}
		w.wantLine(billing, "ahead")
		w.tell("ahead", adapter.CallConnected{})
		w.pass(time.Hour)
		w.wantAsked()
	})
}

func TestHeldCallbackResumesItsPlaceWhenTheNewCallIsAbandoned(t *testing.T) {
	virtual(t, func(w *world) {
		id, from := w.waits()
		w.promised("b", w.phone())
		w.rings("again", sales, from)
		w.pass(time.Minute)
		w.tell("again", adapter.CallEnded{Reason: "hung up"})
		w.wantLine(billing, "ahead", string(id), string(w.call("b").Callback))
		w.tell("ahead", adapter.CallConnected{})
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestHeldCallbackIsServedWhenTheNewCallIsConnected(t *testing.T) {
	virtual(t, func(w *world) {
		id, from := w.waits()
		w.rings("again", sales, from)
		w.tell("again", adapter.CallConnected{})
		w.wantState(id, adapter.StateServed)
		w.tell("again", adapter.CallEnded{Reason: "hung up"})
		w.tell("ahead", adapter.CallConnected{})
		w.pass(time.Hour)
		w.wantState(id, adapter.StateServed)
		w.wantAsked()
	})
}

func TestHeldCallbackStaysHeldWhileTheNewCallMovesAround(t *testing.T) {
	virtual(t, func(w *world) {
		id, from := w.waits()
		w.rings("again", sales, from)
		w.tell("again", adapter.CallTransferred{ToQueue: support})
		w.tell("ahead", adapter.CallEnded{Reason: "hung up"})
		w.pass(time.Second)
		w.rings("again", support, from)
		w.pass(time.Second)
		w.wantAsked()
		w.tell("again", adapter.CallConnected{})
		w.wantState(id, adapter.StateServed)
	})
}

// Whoever answers the phone out there, the customer is on the line until the end.
func TestHeldCallbackStaysHeldWhileTheNewCallIsAtAPhone(t *testing.T) {
	for name, end := range map[string]func(*world){
		"its end is told": func(w *world) { w.tell("again", adapter.CallEnded{Reason: "hung up"}) },
		"its end is lost": func(w *world) { w.pass(adapter.CallForgotten) },
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id, from := w.waits()
				w.rings("again", sales, from)
				w.tell("ahead", adapter.CallEnded{Reason: "hung up"})
				w.tell("again", adapter.CallTransferred{ToPhone: w.phone()})
				w.pass(time.Hour)
				w.wantState(id, adapter.StateWaiting)
				w.wantAsked()
				end(w)
				w.wantState(id, adapter.StateDispatched)
			})
		})
	}
}

// The caller pressed 1, and before the confirmation ended the call it was sent on:
// the line stays busy for longer than a confirmation takes.
func TestOwnCallThatGoesOnElsewhereIsNotOver(t *testing.T) {
	for name, moved := range map[string]adapter.CallTransferred{
		"in another queue":  {ToQueue: sales},
		"at another number": {ToPhone: parse(t, another)},
	} {
		for end, test := range map[string]struct {
			comes func(*world)
			want  adapter.State
		}{
			"hangs up":            {func(w *world) { w.tell("a", adapter.CallEnded{Reason: "hung up"}) }, adapter.StateDispatched},
			"is connected":        {func(w *world) { w.tell("a", adapter.CallConnected{}) }, adapter.StateServed},
			"is heard of no more": {func(w *world) { w.pass(adapter.CallForgotten) }, adapter.StateDispatched},
		} {
			t.Run(name+", and "+end, func(t *testing.T) {
				virtual(t, func(w *world) {
					id := w.optIn("a", w.phone())
					w.pass(time.Second)
					w.tell("a", moved)
					w.pass(time.Hour)
					w.wantState(id, adapter.StateWaiting)
					w.wantAsked()
					test.comes(w)
					w.wantState(id, test.want)
				})
			})
		}
	}
}

// Its end seemed to be lost, so the callback was dialled; then news of it comes after all.
func TestOwnCallThatMovesAfterItWasTakenForOverIsARecall(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.optIn("a", w.phone())
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.tell("a", adapter.CallTransferred{ToQueue: sales})
		w.wantState(id, adapter.StateCancelling)
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		w.pass(20 * time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestHeldCallbackResumesWhenTheEndOfAMovedCallIsLost(t *testing.T) {
	virtual(t, func(w *world) {
		id, from := w.waits()
		w.rings("again", sales, from)
		w.tell("ahead", adapter.CallEnded{Reason: "hung up"})
		w.tell("again", adapter.CallTransferred{ToQueue: support})
		w.pass(adapter.CallForgotten - time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if next := w.call("again").NextLook(); !next.IsZero() {
			t.Errorf("the call is looked at again at %v", next)
		}
	})
}

func TestCallbackStaysHeldWhileTheSecondOfTwoCallsIsAlive(t *testing.T) {
	for name, ends := range map[string][2]adapter.CallID{
		"the newer one ends": {"again-2", "again-1"},
		"the older one ends": {"again-1", "again-2"},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id, from := w.waits()
				w.rings("again-1", sales, from)
				w.rings("again-2", sales, from)
				w.tell("ahead", adapter.CallEnded{Reason: "hung up"})
				w.tell(ends[0], adapter.CallEnded{Reason: "hung up"})
				w.pass(time.Minute)
				w.wantAsked()
				w.tell(ends[1], adapter.CallEnded{Reason: "hung up"})
				w.wantState(id, adapter.StateDispatched)
			})
		})
	}
}

func TestDispatchedCallbackIsCancelledWhenTheCustomerCalls(t *testing.T) {
	for name, test := range map[string]struct {
		end  adapter.EventData
		want adapter.State
	}{
		"abandoned: a new attempt": {adapter.CallEnded{Reason: "hung up"}, adapter.StateDispatched},
		"connected: served":        {adapter.CallConnected{}, adapter.StateServed},
	} {
		for _, order := range []string{"row first", "call first"} {
			t.Run(name+", "+order, func(t *testing.T) {
				virtual(t, func(w *world) {
					from := w.phone()
					id := w.promised("a", from)
					w.pass(20 * time.Second)
					w.rings("again", sales, from)
					w.wantState(id, adapter.StateCancelling)
					if got := w.dynamics.cancelled(); len(got) != 1 || got[0] != "delivery-1" {
						t.Errorf("cancelled %v", got)
					}
					row := func() {
						w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
						w.pass(20 * time.Second)
					}
					if order == "row first" {
						row()
						w.wantState(id, adapter.StateWaiting)
						w.wantLine(billing)
						w.tell("again", test.end)
					} else {
						w.tell("again", test.end)
						w.wantState(id, adapter.StateCancelling)
						row()
					}
					w.wantState(id, test.want)
				})
			})
		}
	}
}

func TestDueCallbackGoesBackToItsPlaceWhenTheCustomerCalls(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		w.dynamics.set(func(d *dynamics) { d.answer = fails(adapter.OutcomeThrottled, time.Minute) })
		id := w.promised("a", from)
		w.wantState(id, adapter.StateDue)
		w.rings("again", sales, from)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(10 * time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.tell("again", adapter.CallEnded{Reason: "hung up"})
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31*time.Second, 31*time.Second+10*time.Minute)
	})
}

func TestCustomerWhoCallsWhileDynamicsIsAsked(t *testing.T) {
	for name, test := range map[string]struct {
		made bool
		end  adapter.EventData
		want adapter.State
	}{
		"made, abandoned":     {true, adapter.CallEnded{Reason: "hung up"}, adapter.StateDispatched},
		"made, connected":     {true, adapter.CallConnected{}, adapter.StateServed},
		"not sent, abandoned": {false, adapter.CallEnded{Reason: "hung up"}, adapter.StateDispatched},
		"not sent, connected": {false, adapter.CallConnected{}, adapter.StateServed},
	} {
		t.Run(name+", reply first", func(t *testing.T) {
			virtual(t, func(w *world) {
				id, reply := w.recallWhileAsked(test.made)
				reply()
				w.wantState(id, adapter.StateWaiting)
				w.wantAsked(31 * time.Second) // not again while the customer is on the line
				w.tell("again", test.end)
				w.pass(time.Minute)
				w.wantState(id, test.want)
			})
		})
		t.Run(name+", call first", func(t *testing.T) {
			virtual(t, func(w *world) {
				id, reply := w.recallWhileAsked(test.made)
				w.tell("again", test.end)
				w.pass(time.Second)
				reply()
				w.wantState(id, test.want)
			})
		})
	}
}

// recallWhileAsked has a customer call while Dynamics is asked for the delivery.
// The reply says that it was made, or not; what is then cancelled is gone.
func (w *world) recallWhileAsked(made bool) (id adapter.CallbackID, reply func()) {
	w.Helper()
	from := w.phone()
	answer := w.slow
	if !made {
		answer = w.slowFailure
	}
	release := answer()
	id = w.promised("a", from)
	w.wantState(id, adapter.StateDispatching)
	w.rings("again", sales, from)
	return id, func() {
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		release()
		w.pass(time.Minute)
		for _, delivery := range w.dynamics.cancelled() {
			w.dynamics.report(delivery, "Cancelled", "Cancelled")
		}
		w.pass(time.Minute)
	}
}

func TestCallbackIsHeldByACallThatWasThereBefore(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("live", sales, parse(w.T, "+33155501234"))
		id := w.request("+33155501234")
		after := w.request("+33155501235")
		if c := w.wantState(id, adapter.StateWaiting); c.HeldBy != "live" {
			t.Errorf("held by %q", c.HeldBy)
		}
		w.wantState(after, adapter.StateDispatched) // nobody waits behind who is held
		w.pass(time.Minute)
		w.tell("live", adapter.CallEnded{Reason: "hung up"})
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestScheduledCallbackIsHeldByACallAtItsTime(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.scheduled(time.Minute, time.Hour)
		w.rings("live", sales, parse(w.T, "+33155501234"))
		w.pass(10 * time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.wantAsked()
		w.tell("live", adapter.CallEnded{Reason: "hung up"})
		w.wantState(id, adapter.StateDispatched)
	})
}

// A delivery that Dynamics has named was made. Without its row nobody knows whether it
// rang before the customer called, so nothing may ring again by itself.
func TestDeliveryWhoseRowNeverComesIsNotRepeatedAfterTheCustomerCalled(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.hidden = true })
		from := w.phone()
		id := w.promised("a", from)
		w.pass(time.Minute)
		w.rings("again", sales, from)
		w.wantState(id, adapter.StateCancelling)
		w.tell("again", adapter.CallEnded{Reason: "hung up"})
		w.pass(21 * time.Minute)
		w.wantState(id, adapter.StateReview)
		w.wantAsked(31 * time.Second)
	})
}

func TestCustomerWhoCallsWhileItIsUncertain(t *testing.T) {
	for name, test := range map[string]struct {
		end  adapter.EventData
		want adapter.State
	}{
		"abandoned: a new attempt": {adapter.CallEnded{Reason: "hung up"}, adapter.StateDispatched},
		"connected: served":        {adapter.CallConnected{}, adapter.StateServed},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.dynamics.set(func(d *dynamics) { d.answer = fails(adapter.OutcomeLost, 0) })
				from := w.phone()
				id := w.promised("a", from)
				w.rings("again", sales, from)
				if c := w.wantState(id, adapter.StateUncertain); c.HeldBy != "again" {
					t.Errorf("held by %q", c.HeldBy)
				}
				w.dynamics.set(func(d *dynamics) { d.answer = nil })
				w.pass(time.Hour) // the attempt is certain to be gone, the customer is not
				w.wantState(id, adapter.StateWaiting)
				w.wantAsked(31 * time.Second)
				w.tell("again", test.end)
				w.wantState(id, test.want)
			})
		})
	}
}

// A representative is about to speak to the customer, who calls at that moment:
// nothing is cancelled, and nobody's conversation is cut.
func TestCustomerWhoCallsWhileBeingPhonedChangesNothing(t *testing.T) {
	for step, want := range map[adapter.ProgressStep]adapter.State{
		adapter.StepAccepted: adapter.StateAccepted, adapter.StepConnected: adapter.StateConnected,
	} {
		for name, end := range map[string]adapter.EventData{"abandoned": adapter.CallEnded{Reason: "hung up"}, "connected": adapter.CallConnected{}} {
			t.Run(string(step)+", "+name, func(t *testing.T) {
				virtual(t, func(w *world) {
					from := w.phone()
					id := w.promised("a", from)
					w.tell("", adapter.CallbackProgress{Callback: id, Step: step})
					before := w.wantState(id, want)
					w.rings("again", sales, from)
					w.tell("again", end)
					if c := w.wantState(id, want); c.Version != before.Version || len(w.dynamics.cancelled()) > 0 {
						t.Errorf("version %d after %d, cancelled %v", c.Version, before.Version, w.dynamics.cancelled())
					}
					w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "LiveAnswer"})
					w.wantState(id, adapter.StateCompleted)
				})
			})
		}
	}
}

// unansweredOnce is a promise whose first attempt was not answered, and whose second
// one has to wait. No end of the customer's own call a has come.
func (w *world) unansweredOnce() (id adapter.CallbackID, next time.Time) {
	w.Helper()
	w.halt()
	w.options.Policy.Rings = 2
	w.start()
	id = w.optIn("a", w.phone())
	w.pass(2 * time.Minute)
	w.dynamics.report("delivery-1", "Complete", "NoAnswer")
	w.pass(time.Minute)
	return id, w.wantState(id, adapter.StateWaiting).ReleaseFrom
}

func TestLateEndOfTheOwnCallLeavesTheNextAttemptItsTime(t *testing.T) {
	virtual(t, func(w *world) {
		id, next := w.unansweredOnce()
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.pass(time.Until(next) - time.Second)
		w.wantState(id, adapter.StateWaiting)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestJoiningLeavesTheNextAttemptItsTime(t *testing.T) {
	virtual(t, func(w *world) {
		id, next := w.unansweredOnce()
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.rings("b", billing, w.callback(id).Phone)
		w.pass(31 * time.Second)
		w.tell("b", adapter.ToneReceived{Tone: "1"})
		w.tell("b", adapter.CallEnded{Reason: "confirmed"})
		if c := w.wantState(id, adapter.StateWaiting); !c.ReleaseFrom.Equal(next) {
			t.Errorf("released from %v, want %v", c.ReleaseFrom, next)
		}
		w.pass(time.Until(next) + time.Minute)
		w.wantState(id, adapter.StateDispatched)
	})
}
