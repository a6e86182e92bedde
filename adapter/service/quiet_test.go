package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// nights are quiet from nine to eight.
func nights(c *channels.Channels) { c.QuietHours = channels.QuietHours{From: 21 * 60, To: 8 * 60} }

// asks asks billing for a callback as soon as possible, by the web.
func (w *world) asks(zone string) adapter.CallbackID {
	w.Helper()
	number := w.phone()
	return w.ask(service.Request{Key: fmt.Sprint("asks-", w.numbers), Callback: adapter.Callback{Queue: billing, Phone: number, TimeZone: zone}}).Callback.ID
}

// reasons are what was noted of a callback.
func (w *world) reasons(id adapter.CallbackID) string {
	w.Helper()
	var all []string
	for _, h := range see(w, func(tx service.Tx) ([]adapter.History, error) { return tx.History(id) }) {
		all = append(all, h.Event+": "+h.Reason)
	}
	return strings.Join(all, "\n")
}

// The world begins at midnight UTC, when it is one in Paris and one in the afternoon
// in Auckland.
func TestNobodyIsPhonedInQuietHours(t *testing.T) {
	everywhere(t, func(w *world) {
		w.says(nights)
		w.begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		sleeps := w.asks("Europe/Paris")
		w.pass(time.Second)
		awake := w.asks("Pacific/Auckland")
		w.pass(time.Second)
		last := w.asks("Europe/Paris")
		w.pass(time.Second)
		w.wantState(sleeps, adapter.StateWaiting)
		w.wantState(awake, adapter.StateDispatched)
		if want := "quiet hours: it is quiet until 08:00 where the customer is (Europe/Paris)"; !strings.Contains(w.reasons(sleeps), want) {
			t.Errorf("%s; want %s", w.reasons(sleeps), want)
		}
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.until(6*time.Hour + 59*time.Minute)
		w.halt() // who starts again knows it, too
		w.start()
		w.until(7*time.Hour - time.Second)
		w.wantState(sleeps, adapter.StateWaiting)
		w.until(7*time.Hour + time.Second)
		w.wantState(sleeps, adapter.StateDispatched)
		w.wantState(last, adapter.StateWaiting) // it keeps its place behind
		if !strings.Contains(w.reasons(sleeps), "in line again: the quiet is over") {
			t.Error(w.reasons(sleeps))
		}
	})
}

func TestQuietByTheQueuesClockWhereTheCustomerNamedNone(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		id := w.asks("")
		w.pass(time.Second)
		w.wantState(id, adapter.StateWaiting)
		if want := "it is quiet until 08:00 by the queue's clock (UTC), for the customer named no time zone"; !strings.Contains(w.reasons(id), want) {
			t.Errorf("%s; want %s", w.reasons(id), want)
		}
		w.wantLine(billing)
		w.until(8*time.Hour + time.Second)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(8 * time.Hour)
	})
}

// Whoever pressed 1 is on the phone, and representatives know what they do.
func TestQuietHoursBindNeitherCallersNorRepresentatives(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		id := w.promised("a", w.phone())
		w.wantState(id, adapter.StateDispatched)
		receipt, err := w.service.Request(w.Context(), service.Request{Key: "k", Callback: adapter.Callback{ID: "by-hand", Queue: sales, Phone: w.phone(), Channel: adapter.ChannelRepresentative}})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantState(receipt.Callback.ID, adapter.StateDispatched)
	})
}

// At a minute to nine there is still time, at half a minute there is none; and what
// goes out does not ring after nine.
func TestADeliveryDoesNotReachIntoTheQuiet(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		w.until(21*time.Hour - 5*time.Minute)
		id := w.asks("")
		w.pass(time.Second)
		w.wantState(id, adapter.StateDispatched)
		if end := w.dynamics.requests()[0].Window.End.Sub(w.begin); end != 21*time.Hour {
			t.Errorf("it may ring until %v", end)
		}
		w.until(21*time.Hour - 30*time.Second)
		late, err := w.tryAsk(service.Request{Key: "late", Callback: adapter.Callback{Queue: sales, Phone: w.phone()}})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantState(late.Callback.ID, adapter.StateWaiting)
		w.until(32*time.Hour + time.Second)
		w.wantState(late.Callback.ID, adapter.StateDispatched)
	})
}

// Dynamics throttles until it is night.
func TestACallbackThatIsDueIsHeldBackWhenTheQuietBegins(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		w.until(21*time.Hour - 2*time.Minute)
		w.dynamics.set(func(d *dynamics) { d.answer = fails(adapter.OutcomeThrottled, 10*time.Minute) })
		id := w.asks("")
		w.pass(time.Second)
		w.wantState(id, adapter.StateDue)
		w.dynamics.set(func(d *dynamics) { d.answer = nil })
		w.pass(20 * time.Minute)
		w.wantState(id, adapter.StateWaiting)
		w.until(32*time.Hour + time.Second)
		w.wantState(id, adapter.StateDispatched)
		if n := len(w.dynamics.requests()); n != 2 {
			t.Errorf("Dynamics was asked %d times", n)
		}
	})
}

