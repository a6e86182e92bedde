package adapter

import "time"

// Slot is a window of a queue that customers can book. It has as many seats as the
// channels file says; one has the callback that is [Callback].Booked for it, another
// the customer who holds it.
type Slot struct {
	Queue QueueID
	Window
}

// HoldID names a hold. Who knows it is its holder, so it cannot be guessed.
type HoldID string

// HoldFor is how long a seat is kept for a customer who has not decided yet.
const HoldFor = 2 * time.Minute

// Hold keeps a seat of a slot.
type Hold struct {
	ID HoldID
	Slot
	Until time.Time
}

// Booked counts the seats that callbacks have of a window.
type Booked struct {
	Window
	Seats int
}

// Seats are the windows of which a callback has a seat: that of its time, and that of
// the time it is about to be moved to. What has ended has none.
func (c Callback) Seats() []Window {
	var all []Window
	if c.Booked && !c.State.Ended() {
		all = append(all, c.Window)
	}
	if c.Wish.Booked && !c.State.Ended() {
		all = append(all, c.Wish.Window)
	}
	return all
}

// Overlaps tells whether two windows have an instant in common.
func (w Window) Overlaps(other Window) bool {
	return w.Start.Before(other.End) && other.Start.Before(w.End)
}
