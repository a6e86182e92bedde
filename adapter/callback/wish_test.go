package callback_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

func TestAWishGetsItsPlace(t *testing.T) {
	t.Parallel()
	number, err := adapter.ParsePhone("+33155501234")
	if err != nil {
		t.Fatal(err)
	}
	now, p := start.Add(time.Hour), callback.DefaultPolicy()
	later := adapter.Window{Start: now.Add(time.Hour), End: now.Add(2 * time.Hour)}
	begun := adapter.Window{Start: now.Add(-time.Hour), End: now.Add(time.Hour)}
	soon, inALine := adapter.Wish{Moved: true}, start
	for name, test := range map[string]struct {
		state    adapter.State
		window   adapter.Window // asked for before
		wish     adapter.Wish
		want     adapter.State
		queuedAt time.Time
		expires  time.Time
	}{
		"another number keeps the place":                      {adapter.StateWaiting, adapter.Window{}, adapter.Wish{Phone: number}, adapter.StateWaiting, inALine, start.Add(p.Life)},
		"another number keeps the window":                     {adapter.StateScheduled, later, adapter.Wish{Phone: number}, adapter.StateScheduled, later.Start, start.Add(p.Life)},
		"who moves to later gives the place up":               {adapter.StateWaiting, adapter.Window{}, adapter.Wish{Moved: true, Window: later}, adapter.StateScheduled, later.Start, later.End},
		"due, and moved to later":                             {adapter.StateDue, adapter.Window{}, adapter.Wish{Moved: true, Window: later}, adapter.StateScheduled, later.Start, later.End},
		"who moves to now stands at the end":                  {adapter.StateScheduled, later, soon, adapter.StateWaiting, now, now.Add(p.Life)},
		"who moves to a window that has begun, too":           {adapter.StateScheduled, later, adapter.Wish{Moved: true, Window: begun}, adapter.StateWaiting, now, begun.End},
		"who stands in line and only gets longer stays":       {adapter.StateWaiting, begun, soon, adapter.StateWaiting, inALine, now.Add(p.Life)},
		"due, and the number is wrong: back to its own place": {adapter.StateDue, adapter.Window{}, adapter.Wish{Phone: number}, adapter.StateWaiting, inALine, start.Add(p.Life)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := adapter.Callback{State: test.state, Window: test.window, QueuedAt: inALine, ExpiresAt: start.Add(p.Life), Rings: 1, Wish: test.wish}
			next, effect, ok := callback.Step(c, callback.Grant(c, now), "", now, p)
			if !ok || effect != "" || next.State != test.want || !next.QueuedAt.Equal(test.queuedAt) || !next.ExpiresAt.Equal(test.expires) {
				t.Errorf("%s, effect %q, place of %v until %v", next.State, effect, next.QueuedAt, next.ExpiresAt)
			}
			if !next.Wish.IsZero() || next.Rings != 0 || (next.Phone == number) == test.wish.Phone.IsZero() {
				t.Errorf("wish %+v is left after %d rings", next.Wish, next.Rings)
			}
		})
	}
}

func TestAWishWaitsUntilDynamicsLetsGo(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	window := adapter.Window{Start: start.Add(time.Hour), End: start.Add(2 * time.Hour)}
	asked := adapter.Callback{State: adapter.StateDispatched, QueuedAt: start, PlaceFreed: true, Wish: adapter.Wish{Moved: true, Window: window}}
	asked, effect, _ := callback.Step(asked, callback.Grant(asked, start), "", start, p)
	if asked.State != adapter.StateCancelling || effect != callback.CancelDelivery || asked.Wish.IsZero() {
		t.Fatalf("%s, effect %q, wish %+v", asked.State, effect, asked.Wish)
	}
	for _, on := range []callback.Event{
		callback.DeliveryCancelled, callback.NobodyAccepted, callback.NotReached, callback.AttemptsSpent, callback.AttemptGone, callback.WindowPassed, callback.DeliveryFailed,
	} {
		for name, now := range map[string]time.Time{"before": start.Add(time.Minute), "after": window.Start.Add(time.Minute)} {
			c, _, _ := callback.Step(asked, on, "", now, p)
			want := map[string]adapter.State{"before": adapter.StateScheduled, "after": adapter.StateWaiting}[name]
			if c.State != want || c.Window != window || !c.QueuedAt.Equal(window.Start) || c.PlaceFreed || !c.Wish.IsZero() || c.After != "" {
				t.Errorf("%s %s its window: %+v", on, name, c)
			}
		}
	}
	for _, on := range []callback.Event{callback.Accepted, callback.CustomerConnected, callback.CustomerReached} {
		if c, _, _ := callback.Step(asked, on, "", start, p); c.Window == window || !c.Wish.IsZero() {
			t.Errorf("%s came first, yet the window is %v, the wish %+v", on, c.Window, c.Wish)
		}
	}
}
