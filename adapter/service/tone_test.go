package service_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"directcallback/adapter"
)

// confirmations counts the commands that confirm and end call a.
func (w *world) confirmations() int {
	n := 0
	for _, c := range w.bus.commands("a") {
		if c.Prompt == adapter.PromptConfirmation && c.Then == adapter.ThenEnd && c.OnlyWhile == adapter.CallWaiting {
			n++
		}
	}
	return n
}

// optIn brings a caller of billing to press 1, at an offer. The call is not over yet.
func (w *world) optIn(call adapter.CallID, from adapter.Phone) adapter.CallbackID {
	w.Helper()
	w.rings(call, billing, from)
	w.pass(31 * time.Second)
	w.tell(call, adapter.ToneReceived{Tone: "1"})
	id := w.call(call).Callback
	if id == "" {
		w.Fatalf("call %s did not opt in", call)
	}
	return id
}

// promised is optIn and the end of the call.
func (w *world) promised(call adapter.CallID, from adapter.Phone) adapter.CallbackID {
	w.Helper()
	id := w.optIn(call, from)
	w.tell(call, adapter.CallEnded{Reason: "confirmed"})
	return id
}

func TestTone1MakesOneCallbackInTheSamePlaceAndOneCommand(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		w.rings("ahead", billing, adapter.Phone{})
		w.pass(time.Second)
		queued := w.event("a", adapter.CallQueued{
			Queue: billing, From: from, QueuedAt: time.Now(), Priority: 0, Locale: "fr-FR", Entry: adapter.EntryRoute,
			Bot: adapter.BotNone, Attributes: map[string]string{"vip": "yes"},
		})
		w.handle(queued)
		w.pass(time.Second)
		w.rings("behind", billing, adapter.Phone{})
		w.until(40 * time.Second)
		w.tell("a", adapter.ToneReceived{Tone: "1"})

		id := w.call("a").Callback
		want := adapter.Callback{
			ID: id, Version: 1, Queue: billing, Phone: from, Channel: adapter.ChannelVoice, Call: "a", State: adapter.StateWaiting,
			Since: time.Now(), QueuedAt: queued.At, ReleaseFrom: time.Now().Add(time.Minute), CreatedAt: time.Now(),
			ExpiresAt: time.Now().Add(7 * 24 * time.Hour), MaxAttempts: 1, RetryDelay: 5 * time.Minute, Action: callBack, Locale: "fr-FR", Attributes: map[string]string{"vip": "yes"},
			Consent: adapter.Consent{Given: true, At: time.Now(), Text: "pressed 1"},
		}
		if diff := cmp.Diff(want, w.callback(id), cmpopts.EquateComparable(adapter.Phone{})); diff != "" {
			t.Errorf("callback (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"ahead", string(id), "behind"}, w.line(billing)); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
		commands := w.bus.commands("a")
		last := commands[len(commands)-1]
		if len(commands) != 2 || w.confirmations() != 1 || last.Locale == "" || last.Text == "" || last.Sequence != 2 {
			t.Errorf("%d commands, %d confirmations, the last: %+v", len(commands), w.confirmations(), last)
		}
	})
}

