package service

import (
	"context"
	"errors"
	"fmt"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/wait"
)

// Request asks for a callback by another door than the telephone.
type Request struct {
	Callback adapter.Callback // Queue, Phone, Channel, Window and what the customer said
	Hold     adapter.HoldID   // under which a seat of its slot is held; empty = under none
	Client   string           // scope of Key
	Key      string           // idempotency key
	Payload  string           // hash of the request, to tell a repeat from another request
}

// Receipt answers a Request.
type Receipt struct {
	View
	Joined   bool // the number already waited; this is that callback
	Repeated bool // the same request came before; this is its callback
}

// View is a callback as its owner may see it.
type View struct {
	Callback  adapter.Callback
	QueueName string
	Place     int           // 1 = next; 0 = not in line
	Estimate  wait.Estimate // of the queue, for a callback in line
	Attempt   adapter.Attempt
}

// ErrKeyReused says that the idempotency key came before with another request.
var ErrKeyReused = errors.New("idempotency key was used for another request")

// Request makes a promise: at the end of the line, or for the window asked for.
//
// It returns adapter.ErrNotFound for an unknown queue, adapter.ErrNotOffered
// when the queue cannot place callbacks, *TooOftenError when enough were asked for that
// go to the number, ErrWindowOver, *QuietError and ErrKeyReused;
// for a callback that is to be booked, *NoSlotError and *SlotFullError.
func (s *Service) Request(ctx context.Context, q Request) (Receipt, error) {
	receipt, err := s.gathering.ask(ctx, q, s.requestAll)
	if err != nil {
		return Receipt{}, fmt.Errorf("request callback: %w", err)
	}
	return receipt, nil
}

// requestAll answers requests in one transaction. An error is that of all of them.
func (s *Service) requestAll(ctx context.Context, all []*asked) error {
	return s.do(ctx, func(r *run) error {
		if err := r.expectRequests(all); err != nil {
			return err
		}
		for _, a := range all {
			r.trace, a.refused = a.trace, nil
			var err error
			a.receipt, err = r.request(a.Request)
			switch {
			case isRefusal(err):
				a.refused = err
			case err != nil:
				return err
			}
		}
		if len(all) > 1 {
			r.trace = "" // what follows for others comes from no one of them
		}
		// The first in line is due at once, and its owner should be told so.
		if err := r.advance(); err != nil {
			return err
		}
		return r.viewAll(all)
	})
}

// refusal is why a request is not granted, found before anything was written for it.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func isRefusal(err error) bool {
	_, of := errors.AsType[refusal](err)
	_, by := errors.AsType[*refusedError](err)
	_, often := errors.AsType[*TooOftenError](err)
	return of || by || often
}

func (r *run) expectRequests(all []*asked) error {
	tx, is := r.tx.(expecter)
	if !is {
		return nil
	}
	callbacks, keys := make([]adapter.Callback, len(all)), make([]adapter.RequestKey, len(all))
	for i, a := range all {
		callbacks[i], keys[i] = a.Callback, adapter.RequestKey{Client: a.Client, Key: a.Key}
	}
	return tx.ExpectRequests(callbacks, keys, r.now)
}

