package callback_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

func TestTableNamesEachPairOnce(t *testing.T) {
	t.Parallel()
	type pair struct {
		from adapter.State
		on   callback.Event
	}
	seen := map[pair]bool{}
	for _, row := range callback.Table() {
		p := pair{row.From, row.On}
		if seen[p] {
			t.Errorf("%s on %s stands twice", row.From, row.On)
		}
		seen[p] = true
	}
}

func TestEndsAreEnds(t *testing.T) {
	t.Parallel()
	leaves := map[adapter.State]bool{}
	reaches := map[adapter.State]bool{adapter.StateScheduled: true, adapter.StateWaiting: true}
	for _, row := range callback.Table() {
		leaves[row.From], reaches[row.To] = true, true
		if row.From.Ended() {
			t.Errorf("%s is an end, but %s leaves it", row.From, row.On)
		}
	}
	// Served and expired are also reached through Callback.After.
	for _, state := range adapter.States() {
		if !state.Ended() && !leaves[state] {
			t.Errorf("nothing leads out of %s", state)
		}
		if !reaches[state] {
			t.Errorf("nothing leads to %s", state)
		}
	}
}

func TestOnlyTheStepToDueRings(t *testing.T) {
	t.Parallel()
	for _, row := range callback.Table() {
		if (row.Effect == callback.Deliver) != (row.To == adapter.StateDue) {
			t.Errorf("%s on %s → %s has effect %q", row.From, row.On, row.To, row.Effect)
		}
	}
}

// While a delivery may exist, only news that it is gone may lead back to the line.
func TestNoWayBackWhileItMayRing(t *testing.T) {
	t.Parallel()
	gone := map[callback.Event]bool{
		callback.NotSent: true, callback.AttemptGone: true, callback.NotReached: true, callback.NobodyAccepted: true,
		callback.WindowPassed: true,
	}
	for _, row := range callback.Table() {
		switch row.From {
		case adapter.StateDispatching, adapter.StateDispatched, adapter.StateAccepted, adapter.StateConnected, adapter.StateUncertain, adapter.StateCancelling:
			back := row.To == adapter.StateWaiting || row.To == adapter.StateDue || row.To == adapter.StateScheduled
			if back && !gone[row.On] {
				t.Errorf("%s on %s goes back to %s", row.From, row.On, row.To)
			}
		default:
		}
	}
}

// A look at a callback whose time is over must lead on, or it would be looked at
// again at once and for ever.
func TestEveryLookAtTheEndOfLifeLeadsOn(t *testing.T) {
	t.Parallel()
	for _, state := range adapter.States() {
		c := adapter.Callback{State: state, Since: start, ExpiresAt: start}
		if c.NextLook().IsZero() {
			if !state.Ended() && state != adapter.StateDispatching { // which lasts until the reply
				t.Errorf("nothing ends %s", state)
			}
			continue
		}
		if next, _, ok := callback.Step(c, callback.LifeOver, "", start, callback.DefaultPolicy()); !ok || next.State == state {
			t.Errorf("%s stays %s when its life is over", state, next.State)
		}
	}
}

func TestStepKeepsTheWishThatMadeItCancel(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		wish callback.Event
		want adapter.State
	}{
		{callback.CancelAsked, adapter.StateCancelled},
		{callback.CustomerCallsNow, adapter.StateWaiting},
		{callback.CustomerServed, adapter.StateServed},
		{callback.LifeOver, adapter.StateExpired},
	} {
		c := adapter.Callback{State: adapter.StateDispatched}
		c, effect, ok := callback.Step(c, test.wish, "", start, callback.DefaultPolicy())
		if !ok || effect != callback.CancelDelivery || c.State != adapter.StateCancelling {
			t.Fatalf("%s: state %s, effect %q", test.wish, c.State, effect)
		}
		c, _, _ = callback.Step(c, callback.DeliveryCancelled, "", start, callback.DefaultPolicy())
		if c.State != test.want {
			t.Errorf("%s ends as %s, want %s", test.wish, c.State, test.want)
		}
	}
}

func TestRetryWaitsItsDelayWithoutHoldingAPlace(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	c := adapter.Callback{State: adapter.StateAccepted, PlaceFreed: true}
	c, _, _ = callback.Step(c, callback.NotReached, "NoAnswer", start, p)
	if c.State != adapter.StateWaiting || c.Rings != 1 {
		t.Fatalf("state %s after %d rings", c.State, c.Rings)
	}
	if c.HoldsPlace(start) {
		t.Error("holds a place during the delay")
	}
	if !c.HoldsPlace(start.Add(p.RetryDelay)) {
		t.Error("holds no place after the delay")
	}
}

func TestAttemptsThatNobodyAcceptsAreMadeLessAndLessOften(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	for i, want := range []time.Duration{0, 0, 1, 2, 4, 8, 16, 30, 30, 30} {
		for _, on := range []callback.Event{callback.NobodyAccepted, callback.WindowPassed} {
			c := adapter.Callback{State: adapter.StateDispatched, Attempts: i}
			c, _, _ = callback.Step(c, on, "", start, p)
			at := start.Add(want * time.Minute)
			if !c.HoldsPlace(at) || want > 0 && c.HoldsPlace(at.Add(-1)) || c.ReleaseFrom.After(at) {
				t.Errorf("%s after %d attempts: in line from %v, released from %v", on, i, c.InLineFrom, c.ReleaseFrom)
			}
		}
	}
}

var start = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
