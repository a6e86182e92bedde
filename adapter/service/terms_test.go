package service_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/service"
)

const patient = adapter.ProfileID("2b6e8c14-0d5f-4a37-9e81-c4f7a0b3d629")

// profile links billing's callback action, and support's, to a profile.
func (w *world) profile(change func(*adapter.CallbackProfile)) {
	w.Helper()
	w.settings.set(func(r *reader) {
		row := r.settings.Actions[callBack]
		row.Profile = patient
		r.settings.Actions[callBack] = row
		p := adapter.CallbackProfile{ID: patient, Name: "Patient", Active: true, RepeatInterval: new(120)}
		change(&p)
		r.settings.Profiles = map[adapter.ProfileID]adapter.CallbackProfile{patient: p}
	})
	w.refresh()
}

func (w *world) refresh() {
	w.Helper()
	if err := w.service.Refresh(w.Context()); err != nil {
		w.Fatal(err)
	}
}

// refusals are why a call was offered nothing.
func (w *world) refusals(call adapter.CallID, moment string) []string {
	w.Helper()
	var all []string
	for _, j := range see(w, func(tx service.Tx) ([]adapter.Judgement, error) { return tx.Decisions(call) }) {
		if j.Moment == moment && j.Verdict == "NotOffered" {
			all = append(all, string(j.Trace))
		}
	}
	return all
}

func TestEveryReasonNotToOfferIsInTheTrace(t *testing.T) {
	for want, change := range map[callback.Refusal]func(*world){
		callback.RefusedWithheld:      func(*world) {},
		callback.RefusedOff:           func(w *world) { w.halt(); w.options.OffersOff = true; w.start() },
		callback.RefusedConfiguration: func(w *world) { w.settings.set(func(r *reader) { r.settings.Configurations = nil }); w.refresh() },
		callback.RefusedDuplicate:     func(w *world) { w.request("+33155501234") },
		callback.RefusedPaused:        func(w *world) { w.setPause(adapter.Paused{Queue: billing}) },
		callback.RefusedBlocked:       func(w *world) { w.setPause(adapter.Paused{Configuration: configurationOf(billing)}) },
		callback.RefusedTerms:         func(w *world) { w.profile(func(p *adapter.CallbackProfile) { p.Active = false }) },
		callback.RefusedFull:          func(w *world) { w.profile(func(p *adapter.CallbackProfile) { p.MaxCallbacks = new(0) }) },
		callback.RefusedNext:          func(w *world) { w.halt(); w.options.SkipNext = true; w.start() },
	} {
		t.Run(string(want), func(t *testing.T) {
			virtual(t, func(w *world) {
				change(w)
				from := parse(t, "+33155501234")
				if want == callback.RefusedWithheld {
					from = adapter.Phone{}
				}
				w.rings("a", billing, from)
				w.pass(time.Minute)
				w.wantOffers("a")
				if got := w.refusals("a", "offer"); len(got) != 1 || !strings.Contains(got[0], string(want)) {
					t.Errorf("trace %q", got)
				}
			})
		})
	}
}

func TestOffersAreRepeatedAsTheProfileSays(t *testing.T) {
	virtual(t, func(w *world) {
		w.profile(func(p *adapter.CallbackProfile) { p.RepeatInterval = new(45) })
		w.rings("a", billing, w.phone())
		w.until(2 * time.Minute)
		w.wantOffers("a", 30*time.Second, 75*time.Second, 120*time.Second)
		if c := w.bus.commands("a")[0]; !c.NotAfter.Equal(w.begin.Add(75 * time.Second)) {
			t.Errorf("the first offer may be played until %v", c.NotAfter.Sub(w.begin))
		}
	})
}

func TestOnlyWhoIsNotNextIsOffered(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.options.SkipNext = true
		w.start()
		w.rings("first", billing, w.phone())
		w.pass(time.Second)
		w.rings("second", billing, w.phone())
		w.until(2 * time.Minute)
		w.wantOffers("first")
		w.wantOffers("second", 31*time.Second)
	})
}

