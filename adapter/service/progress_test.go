package service_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"directcallback/adapter"
)

func TestResultOfTheDeliveryEndsThePromiseOrTriesAgain(t *testing.T) {
	for result, test := range map[string]struct {
		status string
		want   adapter.State
		asked  int
	}{
		"LiveAnswer":        {"Complete", adapter.StateCompleted, 1},
		"CallEnded":         {"Complete", adapter.StateCompleted, 1},
		"Abandoned":         {"Complete", adapter.StateCompleted, 1},
		"NoAnswer":          {"Complete", adapter.StateUnanswered, 1},
		"AnsweringMachine":  {"Complete", adapter.StateUnanswered, 1},
		"CallFailed":        {"Complete", adapter.StateUnanswered, 1},
		"InvalidAddress":    {"Error", adapter.StateFailed, 1},
		"NonRetriableError": {"Error", adapter.StateFailed, 1},
		"Cancelled":         {"Cancelled", adapter.StateCancelled, 1},
		"Terminated":        {"Complete", adapter.StateDispatched, 2},
		"CSRCancelled":      {"Complete", adapter.StateDispatched, 2},
		"Expired":           {"Expired", adapter.StateDispatched, 2},
		"NeverHeardOf":      {"Complete", adapter.StateReview, 1},
	} {
		for _, door := range []string{"row", "progress by callback", "progress by delivery"} {
			t.Run(result+" by "+door, func(t *testing.T) {
				virtual(t, func(w *world) {
					id := w.promised("a", w.phone())
					w.pass(time.Second)
					ended := adapter.CallbackProgress{Step: adapter.StepEnded, Result: result}
					switch door {
					case "row":
						w.dynamics.report("delivery-1", test.status, result)
					case "progress by callback":
						ended.Callback = id
						w.tell("", ended)
					default:
						ended.Delivery = "delivery-1"
						w.tell("", ended)
					}
					w.pass(15 * time.Second)
					want := test.want
					if want == adapter.StateReview && door != "row" {
						want = adapter.StateDispatched // only the row may contradict
					}
					w.wantState(id, want)
					if got := len(w.dynamics.requests()); got != test.asked {
						t.Errorf("asked %d times, want %d", got, test.asked)
					}
				})
			})
		}
	}
}

func TestUnansweredPromiseIsTriedAgainAfterItsDelayWhileRingsAreLeft(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.options.Policy.Rings = 2
		w.start()
		id := w.promised("a", w.phone())
		w.dynamics.report("delivery-1", "Complete", "NoAnswer")
		w.pass(10 * time.Second)
		c := w.wantState(id, adapter.StateWaiting)
		w.wantLine(billing)
		w.pass(5 * time.Minute)
		w.wantAsked(31*time.Second, 41*time.Second+5*time.Minute)
		again := w.wantState(id, adapter.StateDispatched)
		if !again.QueuedAt.Equal(c.QueuedAt) {
			t.Error("it lost its place")
		}
		w.dynamics.report("delivery-2", "Complete", "Busy")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateUnanswered)
	})
}

func TestNobodyAcceptedIsANewAttemptAtTheSamePlace(t *testing.T) {
	virtual(t, func(w *world) {
		first := w.promised("a", w.phone())
		second := w.promised("b", w.phone())
		w.dynamics.report("delivery-1", "Expired", "")
		w.pass(10 * time.Second)
		w.wantState(first, adapter.StateDispatched)
		w.wantState(second, adapter.StateWaiting)
		w.wantLine(billing, string(first), string(second))
		view, err := w.service.Get(w.Context(), first)
		if err != nil || view.Attempt.Number != 2 || view.Callback.Attempts != 2 {
			t.Errorf("attempt %d, %v", view.Attempt.Number, err)
		}
	})
}

