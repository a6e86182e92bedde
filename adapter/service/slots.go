package service

import (
	"context"
	"fmt"
	"time"

	"directcallback/adapter"
)

// SlotQuery asks for the slots of a queue that can be booked.
type SlotQuery struct {
	Queue    adapter.QueueID
	From, To time.Time // between which they lie; zero = as soon and as far ahead as can be booked
	TimeZone string    // of the customer; empty = the queue's
}

// FreeSlots answers a SlotQuery.
type FreeSlots struct {
	Zone  *time.Location // the customer's, or the queue's
	Slots []adapter.Window
}

// SlotFullError says that all seats of a slot are taken, and which slot is free.
type SlotFullError struct {
	Slot adapter.Slot
	Next adapter.Window // the next one that is free, else the first; zero = none is
}

func (e *SlotFullError) Error() string { return "all seats of the slot are taken" }

// NoSlotError says why a window is no slot that can be booked.
type NoSlotError struct{ Why string }

func (e *NoSlotError) Error() string { return "no slot that can be booked: " + e.Why }

// Slots lists the slots of a queue that can be booked now and have a seat left. It is
// adapter.ErrNotFound for an unknown queue, and adapter.ErrNotOffered when the queue
// takes no callbacks.
func (s *Service) Slots(ctx context.Context, q SlotQuery) (FreeSlots, error) {
	var free FreeSlots
	err := s.look(ctx, func(r *run) (err error) {
		if err := r.mayBook(q.Queue); err != nil {
			return err
		}
		b := r.bookable(q.Queue, customer{zone: q.TimeZone, quiet: true})
		free.Zone = b.clock.zone
		free.Slots, err = r.free(b, adapter.Window{Start: q.From, End: q.To})
		return err
	})
	if err != nil {
		return FreeSlots{}, fmt.Errorf("slots: %w", err)
	}
	return free, nil
}

// Hold keeps a seat of a slot for adapter.HoldFor, under an id that nobody else knows.
// Under the same id it is kept anew. Errors are those of Slots, *NoSlotError and
// *SlotFullError.
func (s *Service) Hold(ctx context.Context, hold adapter.Hold) (adapter.Hold, error) {
	err := s.look(ctx, func(r *run) error {
		if err := r.mayBook(hold.Queue); err != nil {
			return err
		}
		if err := r.seat(booking{slot: hold.Slot, hold: hold.ID}); err != nil {
			return err
		}
		hold.Until = r.now.Add(adapter.HoldFor)
		return r.tx.SaveHold(hold)
	})
	if err != nil {
		return adapter.Hold{}, fmt.Errorf("hold slot: %w", err)
	}
	return hold, nil
}

// Release gives back what was held. It is harmless without a hold.
func (s *Service) Release(ctx context.Context, hold adapter.Hold) error {
	if err := s.o.Update(ctx, func(tx Tx) error { return tx.DropHold(hold) }); err != nil {
		return fmt.Errorf("release slot: %w", err)
	}
	return nil
}

// mayBook tells, by adapter.ErrNotFound and adapter.ErrNotOffered, whether a queue
// takes callbacks at all.
func (r *run) mayBook(queue adapter.QueueID) error {
	terms, err := r.mayPromise(queue)
	if err != nil {
		return err
	}
	return r.mayPromiseUnder(queue, terms)
}
