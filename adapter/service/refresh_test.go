package service_test

import (
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func TestStartWithoutDataverseUsesTheSettingsOfTheLastRun(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.settings.set(func(r *reader) { r.err = errDown })
		w.start()
		w.rings("a", billing, w.phone())
		w.pass(time.Minute)
		w.wantOffers("a", 30*time.Second)
	})
}

func TestStartWithoutAnySettingsFails(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.disk.another(t)
		w.settings.set(func(r *reader) { r.err = errDown })
		err := w.tryStart()
		if !errors.Is(err, errDown) || !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}

func TestSettingsAreReadEveryTenMinutes(t *testing.T) {
	virtual(t, func(w *world) {
		w.settings.set(func(r *reader) { r.settings.Queues = r.settings.Queues[1:] })
		w.pass(10*time.Minute - time.Second)
		if _, known := w.service.Plans().Plan(billing); !known {
			t.Error("the queue is gone too soon")
		}
		w.pass(time.Second)
		if _, known := w.service.Plans().Plan(billing); known {
			t.Error("the queue is still there")
		}
	})
}

func TestSettingsAreReadEveryMinuteAfterAFailure(t *testing.T) {
	virtual(t, func(w *world) {
		w.settings.set(func(r *reader) { r.err = errDown; r.settings.Queues = r.settings.Queues[1:] })
		w.pass(10 * time.Minute)
		w.settings.set(func(r *reader) { r.err = nil })
		w.pass(time.Minute)
		if _, known := w.service.Plans().Plan(billing); known {
			t.Error("the queue is still there")
		}
	})
}

func TestBrokenRulesetKeepsThePlan(t *testing.T) {
	virtual(t, func(w *world) {
		w.settings.set(func(r *reader) {
			broken := r.settings.Rulesets[preRules]
			broken.Definition = "<decision><rules>"
			r.settings.Rulesets[preRules] = broken
		})
		w.pass(10 * time.Minute)
		if codes := w.findings(); len(codes) == 0 {
			t.Error("nothing says that the ruleset is broken")
		}
		w.rings("a", billing, w.phone())
		w.pass(time.Minute)
		w.wantOffers("a", 10*time.Minute+30*time.Second)
	})
}

func TestEventsOfAQueueThatBecomesKnownAreTaken(t *testing.T) {
	virtual(t, func(w *world) {
		const late = adapter.QueueID("0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001")
		w.rings("a", late, w.phone())
		high := 7
		w.tell("a", adapter.CallUpdated{Priority: &high})
		w.free(late, 4)
		w.settings.set(func(r *reader) {
			q := r.settings.Queues[0]
			q.ID = late
			r.settings.Queues = append(r.settings.Queues, q)
		})
		w.pass(time.Minute)
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.wantLine(late, "a")
		if c := w.call("a"); c.Priority != 7 {
			t.Errorf("priority %d", c.Priority)
		}
		w.pass(10 * time.Minute)
		if n := len(w.bus.rejections()); n != 0 {
			t.Errorf("%d events were rejected", n)
		}
	})
}

func TestQueueThatLeavesThePortalKeepsItsPromises(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		w.rings("b", billing, w.phone())
		queues := w.settings.settings.Queues
		w.settings.set(func(r *reader) { r.settings.Queues = queues[1:] })
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.tell("ahead", adapter.CallEnded{Reason: "hung up"})
		w.pass(time.Hour)
		w.wantState(id, adapter.StateDue)
		w.wantOffers("b")
		w.settings.set(func(r *reader) { r.settings.Queues = queues })
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
	})
}

// A full reading that finds nothing new costs nothing but the reading: the plans stay,
// and what is kept for a restart is not written again, only its time.
func TestAReadingWithoutNewsChangesTheTimeAlone(t *testing.T) {
	virtual(t, func(w *world) {
		kept := func() (body string, readAt time.Time) {
			w.Helper()
			see(w, func(tx service.Tx) (struct{}, error) {
				text, at, err := tx.Settings()
				body, readAt = string(text), at
				return struct{}{}, err
			})
			return body, readAt
		}
		body, readAt := kept()
		plans := w.service.Plans()
		w.pass(10*time.Minute + time.Second)
		again, later := kept()
		if w.service.Plans() != plans || again != body || !later.Equal(readAt.Add(10*time.Minute)) {
			t.Errorf("read at %v, then at %v; the same plans: %v", readAt, later, w.service.Plans() == plans)
		}
		if last, err := w.service.LastSettings(w.Context()); err != nil || !last.ReadAt.Equal(later) {
			t.Errorf("of %v, %v", last.ReadAt, err)
		}
		w.settings.set(func(r *reader) { r.settings.Queues[0].Name = "Renamed" })
		w.refresh()
		if changed, _ := kept(); changed == body || w.service.Plans() == plans {
			t.Error("a new name is not kept")
		}
		// Back to what it was, which is news again.
		w.settings.set(func(r *reader) { r.settings.Queues[0].Name = "Billing" })
		w.refresh()
		if changed, _ := kept(); changed != body {
			t.Error("the old name is not kept")
		}
	})
}
