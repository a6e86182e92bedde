package callback

import (
	"time"

	"directcallback/adapter"
)

// Step applies an event. It returns the callback as it is afterwards, what must
// leave, and whether anything changed at all.
func Step(c adapter.Callback, on Event, reason string, now time.Time, p Policy) (adapter.Callback, Effect, bool) {
	t, ok := Next(c.State, on)
	if !ok {
		return c, "", false
	}
	to := t.To
	if c.State == adapter.StateCancelling && to == adapter.StateCancelled && c.After != "" {
		to = c.After
	}
	from := c.State
	c.State, c.Reason, c.Since = to, reason, now
	if Rang(on) {
		c.Rings++
	}
	switch to {
	case adapter.StateWaiting:
		c.Throttled = false
		c.PlaceFreed, c.FreePlaceAt, c.After = false, time.Time{}, ""
		if delay := p.Delay(c, on); delay > 0 {
			c.InLineFrom = now.Add(delay)
			c.ReleaseFrom = c.InLineFrom
		}
	case adapter.StateAccepted, adapter.StateConnected:
		c.PlaceFreed = true
	case adapter.StateCancelling:
		c.After = AfterCancel(on)
	default:
	}
	switch {
	case c.Wish.IsZero():
	case to == adapter.StateWaiting || to == adapter.StateScheduled:
		c.PlaceFreed, c.FreePlaceAt, c.After = false, time.Time{}, ""
		c = granted(c, from, to, now, p)
	case to == adapter.StateAccepted || to == adapter.StateConnected || to.Ended():
		c.Wish = adapter.Wish{} // too late
	}
	if from == adapter.StateWaiting && to == adapter.StateDue {
		c.HeldBy = ""
	}
	return c, t.Effect, true
}

// AfterCancel says where a callback goes once the delivery that stood in its
// way is gone.
func AfterCancel(on Event) adapter.State {
	switch on {
	case CustomerCallsNow:
		return adapter.StateWaiting
	case CustomerServed:
		return adapter.StateServed
	case LaterAsked:
		return adapter.StateScheduled
	case NowAsked:
		return adapter.StateWaiting
	case LifeOver:
		return adapter.StateExpired
	default:
		return adapter.StateCancelled
	}
}

// Open makes the callback that a request or a tone asks for. It waits at once,
// or is scheduled when its window opens later.
func Open(c adapter.Callback, now time.Time, p Policy) adapter.Callback {
	c.State, c.Since, c.CreatedAt = adapter.StateWaiting, now, now
	c.MaxAttempts, c.RetryDelay = p.Rings, p.RetryDelay
	c.ExpiresAt = now.Add(p.Life)
	if !c.Window.IsZero() {
		c.ExpiresAt = c.Window.End
		if c.Window.Start.After(now) {
			c.State = adapter.StateScheduled
			c.QueuedAt = c.Window.Start
		}
	}
	return c
}

// NewAttempt writes down the next attempt before it is made. Its window starts
// at a second of its own, so that the attempt can be found again by number,
// configuration and start, and ends where the promise ends at the latest.
func NewAttempt(c adapter.Callback, last adapter.Attempt, configuration adapter.ConfigurationID, requestID string, now time.Time, p Policy) adapter.Attempt {
	start := now.UTC().Truncate(time.Second)
	if !last.Window.Start.IsZero() && !start.After(last.Window.Start) {
		start = last.Window.Start.Add(time.Second)
	}
	end := start.Add(p.AttemptWindow)
	if c.ExpiresAt.Before(end) {
		end = c.ExpiresAt.UTC().Truncate(time.Second)
	}
	return adapter.Attempt{
		Callback: c.ID, Number: last.Number + 1, RequestID: requestID,
		Configuration: configuration, Window: adapter.Window{Start: start, End: end}, SentAt: now,
	}
}
