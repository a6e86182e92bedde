package service_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"directcallback/adapter"
)

// A clock that is set forward must not open a fence: the delivery may still ring.
func TestClockThatJumpsForwardMakesNoSecondAttempt(t *testing.T) {
	for name, answer := range map[string]func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error){
		"uncertain, not found": fails(adapter.OutcomeLost, 0),
		"pending":              nil,
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.halt()
				var ahead atomic.Int64
				w.options.Clock = setClock{ahead: &ahead}
				w.start()
				w.failing(answer)
				w.pass(30 * time.Second)
				ahead.Store(int64(time.Hour))
				w.until(31*time.Second + 20*time.Minute)
				w.wantAsked(31 * time.Second)
				w.dynamics.set(func(d *dynamics) { d.answer = nil })
				w.pass(2 * time.Minute)
				if n := len(w.dynamics.requests()); n != 2 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

func TestClockThatJumpedDuringARestartWaitsForTheGrace(t *testing.T) {
	virtual(t, func(w *world) {
		w.failing(fails(adapter.OutcomeLost, 0))
		w.halt()
		var ahead atomic.Int64
		ahead.Store(int64(time.Hour))
		w.options.Clock = setClock{ahead: &ahead}
		w.start()
		w.pass(5 * time.Minute)
		w.wantAsked(31 * time.Second)
	})
}
