package service_test

import (
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// Rows that Dynamics never finishes must not keep a number for ever.

const life = 30 * time.Hour // instead of a week, for the tests' own sake

func mortal(t *testing.T, f func(*world)) {
	t.Helper()
	virtual(t, func(w *world) {
		w.halt()
		w.options.Policy.Life = life
		w.start()
		f(w)
	})
}

func TestRowThatIsPendingAfterItsWindowIsANewAttempt(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(20 * time.Minute) // its window and the grace
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31 * time.Second)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if n := len(w.dynamics.requests()); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestRowThatIsPendingAfterItsWindowIsNoNewsOfOneThatWasAccepted(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted})
		w.pass(time.Hour)
		w.wantState(id, adapter.StateAccepted)
		w.wantAsked(31 * time.Second)
	})
}

func TestRowThatNeverEndsEndsWithThePromise(t *testing.T) {
	for step, state := range map[adapter.ProgressStep]adapter.State{
		adapter.StepAccepted: adapter.StateAccepted, adapter.StepConnected: adapter.StateConnected,
	} {
		t.Run(string(step), func(t *testing.T) {
			mortal(t, func(w *world) {
				id := w.promised("a", w.phone())
				w.dynamics.report("delivery-1", "InProcess", "")
				w.tell("", adapter.CallbackProgress{Callback: id, Step: step})
				w.until(life)
				w.wantState(id, state)
				w.pass(time.Minute)
				w.wantState(id, adapter.StateExpired)
				w.pass(2 * time.Minute)
				if next := see(w, func(tx service.Tx) (adapter.NextWork, error) { return tx.NextWork() }); !next.Poll.IsZero() || !next.Look.IsZero() {
					t.Errorf("still something to do: %+v", next)
				}
			})
		})
	}
}

// A call may go on beyond the promise's own time, which may be short.
func TestCallUnderWayIsNotExpired(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.scheduled(0, 10*time.Minute)
		w.pass(9 * time.Minute)
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
		w.dynamics.report("delivery-1", "InProcess", "")
		w.pass(23 * time.Hour)
		w.wantState(id, adapter.StateConnected)
		w.pass(time.Hour)
		w.wantState(id, adapter.StateExpired)
	})
}

func TestCancellationIsOverWhenItsDeliveryCannotRingAnyMore(t *testing.T) {
	for name, hidden := range map[string]bool{"pending": false, "absent": true} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.promised("a", w.phone())
				w.dynamics.set(func(d *dynamics) { d.hidden = hidden })
				w.pass(time.Minute)
				if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
					t.Fatal(err)
				}
				w.pass(10 * time.Minute)
				w.wantState(id, adapter.StateCancelling)
				w.pass(11 * time.Minute)
				w.wantState(id, adapter.StateCancelled)
			})
		})
	}
}

func TestDataverseThatNeverAnswersEndsWithThePromise(t *testing.T) {
	mortal(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.down = errDown })
		id := w.failing(fails(adapter.OutcomeLost, 0))
		w.until(life)
		w.wantState(id, adapter.StateUncertain)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateExpired)
		w.wantAsked(31 * time.Second)
	})
}

func TestAPersonIsForgottenAMonthAfterTheCallback(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "LiveAnswer"})
		w.wantState(id, adapter.StateCompleted)
		w.pass(29 * 24 * time.Hour)
		if c := w.callback(id); c.Phone.IsZero() {
			t.Error("forgotten too soon")
		}
		w.pass(2 * 24 * time.Hour)
		w.rings("later", billing, w.phone()) // who sleeps forgets nothing
		w.pass(2 * time.Hour)
		if c := w.wantState(id, adapter.StateCompleted); !c.Phone.IsZero() {
			t.Error("the number is still known")
		}
		err := w.options.Update(w.Context(), func(tx service.Tx) error { _, err := tx.Call("a"); return err })
		if !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("the call is still known: %v", err)
		}
	})
}
