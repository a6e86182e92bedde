package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// Change is what is to be different about a callback: its number, its time, the zone in
// which the customer reads it, or several of them.
type Change struct {
	Phone adapter.Phone // zero = as it is
	// When is another window, which must not be over; the zero Window is as soon as
	// possible; nil = as it is.
	When     *adapter.Window
	Booked   bool           // When is a slot, of which a seat is wanted
	Hold     adapter.HoldID // under which one is held; empty = under none
	TimeZone string         // IANA; empty = as it is
	Version  int64          // the callback must be as it was then, else adapter.ErrConflict; 0 = however it is
	By       string
	Reason   string
}

// DuplicateError is adapter.ErrDuplicate with the callback that a number waits for
// already.
type DuplicateError struct{ Of adapter.CallbackID }

func (e *DuplicateError) Error() string {
	return "the number waits in this queue: " + adapter.ErrDuplicate.Error()
}

// Unwrap gives adapter.ErrDuplicate.
func (e *DuplicateError) Unwrap() error { return adapter.ErrDuplicate }

// ErrWindowOver says that the window asked for has passed.
var ErrWindowOver = errors.New("the window asked for is over")

// Change moves a callback to another time or corrects its number. Until Dynamics was
// asked to phone that is done at once; see [callback.Grant] for the place it gets.
// Afterwards it is done as soon as the delivery is certain not to ring
// (adapter.StateCancelling, or Callback.Wish while a request is under way), and a
// delivery that was faster leaves everything as it was.
//
// It is adapter.ErrTooLate once a representative has accepted, a person must decide,
// or the callback is over or about to be cancelled; a *DuplicateError when the
// other number waits in this queue already; ErrWindowOver for a window in the past, and
// *QuietError, *NoSlotError and *SlotFullError as [Service.Request] has them.
// To ask for what is, or is wished for already, changes nothing; to ask for what was,
// takes a wish back.
func (s *Service) Change(ctx context.Context, id adapter.CallbackID, change Change) (View, error) {
	var view View
	err := s.do(ctx, func(r *run) error {
		c, err := r.tx.Callback(id)
		if err != nil {
			return err
		}
		if change.Version != 0 && change.Version != c.Version {
			return adapter.ErrConflict
		}
		r.by = change.By
		if err := r.change(c, change); err != nil {
			return err
		}
		r.by = "" // what follows for others nobody decided
		if err := r.advance(); err != nil {
			return err
		}
		view, err = r.view(id)
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("change callback: %w", err)
	}
	return view, nil
}

func (r *run) change(c adapter.Callback, change Change) error {
	if err := changeable(c); err != nil {
		return err
	}
	wish := wishOf(c, change)
	zone := c.TimeZone
	if change.TimeZone != "" {
		zone = change.TimeZone
	}
	if sameWish(wish, c.Wish) && zone == c.TimeZone {
		return nil
	}
	if wish.Moved && !wish.Window.IsZero() && !wish.Window.End.After(r.now) {
		return ErrWindowOver
	}
	if err := r.unique(c, wish); err != nil {
		return err
	}
	if change.By == "" && wish.Phone != c.Wish.Phone && !wish.Phone.IsZero() {
		if err := r.notTooOften(wish.Phone, c.Channel); err != nil {
			return err
		}
	}
	if err := r.mayMove(c, wish, zone, change.Hold); err != nil {
		return err
	}
	rezoned := sameWish(wish, c.Wish)
	c.Wish, c.TimeZone = wish, zone
	if rezoned {
		if isAside(c) { // it may be day there
			c.InLineFrom, c.ReleaseFrom = time.Time{}, time.Time{}
		}
		_, err := r.save(c.State, c, "time zone changed", change.Reason)
		return err
	}
	switch on := callback.Grant(c, r.now); c.State {
	case adapter.StateDispatching, adapter.StateUncertain:
		_, err := r.save(c.State, c, string(on), change.Reason)
		return err
	case adapter.StateCancelling:
		c.After = callback.AfterCancel(on)
		_, err := r.save(c.State, c, string(on), change.Reason)
		return err
	default:
		_, err := r.step(c, on, change.Reason)
		return err
	}
}

// wishOf is what a change comes to, with what was wished for before and is not
// changed by this one.
func wishOf(c adapter.Callback, change Change) adapter.Wish {
	wish := c.Wish
	if !change.Phone.IsZero() {
		wish.Phone = change.Phone
	}
	if wish.Phone == c.Phone {
		wish.Phone = adapter.Phone{}
	}
	if change.When != nil {
		wish.Moved, wish.Window, wish.Booked = true, *change.When, change.Booked
	}
	if wish.Moved && sameTime(wish.Window, c.Window) && wish.Booked == c.Booked {
		wish = adapter.Wish{Phone: wish.Phone}
	}
	return wish
}

func sameWish(a, b adapter.Wish) bool {
	return a.Phone == b.Phone && a.Moved == b.Moved && a.Booked == b.Booked && sameTime(a.Window, b.Window)
}

func sameTime(a, b adapter.Window) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }

