package service_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// in is a window that opens after a while and is open for an hour.
func in(after time.Duration) *adapter.Window {
	start := time.Now().Add(after).UTC()
	return &adapter.Window{Start: start, End: start.Add(time.Hour)}
}

// another is a number that nobody else has.
const another = "+33155509999"

func TestMoveAtEveryMoment(t *testing.T) {
	type step func(w *world, id adapter.CallbackID)
	nothing := func(*world, adapter.CallbackID) {}
	row := func(status, result string) step {
		return func(w *world, _ adapter.CallbackID) { w.dynamics.report("delivery-1", status, result) }
	}
	promise := func(w *world) adapter.CallbackID { return w.promised("a", w.phone()) }
	for name, test := range map[string]struct {
		bring func(*world) adapter.CallbackID
		at    adapter.State // when it is moved
		then  step
		state adapter.State // right after the move
		asked int           // how often Dynamics is asked before the new window
	}{
		"scheduled": {
			func(w *world) adapter.CallbackID { return w.scheduled(time.Hour, time.Hour) },
			adapter.StateScheduled, nothing, adapter.StateScheduled, 0,
		},
		"waiting": {
			func(w *world) adapter.CallbackID { id, _ := w.waits(); return id },
			adapter.StateWaiting, func(w *world, _ adapter.CallbackID) { w.tell("ahead", adapter.CallEnded{Reason: "hung up"}) }, adapter.StateScheduled, 0,
		},
		"due": {
			func(w *world) adapter.CallbackID { return w.failing(fails(adapter.OutcomeThrottled, time.Minute)) },
			adapter.StateDue, func(w *world, _ adapter.CallbackID) { w.dynamics.set(func(d *dynamics) { d.answer = nil }) }, adapter.StateScheduled, 1,
		},
		"dispatched, and cancelled there":      {promise, adapter.StateDispatched, row("Cancelled", "Cancelled"), adapter.StateCancelling, 1},
		"dispatched, and nobody had accepted":  {promise, adapter.StateDispatched, row("Complete", "Terminated"), adapter.StateCancelling, 1},
		"dispatched, and the customer was out": {promise, adapter.StateDispatched, row("Complete", "NoAnswer"), adapter.StateCancelling, 1},
		"dispatched, and its row says nothing": {promise, adapter.StateDispatched, nothing, adapter.StateCancelling, 1},
		"uncertain, and nothing was made": {
			func(w *world) adapter.CallbackID { return w.failing(fails(adapter.OutcomeLost, 0)) },
			adapter.StateUncertain, func(w *world, _ adapter.CallbackID) { w.dynamics.set(func(d *dynamics) { d.answer = nil }) }, adapter.StateUncertain, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := test.bring(w)
				w.wantState(id, test.at)
				window := in(3 * time.Hour)
				for range 2 { // asking twice is asking once
					view, err := w.service.Change(w.Context(), id, service.Change{When: window, Reason: "rather then"})
					if err != nil || view.Callback.State != test.state {
						t.Fatalf("%s, %v", view.Callback.State, err)
					}
				}
				test.then(w, id)
				w.pass(time.Until(window.Start) - time.Second)
				c := w.wantState(id, adapter.StateScheduled)
				if !c.Window.Start.Equal(window.Start) || !c.ExpiresAt.Equal(window.End) || !c.Wish.IsZero() {
					t.Errorf("its window is %v until %v, wish %+v", c.Window, c.ExpiresAt, c.Wish)
				}
				if n := len(w.dynamics.requests()); n != test.asked {
					t.Errorf("asked %d times before, want %d", n, test.asked)
				}
				w.pass(time.Minute)
				w.wantState(id, adapter.StateDispatched)
				if n := len(w.dynamics.requests()); n != test.asked+1 {
					t.Errorf("asked %d times, want %d", n, test.asked+1)
				}
			})
		})
	}
}

func TestMoveWhileDynamicsIsAsked(t *testing.T) {
	for name, made := range map[string]bool{"made": true, "not sent": false} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				answer := w.slow()
				if !made {
					answer = w.slowFailure()
				}
				id := w.promised("a", w.phone())
				window := in(3 * time.Hour)
				if _, err := w.service.Change(w.Context(), id, service.Change{When: window}); err != nil {
					t.Fatal(err)
				}
				w.wantState(id, adapter.StateDispatching)
				answer()
				w.dynamics.set(func(d *dynamics) { d.answer = nil })
				if made {
					w.wantState(id, adapter.StateCancelling)
					w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
				}
				w.pass(time.Hour)
				w.wantState(id, adapter.StateScheduled)
				w.wantAsked(31 * time.Second)
			})
		})
	}
}

