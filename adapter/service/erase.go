package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// Erased counts what was known of a person.
type Erased struct {
	Callbacks int `json:"callbacks"` // of which nothing personal is left
	Later     int `json:"later"`     // whose end must come first: they are cancelled, or the customer is being phoned
	Calls     int `json:"calls"`
}

// Erase removes what is known of a person: number, name, email, notes, attributes and
// consent of callbacks, calls, events that wait or are to be returned, and answers to
// idempotency keys. What is left are lives of callbacks without anybody, for statistics.
//
// A callback that is pending is cancelled first. One that Dynamics has goes when its
// delivery is certain to be over, and one whose customer is being phoned, or that waits
// for a person's decision, with its end; these are counted as Later.
//
// The signature is kept in each callback's history; the number is in none.
func (s *Service) Erase(ctx context.Context, p adapter.Person, by Signature) (Erased, error) {
	if p == (adapter.Person{}) || by.By == "" || by.Reason == "" {
		return Erased{}, errors.New("erase: a number or a contact is needed, and a name and a reason")
	}
	var count Erased
	err := s.do(ctx, func(r *run) (err error) {
		r.by = by.By
		count, err = r.erasePerson(p, by.Reason)
		r.by = "" // what follows for others nobody decided
		return err
	})
	if err != nil {
		return Erased{}, fmt.Errorf("erase: %w", err)
	}
	s.o.Logger.InfoContext(ctx, "a person was erased", "callbacks", count.Callbacks, "later", count.Later, "calls", count.Calls, "by", by.By, "reason", by.Reason)
	return count, nil
}

func (r *run) erasePerson(p adapter.Person, reason string) (Erased, error) {
	var count Erased
	callbacks, err := r.tx.CallbacksOf(p)
	if err != nil {
		return count, err
	}
	for _, c := range callbacks {
		known, err := r.eraseCallOf(c)
		if err != nil {
			return count, err
		}
		count.Calls += known
		if c, err = r.eraseWithEnd(c, reason); err != nil {
			return count, err
		}
		if c.State.Ended() {
			count.Callbacks++
		} else {
			count.Later++
		}
	}
	if p.Phone.IsZero() {
		return count, nil
	}
	calls, err := r.eraseNumber(p.Phone)
	count.Calls += calls
	return count, err
}

// eraseWithEnd brings a callback to its end, if that is in our hands, and what is
// personal of it with it.
func (r *run) eraseWithEnd(c adapter.Callback, reason string) (adapter.Callback, error) {
	c.Erase = true
	switch c.State {
	case adapter.StateScheduled, adapter.StateWaiting, adapter.StateDue, adapter.StateDispatched:
		return r.step(c, callback.CancelAsked, reason)
	case adapter.StateCancelling, adapter.StateDispatching, adapter.StateUncertain:
		c.After, c.HeldBy, c.Wish = adapter.StateCancelled, "", adapter.Wish{}
		return r.save(c.State, c, string(callback.CancelAsked), reason)
	default:
		return r.save(c.State, c, "erasure asked", reason)
	}
}

// erase removes what is personal of a callback that is over.
func (r *run) erase(c adapter.Callback) (adapter.Callback, error) {
	if err := r.tx.EraseTraces(c.ID); err != nil {
		return c, err
	}
	c.Phone, c.Wish, c.Contact, c.Name, c.Email, c.Notes, c.Attributes = adapter.Phone{}, adapter.Wish{}, "", "", "", "", nil
	c.Consent.Text, c.ManageHash, c.Reason, c.Erase = "", "", "", false
	return r.save(c.State, c, "erased", "")
}

// eraseCallOf removes the call that a callback came from, and counts it.
func (r *run) eraseCallOf(c adapter.Callback) (int, error) {
	if c.Call == "" {
		return 0, nil
	}
	call, err := r.tx.Call(c.Call)
	if known, err := found(err); err != nil || !known {
		return 0, err
	}
	return 1, r.eraseCall(call)
}

// eraseCall removes a call. One that is still on the line goes on without its number.
func (r *run) eraseCall(c adapter.Call) error {
	if c.State == adapter.CallOver || c.State == adapter.CallMoved {
		return r.tx.EraseCall(c.ID)
	}
	c.From, c.Attributes = adapter.Phone{}, nil
	return r.tx.SaveCall(c)
}

// eraseNumber removes a number where no callback leads to it.
func (r *run) eraseNumber(phone adapter.Phone) (int, error) {
	calls, err := r.tx.CallsOf(phone)
	if err != nil {
		return 0, err
	}
	for _, c := range calls {
		if err := r.eraseCall(c); err != nil {
			return 0, err
		}
	}
	if err := r.tx.EraseParked(phone); err != nil {
		return 0, err
	}
	return len(calls), r.eraseReturns(phone)
}

// eraseReturns takes events with a number out of the outbox.
func (r *run) eraseReturns(phone adapter.Phone) error {
	all, err := r.tx.Outgoing(adapter.OutgoingQuery{Kind: adapter.OutgoingReturn, Limit: maxReturns})
	if err != nil {
		return err
	}
	for _, e := range all {
		if !bytes.Contains(e.Parked.Event, []byte(phone.E164())) {
			continue
		}
		if err := r.tx.Sent(e); err != nil {
			return err
		}
	}
	return nil
}

// maxReturns bounds how many returned events are looked through; there are mostly none.
const maxReturns = 100_000
