package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// Week is a queue whose slots of half an hour are booked for seven days.
type Week struct {
	Queue    adapter.QueueID
	From     time.Time
	Bookings int
}

// slots are in a week.
const slotsOfWeek = 7 * 48

// Slot is the i-th slot.
func (w Week) Slot(i int) adapter.Window {
	start := w.From.Add(time.Duration(i%slotsOfWeek) * 30 * time.Minute)
	return adapter.Window{Start: start, End: start.Add(30 * time.Minute)}
}

// Window is all of it.
func (w Week) Window() adapter.Window {
	return adapter.Window{Start: w.From, End: w.From.Add(7 * 24 * time.Hour)}
}

// Book books slot after slot.
func (w Week) Book(ctx context.Context, update service.Update) error {
	const together = 500
	for from := 0; from < w.Bookings; from += together {
		err := update(ctx, func(tx service.Tx) error {
			for i := from; i < min(from+together, w.Bookings); i++ {
				number, err := adapter.StoredPhone(fmt.Sprint("+1202", 2_000_000+i))
				if err != nil {
					return err
				}
				slot := w.Slot(i)
				c := adapter.Callback{
					ID: adapter.CallbackID(fmt.Sprintf("booked-%06d", i)), Queue: w.Queue, Phone: number, Channel: adapter.ChannelWeb, State: adapter.StateScheduled,
					Window: slot, Booked: true, CreatedAt: w.From, QueuedAt: slot.Start, ExpiresAt: slot.End, Since: w.From,
				}
				if _, err := tx.SaveCallback(c, adapter.History{At: w.From, Event: "test", To: c.State}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Count counts the seats of the week as a customer does who looks for a free one.
func (w Week) Count(ctx context.Context, update service.Update) (seats int, err error) {
	err = update(ctx, func(tx service.Tx) error {
		seats = 0
		booked, err := tx.Booked(w.Queue, w.Window())
		for _, b := range booked {
			seats += b.Seats
		}
		if err != nil {
			return err
		}
		holds, err := tx.Holds(w.Queue, w.Window(), w.From)
		seats += len(holds)
		return err
	})
	return seats, err
}

// BookedWeek measures how long it takes to count 10,000 bookings.
func BookedWeek(b *testing.B, update service.Update) {
	b.Helper()
	w := Week{Queue: queueA, From: start(), Bookings: 10_000}
	if err := w.Book(b.Context(), update); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if n, err := w.Count(b.Context(), update); err != nil || n != w.Bookings {
			b.Fatalf("%d seats, %v", n, err)
		}
	}
}