func TestAChangeComesTooLate(t *testing.T) {
	progress := func(step adapter.ProgressStep, result string) func(*world) adapter.CallbackID {
		return func(w *world) adapter.CallbackID {
			id := w.promised("a", w.phone())
			w.tell("", adapter.CallbackProgress{Callback: id, Step: step, Result: result})
			return id
		}
	}
	for state, bring := range map[adapter.State]func(*world) adapter.CallbackID{
		adapter.StateAccepted:  progress(adapter.StepAccepted, ""),
		adapter.StateConnected: progress(adapter.StepConnected, ""),
		adapter.StateCompleted: progress(adapter.StepEnded, "LiveAnswer"),
		adapter.StateReview:    (*world).inReview,
		adapter.StateCancelling: func(w *world) adapter.CallbackID {
			id := w.promised("a", w.phone())
			if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
				w.Fatal(err)
			}
			return id
		},
	} {
		t.Run(string(state), func(t *testing.T) {
			virtual(t, func(w *world) {
				id := bring(w)
				before := w.wantState(id, state)
				for what, change := range map[string]service.Change{"moved": {When: in(time.Hour)}, "corrected": {Phone: parse(t, another)}} {
					if _, err := w.service.Change(w.Context(), id, change); !errors.Is(err, adapter.ErrTooLate) {
						t.Errorf("%s: %v", what, err)
					}
				}
				if after := w.callback(id); after.Version != before.Version {
					t.Errorf("something changed: %v", w.events(id))
				}
			})
		})
	}
}

func TestDynamicsWasFasterThanTheMove(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		if _, err := w.service.Change(w.Context(), id, service.Change{When: in(time.Hour), Phone: parse(t, another)}); err != nil {
			t.Fatal(err)
		}
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		if c := w.wantState(id, adapter.StateCompleted); c.Phone == parse(t, another) || !c.Window.IsZero() {
			t.Errorf("it says to have been made to %v in %v", c.Phone, c.Window)
		}
	})
}

func TestTheOtherNumberIsPhoned(t *testing.T) {
	for name, bring := range map[string]func(*world) adapter.CallbackID{
		"waiting":    func(w *world) adapter.CallbackID { id, _ := w.waits(); return id },
		"dispatched": func(w *world) adapter.CallbackID { return w.promised("mine", w.phone()) },
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id := bring(w)
				before := w.callback(id)
				other := w.promised("next", w.phone())
				if _, err := w.service.Change(w.Context(), id, service.Change{Phone: parse(t, another)}); err != nil {
					t.Fatal(err)
				}
				w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
				w.pass(15 * time.Second)
				if name == "waiting" {
					w.tell("ahead", adapter.CallConnected{})
				}
				w.pass(30 * time.Second)
				c := w.wantState(id, adapter.StateDispatched)
				if !c.QueuedAt.Equal(before.QueuedAt) {
					t.Error("its place is lost")
				}
				numbers := []string{}
				for _, q := range w.dynamics.requests() {
					if q.Attributes["callbackId"] == string(id) {
						numbers = append(numbers, q.Phone.E164())
					}
				}
				if last := numbers[len(numbers)-1]; last != another {
					t.Errorf("the number phoned is not the other one, after %d attempts", len(numbers))
				}
				w.callback(other)
			})
		})
	}
}

func TestNoOtherNumberThatWaitsAlready(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		w.request(another)
		_, err := w.service.Change(w.Context(), id, service.Change{Phone: parse(t, another)})
		of, is := errors.AsType[*service.DuplicateError](err)
		if !is || !errors.Is(err, adapter.ErrDuplicate) || w.callback(of.Of).Phone != parse(t, another) {
			t.Errorf("error %v", err)
		}
	})
}

