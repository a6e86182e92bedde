package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
)

// The task generation makes attempts of its own, inside the window that it was told.
func TestWhatDynamicsMayStillRingIsNotPhonedByAnotherAttempt(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone()) // asked at 31 s, until 15 min 31 s
		w.dynamics.set(func(d *dynamics) { d.deliveries[0].GoesOn = true })
		w.dynamics.report("delivery-1", "Complete", "Terminated")
		w.until(20 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31 * time.Second)
		w.pass(time.Minute) // the window and the grace are over
		if n := len(w.dynamics.requests()); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestACustomerWhoWasReachedIsBelievedAtOnce(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.dynamics.set(func(d *dynamics) { d.deliveries[0].GoesOn = true })
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCompleted)
	})
}

func TestALongerWindowOfDynamicsIsTheFence(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.dynamics.set(func(d *dynamics) { d.deliveries[0].RingsUntil = time.Now().Add(24 * time.Hour) })
		w.pass(23 * time.Hour)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31 * time.Second)
		w.pass(2 * time.Hour)
		if n := len(w.dynamics.requests()); n < 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestWhatTheNetworkAnsweredIsAReason(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.dynamics.set(func(d *dynamics) { d.deliveries[0].SIP = `{"sipCode":486,"q850Cause":17}` })
		w.dynamics.report("delivery-1", "Complete", "NoAnswer")
		w.pass(time.Minute)
		const want = "NoAnswer: not answered, declined or busy (SIP 486 busy here, Q.850 17)"
		if c := w.wantState(id, adapter.StateUnanswered); c.Reason != want {
			t.Errorf("reason %q", c.Reason)
		}
	})
}

func TestTheTaskIsKeptWithTheAttemptAndCancelled(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.wantState(id, adapter.StateDispatched)
		story, err := w.service.Story(w.Context(), id)
		if err != nil || len(story.Attempts) != 1 || story.Attempts[0].Task == "" {
			t.Fatalf("%+v, %v", story.Attempts, err)
		}
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		if got := w.dynamics.cancelledTasks(); len(got) != 1 || got[0] != story.Attempts[0].Task {
			t.Errorf("cancelled %v", got)
		}
	})
}