// request takes a request. Of its receipt only the callback's id is there yet: its
// place is known when all were taken.
func (r *run) request(q Request) (Receipt, error) {
	payload, answer, err := r.tx.Answer(q.Client, q.Key)
	if err != nil {
		return Receipt{}, err
	}
	if answer != "" {
		if payload != q.Payload {
			return Receipt{}, refusal{ErrKeyReused}
		}
		return receiptOf(adapter.CallbackID(answer), Receipt{Repeated: true}), nil
	}
	// Only now: a repeat gets its answer however late it comes.
	if window := q.Callback.Window; !window.IsZero() && !window.End.After(r.now) {
		return Receipt{}, refusal{ErrWindowOver}
	}
	terms, err := r.mayPromise(q.Callback.Queue)
	if err != nil {
		return Receipt{}, err
	}
	c, joined, err := r.duplicate(q.Callback.Phone, q.Callback.Queue, "", terms)
	if err != nil {
		return Receipt{}, err
	}
	if joined {
		if c, err = r.wantAgain(c); err != nil {
			return Receipt{}, err
		}
	} else {
		if err := r.mayPromiseUnder(q.Callback.Queue, terms); err != nil {
			return Receipt{}, err
		}
		if err := r.notTooOften(q.Callback.Phone, q.Callback.Channel); err != nil {
			return Receipt{}, err
		}
		if err := r.mayBeThen(q); err != nil {
			return Receipt{}, err
		}
		c = q.Callback
		c.QueuedAt, c.Action = r.now, terms.Action
		c = callback.Open(c, r.now, r.s.o.Policy.Under(terms))
		if c, err = r.save("", c, "requested", "by "+string(c.Channel)); err != nil {
			return Receipt{}, err
		}
	}
	if q.Hold != "" { // it is booked, or not needed
		if err := r.tx.DropHold(adapter.Hold{ID: q.Hold, Slot: slotOf(q.Callback)}); err != nil {
			return Receipt{}, err
		}
	}
	return receiptOf(c.ID, Receipt{Joined: joined}), r.tx.SaveAnswer(q.Client, q.Key, q.Payload, string(c.ID), r.now)
}

// mayBeThen tells why a callback cannot be at the time that is asked for.
func (r *run) mayBeThen(q Request) error {
	c := q.Callback
	err := r.allQuiet(c)
	if err == nil && c.Booked {
		err = r.seat(booking{slot: slotOf(c), hold: q.Hold, who: customerOf(c)})
	}
	if isNotThen(err) {
		return refusal{err}
	}
	return err
}

// isNotThen tells that a time is refused, and not that finding out went wrong.
func isNotThen(err error) bool {
	_, quiet := errors.AsType[*QuietError](err)
	_, none := errors.AsType[*NoSlotError](err)
	_, full := errors.AsType[*SlotFullError](err)
	return quiet || none || full
}

func slotOf(c adapter.Callback) adapter.Slot { return adapter.Slot{Queue: c.Queue, Window: c.Window} }

func customerOf(c adapter.Callback) customer {
	return customer{zone: c.TimeZone, quiet: mindsQuiet(c.Channel)}
}

func receiptOf(id adapter.CallbackID, r Receipt) Receipt {
	r.Callback.ID = id
	return r
}

// viewAll completes the receipts of those who were not refused.
func (r *run) viewAll(all []*asked) error {
	var items []string
	for _, a := range all {
		if a.refused == nil {
			items = append(items, string(a.receipt.Callback.ID))
		}
	}
	if tx, is := r.tx.(expecter); is {
		if err := tx.ExpectPlaces(items, r.now); err != nil {
			return err
		}
	}
	for _, a := range all {
		if a.refused != nil {
			continue
		}
		view, err := r.view(a.receipt.Callback.ID)
		if errors.Is(err, adapter.ErrNotFound) { // it was answered before, and purged since
			a.refused = err
			continue
		}
		if err != nil {
			return err
		}
		a.receipt.View = view
	}
	return nil
}

// wantAgain takes back that a pending callback was to be cancelled, because its
// customer asks for it again. One that waits for a person's decision cannot take
// anybody along; that is adapter.ErrNotOffered.
func (r *run) wantAgain(c adapter.Callback) (adapter.Callback, error) {
	if c.State == adapter.StateReview {
		return c, refusal{fmt.Errorf("%w: a person must first decide about an earlier callback to this number", adapter.ErrNotOffered)}
	}
	if c.After != adapter.StateCancelled {
		return c, nil
	}
	c.After = ""
	if c.State == adapter.StateCancelling {
		c.After = adapter.StateWaiting
	}
	return r.save(c.State, c, "asked for again", "not to be cancelled any more")
}