// Somebody accepts and cancels again and again, or nobody ever accepts: that
// must neither be a storm of deliveries nor block those behind.
func TestCallbackThatNobodyWantsStepsAside(t *testing.T) {
	for _, result := range []string{"CSRCancelled", "Terminated"} {
		t.Run(result, func(t *testing.T) {
			virtual(t, func(w *world) {
				unwanted := w.phone()
				w.dynamics.set(func(d *dynamics) {
					d.answer = func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
						id := d.create(q)
						if q.Phone == unwanted {
							d.report(id, "Complete", result)
						}
						return id, nil
					}
				})
				id := w.promised("a", unwanted)
				behind := w.promised("b", w.phone())
				w.pass(time.Hour)
				w.wantState(behind, adapter.StateDispatched)
				of := 0
				for _, a := range w.dynamics.requests() {
					if a.Phone == unwanted {
						of++
					}
				}
				if of < 5 || of > 9 {
					t.Errorf("asked %d times in an hour: %v", of, w.events(id))
				}
			})
		})
	}
}

func TestProgressFromAcceptedToEnded(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		for _, p := range []struct {
			step adapter.ProgressStep
			want adapter.State
		}{
			{adapter.StepOffered, adapter.StateDispatched},
			{adapter.StepDeclined, adapter.StateDispatched},
			{adapter.StepAccepted, adapter.StateAccepted},
			{adapter.StepDialing, adapter.StateAccepted},
			{adapter.StepConnected, adapter.StateConnected},
			{adapter.StepAccepted, adapter.StateConnected}, // late
		} {
			w.pass(time.Second)
			w.tell("", adapter.CallbackProgress{Delivery: "delivery-1", Step: p.step})
			w.wantState(id, p.want)
		}
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "LiveAnswer"})
		w.wantState(id, adapter.StateCompleted)
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "NoAnswer"}) // late
		w.wantState(id, adapter.StateCompleted)
	})
}

// However a conversation that was reported ends in the row, the number must not
// stay blocked for ever.
func TestConnectedPromiseAlwaysComesToAnEndOrAPerson(t *testing.T) {
	for status, result := range map[string]string{"Complete": "Terminated", "Cancelled": "Cancelled", "Expired": "", "Error": ""} {
		t.Run(status, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.promised("a", w.phone())
				w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
				w.dynamics.report("delivery-1", status, result)
				w.pass(time.Minute)
				if c := w.callback(id); c.State == adapter.StateConnected {
					t.Errorf("it is still connected: %v", w.events(id))
				}
				w.wantAsked(31 * time.Second)
			})
		})
	}
}

// A telephony may end a callback without a result, or with a word of its own.
func TestRowDecidesWhatAProgressEventLeavesOpen(t *testing.T) {
	for name, result := range map[string]string{"no result": "", "a word of its own": "hangup", "against what is known": "Terminated"} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.promised("a", w.phone())
				w.pass(time.Second)
				w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
				w.dynamics.report("delivery-1", "InProcess", "")
				w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: result})
				w.pass(time.Minute)
				w.wantState(id, adapter.StateConnected)
				w.dynamics.report("delivery-1", "Complete", "CallEnded")
				w.pass(61 * time.Second)
				w.wantState(id, adapter.StateCompleted)
			})
		})
	}
}

func TestRowIsReadAtOnceWhenAProgressEventEndsWithoutAResult(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(time.Second)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded})
		w.wantState(id, adapter.StateCompleted)
	})
}

func TestReviewEndsWhenTheRowThinksBetterOfIt(t *testing.T) {
	for name, test := range map[string]struct {
		status, result string
		want           adapter.State
	}{
		"reached":      {"Complete", "CallEnded", adapter.StateCompleted},
		"not answered": {"Complete", "NoAnswer", adapter.StateUnanswered},
		"failed":       {"Error", "InvalidAddress", adapter.StateFailed},
		"cancelled":    {"Cancelled", "Cancelled", adapter.StateCancelled},
		"nobody accepted: it may not ring again without a person": {"Expired", "", adapter.StateReview},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.promised("a", w.phone())
				w.dynamics.report("delivery-1", "Complete", "NeverHeardOf")
				w.pass(time.Hour)
				w.wantState(id, adapter.StateReview)
				w.dynamics.report("delivery-1", test.status, test.result)
				w.pass(16 * time.Minute)
				w.wantState(id, test.want)
				w.wantAsked(31 * time.Second)
			})
		})
	}
}

