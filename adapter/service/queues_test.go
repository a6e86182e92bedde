package service_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
	"directcallback/adapter/wait"
)

// queue finds one in the list of all.
func (w *world) queue(id adapter.QueueID) service.QueueView {
	w.Helper()
	all := w.service.Queues()
	at := slices.IndexFunc(all, func(v service.QueueView) bool { return v.ID == id })
	if at < 0 {
		w.Fatalf("queue %s is not among %v", id, all)
	}
	return all[at]
}

func TestAQueueSaysWhyItTakesNoCallbacks(t *testing.T) {
	for want, change := range map[callback.Refusal]func(*world){
		"":                            func(*world) {},
		callback.RefusedShadow:        func(w *world) { w.halt(); w.options.Shadow = true; w.start() },
		callback.RefusedOff:           func(w *world) { w.halt(); w.options.OffersOff = true; w.start() },
		callback.RefusedConfiguration: func(w *world) { w.settings.set(func(r *reader) { r.settings.Configurations = nil }); w.refresh() },
		callback.RefusedPaused:        func(w *world) { w.setPause(adapter.Paused{Queue: billing}) },
		callback.RefusedBlocked:       func(w *world) { w.setPause(adapter.Paused{Configuration: configurationOf(billing)}) },
		callback.RefusedTerms:         func(w *world) { w.profile(func(p *adapter.CallbackProfile) { p.Active = false }) },
		callback.RefusedFull:          func(w *world) { w.profile(func(p *adapter.CallbackProfile) { p.MaxCallbacks = new(0) }) },
	} {
		t.Run(string(want), func(t *testing.T) {
			virtual(t, func(w *world) {
				change(w)
				got, err := w.service.Queue(w.Context(), billing)
				if err != nil || got.Refused != want {
					t.Errorf("%+v, %v", got, err)
				}
				if want == callback.RefusedFull { // nothing is counted for a list
					got.Refused = ""
				}
				if diff := cmp.Diff(got, w.queue(billing)); diff != "" {
					t.Errorf("among all: %s", diff)
				}
			})
		})
	}
}

func TestAQueueThatIsNotThere(t *testing.T) {
	virtual(t, func(w *world) {
		if _, err := w.service.Queue(w.Context(), "nowhere"); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("queue: %v", err)
		}
		if _, err := w.service.Line(w.Context(), "nowhere"); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("line: %v", err)
		}
	})
}

func TestAQueueSaysWhenItOpens(t *testing.T) {
	t.Parallel()
	settings, queue := fromDataverse(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, newFile(t.TempDir()))
		defer w.halt()
		w.settings.settings = settings
		<-time.After(time.Until(time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)))
		w.start()
		want := service.QueueView{ID: queue, Name: "Policies", Open: overflow.Open, TimeZone: "Europe/Paris", Languages: []string{"en-US", "fr-FR"}}
		if diff := cmp.Diff(want, w.queue(queue)); diff != "" {
			t.Errorf("on Thursday: %s", diff)
		}
		w.pass(24 * time.Hour)
		want.Open, want.NextOpening = overflow.Closed, time.Date(2026, 12, 28, 8, 0, 0, 0, time.UTC)
		if diff := cmp.Diff(want, w.queue(queue)); diff != "" {
			t.Errorf("at Christmas: %s", diff)
		}
		w.settings.set(func(r *reader) { r.settings.Hours = nil })
		w.refresh()
		want.Open, want.NextOpening, want.TimeZone = overflow.HoursUnknown, time.Time{}, ""
		if diff := cmp.Diff(want, w.queue(queue)); diff != "" {
			t.Errorf("without hours to read: %s", diff)
		}
	})
}

func TestALineSaysHowLongItIs(t *testing.T) {
	virtual(t, func(w *world) {
		if got, err := w.service.Line(w.Context(), billing); err != nil || got != (service.LineView{}) {
			t.Errorf("at first: %+v, %v", got, err)
		}
		w.served(20)
		w.rings("a", billing, w.phone())
		w.request(another)
		w.pass(20 * time.Minute)
		got, err := w.service.Line(w.Context(), billing)
		if err != nil || got.Waiting != 2 || got.Estimate.Wait != 3*time.Minute || got.Estimate.Range != (wait.Range{P50: 180, P90: 180, Of: 20}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
