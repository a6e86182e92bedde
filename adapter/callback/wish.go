package callback

import (
	"time"

	"directcallback/adapter"
)

// Grant says which event a wish is at now: it leads into line, or there later.
// What is wished for must have been put into Callback.Wish; Step makes it true.
//
// A callback keeps its place in line as long as it goes on standing there: another
// number, or an end of the window that is moved, costs nothing. Whoever moves to a
// window that is to come gives the place up and gets one when the window opens, like
// everybody who asked for it from the beginning. Who moves from there to as soon as
// possible gets in line at its end.
func Grant(c adapter.Callback, now time.Time) Event {
	window := c.Window
	if c.Wish.Moved {
		window = c.Wish.Window
	}
	if window.Start.After(now) {
		return LaterAsked
	}
	return NowAsked
}

// granted is a callback with what was wished for, on its way from a state to waiting
// or scheduled. The attempts for another number or time are counted anew.
func granted(c adapter.Callback, from, to adapter.State, now time.Time, p Policy) adapter.Callback {
	wish := c.Wish
	c.Wish, c.Rings = adapter.Wish{}, 0
	if !wish.Phone.IsZero() {
		c.Phone, c.HeldBy = wish.Phone, "" // the call that it was held by is another's
	}
	if wish.Moved {
		c.Window, c.Booked, c.ExpiresAt = wish.Window, wish.Booked, wish.Window.End
		if c.Window.IsZero() {
			c.ExpiresAt = now.Add(p.Life)
		}
	}
	c.State = adapter.StateWaiting
	later := c.Window.Start.After(now)
	if later {
		c.State = adapter.StateScheduled
	}
	switch {
	case later || to == adapter.StateScheduled:
		c.QueuedAt = c.Window.Start
	case from == adapter.StateScheduled && wish.Moved:
		c.QueuedAt = now
	}
	return c
}