// TestToneRaces presses 1 at 40 s, ten seconds after the offer, in the presence
// of something else.
func TestToneRaces(t *testing.T) {
	const pressed = 40 * time.Second
	one := adapter.ToneReceived{Tone: "1"}
	for name, test := range map[string]struct {
		play    func(w *world)
		want    adapter.State // empty = no callback
		confirm int
	}{
		"pressed once": {func(w *world) { w.tell("a", one) }, adapter.StateWaiting, 1},
		"pressed twice counts once": {func(w *world) {
			w.tell("a", one)
			w.pass(time.Second)
			w.tell("a", one)
		}, adapter.StateWaiting, 1},
		"pressed twice in one batch counts once": {func(w *world) {
			w.handle(w.event("a", one), w.event("a", one))
		}, adapter.StateWaiting, 1},
		"the same event twice counts once": {func(w *world) {
			e := w.event("a", one)
			w.handle(e, e)
			w.handle(e)
		}, adapter.StateWaiting, 1},
		"for an older prompt counts": {func(w *world) {
			older := w.bus.commands("a")[0].ID
			w.until(200 * time.Second)
			w.tell("a", adapter.ToneReceived{Tone: "1", Prompt: older})
		}, adapter.StateWaiting, 1},
		"another key does nothing": {func(w *world) { w.tell("a", adapter.ToneReceived{Tone: "2"}) }, "", 0},
		"after hanging up does nothing": {func(w *world) {
			w.tell("a", adapter.CallEnded{Reason: "hung up"})
			w.pass(time.Second)
			w.tell("a", one)
		}, "", 0},
		"before hanging up counts, though it arrives later": {func(w *world) {
			tone := w.event("a", one)
			w.pass(time.Second)
			w.tell("a", adapter.CallEnded{Reason: "hung up"})
			w.pass(time.Hour)
			w.handle(tone)
		}, adapter.StateDispatched, 0},
		"before hanging up, a day late, is forgotten": {func(w *world) {
			tone := w.event("a", one)
			w.pass(time.Second)
			w.tell("a", adapter.CallEnded{Reason: "hung up"})
			w.pass(25 * time.Hour)
			w.handle(tone)
		}, "", 0},
		"the representative was first and nobody is cut off": {func(w *world) {
			tone := w.event("a", one)
			w.pass(time.Second)
			w.tell("a", adapter.CallConnected{})
			w.handle(tone)
		}, adapter.StateServed, 0},
		"in conversation does nothing": {func(w *world) {
			w.tell("a", adapter.CallConnected{})
			w.pass(time.Second)
			w.tell("a", one)
		}, "", 0},
		"in conversation, heard of after its end, does nothing": {func(w *world) {
			w.tell("a", adapter.CallConnected{})
			w.pass(time.Second)
			tone := w.event("a", one)
			w.pass(time.Second)
			w.tell("a", adapter.CallEnded{Reason: "hung up"})
			w.handle(tone)
		}, "", 0},
		"the representative was first, heard of after the conversation": {func(w *world) {
			tone := w.event("a", one)
			w.pass(time.Second)
			w.tell("a", adapter.CallConnected{})
			w.pass(time.Second)
			w.tell("a", adapter.CallEnded{Reason: "hung up"})
			w.handle(tone)
		}, adapter.StateServed, 0},
		"the representative came before the confirmation was played": {func(w *world) {
			w.tell("a", one)
			w.pass(time.Second)
			w.tell("a", adapter.CallConnected{})
		}, adapter.StateServed, 1},
		"the call moved elsewhere": {func(w *world) {
			w.tell("a", adapter.CallTransferred{ToQueue: sales})
			w.tell("a", one)
		}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.rings("a", billing, w.phone())
				w.until(pressed)
				test.play(w)
				switch id := w.call("a").Callback; {
				case test.want == "" && id != "":
					t.Errorf("there is a callback: %v", w.events(id))
				case test.want != "":
					w.wantState(id, test.want)
				}
				if n := len(see(w, everyCallback)); n > 1 {
					t.Errorf("%d callbacks", n)
				}
				if got := w.confirmations(); got != test.confirm {
					t.Errorf("%d confirmations, want %d", got, test.confirm)
				}
			})
		})
	}
}

func TestTone1WithoutAnOfferDoesNothing(t *testing.T) {
	for name, from := range map[string]string{"too early": "+33155501234", "withheld number": ""} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				number := adapter.Phone{}
				if from != "" {
					number = parse(t, from)
				}
				w.rings("a", billing, number)
				w.pass(29 * time.Second)
				w.tell("a", adapter.ToneReceived{Tone: "1"})
				if id := w.call("a").Callback; id != "" || len(w.bus.commands("a")) != 0 {
					t.Errorf("callback %q, %d commands", id, len(w.bus.commands("a")))
				}
			})
		})
	}
}

func TestServedCallerIsNeverPhoned(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.optIn("a", w.phone())
		w.tell("a", adapter.CallConnected{})
		w.pass(time.Hour)
		w.wantState(id, adapter.StateServed)
		w.wantAsked()
	})
}

func TestVoiceJoinsTheWebCallbackAndTheEarlierPlaceIsKept(t *testing.T) {
	virtual(t, func(w *world) {
		from := parse(t, "+33155501234")
		w.rings("ahead", billing, adapter.Phone{})
		w.pass(time.Second)
		w.rings("a", billing, from)
		w.pass(31 * time.Second)
		w.rings("between", billing, adapter.Phone{})
		w.pass(time.Second)
		web := w.request("+33155501234")
		w.tell("a", adapter.ToneReceived{Tone: "1"})
		if got := w.call("a").Callback; got != web {
			t.Errorf("callback of the call is %q, want %q", got, web)
		}
		if diff := cmp.Diff([]string{"ahead", string(web), "between"}, w.line(billing)); diff != "" {
			t.Errorf("line (-want +got):\n%s", diff)
		}
		if w.confirmations() != 1 {
			t.Error("the caller heard no confirmation")
		}
		// Nobody dials a caller who still hears the confirmation.
		w.tell("ahead", adapter.CallEnded{Reason: "hung up"})
		w.wantAsked()
		w.pass(time.Second)
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.wantAsked(w.elapsed())
	})
}
