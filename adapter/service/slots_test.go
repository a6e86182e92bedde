package service_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// says restarts the service with a channels file.
func (w *world) says(change func(*channels.Channels)) {
	w.Helper()
	w.halt()
	w.options.Channels = saying(change)
	w.start()
}

// saying is half an hour, two seats, an hour ahead, up to two days, and more.
func saying(change func(*channels.Channels)) channels.Channels {
	c := channels.Default()
	c.Slots = channels.Slots{Length: 30 * time.Minute, Capacity: 2, LeadTime: time.Hour, DaysAhead: 2}
	if change != nil {
		change(&c)
	}
	return c
}

// slot is half an hour that begins after so many hours.
func (w *world) slot(hours float64) adapter.Window {
	start := w.begin.Add(time.Duration(hours * float64(time.Hour))).UTC()
	return adapter.Window{Start: start, End: start.Add(30 * time.Minute)}
}

// books asks billing for a callback in a slot.
func (w *world) books(slot adapter.Window, hold adapter.HoldID) (adapter.CallbackID, error) {
	w.Helper()
	receipt, err := w.tryAsk(service.Request{Key: fmt.Sprint("slot-", w.numbers), Callback: adapter.Callback{Queue: billing, Phone: w.phone(), Window: slot, Booked: true}, Hold: hold})
	return receipt.Callback.ID, err
}

func (w *world) mustBook(slot adapter.Window) adapter.CallbackID {
	w.Helper()
	id, err := w.books(slot, "")
	if err != nil {
		w.Fatal(err)
	}
	return id
}

func (w *world) holds(id adapter.HoldID, slot adapter.Window) (adapter.Hold, error) {
	w.Helper()
	return w.service.Hold(w.Context(), adapter.Hold{ID: id, Slot: adapter.Slot{Queue: billing, Window: slot}})
}

// isFree tells whether a slot is listed.
func (w *world) isFree(slot adapter.Window) bool {
	w.Helper()
	free, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: billing, From: slot.Start, To: slot.End})
	if err != nil {
		w.Fatal(err)
	}
	if len(free.Slots) > 1 || len(free.Slots) == 1 && free.Slots[0] != slot {
		w.Fatalf("slots %v", free.Slots)
	}
	return len(free.Slots) == 1
}

// wantFull checks that an error says that a slot is full, and which one is free.
func (w *world) wantFull(err error, next adapter.Window) {
	w.Helper()
	full, is := errors.AsType[*service.SlotFullError](err)
	if !is || full.Next != next {
		w.Errorf("error %v, %+v; want %v to be free next", err, full, next)
	}
}

func TestSlotsAreThoseThatCanBeBooked(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(func(c *channels.Channels) {
			c.Queues = map[adapter.QueueID]channels.Slots{sales: {Length: time.Hour, Capacity: 1, DaysAhead: 1}}
		})
		w.pass(time.Minute)
		for _, test := range []struct {
			queue       adapter.QueueID
			n           int
			first, last time.Duration
		}{
			{billing, 2*48 - 3, 90 * time.Minute, 48 * time.Hour},
			{sales, 23, time.Hour, 24 * time.Hour},
		} {
			free, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: test.queue})
			if err != nil || len(free.Slots) != test.n || free.Slots[0].Start.Sub(w.begin) != test.first || free.Slots[test.n-1].End.Sub(w.begin) != test.last || free.Zone != time.UTC {
				t.Errorf("%v: %d slots, %v", test.queue, len(free.Slots), err)
			}
		}
		if free, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: billing, From: w.begin.Add(5 * time.Hour), To: w.begin.Add(6 * time.Hour)}); err != nil || len(free.Slots) != 2 || free.Slots[0] != w.slot(5) {
			t.Errorf("%v, %v", free, err)
		}
		if free, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: billing, From: w.begin.Add(50 * time.Hour)}); err != nil || len(free.Slots) != 0 {
			t.Errorf("%v, %v", free, err)
		}
		if _, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: "0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001"}); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("an unknown queue: %v", err)
		}
		if _, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: orphans}); !errors.Is(err, adapter.ErrNotOffered) {
			t.Errorf("a queue that cannot place callbacks: %v", err)
		}
	})
}

