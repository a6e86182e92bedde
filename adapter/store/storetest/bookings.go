package storetest

import (
	"fmt"
	"sync/atomic"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// bookings are the seats of slots.
func bookings() map[string]check {
	at := func(minutes int) time.Time { return start().Add(time.Duration(minutes) * time.Minute) }
	slot := func(from, to int) adapter.Window { return adapter.Window{Start: at(from), End: at(to)} }
	day := slot(0, 24*60)
	var last atomic.Int64
	booked := func(t subject, state adapter.State, window adapter.Window) adapter.Callback {
		t.Helper()
		n := last.Add(1)
		c := pending(adapter.CallbackID(fmt.Sprint("callback-", n)), phone(t, fmt.Sprintf("+12025550%d%02d", 1+n/100, n%100)), queueA, start())
		c.State, c.Window, c.Booked = state, window, true
		return save(t, c)
	}
	seats := func(t subject, queue adapter.QueueID, in adapter.Window) []adapter.Booked {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.Booked, error) { return tx.Booked(queue, in) })
	}
	holds := func(t subject, queue adapter.QueueID, in adapter.Window, now time.Time) []adapter.Hold {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.Hold, error) { return tx.Holds(queue, in, now) })
	}
	hold := func(id adapter.HoldID, window adapter.Window) adapter.Hold {
		return adapter.Hold{ID: id, Slot: adapter.Slot{Queue: queueA, Window: window}, Until: at(2)}
	}
	return map[string]check{
		"nothing is booked at first": func(t subject) {
			equal(t, seats(t, queueA, day), []adapter.Booked(nil))
			equal(t, holds(t, queueA, day, start()), []adapter.Hold(nil))
		},
		"callbacks have seats of their slots until they end": func(t subject) {
			nine, ten := slot(60, 90), slot(120, 150)
			for _, state := range adapter.States() {
				booked(t, state, nine)
			}
			booked(t, adapter.StateScheduled, ten)
			free := pending("free", phone(t, "+33155501234"), queueA, start())
			free.State, free.Window = adapter.StateScheduled, nine // asked for as a window
			save(t, free)
			equal(t, seats(t, queueA, day), []adapter.Booked{{Window: nine, Seats: 10}, {Window: ten, Seats: 1}})
			equal(t, seats(t, queueB, day), []adapter.Booked(nil))
		},
		"seats of slots that overlap a window are counted": func(t subject) {
			for _, window := range []adapter.Window{slot(0, 24*60), slot(60, 90), slot(90, 120), slot(75, 105), slot(120, 150)} {
				booked(t, adapter.StateScheduled, window)
			}
			equal(t, seats(t, queueA, slot(90, 120)), []adapter.Booked{{Window: slot(0, 24*60), Seats: 1}, {Window: slot(75, 105), Seats: 1}, {Window: slot(90, 120), Seats: 1}})
		},
		"a callback that is about to be moved has two seats, and one when it is": func(t subject) {
			c := booked(t, adapter.StateDispatching, slot(60, 90))
			c.Wish = adapter.Wish{Moved: true, Booked: true, Window: slot(120, 150)}
			c = save(t, c)
			equal(t, seats(t, queueA, day), []adapter.Booked{{Window: slot(60, 90), Seats: 1}, {Window: slot(120, 150), Seats: 1}})
			c.Window, c.Wish = c.Wish.Window, adapter.Wish{}
			c = save(t, c)
			equal(t, seats(t, queueA, day), []adapter.Booked{{Window: slot(120, 150), Seats: 1}})
			c.Wish = adapter.Wish{Moved: true, Booked: true, Window: slot(120, 150)}
			c = save(t, c)
			equal(t, seats(t, queueA, day), []adapter.Booked{{Window: slot(120, 150), Seats: 2}})
			c.Wish.Booked, c.Wish.Window = false, slot(60, 90)
			c = save(t, c)
			equal(t, seats(t, queueA, day), []adapter.Booked{{Window: slot(120, 150), Seats: 1}})
			c.Booked = false
			save(t, c)
			equal(t, seats(t, queueA, day), []adapter.Booked(nil))
		},
		"what is purged has no seat": func(t subject) {
			c := booked(t, adapter.StateScheduled, slot(60, 90))
			c.State, c.Since = adapter.StateExpired, start()
			save(t, c)
			do(t, func(tx service.Tx) error { _, err := tx.Purge(at(60), 10); return err })
			equal(t, seats(t, queueA, day), []adapter.Booked(nil))
		},
		"a hold comes back as it was saved until it is over": func(t subject) {
			first, second := hold("a", slot(60, 90)), hold("b", slot(60, 90))
			second.Until = at(3)
			do(t, func(tx service.Tx) error { return tx.SaveHold(second) })
			do(t, func(tx service.Tx) error { return tx.SaveHold(first) })
			equal(t, holds(t, queueA, day, at(2).Add(-time.Microsecond)), []adapter.Hold{first, second})
			equal(t, holds(t, queueA, day, at(2)), []adapter.Hold{second})
			equal(t, holds(t, queueA, slot(90, 120), start()), []adapter.Hold(nil))
			equal(t, holds(t, queueB, day, start()), []adapter.Hold(nil))
		},
		"a hold that is saved again takes the place of the one before": func(t subject) {
			before, after := hold("a", slot(60, 90)), hold("a", slot(90, 120))
			do(t, func(tx service.Tx) error { return tx.SaveHold(before) })
			do(t, func(tx service.Tx) error { return tx.SaveHold(after) })
			equal(t, holds(t, queueA, day, start()), []adapter.Hold{after})
		},
		"a hold that is dropped is gone, and dropping it twice is harmless": func(t subject) {
			mine, other := hold("a", slot(60, 90)), hold("b", slot(60, 90))
			do(t, func(tx service.Tx) error { return tx.SaveHold(mine) })
			do(t, func(tx service.Tx) error { return tx.SaveHold(other) })
			do(t, func(tx service.Tx) error { return tx.DropHold(mine) })
			do(t, func(tx service.Tx) error { return tx.DropHold(mine) })
			equal(t, holds(t, queueA, day, start()), []adapter.Hold{other})
		},
		"holds that were over before are forgotten": func(t subject) {
			old, young := hold("a", slot(60, 90)), hold("b", slot(60, 90))
			young.Until = at(10)
			do(t, func(tx service.Tx) error { return tx.SaveHold(old) })
			do(t, func(tx service.Tx) error { return tx.SaveHold(young) })
			do(t, func(tx service.Tx) error { return tx.Forget(at(5)) })
			equal(t, holds(t, queueA, day, start()), []adapter.Hold{young})
		},
		"a seat that is taken and given up in a transaction that fails stays as it was": func(t subject) {
			mine := hold("a", slot(60, 90))
			do(t, func(tx service.Tx) error { return tx.SaveHold(mine) })
			wantErr(t, adapter.ErrConflict, func(tx service.Tx) error {
				if err := tx.DropHold(mine); err != nil {
					return err
				}
				return adapter.ErrConflict
			})
			equal(t, holds(t, queueA, day, start()), []adapter.Hold{mine})
		},
		"of two who count before they take the last seat one gets it": lastSeat,
	}
}

