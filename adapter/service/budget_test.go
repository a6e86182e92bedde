package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
)

func TestThatDynamicsIsThrottlingSlowsAll(t *testing.T) {
	virtual(t, func(w *world) {
		w.free(billing, 2)                                              // so that nobody waits for anybody
		id := w.failing(fails(adapter.OutcomeThrottled, 3*time.Minute)) // asked at 31 s
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		other := w.promised("b", w.phone())
		w.until(3*time.Minute + 30*time.Second)
		w.wantAsked(31 * time.Second)
		w.pass(5 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.wantState(other, adapter.StateDispatched)
	})
}