func TestACustomerWhoIsElsewhereIsPhonedAtOnce(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		id := w.asks("Europe/Paris")
		w.pass(time.Second)
		w.wantState(id, adapter.StateWaiting)
		if _, err := w.service.Change(w.Context(), id, service.Change{TimeZone: "Pacific/Auckland", Reason: "on a journey"}); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		w.wantState(id, adapter.StateDispatched)
	})
}

func TestSlotsThatTouchQuietHoursCannotBeBooked(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		list := func(zone string) []adapter.Window {
			free, err := w.service.Slots(w.Context(), service.SlotQuery{Queue: billing, TimeZone: zone})
			if err != nil {
				t.Fatal(err)
			}
			return free.Slots
		}
		if paris := list("Europe/Paris"); paris[0] != w.slot(7) || len(paris) != 2*26 || slices.Contains(paris, w.slot(20)) {
			t.Errorf("%d slots, %v", len(paris), paris)
		}
		if queues := list(""); queues[0] != w.slot(8) || slices.Contains(queues, w.slot(21)) || !slices.Contains(queues, w.slot(20.5)) {
			t.Errorf("%d slots, %v", len(queues), queues)
		}
		book := func(zone string, slot adapter.Window, hold adapter.HoldID) error {
			_, err := w.tryAsk(service.Request{Key: "q" + zone, Callback: adapter.Callback{Queue: billing, Phone: w.phone(), TimeZone: zone, Window: slot, Booked: true}, Hold: hold})
			return err
		}
		var none *service.NoSlotError
		if err := book("Europe/Paris", w.slot(20), ""); !errors.As(err, &none) || !strings.Contains(none.Why, "it touches the quiet hours, from 21:00 to 08:00, where the customer is (Europe/Paris)") {
			t.Errorf("%v", err)
		}
		if _, err := w.holds("mine", w.slot(20)); err != nil {
			t.Fatalf("whose clock counts is not known when it is held: %v", err)
		}
		if err := book("Europe/Paris", w.slot(20), "mine"); !errors.As(err, &none) {
			t.Errorf("%v", err)
		}
		if err := book("", w.slot(20), "mine"); err != nil {
			t.Errorf("by the queue's clock: %v", err)
		}
		_, err := w.holds("other", w.slot(20))
		if err != nil {
			t.Error(err)
		}
		_, err = w.holds("third", w.slot(20))
		w.wantFull(err, w.slot(20.5))
		w.mustBook(w.slot(20.5))
		w.mustBook(w.slot(20.5))
		_, err = w.holds("third", w.slot(20.5))
		w.wantFull(err, w.slot(24+8)) // nobody is offered the night unasked
	})
}

// Who moves to another time zone may be asleep when the callback comes.
func TestWhoTravelsIsToldThatTheSlotIsAtNight(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		id := w.mustBook(w.slot(12))
		change := func(c service.Change) error {
			_, err := w.service.Change(w.Context(), id, c)
			return err
		}
		var none *service.NoSlotError
		if err := change(service.Change{TimeZone: "America/New_York"}); !errors.As(err, &none) || !strings.Contains(none.Why, "where the customer is (America/New_York)") {
			t.Errorf("%v", err)
		}
		if err := change(service.Change{TimeZone: "Europe/Paris"}); err != nil {
			t.Error(err)
		}
		at := w.slot(15)
		if err := change(service.Change{TimeZone: "America/New_York", When: &at, Booked: true}); err != nil {
			t.Errorf("at ten in the morning there: %v", err)
		}
	})
}

func TestAWindowThatIsAllQuietIsRefused(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		window := func(from, to time.Duration) adapter.Window {
			return adapter.Window{Start: w.begin.Add(from).UTC(), End: w.begin.Add(to).UTC()}
		}
		ask := func(at adapter.Window) (adapter.CallbackID, error) {
			receipt, err := w.tryAsk(service.Request{Key: at.Start.String(), Callback: adapter.Callback{Queue: billing, Phone: w.phone(), Window: at}})
			return receipt.Callback.ID, err
		}
		var quiet *service.QuietError
		if _, err := ask(window(5*time.Hour, 8*time.Hour)); !errors.As(err, &quiet) || !strings.Contains(quiet.Why, "from 21:00 to 08:00, by the queue's clock (UTC)") {
			t.Errorf("%v", err)
		}
		id, err := ask(window(5*time.Hour, 9*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		night := window(22*time.Hour, 23*time.Hour)
		if _, err := w.service.Change(w.Context(), id, service.Change{When: &night}); !errors.As(err, &quiet) {
			t.Errorf("%v", err)
		}
		w.until(8*time.Hour + time.Second)
		w.wantState(id, adapter.StateDispatched)
		w.wantAsked(8 * time.Hour)
	})
}

// In the night before the clocks go forward the quiet is an hour shorter.
func TestQuietHoursInTheNightWhenTheClocksJump(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nights)
		w.pass(time.Until(time.Date(2000, 3, 25, 21, 0, 0, 0, time.UTC)))
		id := w.asks("Europe/Paris")
		w.pass(time.Until(time.Date(2000, 3, 26, 6, 0, 0, 0, time.UTC)) - time.Second)
		w.wantState(id, adapter.StateWaiting)
		w.pass(2 * time.Second)
		w.wantState(id, adapter.StateDispatched)
	})
}