func TestADuplicateIsAnsweredAsTheProfileSays(t *testing.T) {
	for name, c := range map[string]struct {
		prevention adapter.DuplicatePrevention
		resolution adapter.DuplicateResolution
		waitsIn    adapter.QueueID // where the number waits already
		told, ends bool
		offers     int
	}{
		"same queue, end call":            {adapter.PreventInQueue, adapter.ResolveEndCall, billing, true, true, 0},
		"same queue, wait":                {adapter.PreventInQueue, adapter.ResolveWaitInQueue, billing, false, false, 0},
		"same queue, waits in another":    {adapter.PreventInQueue, adapter.ResolveEndCall, sales, false, false, 1},
		"all queues, end call":            {adapter.PreventInAnyLine, adapter.ResolveEndCall, sales, true, true, 0},
		"all queues, wait":                {adapter.PreventInAnyLine, adapter.ResolveWaitInQueue, sales, false, false, 0},
		"none, the product's own rule":    {adapter.PreventNone, adapter.ResolveEndCall, billing, false, false, 0},
		"none, waits in another, offered": {adapter.PreventNone, adapter.ResolveEndCall, sales, false, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.profile(func(p *adapter.CallbackProfile) {
					p.DuplicatePrevention, p.DuplicateResolution = c.prevention, c.resolution
				})
				number := w.phone()
				w.rings("ahead", c.waitsIn, adapter.Phone{}) // so that the callback waits
				w.ask(service.Request{Callback: adapter.Callback{Queue: c.waitsIn, Phone: number}, Key: "k"})
				w.rings("a", billing, number)
				w.pass(time.Minute)
				told, ends := w.toldPending("a")
				if told != c.told || ends != c.ends || len(w.offers("a")) != c.offers {
					t.Errorf("told %v, ends %v, %d offers", told, ends, len(w.offers("a")))
				}
				if refused := len(w.refusals("a", "offer")) > 0; refused != (c.offers == 0) {
					t.Errorf("refused in the trace: %v", refused)
				}
			})
		})
	}
}

// toldPending tells whether a call heard that its number waits for a callback, and
// whether it ended with that.
func (w *world) toldPending(call adapter.CallID) (told, ends bool) {
	for _, c := range w.bus.commands(call) {
		if c.Prompt == adapter.PromptDuplicate {
			told, ends = c.Text != "" && c.Locale != "", c.Then == adapter.ThenEnd
		}
	}
	return told, ends
}

func TestClassicDuplicateHandlingReachesTheWorkstream(t *testing.T) {
	for name, c := range map[string]struct {
		other    string
		handling adapter.DuplicateHandling
		want     string
	}{
		"same workstream, disconnect": {"voice", adapter.DuplicateDisconnect, "told and ended"},
		"same workstream, keep":       {"voice", adapter.DuplicateKeepCall, "told"},
		"another workstream":          {"other", adapter.DuplicateDisconnect, "offered"},
		"a workstream nobody told":    {"", adapter.DuplicateDisconnect, "offered"},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.settings.set(func(r *reader) {
					row := r.settings.Actions[callBack]
					row.Deduplicate, row.DuplicateScope, row.DuplicateHandling = true, adapter.DuplicateInWorkstream, c.handling
					r.settings.Actions[callBack] = row
				})
				w.refresh()
				number := w.phone()
				queued := func(call adapter.CallID, queue adapter.QueueID, from adapter.Phone, workstream string) {
					w.tell(call, adapter.CallQueued{
						Queue: queue, Workstream: workstream, From: from, QueuedAt: time.Now(), Locale: "fr-FR", Entry: adapter.EntryRoute, Bot: adapter.BotNone,
					})
				}
				queued("ahead", support, adapter.Phone{}, "")
				queued("first", support, number, c.other)
				w.pass(3 * time.Minute)
				w.tell("first", adapter.ToneReceived{Tone: "1"})
				w.tell("first", adapter.CallEnded{})
				queued("a", billing, number, "voice")
				w.pass(time.Minute)
				told, ends := w.toldPending("a")
				got := map[[2]bool]string{{true, true}: "told and ended", {true, false}: "told", {}: "silent"}[[2]bool{told, ends}]
				if len(w.offers("a")) > 0 {
					got = "offered"
				}
				if got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestARequestJoinsWhatWaitsAsFarAsTheProfileReaches(t *testing.T) {
	for prevention, joined := range map[adapter.DuplicatePrevention]bool{adapter.PreventInQueue: false, adapter.PreventInAnyLine: true} {
		virtualNamed(t, map[bool]string{true: "all queues", false: "same queue"}[joined], func(w *world) {
			w.profile(func(p *adapter.CallbackProfile) { p.DuplicatePrevention = prevention })
			number := w.phone()
			first := w.ask(service.Request{Callback: adapter.Callback{Queue: sales, Phone: number}, Key: "1"})
			second := w.ask(service.Request{Callback: adapter.Callback{Queue: billing, Phone: number}, Key: "2"})
			if second.Joined != joined || joined != (second.Callback.ID == first.Callback.ID) {
				w.Errorf("joined %v", second.Joined)
			}
		})
	}
}

func virtualNamed(t *testing.T, name string, f func(*world)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { virtual(t, f) })
}

// Left to the portal alone, a number that waits is offered a callback where the portal
// does not mind; two promises to one number are one all the same.
func TestThePortalAloneMayAllowDuplicates(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.options.PortalDuplicates = true
		w.start()
		number := w.phone()
		w.rings("ahead", billing, adapter.Phone{})
		first := w.ask(service.Request{Callback: adapter.Callback{Queue: billing, Phone: number}, Key: "1"}).Callback.ID
		w.rings("a", billing, number)
		w.until(40 * time.Second)
		w.wantOffers("a", 30*time.Second)
		w.tell("a", adapter.ToneReceived{Tone: "1"})
		if got := w.call("a").Callback; got != first {
			t.Errorf("callback %s, want %s", got, first)
		}
		w.profile(func(p *adapter.CallbackProfile) {
			p.DuplicatePrevention = adapter.PreventInQueue
			p.DuplicateResolution = adapter.ResolveWaitInQueue
		})
		w.tell("a", adapter.CallEnded{})
		w.rings("b", billing, number)
		w.pass(time.Minute)
		w.wantOffers("b")
	})
}