// Who asks for another time while Dynamics has the callback, and then for the one that
// it had, gets that one.
func TestAWishIsTakenBack(t *testing.T) {
	for name, bring := range map[string]func(*world) (id adapter.CallbackID, then func()){
		"cancelling": func(w *world) (adapter.CallbackID, func()) {
			return w.promised("a", w.phone()), func() { w.dynamics.report("delivery-1", "Cancelled", "Cancelled") }
		},
		"uncertain": func(w *world) (adapter.CallbackID, func()) {
			return w.failing(fails(adapter.OutcomeLost, 0)), func() { w.dynamics.set(func(d *dynamics) { d.answer = nil }) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				id, then := bring(w)
				before := w.callback(id)
				for _, change := range []service.Change{
					{When: in(3 * time.Hour), Phone: parse(t, another)},
					{When: &adapter.Window{}, Phone: before.Phone},
				} {
					if _, err := w.service.Change(w.Context(), id, change); err != nil {
						t.Fatal(err)
					}
				}
				then()
				w.pass(30 * time.Minute)
				c := w.wantState(id, adapter.StateDispatched)
				if c.Phone != before.Phone || !c.Window.IsZero() || !c.QueuedAt.Equal(before.QueuedAt) {
					t.Errorf("it is made to %v in %v, queued at %v", c.Phone, c.Window, c.QueuedAt)
				}
			})
		})
	}
}

func TestAnotherTimeZone(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		before := w.callback(id)
		for range 2 {
			view, err := w.service.Change(w.Context(), id, service.Change{TimeZone: "Europe/Paris"})
			if err != nil || view.Callback.TimeZone != "Europe/Paris" || view.Callback.State != adapter.StateWaiting || view.Callback.Version != before.Version+1 {
				t.Errorf("%+v, %v", view.Callback, err)
			}
		}
		if _, err := w.service.Change(w.Context(), id, service.Change{TimeZone: "Asia/Tokyo", When: in(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if c := w.wantState(id, adapter.StateScheduled); c.TimeZone != "Asia/Tokyo" {
			t.Errorf("time zone %q", c.TimeZone)
		}
	})
}

func TestAnotherNumberThatGotACallbackMeanwhile(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		if _, err := w.service.Change(w.Context(), id, service.Change{Phone: parse(t, another)}); err != nil {
			t.Fatal(err)
		}
		second := w.request(another) // while Dynamics still has the first
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCancelled)
		w.wantState(second, adapter.StateDispatched)
		if !slices.Contains(w.events(id), "wish refused") {
			t.Errorf("events %v", w.events(id))
		}
	})
}

func TestAChangeOfWhatIsNotAsItWas(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		c := w.callback(id)
		if _, err := w.service.Change(w.Context(), id, service.Change{When: in(time.Hour), Version: c.Version + 1}); !errors.Is(err, adapter.ErrConflict) {
			t.Errorf("error %v", err)
		}
		if _, err := w.service.Change(w.Context(), id, service.Change{When: in(-2 * time.Hour)}); !errors.Is(err, service.ErrWindowOver) {
			t.Errorf("error %v", err)
		}
		if _, err := w.service.Change(w.Context(), id, service.Change{Phone: c.Phone, Version: c.Version}); err != nil || w.callback(id).Version != c.Version {
			t.Errorf("the same again: %v, version %d after %d", err, w.callback(id).Version, c.Version)
		}
		if _, err := w.service.Change(w.Context(), "nobody", service.Change{When: in(time.Hour)}); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("error %v", err)
		}
	})
}

func TestACancellationEndsAMove(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		if _, err := w.service.Change(w.Context(), id, service.Change{When: in(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		w.pass(3 * time.Hour)
		w.wantState(id, adapter.StateCancelled)
		w.wantAsked(31 * time.Second)
	})
}

// A call from the number that is no longer the callback's holds it no longer; one
// from the number that now is, does.
func TestHoldFollowsTheNumber(t *testing.T) {
	virtual(t, func(w *world) {
		id, from := w.waits()
		w.rings("again", sales, from)
		w.rings("other", sales, parse(t, another))
		if _, err := w.service.Change(w.Context(), id, service.Change{Phone: parse(t, another)}); err != nil {
			t.Fatal(err)
		}
		w.tell("ahead", adapter.CallConnected{})
		if c := w.wantState(id, adapter.StateWaiting); c.HeldBy != "other" {
			t.Errorf("held by %q", c.HeldBy)
		}
		w.tell("other", adapter.CallEnded{Reason: "hung up"})
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestAReportedResultToldTwiceLeavesAReviewToAPerson(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		for range 2 {
			w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "Cancelled"})
			w.pass(2 * time.Minute)
			w.wantState(id, adapter.StateReview)
		}
	})
}
