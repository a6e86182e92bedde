package broker

import (
	"sync"
	"time"
)

// deadline is embedded in whatever must happen at a time: a message's lock
// expiry, its end of life or its scheduled start, a session's lock, the wait
// for a next session.
type deadline struct {
	at    time.Time
	place int // in alarms.due
}

func (d *deadline) self() *deadline { return d }

type timed interface{ self() *deadline }

// alarms keeps deadlines and one timer for the earliest. Its owner's mutex
// guards it.
type alarms struct {
	due   heap[timed]
	timer *time.Timer
	armed time.Time // when the timer fires; zero when it is not running
	fire  func()
	// running counts a timer that is armed or whose function runs, so that
	// close can wait for it.
	running sync.WaitGroup
}

func newAlarms(fire func()) alarms {
	return alarms{
		due: heap[timed]{
			before: func(a, b timed) bool { return a.self().at.Before(b.self().at) },
			place:  func(t timed) *int { return &t.self().place },
		},
		fire: fire,
	}
}

// set moves t's deadline; the zero time is none.
func (a *alarms) set(t timed, at time.Time) {
	d := t.self()
	switch {
	case at.IsZero():
		a.due.remove(t)
	case d.place == 0:
		d.at = at
		a.due.push(t)
	default:
		d.at = at
		a.due.fix(t)
	}
}

// next removes and returns something that is due.
func (a *alarms) next(now time.Time) (timed, bool) {
	if a.due.len() == 0 || a.due.min().self().at.After(now) {
		return nil, false
	}
	return a.due.pop(), true
}

// arm makes the timer fire no later than the earliest deadline. A timer that is
// early is left alone: firing once in vain is cheaper than a reset per message.
func (a *alarms) arm(now time.Time) {
	if a.due.len() == 0 {
		return
	}
	at := a.due.min().self().at
	if !a.armed.IsZero() && !a.armed.After(at) {
		return
	}
	a.armed = at
	if a.timer == nil {
		a.running.Add(1)
		a.timer = time.AfterFunc(at.Sub(now), func() {
			defer a.running.Done()
			a.fire()
		})
		return
	}
	if !a.timer.Reset(at.Sub(now)) {
		a.running.Add(1)
	}
}

// disarm stops the timer for good.
func (a *alarms) disarm() {
	if a.timer != nil && a.timer.Stop() {
		a.running.Done()
	}
	a.armed = time.Time{}
}
