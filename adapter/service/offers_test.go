package service_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

// offers are the times at which a call heard the offer.
func (w *world) offers(call adapter.CallID) []time.Duration {
	times := []time.Duration{}
	for _, c := range w.bus.commands(call) {
		if c.Prompt == adapter.PromptOffer {
			times = append(times, c.at.Sub(w.begin))
		}
	}
	return times
}

func (w *world) wantOffers(call adapter.CallID, want ...time.Duration) {
	w.Helper()
	if want == nil {
		want = []time.Duration{}
	}
	if diff := cmp.Diff(want, w.offers(call)); diff != "" {
		w.Errorf("offers (-want +got):\n%s", diff)
	}
}

func TestOffersComeExactlyAt30sThenEvery120s(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("a", billing, w.phone())
		w.until(5 * time.Minute)
		w.wantOffers("a", 30*time.Second, 150*time.Second, 270*time.Second)
		for i, c := range w.bus.commands("a") {
			want := adapter.Command{
				ID: c.ID, Type: adapter.CommandPlay, Call: "a", Queue: billing, At: c.at.UTC(), OnlyWhile: adapter.CallWaiting,
				Prompt: adapter.PromptOffer, Text: c.Text, Locale: c.Locale, Collect: "1",
				Sequence: int64(i + 1), NotAfter: c.at.UTC().Add(120 * time.Second),
			}
			if diff := cmp.Diff(want, c.Command, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" || c.Text == "" {
				t.Errorf("offer %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

func TestInQueueRuleOffersAtItsElapsedTime(t *testing.T) {
	virtual(t, func(w *world) {
		w.pass(time.Millisecond)
		w.rings("a", support, w.phone())
		w.until(5 * time.Minute)
		w.wantOffers("a", 2*time.Minute+time.Millisecond, 4*time.Minute+time.Millisecond)
	})
}

func TestQueueWithoutRulesOffersNothing(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("a", sales, w.phone())
		w.pass(time.Hour)
		w.wantOffers("a")
	})
}

func TestOffersEndWhenTheCallerDoesNotWait(t *testing.T) {
	for name, end := range map[string]adapter.EventData{
		"hung up":   adapter.CallEnded{Reason: "abandoned"},
		"connected": adapter.CallConnected{},
		"moved":     adapter.CallTransferred{ToQueue: sales},
		"opted in":  adapter.ToneReceived{Tone: "1"},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.rings("a", billing, w.phone())
				w.until(time.Minute)
				w.tell("a", end)
				w.pass(time.Hour)
				w.wantOffers("a", 30*time.Second)
			})
		})
	}
}

func TestOffersMissedInAnOutageCollapseIntoOne(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("a", billing, w.phone())
		w.halt()
		w.until(400 * time.Second)
		w.start()
		w.until(11 * time.Minute)
		w.wantOffers("a", 400*time.Second, 510*time.Second, 630*time.Second)
	})
}

func TestNotOffered(t *testing.T) {
	for name, test := range map[string]struct {
		queue  adapter.QueueID
		from   string
		change func(*world)
	}{
		"withheld number":             {billing, "", func(*world) {}},
		"offers switched off":         {billing, "+33155501234", func(w *world) { w.halt(); w.options.OffersOff = true; w.start() }},
		"nothing to place it through": {orphans, "+33155501234", func(*world) {}},
		"number waits already":        {billing, "+33155501234", func(w *world) { w.request("+33155501234") }},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				test.change(w)
				from := adapter.Phone{}
				if test.from != "" {
					from = parse(t, test.from)
				}
				w.rings("a", test.queue, from)
				w.pass(10 * time.Minute)
				w.wantOffers("a")
				if n := w.call("a").Offers; n != 0 {
					t.Errorf("%d offers were written down", n)
				}
			})
		})
	}
}

func TestDuplicateIsOfferedOnceTheOtherOneEnded(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("ahead", billing, adapter.Phone{})
		other := w.request("+33155501234")
		w.rings("a", billing, parse(t, "+33155501234"))
		w.until(200 * time.Second)
		if _, err := w.service.Cancel(w.Context(), other, "by the test"); err != nil {
			t.Fatal(err)
		}
		w.until(300 * time.Second)
		w.wantOffers("a", 270*time.Second)
	})
}

func TestActionThatReplacesTheCallbackEndsTheOffers(t *testing.T) {
	virtual(t, func(w *world) {
		w.settings.set(func(r *reader) {
			r.settings.Rulesets[inRules] = ruleset(inRules, rule(1, voicemail, elapsedWait, "300"), rule(2, callBack, elapsedWait, "120"))
		})
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.rings("a", support, w.phone())
		w.pass(time.Hour)
		w.wantOffers("a", 2*time.Minute, 4*time.Minute)
		commands := w.bus.commands("a")
		if last := commands[len(commands)-1]; len(commands) != 3 || last.Type != adapter.CommandVoicemail {
			t.Errorf("%d commands, the last is %s", len(commands), last.Type)
		}
	})
}
