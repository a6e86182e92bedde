package service_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

var ada = service.Signature{By: "ada", Reason: "fire drill"}

func (w *world) setPause(what adapter.Paused) {
	w.Helper()
	if _, err := w.service.Pause(w.Context(), what, ada); err != nil {
		w.Fatal(err)
	}
}

func (w *world) endPause(what adapter.Paused) {
	w.Helper()
	if err := w.service.Resume(w.Context(), what, ada); err != nil {
		w.Fatal(err)
	}
	w.pass(time.Millisecond)
}

func TestCallbacksOfAPausedQueueKeepTheirPlaceAndGoOnAfterwards(t *testing.T) {
	everywhere(t, func(w *world) {
		w.setPause(adapter.Paused{Queue: billing})
		w.rings("ahead", billing, adapter.Phone{})
		w.rings("a", billing, w.phone())
		w.until(10 * time.Minute)
		w.wantOffers("a")
		if _, err := w.tryAsk(service.Request{Callback: adapter.Callback{Queue: billing, Phone: w.phone()}, Key: "k"}); !errors.Is(err, adapter.ErrNotOffered) {
			w.Errorf("error %v", err)
		}
		w.endPause(adapter.Paused{Queue: billing})
		first := w.request("+33155501234")
		w.setPause(adapter.Paused{Queue: billing})
		w.tell("ahead", adapter.CallEnded{})
		w.tell("a", adapter.CallEnded{})
		w.halt()
		w.start() // it lasts
		w.pass(time.Hour)
		w.wantState(first, adapter.StateWaiting)
		w.wantLine(billing, string(first))
		w.wantAsked()
		if codes := w.findings(); codes["paused.queue"] != 1 {
			w.Errorf("findings %v", codes)
		}
		at := w.elapsed()
		w.endPause(adapter.Paused{Queue: billing})
		w.wantState(first, adapter.StateDispatched)
		w.wantAsked(at)
		if codes := w.findings(); codes["paused.queue"] != 0 {
			w.Errorf("findings %v", codes)
		}
	})
}

// Dynamics is not reached, and meanwhile the queue is paused.
func TestWhatIsDueGoesBackToItsPlaceWhenItsQueueIsPaused(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.failing(fails(adapter.OutcomeNotSent, 0))
		w.wantState(id, adapter.StateDue)
		w.setPause(adapter.Paused{Queue: billing})
		w.pass(10 * time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.wantLine(billing, string(id))
		asked := len(w.dynamics.requests())
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(time.Hour)
		if n := len(w.dynamics.requests()); n != asked || !slices.Contains(w.events(id), "held back") {
			t.Errorf("asked %d times after %d; %q", n, asked, w.events(id))
		}
		w.endPause(adapter.Paused{Queue: billing})
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestAPausedConfigurationKeepsItsCallbacksDue(t *testing.T) {
	virtual(t, func(w *world) {
		what := adapter.Paused{Configuration: configurationOf(billing)}
		w.rings("ahead", billing, adapter.Phone{})
		id := w.request("+33155501234")
		w.setPause(what)
		w.tell("ahead", adapter.CallEnded{})
		w.pass(time.Hour)
		w.wantState(id, adapter.StateDue)
		w.wantAsked()
		if codes := w.findings(); codes["paused.configuration"] != 1 {
			t.Errorf("findings %v", codes)
		}
		w.endPause(what)
		w.pass(time.Minute)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestWhatDynamicsRefusedStaysPausedAfterARestartAndForOthers(t *testing.T) {
	everywhere(t, func(w *world) {
		id := w.failing(fails(adapter.OutcomeBlocked, 0))
		w.pass(time.Second)
		w.halt()
		w.start()
		w.pass(time.Second)
		if codes := w.findings(); codes["blocked.configuration"] != 1 {
			w.Errorf("findings %v", codes)
		}
		asked := len(w.dynamics.requests())
		w.rings("b", billing, w.phone())
		w.pass(40 * time.Second)
		w.wantOffers("b")
		if n := len(w.dynamics.requests()); n != asked {
			w.Errorf("asked %d times more", n-asked)
		}
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(2 * time.Minute)
		w.wantState(id, adapter.StateDispatched)
		if codes := w.findings(); codes["blocked.configuration"] != 0 {
			w.Errorf("findings %v", codes)
		}
	})
}

func TestAPauseOfAPersonIsNotEndedByDynamics(t *testing.T) {
	virtual(t, func(w *world) {
		what := adapter.Paused{Configuration: configurationOf(billing)}
		answer := make(chan struct{})
		w.dynamics.set(func(d *dynamics) {
			d.answer = func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) {
				<-answer
				return "", &adapter.DeliverError{Outcome: adapter.OutcomeBlocked, Err: errDown}
			}
		})
		w.promised("a", w.phone())
		w.setPause(what)
		close(answer)
		w.pass(time.Hour)
		pauses, err := w.service.Pauses(w.Context())
		if err != nil || len(pauses) != 1 || pauses[0].By != "ada" {
			t.Errorf("pauses %+v, %v", pauses, err)
		}
	})
}

func TestPausesThatCannotBe(t *testing.T) {
	virtual(t, func(w *world) {
		for name, c := range map[string]struct {
			what adapter.Paused
			by   service.Signature
			want error
		}{
			"an unknown queue":         {adapter.Paused{Queue: "nowhere"}, ada, adapter.ErrNotFound},
			"an unknown configuration": {adapter.Paused{Configuration: "nothing"}, ada, adapter.ErrNotFound},
			"nothing":                  {adapter.Paused{}, ada, adapter.ErrNotFound},
			"nobody decides":           {adapter.Paused{Queue: billing}, service.Signature{Reason: "why"}, nil},
			"without a reason":         {adapter.Paused{Queue: billing}, service.Signature{By: "ada"}, nil},
		} {
			if _, err := w.service.Pause(w.Context(), c.what, c.by); err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.service.Resume(w.Context(), adapter.Paused{Queue: billing}, ada); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("resumed what is not paused: %v", err)
		}
	})
}

func TestAPauseHoldsForEveryReplica(t *testing.T) {
	replicas(t, func(first, second *replica) {
		second.start()
		first.setPause(adapter.Paused{Queue: billing})
		second.rings("a", billing, second.phone())
		second.pass(time.Minute)
		second.wantOffers("a")
		if codes := second.findings(); codes["paused.queue"] != 1 {
			t.Errorf("findings %v", codes)
		}
	})
}
