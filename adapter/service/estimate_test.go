package service_test

import (
	"fmt"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

const estimatedWait = "queue_prequeue.estimatedwaittimeinminutes"

// estimating is a world in which billing offers a callback from two minutes of
// estimated wait on.
func estimating(t *testing.T, f func(*world)) {
	t.Helper()
	virtual(t, func(w *world) {
		w.settings.set(func(r *reader) {
			r.settings.Rulesets[preRules] = ruleset(preRules, rule(1, callBack, estimatedWait, "2"))
		})
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		f(w)
	})
}

// served lets n calls be connected after three minutes each.
func (w *world) served(n int) {
	w.Helper()
	for range n {
		w.numbers++
		call := adapter.CallID(fmt.Sprint("served-", w.numbers))
		w.rings(call, billing, adapter.Phone{})
		w.pass(3 * time.Minute)
		w.tell(call, adapter.CallConnected{})
		w.tell(call, adapter.CallConnected{}) // told again: one wait
	}
}

// offered tells whether a call that comes now hears an offer.
func (w *world) offered(call adapter.CallID, told *time.Duration) bool {
	w.Helper()
	w.tell(call, adapter.CallQueued{
		Queue: billing, From: w.phone(), QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone,
		Measures: adapter.Measures{EstimatedWait: told},
	})
	w.pass(40 * time.Second)
	n := len(w.offers(call))
	w.tell(call, adapter.CallEnded{Reason: "hung up"})
	return n > 0
}

func TestEstimateOfOurOwnCallsDecides(t *testing.T) {
	estimating(t, func(w *world) {
		w.served(19)
		w.pass(20 * time.Minute)
		if w.offered("not enough data", nil) {
			t.Error("offered out of 19 waits")
		}
		w.served(1)
		w.pass(20 * time.Minute)
		if !w.offered("enough", nil) {
			t.Error("not offered after 20 waits of three minutes")
		}
		w.halt()
		w.start()
		if !w.offered("after a restart", nil) {
			t.Error("not offered after a restart")
		}
		if told := time.Minute; w.offered("told less", &told) {
			t.Error("offered although the platform says one minute")
		}
		w.pass(8 * 24 * time.Hour)
		if w.offered("a week later", nil) {
			t.Error("offered after a week without calls")
		}
		if told := 2 * time.Minute; !w.offered("told more", &told) {
			t.Error("not offered although the platform says two minutes")
		}
	})
}

func TestCallsNobodyTookAreNoWaits(t *testing.T) {
	estimating(t, func(w *world) {
		for i := range 30 {
			call := adapter.CallID(fmt.Sprint("gone-", i))
			w.rings(call, billing, adapter.Phone{})
			w.pass(3 * time.Minute)
			w.tell(call, adapter.CallEnded{Reason: "hung up"})
			w.tell(call, adapter.CallConnected{}) // too late
		}
		w.pass(20 * time.Minute)
		if w.offered("a", nil) {
			t.Error("offered out of waits for nothing")
		}
	})
}

func TestWaitsThatCannotBeReadAreBegunAnew(t *testing.T) {
	estimating(t, func(w *world) {
		if err := w.options.Update(w.Context(), func(tx service.Tx) error { return tx.SaveWaits(billing, []byte("{")) }); err != nil {
			t.Fatal(err)
		}
		if w.offered("a", nil) {
			t.Error("offered out of nothing")
		}
		w.served(20)
		w.pass(20 * time.Minute)
		if !w.offered("b", nil) {
			t.Error("not offered")
		}
	})
}

func TestCallbackInLineShowsTheEstimate(t *testing.T) {
	estimating(t, func(w *world) {
		w.served(20)
		w.pass(20 * time.Minute)
		w.rings("ahead", billing, w.phone())
		told := 4 * time.Minute
		w.tell("mine", adapter.CallQueued{
			Queue: billing, From: w.phone(), QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone,
			Measures: adapter.Measures{EstimatedWait: &told},
		})
		w.pass(40 * time.Second)
		w.tell("mine", adapter.ToneReceived{Tone: "1"})
		web := w.ask(service.Request{Callback: adapter.Callback{Queue: billing, Phone: w.phone()}, Key: "k"})
		if web.Estimate.Wait != 3*time.Minute || web.Estimate.Source != "average" {
			t.Errorf("by the web: %+v", web.Estimate)
		}
		voice, err := w.service.Get(w.Context(), w.call("mine").Callback)
		if err != nil || voice.Estimate.Wait != told || voice.Estimate.Source != "platform" {
			t.Errorf("by voice: %+v, %v", voice.Estimate, err)
		}
		if _, err := w.service.Cancel(w.Context(), web.Callback.ID, "changed my mind"); err != nil {
			t.Fatal(err)
		}
		if gone, err := w.service.Get(w.Context(), web.Callback.ID); err != nil || gone.Estimate.Known() {
			t.Errorf("out of line: %+v, %v", gone.Estimate, err)
		}
	})
}
