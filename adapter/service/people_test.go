package service_test

import (
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

var anna = service.Signature{By: "anna", Reason: "asked the representative"}

// inReview brings a callback where only a person helps.
func (w *world) inReview() adapter.CallbackID {
	w.Helper()
	id := w.promised("a", w.phone())
	w.dynamics.report("delivery-1", "Complete", "NeverHeardOf")
	w.pass(time.Minute)
	w.wantState(id, adapter.StateReview)
	return id
}

func TestAPersonDecidesAReview(t *testing.T) {
	for verdict, want := range map[service.Verdict]adapter.State{
		service.VerdictReached: adapter.StateCompleted, service.VerdictGiveUp: adapter.StateCancelled,
	} {
		t.Run(string(verdict), func(t *testing.T) {
			virtual(t, func(w *world) {
				id := w.inReview()
				view, err := w.service.Resolve(w.Context(), id, verdict, anna)
				if err != nil || view.Callback.State != want {
					t.Fatalf("%s, %v", view.Callback.State, err)
				}
				w.pass(24 * time.Hour)
				w.wantState(id, want)
				w.wantAsked(31 * time.Second)
				story, err := w.service.Story(w.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				last := story.History[len(story.History)-1]
				if last.By != anna.By || last.Reason != anna.Reason || len(story.Attempts) != 1 {
					t.Errorf("history ends with %+v, %d attempts", last, len(story.Attempts))
				}
			})
		})
	}
}

// Whatever the person believes: until its window is over the first attempt could
// still ring.
func TestACallbackThatIsCalledAgainWaitsForTheEndOfItsAttempt(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.inReview()
		if _, err := w.service.Resolve(w.Context(), id, service.VerdictAgain, anna); err != nil {
			t.Fatal(err)
		}
		w.until(20 * time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.wantAsked(31 * time.Second)
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(31*time.Second, 20*time.Minute+31*time.Second)
	})
}

func TestOnlyAReviewIsResolved(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		for name, try := range map[string]func() error{
			"not in review": func() error { _, err := w.service.Resolve(w.Context(), id, service.VerdictReached, anna); return err },
			"still alive":   func() error { _, err := w.service.Retry(w.Context(), id, anna); return err },
		} {
			if err := try(); !errors.Is(err, adapter.ErrTooLate) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, try := range map[string]func() error{
			"unknown verdict": func() error { _, err := w.service.Resolve(w.Context(), id, "perhaps", anna); return err },
			"no name": func() error {
				_, err := w.service.Resolve(w.Context(), id, service.VerdictReached, service.Signature{Reason: "x"})
				return err
			},
			"no reason": func() error { _, err := w.service.Retry(w.Context(), id, service.Signature{By: "anna"}); return err },
		} {
			if err := try(); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		if _, err := w.service.Story(w.Context(), "nobody"); !errors.Is(err, adapter.ErrNotFound) {
			t.Error(err)
		}
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestWhatFailedIsPromisedAgainInItsPlace(t *testing.T) {
	virtual(t, func(w *world) {
		old := w.failing(fails(adapter.OutcomeRefused, 0))
		w.pass(time.Minute)
		before := w.wantState(old, adapter.StateFailed)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		view, err := w.service.Retry(w.Context(), old, anna)
		if err != nil {
			t.Fatal(err)
		}
		again := view.Callback
		if again.ID == old || again.Phone != before.Phone || !again.QueuedAt.Equal(before.QueuedAt) || again.Queue != before.Queue {
			t.Errorf("promised %+v instead of %+v", again, before)
		}
		w.pass(time.Second)
		w.wantState(again.ID, adapter.StateDispatched)
		w.wantState(old, adapter.StateFailed)
		twice := func() {
			t.Helper()
			same, err := w.service.Retry(w.Context(), old, anna)
			if err != nil || same.Callback.ID != again.ID {
				t.Errorf("promised again by %s, %v", same.Callback.ID, err)
			}
		}
		twice()
		w.dynamics.report("delivery-1", "Complete", "NoAnswer")
		w.pass(time.Minute)
		w.wantState(again.ID, adapter.StateUnanswered)
		twice()
		third, err := w.service.Retry(w.Context(), again.ID, anna)
		if err != nil || third.Callback.ID == again.ID || third.Callback.ID == old {
			t.Errorf("the second one is promised again by %s, %v", third.Callback.ID, err)
		}
		all, err := w.service.List(w.Context(), adapter.CallbackQuery{Phone: before.Phone, Limit: 10})
		if err != nil || len(all) != 3 {
			t.Errorf("%d callbacks of the number, %v", len(all), err)
		}
	})
}

func TestAPersonCancels(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		if _, err := w.service.CancelBy(w.Context(), id, anna); err != nil {
			t.Fatal(err)
		}
		story, err := w.service.Story(w.Context(), id)
		if err != nil || story.Callback.State != adapter.StateCancelled || story.History[len(story.History)-1].By != "anna" {
			t.Errorf("%s, %+v, %v", story.Callback.State, story.History, err)
		}
	})
}

func TestNobodyIsPromisedAgainWhoseNumberIsErased(t *testing.T) {
	virtual(t, func(w *world) {
		old := w.failing(fails(adapter.OutcomeRefused, 0))
		w.pass(time.Minute)
		failed := w.wantState(old, adapter.StateFailed)
		if _, err := w.service.Erase(w.Context(), adapter.Person{Phone: failed.Phone}, anna); err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.Retry(w.Context(), old, anna); !errors.Is(err, adapter.ErrTooLate) {
			t.Errorf("error %v", err)
		}
	})
}
