package service_test

import (
	"sync/atomic"
	"testing"
	"time"

	"directcallback/adapter"
)

// fails lets the store fail: the n-th piece of work from when it is armed and
// all that follow, until it is mended.
func (w *world) fails() (arm func(n int64), mend func()) {
	const never = 1 << 40
	var left atomic.Int64
	left.Store(never)
	w.broken = func() error {
		if left.Add(-1) <= 0 {
			return errDown
		}
		return nil
	}
	return func(n int64) { left.Store(n) }, func() { left.Store(never) }
}

// fragile is virtual with a store that can fail.
func fragile(t *testing.T, f func(w *world, arm func(int64), mend func())) {
	t.Helper()
	everywhere(t, func(w *world) {
		w.halt()
		arm, mend := w.fails()
		w.start()
		f(w, arm, mend)
	})
}

func TestAnswerThatCannotBeWrittenDownIsKeptUntilItCan(t *testing.T) {
	fragile(t, func(w *world, arm func(int64), mend func()) {
		answer := w.slow()
		id := w.promised("a", w.phone())
		arm(1)
		answer()
		w.pass(20 * time.Second)
		mend()
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31 * time.Second)
	})
}

// A full disk lasts as long as it lasts; the answer must not be forgotten by a
// process that goes on owning it.
func TestAnswerIsWrittenDownHoweverLongTheStoreIsDown(t *testing.T) {
	fragile(t, func(w *world, arm func(int64), mend func()) {
		answer := w.slow()
		id := w.promised("a", w.phone())
		second := w.promised("b", w.phone())
		arm(1)
		answer()
		w.pass(time.Hour)
		mend()
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(2 * time.Minute)
		w.wantState(second, adapter.StateDispatched)
	})
}

func TestAnswerThatCannotBeWrittenDownBeforeTheStopIsUncertainAfterIt(t *testing.T) {
	fragile(t, func(w *world, arm func(int64), mend func()) {
		answer := w.slow()
		id := w.promised("a", w.phone())
		arm(1)
		answer()
		w.pass(time.Minute)
		w.halt()
		mend()
		w.start()
		w.wantState(id, adapter.StateUncertain)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched) // found again
		w.wantAsked(31 * time.Second)
	})
}

func TestDeliveriesLeaveAfterTheStoreFailedOnce(t *testing.T) {
	for n := range int64(4) {
		t.Run("at work "+string(rune('1'+n)), func(t *testing.T) {
			fragile(t, func(w *world, arm func(int64), mend func()) {
				id := w.failing(fails(adapter.OutcomeThrottled, time.Minute)) // due again at 91 s
				w.dynamics.set(func(d *dynamics) { d.answer = nil })
				w.until(90 * time.Second)
				arm(n + 1)
				w.until(91 * time.Second)
				mend()
				w.pass(30 * time.Second)
				w.wantState(id, adapter.StateDispatched)
			})
		})
	}
}

func TestEventsAreRefusedWhileTheStoreIsDown(t *testing.T) {
	fragile(t, func(w *world, arm func(int64), mend func()) {
		e := w.event("a", adapter.CallQueued{Queue: billing, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		arm(1)
		if verdicts, err := w.service.Handle(w.Context(), []adapter.CallEvent{e}); err == nil || verdicts != nil {
			t.Errorf("verdicts %v, error %v", verdicts, err)
		}
		mend()
		w.handle(e)
		w.wantLine(billing, "a")
	})
}

func TestEverythingRecoversAfterTheStoreWasDownForAWhile(t *testing.T) {
	fragile(t, func(w *world, arm func(int64), mend func()) {
		id := w.promised("a", w.phone())
		w.rings("b", billing, w.phone())
		arm(1)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(5 * time.Minute)
		mend()
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCompleted)
		if w.call("b").Offers == 0 {
			t.Error("no offer was made")
		}
	})
}

// What is not written down is not asked: nobody would know of it.
func TestNobodyIsAskedForWhatCouldNotBeWrittenDown(t *testing.T) {
	everywhere(t, func(w *world) {
		var full atomic.Bool
		w.halt()
		w.commits = func() error {
			if full.Load() {
				return errDown
			}
			return nil
		}
		w.start()
		w.dynamics.set(func(d *dynamics) { d.answer = fails(adapter.OutcomeThrottled, time.Minute) })
		id := w.promised("a", w.phone())
		w.wantAsked(31 * time.Second)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		full.Store(true) // when it is asked again
		w.pass(2 * time.Minute)
		w.wantAsked(31 * time.Second)
		full.Store(false)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if n := len(w.dynamics.requests()); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}