// lastSeat has callbacks and holds ask for the last seat of a slot at once.
func lastSeat(t subject) {
	window := adapter.Window{Start: start().Add(time.Hour), End: start().Add(2 * time.Hour)}
	for n := range rounds {
		queue := adapter.QueueID(fmt.Sprint("queue-", n))
		full := func(tx service.Tx) (bool, error) {
			if err := tx.Booking(queue); err != nil {
				return false, err
			}
			seats, err := tx.Booked(queue, window)
			if err != nil {
				return false, err
			}
			holds, err := tx.Holds(queue, window, start())
			return len(seats)+len(holds) > 0, err
		}
		book := func(i int) func(service.Tx) error {
			c := pending(adapter.CallbackID(fmt.Sprint("callback-", n, "-", i)), phone(t, fmt.Sprintf("+12025550%d%02d", i+1, n)), queue, start())
			c.State, c.Window, c.Booked = adapter.StateScheduled, window, true
			return func(tx service.Tx) error {
				if full, err := full(tx); err != nil || full {
					return err
				}
				return trySave(c)(tx)
			}
		}
		hold := func(tx service.Tx) error {
			if full, err := full(tx); err != nil || full {
				return err
			}
			return tx.SaveHold(adapter.Hold{ID: adapter.HoldID(fmt.Sprint("hold-", n)), Slot: adapter.Slot{Queue: queue, Window: window}, Until: start().Add(time.Minute)})
		}
		meet(t, book(0), hold, book(1), hold)
		taken := 0
		for _, b := range get(t, func(tx service.Tx) ([]adapter.Booked, error) { return tx.Booked(queue, window) }) {
			taken += b.Seats
		}
		taken += len(get(t, func(tx service.Tx) ([]adapter.Hold, error) { return tx.Holds(queue, window, start()) }))
		if taken != 1 {
			t.Fatalf("round %d: %d seats are taken", n, taken)
		}
	}
}
