package service_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

func (w *world) wantLine(queue adapter.QueueID, want ...string) {
	w.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, w.line(queue)); diff != "" {
		w.Errorf("line (-want +got):\n%s", diff)
	}
}

func (w *world) free(queue adapter.QueueID, n int) {
	w.Helper()
	w.tell("", adapter.RepresentativesChanged{Queue: queue, Available: n})
}

func TestPlaceIsByPriorityThenByTimeForCallsAndCallbacksAlike(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("first", billing, adapter.Phone{})
		w.pass(time.Second)
		promise := w.promised("a", w.phone())
		w.pass(time.Second)
		w.rings("later", billing, adapter.Phone{})
		web := w.request("+33155501234")
		w.pass(time.Second)
		w.tell("urgent", adapter.CallQueued{Queue: billing, QueuedAt: time.Now(), Priority: 5, Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		w.wantLine(billing, "urgent", "first", string(promise), "later", string(web))
		priority := 9
		w.tell("later", adapter.CallUpdated{Priority: &priority})
		w.wantLine(billing, "later", "urgent", "first", string(promise), string(web))
		view, err := w.service.Get(w.Context(), promise)
		if err != nil || view.Place != 4 || view.QueueName != "Billing" {
			t.Errorf("view %+v, %v", view, err)
		}
	})
}

func TestReleasedAtPlace1(t *testing.T) {
	for name, leave := range map[string]adapter.EventData{
		"when the call ahead is connected": adapter.CallConnected{},
		"when the call ahead hangs up":     adapter.CallEnded{Reason: "hung up"},
		"when the call ahead moves":        adapter.CallTransferred{ToQueue: sales},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.rings("ahead", billing, adapter.Phone{})
				w.pass(time.Second)
				id := w.promised("a", w.phone())
				w.pass(10 * time.Minute)
				w.wantAsked()
				w.wantState(id, adapter.StateWaiting)
				w.tell("ahead", leave)
				w.wantAsked(w.elapsed())
				w.wantState(id, adapter.StateDispatched)
			})
		})
	}
}

func TestReleasedAmongTheFirstNWhenNAreFree(t *testing.T) {
	for n, want := range []adapter.State{adapter.StateWaiting, adapter.StateWaiting, adapter.StateWaiting, adapter.StateDispatched} {
		t.Run("free: "+string(rune('0'+n)), func(t *testing.T) {
			virtual(t, func(w *world) {
				w.rings("1", billing, adapter.Phone{})
				w.rings("2", billing, adapter.Phone{})
				w.pass(time.Second)
				id := w.promised("a", w.phone())
				w.free(billing, n)
				w.wantState(id, want)
			})
		})
	}
}

func TestNotDialledBeforeTheOwnCallIsOver(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.optIn("a", w.phone())
		w.pass(20 * time.Second)
		w.wantState(id, adapter.StateWaiting)
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.wantAsked(51 * time.Second)
	})
}

func TestOwnCallIsTakenForOverAfterAMinute(t *testing.T) {
	virtual(t, func(w *world) {
		w.optIn("a", w.phone())
		w.pass(10 * time.Minute)
		w.wantAsked(91 * time.Second)
	})
}

func TestPlaceIsHeldUntilARepresentativeAccepts(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("ahead", billing, adapter.Phone{})
		w.pass(time.Second)
		first := w.promised("a", w.phone())
		second := w.promised("b", w.phone())
		w.tell("ahead", adapter.CallConnected{})
		released := w.elapsed()
		w.pass(25 * time.Second)
		w.wantState(second, adapter.StateWaiting)
		w.wantLine(billing, string(first), string(second))
		w.tell("", adapter.CallbackProgress{Callback: first, Step: adapter.StepAccepted})
		w.wantState(first, adapter.StateAccepted)
		w.wantAsked(released, released+25*time.Second)
		w.wantLine(billing, string(second))
	})
}

func TestPlaceIsFreedAMinuteAfterTheRowWasSeen(t *testing.T) {
	virtual(t, func(w *world) {
		w.dynamics.set(func(d *dynamics) { d.hidden = true })
		w.rings("ahead", billing, adapter.Phone{})
		w.pass(time.Second)
		w.promised("a", w.phone())
		w.promised("b", w.phone())
		w.tell("ahead", adapter.CallConnected{})
		released := w.elapsed()
		w.pass(5*time.Minute - time.Second)
		w.wantAsked(released)
		w.dynamics.set(func(d *dynamics) { d.hidden = false })
		w.pass(10 * time.Minute)
		// Rows are read every 10 s, on a grid of its own: seen within that time.
		requests := w.dynamics.requests()
		if len(requests) != 2 {
			t.Fatalf("asked %d times", len(requests))
		}
		if late := requests[1].at.Sub(w.begin) - released - 6*time.Minute; late < 0 || late > 10*time.Second {
			t.Errorf("the place was freed %v late", late)
		}
	})
}

func TestDeliveryInProcessFreesThePlace(t *testing.T) {
	virtual(t, func(w *world) {
		first := w.promised("a", w.phone())
		second := w.promised("b", w.phone())
		w.until(65 * time.Second)
		w.wantState(second, adapter.StateWaiting)
		w.dynamics.report("delivery-1", "InProcess", "")
		w.pass(10 * time.Second)
		w.wantState(first, adapter.StateAccepted)
		w.wantState(second, adapter.StateDispatched)
	})
}

func TestDeliveryRequestTellsWhatTheRepresentativeMustKnow(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		id := w.promised("a", from)
		got := w.dynamics.requests()[0].DeliveryRequest
		c, now := w.callback(id), time.Now().UTC()
		want := adapter.DeliveryRequest{
			RequestID: got.RequestID, Configuration: configurationOf(billing), Phone: from,
			Window: adapter.Window{Start: now, End: now.Add(15 * time.Minute)},
			Attributes: map[string]string{
				"type": "callback", "callbackId": string(id), "callId": "a", "queueId": string(billing),
				"queuedAt": c.QueuedAt.Format(time.RFC3339Nano), "priority": "0", "locale": c.Locale,
			},
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" || got.RequestID == "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
	})
}