func TestASlotIsBookedUntilItsSeatsAreTaken(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nil)
		first := w.mustBook(w.slot(5))
		c := w.wantState(first, adapter.StateScheduled)
		if c.Window != w.slot(5) || !c.Booked || !c.ExpiresAt.Equal(w.slot(5).End) {
			t.Errorf("%+v", c)
		}
		if !w.isFree(w.slot(5)) {
			t.Error("one of two seats makes a slot full")
		}
		second := w.mustBook(w.slot(5))
		if w.isFree(w.slot(5)) {
			t.Error("a full slot is listed")
		}
		_, err := w.books(w.slot(5), "")
		w.wantFull(err, w.slot(5.5))
		if _, err := w.service.Cancel(w.Context(), second, "changed my mind"); err != nil {
			t.Fatal(err)
		}
		w.mustBook(w.slot(5))
		w.until(5 * time.Hour)
		w.wantState(first, adapter.StateDispatched)
	})
}

func TestTheNextFreeSlotIsTheFirstWhereNoneComesLater(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(func(c *channels.Channels) {
			c.Slots = channels.Slots{Length: 6 * time.Hour, Capacity: 1, LeadTime: time.Hour, DaysAhead: 1}
		})
		quarter := func(i int) adapter.Window {
			start := w.begin.Add(time.Duration(i) * 6 * time.Hour).UTC()
			return adapter.Window{Start: start, End: start.Add(6 * time.Hour)}
		}
		for _, test := range []struct{ booked, next int }{{1, 2}, {3, 2}, {2, 0}} {
			w.mustBook(quarter(test.booked))
			var next adapter.Window // none: the first is too soon
			if test.next > 0 {
				next = quarter(test.next)
			}
			_, err := w.books(quarter(test.booked), "")
			w.wantFull(err, next)
		}
	})
}

func TestWhatIsNoSlotCannotBeBooked(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nil)
		w.pass(time.Minute)
		long := w.slot(5)
		long.End = long.End.Add(time.Minute)
		for want, window := range map[string]adapter.Window{
			"it is too soon":               w.slot(1),
			"it is too far ahead":          w.slot(48),
			"the queue has no such slot":   {Start: w.slot(5).Start.Add(time.Minute), End: w.slot(5).End.Add(time.Minute)},
			"the queue has no such slot ":  long,
			"the queue has no such slot  ": {Start: w.slot(5).Start, End: w.slot(5.5).End},
		} {
			_, err := w.books(window, "")
			if none, is := errors.AsType[*service.NoSlotError](err); !is || none.Why != strings.TrimSpace(want) {
				t.Errorf("%v: %v, want %q", window, err, want)
			}
			if _, err := w.holds("h", window); err == nil {
				t.Errorf("%v is held", window)
			}
		}
		if n := len(see(w, tally).Callbacks); n != 0 {
			t.Errorf("callbacks in %d states", n)
		}
	})
}

// What the file says of slots can change while some are booked.
func TestSeatsOfSlotsOfAnotherLengthCount(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nil)
		first := w.mustBook(w.slot(5))
		w.mustBook(w.slot(5.5))
		w.says(func(c *channels.Channels) { c.Slots.Length = time.Hour })
		hour := adapter.Window{Start: w.slot(5).Start, End: w.slot(5.5).End}
		_, err := w.books(hour, "")
		w.wantFull(err, adapter.Window{Start: w.slot(6).Start, End: w.slot(6.5).End})
		// The one who moves there gives a seat up for it.
		if _, err := w.service.Change(w.Context(), first, service.Change{When: &hour, Booked: true}); err != nil {
			t.Error(err)
		}
	})
}

func TestAHeldSlotCanBeHadByItsHolderAlone(t *testing.T) {
	everywhere(t, func(w *world) {
		w.says(func(c *channels.Channels) { c.Slots.Capacity = 1 })
		w.begin = time.Now()
		slot := w.slot(5)
		hold, err := w.holds("mine", slot)
		if err != nil || !hold.Until.Equal(w.begin.Add(2*time.Minute)) {
			t.Fatal(hold, err)
		}
		w.pass(time.Minute)
		if w.isFree(slot) {
			t.Error("a slot whose last seat is held is listed")
		}
		_, err = w.books(slot, "")
		w.wantFull(err, w.slot(5.5))
		_, err = w.books(slot, "guessed")
		w.wantFull(err, w.slot(5.5))
		_, err = w.holds("another", slot)
		w.wantFull(err, w.slot(5.5))
		if _, err := w.books(slot, "mine"); err != nil {
			t.Errorf("its holder: %v", err)
		}
		_, err = w.books(slot, "mine")
		w.wantFull(err, w.slot(5.5)) // it is used up
	})
}

