package service

import (
	"slices"
	"time"

	"directcallback/adapter"
)

// free lists the slots that lie in a window and have a seat left.
func (r *run) free(b bookable, w adapter.Window) ([]adapter.Window, error) {
	in := b.within(w)
	taken, err := r.seats(b.queue, in)
	if err != nil {
		return nil, err
	}
	var free []adapter.Window
	for slot := range b.between(in) {
		if taken.of(slot) < b.slots.Capacity {
			free = append(free, slot)
		}
	}
	return free, nil
}

// booking is a seat that somebody wants.
type booking struct {
	slot adapter.Slot
	hold adapter.HoldID // under which it may be held; empty = it is not
	who  customer
	own  []adapter.Window // seats that the same callback has, and gives up for this one
}

// seat tells, by a *NoSlotError or *SlotFullError, whether there is a seat; until the
// end of the transaction nobody else takes it. A holder is asked no more than whether
// it is quiet: what was shown can be had.
func (r *run) seat(want booking) error {
	if err := r.tx.Booking(want.slot.Queue); err != nil {
		return err
	}
	taken, err := r.seats(want.slot.Queue, want.slot.Window)
	if err != nil {
		return err
	}
	b := r.bookable(want.slot.Queue, want.who)
	if held := taken.forget(want); held {
		err = b.disturbs(want.slot.Window)
	} else {
		err = b.refuses(want.slot.Window)
	}
	if err != nil || taken.of(want.slot.Window) < b.slots.Capacity {
		return err
	}
	want.who.quiet = true // nobody is offered the night unasked
	next, err := r.next(r.bookable(want.slot.Queue, want.who), want.slot.End)
	if err != nil {
		return err
	}
	return &SlotFullError{Slot: want.slot, Next: next}
}

// next is the first slot from a time on that has a seat left, else the first of all.
func (r *run) next(b bookable, from time.Time) (adapter.Window, error) {
	free, err := r.free(b, adapter.Window{})
	if len(free) == 0 || err != nil {
		return adapter.Window{}, err
	}
	later := slices.IndexFunc(free, func(w adapter.Window) bool { return !w.Start.Before(from) })
	return free[max(later, 0)], nil
}

// seats are those of a queue that are taken.
type seats struct {
	booked  []adapter.Booked // in order of their start
	holds   []adapter.Hold
	longest time.Duration // of the booked
}

// seats are those taken of slots that overlap a window.
func (r *run) seats(queue adapter.QueueID, in adapter.Window) (seats, error) {
	booked, err := r.tx.Booked(queue, in)
	if err != nil {
		return seats{}, err
	}
	s := seats{booked: booked}
	for _, b := range booked {
		s.longest = max(s.longest, b.End.Sub(b.Start))
	}
	s.holds, err = r.tx.Holds(queue, in, r.now)
	return s, err
}

// of counts the seats that are taken of a slot. What overlaps it counts, too: it was
// booked when slots had another length.
func (s seats) of(w adapter.Window) int {
	n := 0
	first, _ := slices.BinarySearchFunc(s.booked, w.Start.Add(-s.longest), func(b adapter.Booked, from time.Time) int { return b.Start.Compare(from) })
	for _, b := range s.booked[first:] {
		if !b.Start.Before(w.End) {
			break
		}
		if b.Overlaps(w) {
			n += b.Seats
		}
	}
	for _, h := range s.holds {
		if h.Overlaps(w) {
			n++
		}
	}
	return n
}

// forget does not count what a booking has already, and tells whether it holds the
// slot.
func (s *seats) forget(want booking) (held bool) {
	mine := func(h adapter.Hold) bool { return h.ID == want.hold && sameTime(h.Window, want.slot.Window) }
	held = slices.ContainsFunc(s.holds, mine)
	s.holds = slices.DeleteFunc(s.holds, mine)
	for _, w := range want.own {
		if i := slices.IndexFunc(s.booked, func(k adapter.Booked) bool { return sameTime(k.Window, w) }); i >= 0 {
			s.booked[i].Seats--
		}
	}
	return held
}
