package service_test

import (
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func TestRepeatedRequestGetsTheSameCallback(t *testing.T) {
	virtual(t, func(w *world) {
		q := service.Request{Key: "key", Payload: "hash", Callback: adapter.Callback{Queue: billing, Phone: w.phone()}}
		first := w.ask(q)
		again := w.ask(q)
		if first.Repeated || !again.Repeated || again.Joined || again.Callback.ID != first.Callback.ID {
			t.Errorf("first %+v, again %+v", first, again)
		}
		q.Payload = "another hash"
		if _, err := w.tryAsk(q); !errors.Is(err, service.ErrKeyReused) {
			t.Errorf("error %v", err)
		}
	})
}

func TestSecondRequestOfANumberJoinsTheFirst(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("ahead", billing, adapter.Phone{})
		q := service.Request{Key: "1", Callback: adapter.Callback{Queue: billing, Phone: w.phone()}}
		first := w.ask(q)
		w.pass(time.Minute)
		q.Key = "2"
		second := w.ask(q)
		if !second.Joined || second.Repeated || second.Callback.ID != first.Callback.ID || second.Place != 2 {
			t.Errorf("second %+v", second)
		}
		if !second.Callback.QueuedAt.Equal(first.Callback.QueuedAt) {
			t.Error("the earlier place is lost")
		}
		q.Key, q.Callback.Queue = "3", sales
		if other := w.ask(q); other.Joined {
			t.Error("a request for another queue joined")
		}
	})
}

func TestRequestAfterTheCallbackEndedIsANewOne(t *testing.T) {
	virtual(t, func(w *world) {
		q := service.Request{Key: "1", Callback: adapter.Callback{Queue: billing, Phone: w.phone()}}
		first := w.ask(q)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		q.Key = "2"
		if second := w.ask(q); second.Joined || second.Callback.ID == first.Callback.ID {
			t.Errorf("second %+v", second)
		}
	})
}

func TestRequestThatIsNotGranted(t *testing.T) {
	for name, test := range map[string]struct {
		queue  adapter.QueueID
		change func(*service.Options)
		want   error
	}{
		"unknown queue":               {"0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001", nil, adapter.ErrNotFound},
		"nothing to place it through": {orphans, nil, adapter.ErrNotOffered},
		"offers switched off":         {billing, func(o *service.Options) { o.OffersOff = true }, adapter.ErrNotOffered},
		"in shadow":                   {billing, func(o *service.Options) { o.Shadow = true }, adapter.ErrNotOffered},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.halt()
				if test.change != nil {
					test.change(&w.options)
				}
				w.start()
				q := service.Request{Key: "key", Callback: adapter.Callback{Queue: test.queue, Phone: w.phone()}}
				for range 2 { // a refusal is no answer to remember
					if _, err := w.tryAsk(q); !errors.Is(err, test.want) {
						t.Errorf("error %v, want %v", err, test.want)
					}
				}
				if n := len(see(w, tally).Callbacks); n != 0 {
					t.Errorf("callbacks in %d states", n)
				}
			})
		})
	}
}

func TestScheduledCallbackTakesItsPlaceWhenItsWindowOpens(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.scheduled(time.Hour, time.Hour)
		c := w.wantState(id, adapter.StateScheduled)
		w.rings("ahead", billing, adapter.Phone{})
		w.wantLine(billing, "ahead")
		w.until(time.Hour)
		w.wantState(id, adapter.StateWaiting)
		w.wantLine(billing, "ahead", string(id))
		w.pass(10 * time.Minute)
		w.tell("ahead", adapter.CallConnected{})
		w.wantAsked(70 * time.Minute)
		if got := w.dynamics.requests()[0].Window.End; got.After(c.Window.End) {
			t.Errorf("the attempt may ring until %v, after the window asked for", got)
		}
	})
}

func TestAttemptEndsWithTheWindowAskedFor(t *testing.T) {
	virtual(t, func(w *world) {
		w.scheduled(time.Hour, 5*time.Minute)
		w.until(time.Hour)
		if got := w.dynamics.requests()[0].Window.End.Sub(w.begin); got != 65*time.Minute {
			t.Errorf("it may ring until %v", got)
		}
	})
}

func TestACallWithoutAnEndIsForgotten(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		w.until(adapter.CallForgotten - time.Second)
		w.wantState(id, adapter.StateWaiting)
		w.until(adapter.CallForgotten + time.Minute)
		if len(w.dynamics.requests()) != 1 {
			t.Error("a ghost keeps its place in front of the living")
		}
	})
}

func TestPromiseExpires(t *testing.T) {
	for name, test := range map[string]struct {
		bring func(*world) adapter.CallbackID
		life  time.Duration
	}{
		"scheduled, with its window": {
			func(w *world) adapter.CallbackID {
				w.rings("ahead", billing, adapter.Phone{})
				return w.scheduled(time.Hour, time.Hour)
			}, 2 * time.Hour,
		},
		"due": {
			func(w *world) adapter.CallbackID { return w.failing(fails(adapter.OutcomeThrottled, 6*time.Hour)) }, 7*24*time.Hour + 32*time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := test.bring(w)
				w.until(test.life - 10*time.Second)
				if c := w.callback(id); c.State.Ended() {
					t.Errorf("it ended early: %s", c.State)
				}
				w.until(test.life)
				w.wantState(id, adapter.StateExpired)
				asked := len(w.dynamics.requests())
				w.pass(24 * time.Hour)
				if len(w.dynamics.requests()) != asked {
					t.Error("Dynamics is still asked")
				}
			})
		})
	}
}

func TestDispatchedPromiseThatExpiresIsCancelledAtDynamics(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.scheduled(time.Minute, 5*time.Minute)
		w.until(6 * time.Minute)
		w.wantState(id, adapter.StateCancelling)
		w.dynamics.report("delivery-1", "Expired", "")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateExpired)
		if n := len(w.dynamics.cancelled()); n != 1 {
			t.Errorf("cancelled %d times", n)
		}
	})
}

func tally(tx service.Tx) (adapter.Tally, error) { return tx.Tally() }
