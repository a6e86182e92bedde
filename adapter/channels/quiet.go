package channels

import (
	"fmt"
	"time"

	"directcallback/adapter"
)

// QuietHours are when nobody is phoned, every day, by the clock on the customer's
// wall: From included, To not. To before From is on the next day. The zero QuietHours
// are none.
type QuietHours struct {
	From, To TimeOfDay
}

// TimeOfDay is a time that a clock on the wall shows, in minutes since midnight.
type TimeOfDay int

// String writes a time of day as 21:00.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

const daySeconds = 24 * 60 * 60

func (t TimeOfDay) seconds() int { return int(t) * 60 }

// IsZero tells that there are none.
func (q QuietHours) IsZero() bool { return q == QuietHours{} }

// Quiet tells whether it is quiet at an instant in a zone.
func (q QuietHours) Quiet(at time.Time, zone *time.Location) bool {
	now, from, to := wall(at, zone), q.From.seconds(), q.To.seconds()
	if from <= to {
		return from <= now && now < to
	}
	return from <= now || now < to
}

// Ends is the first instant from at on at which it is not quiet.
func (q QuietHours) Ends(at time.Time, zone *time.Location) time.Time {
	for q.Quiet(at, zone) {
		at = q.turn(at, zone)
	}
	return at
}

// Begins is the first instant from at on at which it is quiet; the zero time if it
// never is.
func (q QuietHours) Begins(at time.Time, zone *time.Location) time.Time {
	if q.IsZero() {
		return time.Time{}
	}
	for !q.Quiet(at, zone) {
		at = q.turn(at, zone)
	}
	return at
}

// Touch tells whether it is quiet at any time in a window.
func (q QuietHours) Touch(w adapter.Window, zone *time.Location) bool {
	return !q.IsZero() && q.Begins(w.Start, zone).Before(w.End)
}

// turn is an instant after at up to which nothing changes; something need not
// change then.
func (q QuietHours) turn(at time.Time, zone *time.Location) time.Time {
	now := wall(at, zone)
	ahead := min(until(now, q.From.seconds()), until(now, q.To.seconds()))
	next := at.Truncate(time.Second).Add(time.Duration(ahead) * time.Second)
	if _, jump := at.In(zone).ZoneBounds(); !jump.IsZero() && jump.Before(next) {
		return jump.UTC()
	}
	return next.UTC()
}

// until is how many seconds the clock runs from one time of day to the next other.
func until(now, then int) int {
	if then > now {
		return then - now
	}
	return then - now + daySeconds
}

// wall is what the clock on a wall shows, in seconds since midnight.
func wall(at time.Time, zone *time.Location) int {
	hour, minute, second := at.In(zone).Clock()
	return hour*3600 + minute*60 + second
}