// Changeable tells whether a callback can still be moved and its number corrected.
func Changeable(c adapter.Callback) bool { return changeable(c) == nil }

// changeable tells, by adapter.ErrTooLate and why, whether a callback can still be
// moved and its number corrected.
func changeable(c adapter.Callback) error {
	switch {
	case c.State == adapter.StateAccepted || c.State == adapter.StateConnected:
		return fmt.Errorf("a representative has accepted, and the customer is being phoned: %w", adapter.ErrTooLate)
	case c.State == adapter.StateReview:
		return fmt.Errorf("a person must first decide whether the customer was phoned: %w", adapter.ErrTooLate)
	case c.State.Ended():
		return fmt.Errorf("the callback is %s: %w", c.State, adapter.ErrTooLate)
	case c.After != "" && c.After.Ended():
		return fmt.Errorf("the callback is about to be %s: %w", c.After, adapter.ErrTooLate)
	default:
		return nil
	}
}

// mayMove tells why a callback cannot be when it is wished, or not by the clock of
// another zone. Whoever comes with a hold needs it no more.
func (r *run) mayMove(c adapter.Callback, wish adapter.Wish, zone string, hold adapter.HoldID) error {
	own, stays := c.Seats(), !wish.Moved || sameWish(wish, c.Wish)
	if wish.Moved {
		c.Window, c.Booked = wish.Window, wish.Booked
	}
	rezoned := zone != c.TimeZone
	c.TimeZone = zone
	switch {
	case stays && !rezoned:
		return nil
	case !c.Booked:
		return r.allQuiet(c)
	case stays: // it has its seat, but another clock hangs on the wall
		return r.bookable(c.Queue, customerOf(c)).disturbs(c.Window)
	}
	err := r.seat(booking{slot: slotOf(c), hold: hold, who: customerOf(c), own: own})
	if err != nil || hold == "" {
		return err
	}
	return r.tx.DropHold(adapter.Hold{ID: hold, Slot: slotOf(c)})
}

// unique is a *DuplicateError where the number that is wished for waits in the queue
// already.
func (r *run) unique(c adapter.Callback, wish adapter.Wish) error {
	if wish.Phone.IsZero() {
		return nil
	}
	other, err := r.tx.Pending(wish.Phone, c.Queue)
	if waits, err := found(err); err != nil || !waits || other.ID == c.ID {
		return err
	}
	return &DuplicateError{Of: other.ID}
}

// grantable takes a wish back, and with it the callback, when somebody was promised a
// callback to the other number while Dynamics had this one: that promise is kept for
// both.
func (r *run) grantable(c adapter.Callback) (adapter.Callback, error) {
	if c.Wish.Phone.IsZero() {
		return c, nil
	}
	if err := r.unique(c, c.Wish); !errors.Is(err, adapter.ErrDuplicate) {
		return c, err
	}
	c.Wish, c.After = adapter.Wish{}, adapter.StateCancelled
	return r.save(c.State, c, "wish refused", "the other number got a callback of its own meanwhile")
}

// wanted is what must follow as soon as the table lets it: while a request is
// under way nothing can be taken back or changed, it is only noted.
func wanted(c adapter.Callback, now time.Time) callback.Event {
	switch {
	case c.State == adapter.StateCancelling:
		return "" // Step itself goes on to After
	case c.After == adapter.StateCancelled:
		return callback.CancelAsked
	case c.After == adapter.StateServed:
		return callback.CustomerServed
	case !c.Wish.IsZero():
		return callback.Grant(c, now)
	default:
		return ""
	}
}
