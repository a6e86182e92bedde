package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
)

// failing starts with a Dynamics that fails, and a promise that is due at once.
func (w *world) failing(answer func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error)) adapter.CallbackID {
	w.Helper()
	w.dynamics.set(func(d *dynamics) { d.answer = answer })
	return w.promised("a", w.phone()) // due at 31 s
}

func TestDeliveryThatWasNeverSentIsSentAgainALittleLater(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(fails(adapter.OutcomeNotSent, 0))
		w.pass(500 * time.Millisecond)
		w.wantState(id, adapter.StateDue)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(10 * time.Second)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31*time.Second, 32*time.Second)
	})
}

func TestDeliveriesThatAreNeverSentAreTriedLessAndLessOften(t *testing.T) {
	virtual(t, func(w *world) {
		w.failing(fails(adapter.OutcomeNotSent, 0))
		w.pass(10 * time.Minute)
		if n := len(w.dynamics.requests()); n < 10 || n > 20 {
			t.Errorf("asked %d times in ten minutes", n)
		}
	})
}

func TestThrottledDeliveryWaitsAsLongAsItWasTold(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(fails(adapter.OutcomeThrottled, 42*time.Second))
		w.pass(time.Second)
		w.wantState(id, adapter.StateDue)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(time.Minute)
		w.wantAsked(31*time.Second, 73*time.Second)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestRefusedDeliveryFailsWithItsReason(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(fails(adapter.OutcomeRefused, 0))
		w.pass(time.Hour)
		if c := w.wantState(id, adapter.StateFailed); c.Reason != errDown.Error() {
			t.Errorf("reason %q", c.Reason)
		}
		w.wantAsked(31 * time.Second)
	})
}

func TestBlockedConfigurationKeepsItsCallbacksDueAndTellsWhy(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(fails(adapter.OutcomeBlocked, 0))
		w.pass(30 * time.Second)
		w.wantState(id, adapter.StateDue)
		if codes := w.findings(); codes["blocked.configuration"] != 1 {
			t.Errorf("findings %v", codes)
		}
		w.until(4 * time.Minute)
		w.wantAsked(31*time.Second, 91*time.Second, 151*time.Second, 211*time.Second)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if codes := w.findings(); codes["blocked.configuration"] != 0 {
			t.Errorf("findings %v", codes)
		}
	})
}

func (w *world) findings() map[string]int {
	codes := map[string]int{}
	for _, f := range w.service.Findings() {
		codes[f.Code]++
	}
	return codes
}

func TestLostReplyIsFoundAndGoneOnWith(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.hidden = true })
		id := w.failing(func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			w.dynamics.create(q)
			return "", &adapter.DeliverError{Outcome: adapter.OutcomeLost, Err: errDown}
		})
		w.pass(5 * time.Minute)
		w.wantState(id, adapter.StateUncertain)
		w.wantLine(billing)
		w.dynamics.set(func(d *dynamics) { d.hidden = false })
		w.pass(10 * time.Second)
		w.wantState(id, adapter.StateDispatched)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCompleted)
		w.wantAsked(31 * time.Second)
	})
}

// Only after its window and the grace can an attempt not ring any more.
func TestLostReplyWithoutADeliveryIsTriedAgainFiveMinutesAfterItsWindow(t *testing.T) {
	for name, err := range map[string]error{
		"outcome lost":             &adapter.DeliverError{Outcome: adapter.OutcomeLost, Err: errDown},
		"outcome not known here":   &adapter.DeliverError{Outcome: "new", Err: errDown},
		"an error of another kind": errDown,
		"success without an id":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.failing(func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) { return "", err })
				w.pass(20*time.Minute - time.Second)
				w.wantState(id, adapter.StateUncertain)
				w.dynamics.set(func(d *dynamics) { d.answer = nil })
				w.pass(11 * time.Second)
				w.wantState(id, adapter.StateDispatched)
				again := w.dynamics.requests()
				if len(again) != 2 || again[1].at.Sub(again[0].Window.End) <= 5*time.Minute || again[0].RequestID == again[1].RequestID {
					t.Errorf("asked %d times: %+v", len(again), again)
				}
			})
		})
	}
}