func TestAHeldSlotIsFreeAgainAfterTwoMinutesAndWhenItIsReleased(t *testing.T) {
	everywhere(t, func(w *world) {
		w.says(func(c *channels.Channels) { c.Slots.Capacity = 1 })
		w.begin = time.Now()
		slot := w.slot(5)
		if _, err := w.holds("mine", slot); err != nil {
			t.Fatal(err)
		}
		w.pass(2*time.Minute - time.Millisecond)
		if w.isFree(slot) {
			t.Error("it is free too soon")
		}
		w.pass(time.Millisecond)
		if !w.isFree(slot) {
			t.Error("it is not free again")
		}
		hold, err := w.holds("another", slot)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.holds("another", slot); err != nil {
			t.Errorf("held anew: %v", err)
		}
		for range 2 {
			if err := w.service.Release(w.Context(), hold); err != nil {
				t.Error(err)
			}
		}
		if !w.isFree(slot) {
			t.Error("what was released is not free")
		}
		if _, err := w.books(slot, "mine"); err != nil {
			t.Errorf("whose hold is over gets what is free: %v", err)
		}
	})
}

// Held before it was too soon, and booked when it is.
func TestAHolderIsNotTooLate(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nil)
		w.until(4*time.Hour - time.Minute)
		if _, err := w.holds("mine", w.slot(5)); err != nil {
			t.Fatal(err)
		}
		w.pass(90 * time.Second)
		if _, err := w.books(w.slot(5), ""); err == nil {
			t.Error("it is not too soon for who holds nothing")
		}
		if _, err := w.books(w.slot(5), "mine"); err != nil {
			t.Error(err)
		}
	})
}

func TestWhoJoinsACallbackGivesBackWhatWasHeld(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(func(c *channels.Channels) { c.Slots.Capacity = 1 })
		number := w.phone()
		w.rings("ahead", billing, adapter.Phone{})
		first := w.ask(service.Request{Key: "1", Callback: adapter.Callback{Queue: billing, Phone: number}})
		w.begin = w.begin.UTC()
		if _, err := w.holds("mine", w.slot(5)); err != nil {
			t.Fatal(err)
		}
		second := w.ask(service.Request{Key: "2", Callback: adapter.Callback{Queue: billing, Phone: number, Window: w.slot(5), Booked: true}, Hold: "mine"})
		if !second.Joined || second.Callback.ID != first.Callback.ID || second.Callback.Booked || !w.isFree(w.slot(5)) {
			t.Errorf("%+v", second)
		}
	})
}

func TestMovingTakesASeatThereAndGivesUpTheOneHere(t *testing.T) {
	everywhere(t, func(w *world) {
		w.says(func(c *channels.Channels) { c.Slots.Capacity = 1 })
		w.begin = time.Now()
		move := func(id adapter.CallbackID, to *adapter.Window, booked bool, hold adapter.HoldID) error {
			_, err := w.service.Change(w.Context(), id, service.Change{When: to, Booked: booked, Hold: hold})
			synctest.Wait()
			return err
		}
		five, six, seven := w.slot(5), w.slot(6), w.slot(7)
		first, second := w.mustBook(five), w.mustBook(six)
		w.wantFull(move(first, &six, true, ""), w.slot(6.5))
		w.wantState(first, adapter.StateScheduled)
		if w.isFree(five) {
			t.Error("who was not moved lost the seat")
		}
		if err := move(first, &seven, true, ""); err != nil || !w.isFree(five) || w.isFree(seven) {
			t.Errorf("%v; five is free: %v, seven: %v", err, w.isFree(five), w.isFree(seven))
		}
		if _, err := w.holds("mine", five); err != nil {
			t.Fatal(err)
		}
		if err := move(second, &five, true, "mine"); err != nil || w.isFree(five) || !w.isFree(six) {
			t.Errorf("%v; five is free: %v, six: %v", err, w.isFree(five), w.isFree(six))
		}
		if err := move(second, &five, false, ""); err != nil || !w.isFree(five) {
			t.Errorf("as a window of its own: %v; five is free: %v", err, w.isFree(five))
		}
		if err := move(first, &adapter.Window{}, false, ""); err != nil || !w.isFree(seven) {
			t.Errorf("as soon as possible: %v; seven is free: %v", err, w.isFree(seven))
		}
		var none *service.NoSlotError
		if err := move(second, &adapter.Window{Start: five.Start, End: six.End}, true, ""); !errors.As(err, &none) {
			t.Errorf("%v", err)
		}
	})
}