func TestOffersStopAtTheLimitAndGoOnBelowIt(t *testing.T) {
	virtual(t, func(w *world) {
		w.profile(func(p *adapter.CallbackProfile) { p.MaxCallbacks = new(1) })
		w.rings("ahead", billing, adapter.Phone{})
		w.rings("a", billing, w.phone())
		w.rings("b", billing, w.phone())
		w.until(40 * time.Second) // both were offered
		w.tell("a", adapter.ToneReceived{Tone: "1"})
		w.tell("b", adapter.ToneReceived{Tone: "1"})
		id := w.call("a").Callback
		if id == "" || w.call("b").Callback != "" || w.confirmations() != 1 {
			t.Fatalf("callbacks %q and %q, %d confirmations", id, w.call("b").Callback, w.confirmations())
		}
		if got := w.refusals("b", "opt-in"); len(got) != 1 || !strings.Contains(got[0], string(callback.RefusedFull)) {
			t.Errorf("trace %q", got)
		}
		if _, err := w.tryAsk(service.Request{Callback: adapter.Callback{Queue: billing, Phone: w.phone()}, Key: "k"}); !errors.Is(err, adapter.ErrNotOffered) {
			t.Errorf("error %v", err)
		}
		w.until(200 * time.Second)
		w.wantOffers("b", 30*time.Second)
		if _, err := w.service.Cancel(w.Context(), id, "by the test"); err != nil {
			t.Fatal(err)
		}
		w.until(300 * time.Second)
		w.wantOffers("b", 30*time.Second, 270*time.Second)
	})
}