// mayPromise gives the terms of what a queue's customers ask for elsewhere than by
// telephone.
func (r *run) mayPromise(queue adapter.QueueID) (adapter.Terms, error) {
	plan, ok := r.portal.plans.Plan(queue)
	switch {
	case !ok:
		return adapter.Terms{}, refusal{fmt.Errorf("queue %s: %w", queue, adapter.ErrNotFound)}
	case r.s.o.Shadow:
		return adapter.Terms{}, &refusedError{callback.RefusedShadow}
	case r.s.o.OffersOff:
		return adapter.Terms{}, &refusedError{callback.RefusedOff}
	}
	configuration, ok := plan.Configuration()
	if !ok {
		return adapter.Terms{}, &refusedError{callback.RefusedConfiguration}
	}
	for _, p := range []struct {
		what adapter.Paused
		why  callback.Refusal
	}{{adapter.Paused{Queue: queue}, callback.RefusedPaused}, {adapter.Paused{Configuration: configuration.ID}, callback.RefusedBlocked}} {
		if _, paused, err := r.paused(p.what); err != nil {
			return adapter.Terms{}, err
		} else if paused {
			return adapter.Terms{}, &refusedError{p.why}
		}
	}
	return plan.Terms(""), nil
}

// Get shows a callback; adapter.ErrNotFound if there is none.
func (s *Service) Get(ctx context.Context, id adapter.CallbackID) (View, error) {
	var view View
	err := s.look(ctx, func(r *run) (err error) { view, err = r.view(id); return err })
	return view, err
}

func (r *run) view(id adapter.CallbackID) (View, error) {
	c, err := r.tx.Callback(id)
	if err != nil {
		return View{}, err
	}
	view := View{Callback: c}
	if plan, ok := r.portal.plans.Plan(c.Queue); ok {
		view.QueueName = plan.Queue().Name
	}
	if view.Place, err = r.tx.Place(string(c.ID), r.now); err != nil {
		return View{}, err
	}
	if view.Place > 0 {
		if view.Estimate, err = r.estimateOf(c); err != nil {
			return View{}, err
		}
	}
	view.Attempt, err = r.tx.LastAttempt(c.ID)
	return view, err
}

// Cancel takes a promise back. Afterwards the callback is cancelled, or, once
// Dynamics was asked to call, on its way there (adapter.StateCancelling, or
// Callback.After while a request is under way). Cancelling twice is harmless.
// Once a representative has accepted, or a person must decide, it is
// adapter.ErrTooLate.
func (s *Service) Cancel(ctx context.Context, id adapter.CallbackID, reason string) (View, error) {
	return s.CancelBy(ctx, id, Signature{Reason: reason})
}

// CancelBy is Cancel by a person other than the customer, who is kept for the audit.
func (s *Service) CancelBy(ctx context.Context, id adapter.CallbackID, by Signature) (View, error) {
	reason := by.Reason
	var view View
	err := s.do(ctx, func(r *run) error {
		r.by = by.By
		c, err := r.tx.Callback(id)
		if err != nil {
			return err
		}
		switch c.State {
		case adapter.StateCancelled:
		case adapter.StateCancelling:
			if c.After != adapter.StateCancelled {
				c.After, c.HeldBy, c.Wish = adapter.StateCancelled, "", adapter.Wish{}
				_, err = r.save(c.State, c, string(callback.CancelAsked), reason)
			}
		case adapter.StateDispatching, adapter.StateUncertain:
			if c.After != adapter.StateCancelled {
				c.After, c.Wish = adapter.StateCancelled, adapter.Wish{}
				_, err = r.save(c.State, c, string(callback.CancelAsked), reason)
			}
		case adapter.StateScheduled, adapter.StateWaiting, adapter.StateDue, adapter.StateDispatched:
			_, err = r.step(c, callback.CancelAsked, reason)
		default:
			return fmt.Errorf("the callback is %s: %w", c.State, adapter.ErrTooLate)
		}
		r.by = "" // what follows for others nobody decided
		if err == nil {
			err = r.advance()
		}
		if err != nil {
			return err
		}
		view, err = r.view(id)
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("cancel callback: %w", err)
	}
	return view, nil
}

// Tally counts what there is.
func (s *Service) Tally(ctx context.Context) (adapter.Tally, error) {
	var tally adapter.Tally
	err := s.o.Update(ctx, func(tx Tx) (err error) { tally, err = tx.Tally(); return err })
	tally.PlatformCalls = s.ofKnownQueues(tally.PlatformCalls)
	return tally, err
}