// Dynamics has the callback while it is moved: it has both seats until it is known
// which one it needs.
func TestAMoveThatIsOnlyNotedKeepsASeatThere(t *testing.T) {
	everywhere(t, func(w *world) {
		w.says(func(c *channels.Channels) { c.Slots.Capacity = 1 })
		w.begin = time.Now()
		id := w.mustBook(w.slot(5))
		w.until(5 * time.Hour)
		w.wantState(id, adapter.StateDispatched)
		at := w.slot(7)
		if _, err := w.service.Change(w.Context(), id, service.Change{When: &at, Booked: true}); err != nil {
			t.Fatal(err)
		}
		w.wantState(id, adapter.StateCancelling)
		if w.isFree(at) {
			t.Error("the seat there can be had by others")
		}
		w.dynamics.report("delivery-1", "Cancelled", "Cancelled")
		w.pass(time.Minute)
		if c := w.wantState(id, adapter.StateScheduled); !c.Booked || c.Window != at || w.isFree(at) {
			t.Errorf("%+v", c)
		}
		// The other way round: the representative was faster.
		at = w.slot(9)
		second := w.mustBook(w.slot(7.5))
		w.until(7*time.Hour + 30*time.Minute)
		w.wantState(second, adapter.StateDispatched)
		if _, err := w.service.Change(w.Context(), second, service.Change{When: &at, Booked: true}); err != nil {
			t.Fatal(err)
		}
		if w.isFree(at) {
			t.Error("the seat there can be had by others")
		}
		w.tell("", adapter.CallbackProgress{Callback: second, Step: adapter.StepAccepted})
		w.wantState(second, adapter.StateAccepted)
		if !w.isFree(at) {
			t.Error("the seat is kept for nobody")
		}
	})
}

func TestWhateverEndsACallbackFreesItsSeat(t *testing.T) {
	for name, end := range map[string]func(*world, adapter.CallbackID){
		"cancelled": func(w *world, id adapter.CallbackID) {
			if _, err := w.service.Cancel(w.Context(), id, "by the customer"); err != nil {
				w.Fatal(err)
			}
		},
		"erased": func(w *world, id adapter.CallbackID) {
			if _, err := w.service.Erase(w.Context(), adapter.Person{Phone: w.callback(id).Phone}, service.Signature{By: "ada", Reason: "asked"}); err != nil {
				w.Fatal(err)
			}
		},
		"expired": func(w *world, _ adapter.CallbackID) { w.until(6 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.says(nil)
				id := w.mustBook(w.slot(5))
				seats := func() (n int) {
					for _, b := range see(w, func(tx service.Tx) ([]adapter.Booked, error) { return tx.Booked(billing, w.slot(5)) }) {
						n += b.Seats
					}
					return n
				}
				if seats() != 1 {
					t.Fatal("nothing is booked")
				}
				if name == "expired" {
					w.setPause(adapter.Paused{Queue: billing})
				}
				end(w, id)
				if c := w.callback(id); !c.State.Ended() || seats() != 0 {
					t.Errorf("%s, %d seats", c.State, seats())
				}
			})
		})
	}
}

// crowd has 64 clients book a slot with ten seats at once, over these processes.
func crowd(processes ...*world) {
	w := processes[0]
	w.Helper()
	slot, next := w.slot(5), w.slot(5.5)
	const clients, seats = 64, 10
	errs, phones := make([]error, clients), make([]adapter.Phone, clients)
	for i := range phones {
		phones[i] = w.phone()
	}
	var group sync.WaitGroup
	for i := range clients {
		p := processes[i%len(processes)]
		group.Go(func() {
			_, errs[i] = p.service.Request(w.Context(), service.Request{
				Client: "web", Key: fmt.Sprint("key-", i), Payload: "p",
				Callback: adapter.Callback{ID: adapter.CallbackID(fmt.Sprint("client-", i)), Queue: billing, Phone: phones[i], Channel: adapter.ChannelWeb, Window: slot, Booked: true},
			})
		})
	}
	group.Wait()
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
			continue
		}
		w.wantFull(err, next)
	}
	booked := see(w, func(tx service.Tx) ([]adapter.Booked, error) { return tx.Booked(billing, slot) })
	if succeeded != seats || len(booked) != 1 || booked[0].Seats != seats {
		w.Errorf("%d succeeded, booked are %v", succeeded, booked)
	}
}

func TestOf64ClientsTenGetTheLastTenSeats(t *testing.T) {
	everywhere(t, func(w *world) {
		w.says(func(c *channels.Channels) { c.Slots.Capacity = 10 })
		w.begin = time.Now()
		crowd(w)
	})
}

func TestOf64ClientsOfTwoReplicasTenGetTheLastTenSeats(t *testing.T) {
	replicas(t, func(first, second *replica) {
		first.halt()
		for _, r := range []*replica{first, second} {
			r.options.Channels = saying(func(c *channels.Channels) { c.Slots.Capacity = 10 })
			r.start()
		}
		crowd(first.world, second.world)
	})
}