func TestTheLastOfACapacityIsPromisedOnceByTwoReplicas(t *testing.T) {
	replicas(t, func(first, second *replica) {
		first.profile(func(p *adapter.CallbackProfile) { p.MaxCallbacks = new(1) })
		second.start()
		first.rings("ahead", billing, adapter.Phone{})
		first.rings("a", billing, first.phone())
		first.rings("b", billing, first.phone())
		first.pass(40 * time.Second)
		tones := []adapter.CallEvent{first.event("a", adapter.ToneReceived{Tone: "1"}), first.event("b", adapter.ToneReceived{Tone: "1"})}
		for i, r := range []*replica{first, second} {
			go func() {
				if _, err := r.service.Handle(r.Context(), tones[i:i+1]); err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		if a, b := first.call("a").Callback, first.call("b").Callback; (a == "") == (b == "") {
			t.Errorf("callbacks %q and %q", a, b)
		}
	})
}

func TestAPromiseIsTriedAsItWasMadeWhateverTheSettingsSayLater(t *testing.T) {
	virtual(t, func(w *world) {
		w.profile(func(p *adapter.CallbackProfile) {
			p.Retries, p.RetryDelay, p.RetryDelayUnit = new(1), new(7), adapter.RetryMinutes
		})
		id := w.promised("a", w.phone()) // due at 31 s
		w.profile(func(p *adapter.CallbackProfile) { p.Retries = new(0) })
		w.dynamics.report("delivery-1", "Complete", "NoAnswer")
		w.until(2 * time.Minute)
		retried := w.wantState(id, adapter.StateWaiting)
		if got := retried.InLineFrom.Sub(retried.Since); got != 7*time.Minute {
			t.Errorf("in line again after %v", got)
		}
		w.pass(8 * time.Minute)
		w.dynamics.report("delivery-2", "Complete", "NoAnswer")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateUnanswered)
	})
}

func TestATurnIsPutOffByWhatRepresentativesTookTooLong(t *testing.T) {
	virtual(t, func(w *world) {
		w.profile(func(p *adapter.CallbackProfile) {
			p.WaitLimit, p.WaitLimitUnit, p.WaitWindow, p.WaitWindowUnit = new(300), adapter.WaitSeconds, new(3600), adapter.WaitSeconds
		})
		slow := w.promised("a", w.phone()) // asked for at 31 s, with nothing to go by
		w.until(31*time.Second + 8*time.Minute)
		w.handle(adapter.CallEvent{ID: "p", Source: "pbx", At: time.Now(), Data: adapter.CallbackProgress{Callback: slow, Step: adapter.StepAccepted}})
		w.wantState(slow, adapter.StateAccepted)
		w.pass(time.Minute)
		asked := w.elapsed()
		next := w.request("+33155501234")
		c := w.wantState(next, adapter.StateWaiting)
		if !c.Throttled || !slices.Contains(w.events(next), "turn put off") {
			t.Errorf("events %q", w.events(next))
		}
		w.wantLine(billing, string(next)) // it keeps its place
		w.until(asked + 3*time.Minute - time.Second)
		w.wantState(next, adapter.StateWaiting)
		w.pass(2 * time.Second)
		w.wantAsked(31*time.Second, asked+3*time.Minute)
		// After the look-back nothing is known any more.
		w.dynamics.report("delivery-2", "Complete", "LiveAnswer")
		w.pass(2 * time.Hour)
		later := w.elapsed()
		w.request("+33155501235")
		w.wantAsked(31*time.Second, asked+3*time.Minute, later)
	})
}

// An office in Paris that opens on Monday at nine, in summer at 7:00 UTC.
func TestACallbackKeepsItsPlaceWhileTheQueueIsClosedAndGoesOutWhenItOpens(t *testing.T) {
	t.Parallel()
	settings, queue := fromDataverse(t)
	disk := newFile(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, disk)
		defer w.halt()
		w.settings.settings = settings
		<-time.After(time.Until(time.Date(2026, 7, 5, 10, 0, 0, 0, time.UTC)))
		w.start()
		id := w.ask(service.Request{Callback: adapter.Callback{Queue: queue, Phone: w.phone()}, Key: "k"}).Callback.ID
		w.pass(time.Hour)
		w.wantState(id, adapter.StateWaiting)
		w.wantLine(queue, string(id))
		w.halt()
		w.start()
		opens := time.Date(2026, 7, 6, 7, 0, 0, 0, time.UTC)
		w.pass(time.Until(opens) - time.Second)
		w.wantState(id, adapter.StateWaiting)
		if n := len(w.events(id)); n > 2 {
			t.Errorf("a night is %d steps long", n)
		}
		w.pass(2 * time.Second)
		w.wantState(id, adapter.StateDispatched)
		if got := w.dynamics.requests()[0].at; !got.Equal(opens) {
			t.Errorf("asked at %v", got)
		}
	})
}

func TestWhoMayGoOutClosedDoes(t *testing.T) {
	t.Parallel()
	settings, queue := fromDataverse(t)
	settings.Configurations[0].IgnoresHours = true
	disk := newFile(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, disk)
		defer w.halt()
		w.settings.settings = settings
		<-time.After(time.Until(time.Date(2026, 7, 5, 10, 0, 0, 0, time.UTC)))
		w.start()
		id := w.ask(service.Request{Callback: adapter.Callback{Queue: queue, Phone: w.phone()}, Key: "k"}).Callback.ID
		w.pass(time.Second)
		w.wantState(id, adapter.StateDispatched)
	})
}

// The hours are edited while a callback waits for the queue to open.
func TestALineLooksAgainWhenItsHoursChange(t *testing.T) {
	t.Parallel()
	settings, queue := fromDataverse(t)
	disk := newFile(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, disk)
		defer w.halt()
		w.settings.settings = settings
		<-time.After(time.Until(time.Date(2026, 7, 5, 10, 0, 0, 0, time.UTC)))
		w.start()
		id := w.ask(service.Request{Callback: adapter.Callback{Queue: queue, Phone: w.phone()}, Key: "k"}).Callback.ID
		w.settings.set(func(r *reader) {
			r.settings.Queues = slices.Clone(r.settings.Queues)
			for i := range r.settings.Queues {
				r.settings.Queues[i].OperatingHours = ""
			}
		})
		w.refresh()
		w.pass(time.Second)
		w.wantState(id, adapter.StateDispatched)
	})
}
