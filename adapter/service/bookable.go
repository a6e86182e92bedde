package service

import (
	"fmt"
	"iter"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/hours"
)

// customer is what of somebody decides about slots.
type customer struct {
	zone  string // that was named; empty = none
	quiet bool   // quiet hours bind
}

// bookable is what of a queue can be booked now, full slots included.
type bookable struct {
	queue    adapter.QueueID
	schedule *hours.Schedule
	slots    channels.Slots
	in       adapter.Window // what is neither too soon nor too far ahead
	clock    clock
	quiet    channels.QuietHours
}

func (r *run) bookable(queue adapter.QueueID, who customer) bookable {
	b := bookable{queue: queue, schedule: hours.Always(), slots: r.s.o.Channels.SlotsOf(queue), clock: r.clockOf(who.zone, queue)}
	if plan, ok := r.portal.plans.Plan(queue); ok {
		b.schedule = r.portal.hours.Of(plan.Queue())
	}
	b.in = adapter.Window{Start: r.now.Add(b.slots.LeadTime), End: r.now.Add(time.Duration(b.slots.DaysAhead) * 24 * time.Hour)}
	if who.quiet {
		b.quiet = r.s.o.Channels.QuietHours
	}
	return b
}

// within is the part of a window in which slots can be booked; a zero end is none.
func (b bookable) within(w adapter.Window) adapter.Window {
	in := b.in
	if w.Start.After(in.Start) {
		in.Start = w.Start
	}
	if !w.End.IsZero() && w.End.Before(in.End) {
		in.End = w.End
	}
	return in
}

// between are the slots that lie in a window, however many seats are taken.
func (b bookable) between(w adapter.Window) iter.Seq[adapter.Window] {
	return func(yield func(adapter.Window) bool) {
		for slot := range b.schedule.Slots(w.Start, w.End, b.slots.Length) {
			if !b.quiet.Touch(slot, b.clock.zone) && !yield(slot) {
				return
			}
		}
	}
}

// refuses is a *NoSlotError for a window that is none of the slots.
func (b bookable) refuses(w adapter.Window) error {
	var why string
	switch {
	case !b.has(w):
		why = "the queue has no such slot"
	case w.Start.Before(b.in.Start):
		why = "it is too soon"
	case w.End.After(b.in.End):
		why = "it is too far ahead"
	default:
		return b.disturbs(w)
	}
	return &NoSlotError{why}
}

// disturbs is a *NoSlotError for a slot that touches quiet hours.
func (b bookable) disturbs(w adapter.Window) error {
	if !b.quiet.Touch(w, b.clock.zone) {
		return nil
	}
	return &NoSlotError{fmt.Sprintf("it touches the quiet hours, from %v to %v, %v", b.quiet.From, b.quiet.To, b.clock)}
}

// has tells whether a window is a slot by the operating hours.
func (b bookable) has(w adapter.Window) bool {
	for slot := range b.schedule.Slots(w.Start, w.End, b.slots.Length) {
		return sameTime(slot, w)
	}
	return false
}