func TestReviewIsForThePersonWhileTheRowStaysAsItIs(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		w.pass(24 * time.Hour)
		w.wantState(id, adapter.StateReview)
		w.pass(7 * 24 * time.Hour)
		w.wantState(id, adapter.StateExpired)
	})
}

func TestNewsOfAnAttemptThatIsOverChangesNothing(t *testing.T) {
	for name, progress := range map[string]adapter.CallbackProgress{
		"named by its delivery": {Delivery: "delivery-1", Step: adapter.StepEnded, Result: "NoAnswer"},
		"named by its callback": {Callback: "first", Step: adapter.StepEnded, Result: "NoAnswer"},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.promised("a", w.phone())
				w.pass(time.Second)
				if progress.Callback != "" {
					progress.Callback = id
				}
				late := w.event("", progress)
				w.dynamics.report("delivery-1", "Expired", "")
				w.pass(20 * time.Second)
				w.wantAsked(31*time.Second, 41*time.Second)
				w.handle(late)
				w.wantState(id, adapter.StateDispatched)
			})
		})
	}
}

func TestProgressByAClockThatIsBehindIsTaken(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(time.Second)
		early := w.event("", adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted})
		early.At = early.At.Add(-30 * time.Second)
		w.handle(early)
		w.wantState(id, adapter.StateAccepted)
	})
}

// Nothing is taken from news that may be of another attempt, but its row is read.
func TestProgressOfALongWrongClockHasTheRowRead(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(time.Second)
		w.dynamics.report("delivery-1", "InProcess", "")
		early := w.event("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
		early.At = early.At.Add(-time.Hour)
		w.handle(early)
		w.wantState(id, adapter.StateAccepted)
	})
}

// slow makes Dynamics answer when told.
func (w *world) slow() (answer func()) {
	release := make(chan struct{})
	w.dynamics.set(func(d *dynamics) {
		d.answer = func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			id := d.create(q)
			<-release
			return id, nil
		}
	})
	return func() { close(release); w.pass(time.Millisecond) }
}

func TestProgressThatOvertakesTheReplyIsNotLost(t *testing.T) {
	for name, byCallback := range map[string]bool{"named by its delivery": false, "named by its callback": true} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				answer := w.slow()
				id := w.promised("a", w.phone())
				w.wantState(id, adapter.StateDispatching)
				progress := adapter.CallbackProgress{Delivery: "delivery-1", Step: adapter.StepAccepted}
				if byCallback {
					progress = adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted}
				}
				w.pass(time.Second)
				w.tell("", progress)
				progress.Step = adapter.StepConnected
				w.tell("", progress)
				answer()
				w.wantState(id, adapter.StateConnected)
			})
		})
	}
}

func TestEndOfALostAttemptByProgressIsNotForgotten(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			w.dynamics.create(q)
			return "", errDown
		})
		w.wantState(id, adapter.StateUncertain)
		w.pass(time.Second)
		w.dynamics.report("delivery-1", "Complete", "NoAnswer")
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "NoAnswer"})
		w.pass(time.Minute)
		w.wantState(id, adapter.StateUnanswered)
	})
}

func TestAcceptedWhileUncertainKnowsItsDeliveryOnceTheRowIsSeen(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			w.dynamics.create(q)
			return "", errDown
		})
		w.pass(time.Second)
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted})
		w.wantState(id, adapter.StateAccepted)
		w.pass(30 * time.Second)
		view, err := w.service.Get(w.Context(), id)
		if err != nil || view.Attempt.Delivery != "delivery-1" {
			t.Errorf("delivery %q, %v", view.Attempt.Delivery, err)
		}
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCompleted)
	})
}

func TestDeliveriesAreReadAgainWhenDataverseRecovers(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.dynamics.set(func(d *dynamics) { d.down = errDown })
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(10 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.dynamics.set(func(d *dynamics) { d.down = nil })
		w.pass(31 * time.Second)
		w.wantState(id, adapter.StateCompleted)
		if events := w.events(id); slices.Contains(events, "contradicted") {
			t.Errorf("history %v", events)
		}
	})
}
