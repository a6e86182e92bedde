package service_test

import (
	"context"
	"testing"
	"time"

	"directcallback/adapter"
)

// crash continues with what is on disk at this moment, as after kill -9; the old
// process ends without anybody noticing.
func (w *world) crash() {
	w.Helper()
	if err := w.disk.crash(); err != nil {
		w.Fatal(err)
	}
	w.halt()
	w.dynamics.set(func(d *dynamics) { d.answer = nil })
	w.start()
}

// interrupted is a promise about which Dynamics is just being asked.
func (w *world) interrupted(arrived bool) adapter.CallbackID {
	w.Helper()
	w.dynamics.set(func(d *dynamics) {
		d.answer = func(ctx context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
			if arrived {
				d.create(q)
			}
			<-ctx.Done()
			return "", ctx.Err()
		}
	})
	id := w.promised("a", w.phone())
	w.wantState(id, adapter.StateDispatching)
	return id
}

func TestCrashWhileAskingIsUncertainAndTheDeliveryIsFound(t *testing.T) {
	everywhere(t, func(w *world) {
		id := w.interrupted(true)
		w.crash()
		w.wantState(id, adapter.StateUncertain)
		w.pass(20 * time.Second)
		w.wantState(id, adapter.StateDispatched)
		w.pass(19 * time.Minute)
		w.wantAsked(31 * time.Second)
	})
}

func TestCrashWhileAskingWithoutADeliveryIsTriedAgainWhenTheWindowIsOver(t *testing.T) {
	everywhere(t, func(w *world) {
		id := w.interrupted(false)
		w.crash()
		w.pass(20*time.Minute - time.Second)
		w.wantState(id, adapter.StateUncertain)
		w.wantAsked(31 * time.Second)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if n := len(w.dynamics.requests()); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestCrashWhileAskingKeepsACancellation(t *testing.T) {
	everywhere(t, func(w *world) {
		id := w.interrupted(true)
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.crash()
		w.pass(20 * time.Second)
		w.wantState(id, adapter.StateCancelling)
		if n := len(w.dynamics.cancelled()); n != 1 {
			t.Errorf("cancelled %d times", n)
		}
	})
}

func TestCrashWhileCancellingAsksAgain(t *testing.T) {
	everywhere(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.dynamics.set(func(d *dynamics) { d.cancel = errDown })
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Millisecond)
		w.dynamics.set(func(d *dynamics) { d.cancel = nil })
		w.crash()
		w.pass(5 * time.Second)
		w.dynamics.report("delivery-1", "Cancelled", "")
		w.pass(20 * time.Second)
		w.wantState(id, adapter.StateCancelled)
	})
}

func TestCrashAtAnyOtherMomentLosesNothing(t *testing.T) {
	everywhere(t, func(w *world) {
		waiting, _ := w.waits()
		w.rings("b", billing, w.phone())
		w.crash()
		w.wantLine(billing, "ahead", string(waiting), "b")
		w.pass(35 * time.Second)
		w.tell("b", adapter.ToneReceived{Tone: "1"})
		w.crash()
		b := w.call("b").Callback
		w.wantLine(billing, "ahead", string(waiting), string(b))
		w.tell("ahead", adapter.CallConnected{})
		w.crash()
		w.pass(30 * time.Second)
		w.dynamics.report("delivery-1", "InProcess", "")
		w.pass(30 * time.Second)
		w.crash()
		w.pass(30 * time.Second)
		w.wantState(waiting, adapter.StateAccepted)
		w.wantState(b, adapter.StateDispatched)
		if n := len(w.dynamics.requests()); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}
