package service

import (
	"fmt"
	"sync"
	"time"

	"directcallback/adapter"
)

// quietMargin is how long before the quiet nothing goes out any more: nobody could
// accept it and phone in what is left.
const quietMargin = time.Minute

// clock is the clock on a customer's wall.
type clock struct {
	zone   *time.Location
	queues bool // it is the queue's, for the customer named none
}

// String says whose clock it is.
func (c clock) String() string {
	if c.queues {
		return fmt.Sprintf("by the queue's clock (%v), for the customer named no time zone", c.zone)
	}
	return fmt.Sprintf("where the customer is (%v)", c.zone)
}

// clockOf is the clock of a customer who named this time zone, or none, to a queue.
func (r *run) clockOf(zone string, queue adapter.QueueID) clock {
	if zone != "" {
		if location, err := r.s.zones.load(zone, r.s.o.Zone); err == nil {
			return clock{zone: location}
		}
	}
	location := time.UTC
	if plan, ok := r.portal.plans.Plan(queue); ok {
		location = r.portal.hours.Of(plan.Queue()).Location()
	}
	return clock{zone: location, queues: true}
}

// mindsQuiet tells by the door through which a callback was asked for whether quiet
// hours bind it: who pressed 1, or talks with a representative, is on the phone.
func mindsQuiet(channel adapter.Channel) bool { return channel.Open() }

// quiet tells whether a callback must not go out now because it is quiet where its
// customer is, until when, and why.
func (r *run) quiet(c adapter.Callback) (until time.Time, why string, is bool) {
	hours := r.s.o.Channels.QuietHours
	if hours.IsZero() || !mindsQuiet(c.Channel) {
		return time.Time{}, "", false
	}
	at := r.clockOf(c.TimeZone, c.Queue)
	if !hours.Touch(adapter.Window{Start: r.now, End: r.now.Add(quietMargin)}, at.zone) {
		return time.Time{}, "", false
	}
	until = hours.Ends(hours.Begins(r.now, at.zone), at.zone)
	return until, fmt.Sprintf("it is quiet until %s %v", until.In(at.zone).Format("15:04"), at), true
}

// stepsAside takes a callback whose turn has come in quiet hours out of line until they
// are over; then it is where it was. Meanwhile it keeps nobody waiting for whom it is
// day.
func (r *run) stepsAside(c adapter.Callback) (bool, error) {
	until, why, is := r.quiet(c)
	if !is {
		return false, nil
	}
	c.InLineFrom, c.ReleaseFrom, c.Reason = until, until, why
	_, err := r.save(c.State, c, "quiet hours", why)
	return true, err
}

// isAside tells that a callback which waits is out of line for the quiet alone.
func isAside(c adapter.Callback) bool {
	return c.State == adapter.StateWaiting && mindsQuiet(c.Channel) && c.Attempts == 0 && !c.Throttled && !c.InLineFrom.IsZero()
}

// untilQuiet ends a window when the quiet begins where a callback's customer is: what
// is accepted later would ring then.
func (r *run) untilQuiet(c adapter.Callback, w adapter.Window) adapter.Window {
	if hours := r.s.o.Channels.QuietHours; mindsQuiet(c.Channel) && !hours.IsZero() {
		if begins := hours.Begins(w.Start, r.clockOf(c.TimeZone, c.Queue).zone); begins.Before(w.End) {
			w.End = begins.UTC()
		}
	}
	return w
}

// QuietError says that a window has no minute in which its customer may be phoned.
type QuietError struct{ Why string }

func (e *QuietError) Error() string { return e.Why }

// allQuiet is a *QuietError for a callback in whose window it is never not quiet.
func (r *run) allQuiet(c adapter.Callback) error {
	hours := r.s.o.Channels.QuietHours
	if hours.IsZero() || !mindsQuiet(c.Channel) || c.Window.IsZero() || c.Booked {
		return nil
	}
	at := r.clockOf(c.TimeZone, c.Queue)
	if hours.Ends(c.Window.Start, at.zone).Before(c.Window.End) {
		return nil
	}
	return &QuietError{fmt.Sprintf("it is quiet then, from %v to %v, %v", hours.From, hours.To, at)}
}

// zones are tables of time zones that were read; there are some 600.
type zones struct {
	mu    sync.Mutex
	known map[string]*time.Location // guarded by mu
}

func (z *zones) load(name string, read func(string) (*time.Location, error)) (*time.Location, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if location, ok := z.known[name]; ok {
		return location, nil
	}
	location, err := read(name)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	if z.known == nil {
		z.known = map[string]*time.Location{}
	}
	z.known[name] = location
	return location, nil
}
