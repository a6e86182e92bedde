package service

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// Verdict is what a person decides of a callback in review.
type Verdict string

// The verdicts.
const (
	VerdictReached Verdict = "reached" // the customer was called: completed
	VerdictAgain   Verdict = "again"   // nobody was called: back to its place in line
	VerdictGiveUp  Verdict = "give-up" // cancelled
)

// Verdicts lists them.
func Verdicts() []Verdict { return []Verdict{VerdictReached, VerdictAgain, VerdictGiveUp} }

func (v Verdict) event() (callback.Event, bool) {
	event, ok := map[Verdict]callback.Event{
		VerdictReached: callback.FoundReached, VerdictAgain: callback.CallAgain, VerdictGiveUp: callback.GivenUp,
	}[v]
	return event, ok
}

// Signature is who decides and why, for the audit.
type Signature struct{ By, Reason string }

// Story is all that is known of a callback.
type Story struct {
	View
	History   []adapter.History
	Attempts  []adapter.Attempt
	Decisions []adapter.Judgement // of the call that it came from, as long as that is kept
}

// Story tells it; adapter.ErrNotFound if there is no such callback.
func (s *Service) Story(ctx context.Context, id adapter.CallbackID) (Story, error) {
	var story Story
	err := s.look(ctx, func(r *run) (err error) {
		if story.View, err = r.view(id); err != nil {
			return err
		}
		if story.History, err = r.tx.History(id); err != nil {
			return err
		}
		if story.Attempts, err = r.tx.Attempts(id); err != nil || story.Callback.Call == "" {
			return err
		}
		story.Decisions, err = r.tx.Decisions(story.Callback.Call)
		return err
	})
	if err != nil {
		return Story{}, fmt.Errorf("callback %s: %w", id, err)
	}
	return story, nil
}

// Listed is a callback in a list.
type Listed struct {
	adapter.Callback
	QueueName string
}

// List lists callbacks, the newest first.
func (s *Service) List(ctx context.Context, q adapter.CallbackQuery) ([]Listed, error) {
	var found []adapter.Callback
	err := s.o.Update(ctx, func(tx Tx) (err error) { found, err = tx.List(q); return err })
	if err != nil {
		return nil, fmt.Errorf("list callbacks: %w", err)
	}
	plans := s.Plans()
	all := make([]Listed, len(found))
	for i, c := range found {
		all[i].Callback = c
		if plan, ok := plans.Plan(c.Queue); ok {
			all[i].QueueName = plan.Queue().Name
		}
	}
	return all, nil
}

// Resolve ends a review. A callback that is not in review is adapter.ErrTooLate.
//
// One that is to be called again is released only when the window of its last
// attempt is over, whatever the person believes: until then that attempt could
// still ring.
func (s *Service) Resolve(ctx context.Context, id adapter.CallbackID, verdict Verdict, by Signature) (View, error) {
	on, ok := verdict.event()
	if !ok {
		return View{}, fmt.Errorf("verdict %q: want one of %q", verdict, Verdicts())
	}
	return s.decide(ctx, id, by, func(r *run, c adapter.Callback) (adapter.Callback, error) {
		if c.State != adapter.StateReview {
			return c, fmt.Errorf("the callback is %s, not in review: %w", c.State, adapter.ErrTooLate)
		}
		last, err := r.tx.LastAttempt(c.ID)
		if err != nil {
			return c, err
		}
		if !last.NextPoll.IsZero() {
			last.NextPoll = time.Time{}
			if err := r.saveAttempt(last); err != nil {
				return c, err
			}
		}
		if on == callback.CallAgain && last.Window.End.After(r.now) {
			c.ReleaseFrom = last.Window.End.Add(r.s.o.Policy.UncertainGrace)
		}
		return r.step(c, on, by.Reason)
	})
}

// Retry promises again what failed, expired or was never answered: a new callback
// for the same number and queue, in the place of the old one. One that still
// lives, or was served, completed or cancelled, or whose number is not kept any more,
// is adapter.ErrTooLate; a number that already waits in the queue is
// adapter.ErrDuplicate.
//
// A callback is promised again once: asking again shows what became of the new one,
// which can be promised again in its turn.
func (s *Service) Retry(ctx context.Context, id adapter.CallbackID, by Signature) (View, error) {
	return s.decide(ctx, id, by, func(r *run, old adapter.Callback) (adapter.Callback, error) {
		switch old.State {
		case adapter.StateFailed, adapter.StateExpired, adapter.StateUnanswered:
		default:
			return old, fmt.Errorf("the callback is %s; failed, expired and unanswered ones can be tried again: %w", old.State, adapter.ErrTooLate)
		}
		again, err := r.tx.Callback(successor(old.ID))
		if is, err := found(err); err != nil || is {
			return again, err
		}
		if old.Phone.IsZero() {
			return old, fmt.Errorf("the number to phone is not kept any more: %w", adapter.ErrTooLate)
		}
		terms, err := r.mayPromise(old.Queue)
		if err != nil {
			return old, err
		}
		c := adapter.Callback{
			ID: successor(old.ID), Queue: old.Queue, Phone: old.Phone, Channel: old.Channel, Call: old.Call,
			Priority: old.Priority, QueuedAt: old.QueuedAt, Contact: old.Contact, Name: old.Name, Email: old.Email,
			Locale: old.Locale, TimeZone: old.TimeZone, Notes: old.Notes, Attributes: old.Attributes, Consent: old.Consent, ManageHash: old.ManageHash, Action: terms.Action,
		}
		return r.save("", callback.Open(c, r.now, r.s.o.Policy.Under(terms)), "tried again", "instead of "+string(old.ID)+": "+by.Reason)
	})
}

// successor is the id of the callback that is promised instead of another. It follows
// from the other's, so that there is one whatever is repeated or happens at once.
func successor(id adapter.CallbackID) adapter.CallbackID {
	sum := sha256.Sum256([]byte("instead of " + id))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8: by a rule of our own
	return adapter.CallbackID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

// decide does what a person decides of a callback, and shows it afterwards.
func (s *Service) decide(ctx context.Context, id adapter.CallbackID, by Signature, do func(*run, adapter.Callback) (adapter.Callback, error)) (View, error) {
	if by.By == "" || by.Reason == "" {
		return View{}, fmt.Errorf("callback %s: a decision needs a name and a reason", id)
	}
	var view View
	err := s.do(ctx, func(r *run) error {
		r.by = by.By
		c, err := r.tx.Callback(id)
		if err != nil {
			return err
		}
		if c, err = do(r, c); err != nil {
			return err
		}
		r.by = "" // what follows for others nobody decided
		if err := r.advance(); err != nil {
			return err
		}
		view, err = r.view(c.ID)
		return err
	})
	if err != nil {
		return View{}, fmt.Errorf("callback %s: %w", id, err)
	}
	return view, nil
}
