package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// In shadow the same decisions are made and kept, and nothing leaves: no offer, no
// other command, and no delivery of what an earlier run had promised.
func TestShadowDecidesAndSendsNothing(t *testing.T) {
	virtual(t, func(w *world) {
		w.failing(fails(adapter.OutcomeThrottled, time.Hour))
		asked := len(w.dynamics.requests())
		w.halt()
		w.options.Shadow = true
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.start()
		w.rings("shadowed", billing, w.phone())
		w.pass(10 * time.Minute)
		w.tell("shadowed", adapter.ToneReceived{Tone: "1"}) // in answer to another system's offer
		w.pass(2 * time.Hour)
		if n := len(w.dynamics.requests()); n != asked {
			t.Errorf("Dynamics was asked %d times", n-asked)
		}
		if n := len(w.bus.commands("shadowed")); n != 0 {
			t.Errorf("%d commands left", n)
		}
		c := w.call("shadowed")
		if c.Overflow != adapter.ActionDirectCallback || c.Offers == 0 || c.Callback != "" {
			t.Errorf("decided %v, %d offers, callback %q", c.Overflow, c.Offers, c.Callback)
		}
		if n := see(w, func(tx service.Tx) (int, error) { t, err := tx.Tally(); return t.Leaving, err }); n > 1 {
			t.Errorf("%d entries wait in the outbox", n)
		}
		if codes := w.findings(); codes["shadow"] != 1 {
			t.Errorf("findings %v", codes)
		}
	})
}
