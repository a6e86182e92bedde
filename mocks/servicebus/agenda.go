package servicebus

import (
	"slices"
	"time"
)

// agenda is what a connection has to do at later times. It has one timer, for
// the earliest; the writer waits on it and does what is due. The connection's
// lock guards the items.
type agenda struct {
	timer *time.Timer
	items []appointment // by time; those of one instant in the order they were made
}

type appointment struct {
	at time.Time
	do func()
}

func newAgenda() agenda {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return agenda{timer: t}
}

// add has the writer do something at a time, with the connection's lock held.
func (a *agenda) add(at time.Time, do func()) {
	i := len(a.items)
	for i > 0 && a.items[i-1].at.After(at) {
		i--
	}
	a.items = slices.Insert(a.items, i, appointment{at, do})
	if i == 0 {
		a.timer.Reset(time.Until(at))
	}
}

// keep does what is due.
func (a *agenda) keep(now time.Time) {
	if len(a.items) == 0 {
		return
	}
	for len(a.items) > 0 && !a.items[0].at.After(now) {
		do := a.items[0].do
		a.items[0] = appointment{} // nothing is kept alive behind the slice
		a.items = a.items[1:]
		do()
	}
	if len(a.items) > 0 {
		a.timer.Reset(time.Until(a.items[0].at))
	}
}

// drop forgets everything.
func (a *agenda) drop() {
	a.timer.Stop()
	a.items = nil
}
