package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
)

// Telephonies that count their calls use an id again some day.
func TestACallIDUsedAgainIsANewCall(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("1001", billing, w.phone())
		w.pass(time.Minute)
		w.tell("1001", adapter.CallEnded{Reason: "hangup"})
		w.pass(24 * time.Hour)
		w.seqs["1001"] = 0 // their counters start anew
		event := w.event("1001", adapter.CallQueued{
			Queue: billing, From: w.phone(), QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone,
		})
		event.ID = "another life"
		w.handle(event)
		w.wantLine(billing, "1001")
	})
}

func TestALiveCallOfAnotherSourceIsRejected(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("1001", billing, w.phone())
		w.pass(time.Second)
		event := w.event("1001", adapter.CallQueued{
			Queue: sales, From: w.phone(), QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone,
		})
		event.Source = "another pbx"
		verdicts, err := w.service.Handle(w.Context(), []adapter.CallEvent{event})
		if err != nil || verdicts[0] == nil || verdicts[0].Reason != "CallOfAnotherSource" {
			t.Errorf("verdict %v, %v", verdicts, err)
		}
		w.wantLine(billing, "1001")
	})
}

// A 1 pressed in a menu, before any offer, asks for nothing, however late it comes.
func TestAKeyFromBeforeTheFirstOfferIsIgnored(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("a", billing, w.phone())
		w.pass(5 * time.Second)
		early := w.event("a", adapter.ToneReceived{Tone: "1"})
		w.pass(40 * time.Second)
		w.handle(early)
		if c := w.call("a"); c.Callback != "" || c.Offers == 0 {
			t.Errorf("callback %q after %d offers", c.Callback, c.Offers)
		}
	})
}

// Who cancels and asks again while Dynamics is still being asked to cancel gets
// the callback after all.
func TestAskingAgainTakesTheCancellationBack(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		id := w.promised("a", from)
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if _, err := w.service.Cancel(w.Context(), id, "changed my mind"); err != nil {
			t.Fatal(err)
		}
		w.wantState(id, adapter.StateCancelling)
		w.rings("b", billing, from)
		w.pass(time.Second)
		w.tell("b", adapter.CallEnded{Reason: "hangup"})
		if joined := w.request(from.E164()); joined != id {
			t.Fatalf("a second callback %s", joined)
		}
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		w.pass(time.Minute)
		if c := w.callback(id); c.State.Ended() {
			t.Errorf("the callback is %s", c.State)
		}
	})
}