func TestLostReplyIsNotJudgedWhileDataverseIsDown(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.down = errDown })
		id := w.failing(fails(adapter.OutcomeLost, 0))
		w.pass(3 * time.Hour)
		w.wantState(id, adapter.StateUncertain)
		w.wantAsked(31 * time.Second)
		w.dynamics.set(func(d *dynamics) { d.down, d.answer = nil, nil })
		w.pass(11 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestAttemptThatCannotBeLookedForHoldsUpNoOther(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.banned = errDown })
		lost := w.failing(fails(adapter.OutcomeLost, 0))
		w.wantState(lost, adapter.StateUncertain)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		other := w.promised("b", w.phone())
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.wantState(other, adapter.StateCompleted)
		w.pass(3 * time.Hour)
		w.wantState(lost, adapter.StateUncertain) // nobody looked for it
		w.dynamics.set(func(d *dynamics) { d.banned = nil })
		w.pass(11 * time.Minute)
		w.wantState(lost, adapter.StateDispatched)
	})
}

// A delivery is one attempt's. Whoever answers with the same one twice must not
// bring the adapter to a stop.
func TestDeliveryOfAnotherAttemptIsForAPersonToDecide(t *testing.T) {
	repeats := func(w *world) {
		w.dynamics.set(func(d *dynamics) {
			d.answer = func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) { return "delivery-1", nil }
		})
	}
	t.Run("another callback's", func(t *testing.T) {
		virtual(t, func(w *world) {
			first := w.promised("a", w.phone())
			w.pass(2 * time.Minute)
			repeats(w)
			second := w.promised("b", w.phone())
			w.pass(time.Second)
			c := w.wantState(second, adapter.StateReview)
			if !strings.Contains(c.Reason, string(first)) || !strings.Contains(c.Reason, "delivery-1") {
				t.Errorf("reason %q", c.Reason)
			}
			w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
			w.pass(time.Minute)
			w.wantState(first, adapter.StateCompleted)
			w.wantState(second, adapter.StateReview)
		})
	})
	t.Run("its own, earlier", func(t *testing.T) {
		virtual(t, func(w *world) {
			id := w.promised("a", w.phone())
			repeats(w)
			w.dynamics.report("delivery-1", "Expired", "")
			w.pass(time.Minute)
			w.wantState(id, adapter.StateReview)
		})
	})
	t.Run("found in place of a lost one", func(t *testing.T) {
		virtual(t, func(w *world) {
			w.promised("a", w.phone())
			w.pass(2 * time.Minute)
			w.dynamics.set(func(d *dynamics) {
				d.answer = func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
					d.set(func(d *dynamics) { d.deliveries[0].RequestID = q.RequestID })
					return "", errDown
				}
			})
			lost := w.promised("b", w.phone())
			w.pass(time.Minute)
			w.wantState(lost, adapter.StateReview)
			w.pass(time.Hour)
			w.wantState(lost, adapter.StateReview)
		})
	})
}

func TestDeliveryWhoseRowNeverComesIsForAPersonToDecide(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.hidden = true })
		id := w.promised("a", w.phone())
		w.pass(19 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateReview)
		w.wantAsked(31 * time.Second)
	})
}

func TestOneSlowRequestHoldsUpNobodyElsesEvents(t *testing.T) {
	virtual(t, func(w *world) {
		release := make(chan struct{})
		w.dynamics.set(func(d *dynamics) {
			d.answer = func(ctx context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
				select {
				case <-release:
					return d.create(q), nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}
		})
		id := w.promised("a", w.phone())
		w.wantState(id, adapter.StateDispatching)
		w.rings("b", sales, w.phone())
		w.wantLine(sales, "b")
		close(release)
		w.pass(time.Second)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestStopWhileAskingIsUncertain(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(func(ctx context.Context, _ adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			<-ctx.Done()
			return "", errors.Join(errDown, ctx.Err())
		})
		w.halt()
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.start()
		w.wantState(id, adapter.StateUncertain)
		w.wantAsked(31 * time.Second)
	})
}

// slowFailure makes Dynamics answer, when told, that nothing was sent.
func (w *world) slowFailure() (answer func()) {
	release := make(chan struct{})
	w.dynamics.set(func(d *dynamics) {
		d.answer = func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			<-release
			return "", &adapter.DeliverError{Outcome: adapter.OutcomeNotSent, Err: errDown}
		}
	})
	return func() { close(release); w.pass(time.Millisecond) }
}

func TestOneSlowAnswerHoldsUpNobodyElse(t *testing.T) {
	virtual(t, func(w *world) {
		w.free(billing, 9)
		answer := w.slow()
		first := w.request("+12025550101")
		w.pass(time.Second)
		w.wantState(first, adapter.StateDispatching)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		for _, number := range []string{"+12025550102", "+12025550103", "+12025550104", "+12025550105"} {
			id := w.request(number)
			w.pass(time.Second)
			w.wantState(id, adapter.StateDispatched)
		}
		w.wantState(first, adapter.StateDispatching)
		answer()
		w.wantState(first, adapter.StateDispatched)
	})
}
