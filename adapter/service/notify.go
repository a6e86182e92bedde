package service

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"directcallback/adapter"
)

// patience is how long a notification is tried to be sent. What a target did not
// take in that time is put aside for a person to see.
const patience = 3 * 24 * time.Hour

// told says which notification a step is worth; "" is none.
func told(from, to adapter.State) []string {
	var what []string
	if from == "" {
		what = append(what, "requested")
	}
	switch to {
	case adapter.StateWaiting, adapter.StateDue, adapter.StateDispatched, adapter.StateAccepted, adapter.StateConnected,
		adapter.StateCompleted, adapter.StateUnanswered, adapter.StateServed, adapter.StateExpired, adapter.StateCancelled, adapter.StateFailed:
		if from != to {
			what = append(what, string(to))
		}
	default: // how it gets there is nobody else's business
	}
	return what
}

// notifyAll writes down what every target is to be told of a step.
func (r *run) notifyAll(from adapter.State, c adapter.Callback) error {
	if r.s.o.Shadow || len(r.s.o.Notifiers) == 0 {
		return nil
	}
	for _, what := range told(from, c.State) {
		for target := range r.s.o.Notifiers {
			id := r.s.o.NewID()
			err := r.send(adapter.Outgoing{ID: id, Kind: adapter.OutgoingNotify, Key: target, Notice: adapter.Notification{
				ID: id, What: what, At: r.now, Callback: c.ID, Version: c.Version, Queue: c.Queue, Channel: c.Channel, Trace: r.trace,
			}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) wakeNotifiers() {
	for _, wake := range s.notify {
		signal(wake)
	}
}

// runNotify sends one target its notifications in their order: while the first of
// them cannot be sent, the others wait behind it. Targets do not wait for each other.
func (s *Service) runNotify(ctx context.Context, target string, to Notifier) error {
	pause := backoff{}
	for {
		wait, err := s.notifyOnce(ctx, target, to)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.o.Logger.WarnContext(ctx, "notifications wait", "target", target, "error", err)
			wait = pause.next()
		default:
			pause = backoff{}
		}
		if err := s.wait(ctx, s.notify[target], wait); err != nil {
			return err
		}
	}
}

// notifyOnce sends a batch and says how long to wait for the next one; negative is
// until something happens.
func (s *Service) notifyOnce(ctx context.Context, target string, to Notifier) (time.Duration, error) {
	entries, wait, err := s.claimNotices(ctx, target)
	if err != nil || len(entries) == 0 {
		return wait, err
	}
	notices := make([]adapter.Notification, 0, len(entries))
	for _, e := range entries {
		notices = append(notices, e.Notice)
	}
	err = errors.New("the lease ended before the target was told")
	if s.lease.valid(entries[0].Claim) {
		err = to.Notify(ctx, notices)
	}
	if ctx.Err() != nil {
		err = ctx.Err() // nobody's failure; what has arrived is recognised by its id
	}
	return 0, s.record(ctx, func(r *run) error { return r.notified(target, entries, err) })
}

// claimNotices takes the notifications that a target is to be told now.
func (s *Service) claimNotices(ctx context.Context, target string) (entries []adapter.Outgoing, wait time.Duration, err error) {
	now, by := s.o.Clock.Now(), s.lease.claim()
	err = s.o.Update(ctx, func(tx Tx) error {
		entries, wait = nil, -1
		all, err := s.readable(tx, now, func() ([]adapter.Outgoing, error) { return tx.Ahead(target, batch) })
		if err != nil {
			return err
		}
		for _, e := range all {
			switch {
			case e.Claim != adapter.Claim{}: // another process is at it, or was
				wait = max(s.o.Lease, time.Second)
			case e.NotBefore.After(now):
				wait = e.NotBefore.Sub(now)
			default:
				entries = append(entries, e)
				continue
			}
			break
		}
		if len(entries) == 0 {
			return nil
		}
		return tx.Claim(by, entries...)
	})
	if errors.Is(err, adapter.ErrTakenOver) {
		return nil, max(s.o.Lease, time.Second), nil
	}
	for i := range entries {
		entries[i].Claim, entries[i].Tries = by, entries[i].Tries+1
	}
	return entries, wait, err
}

// notified writes down what became of notifications that were sent together.
func (r *run) notified(target string, entries []adapter.Outgoing, failure error) error {
	if failure == nil {
		return r.tx.Sent(entries...)
	}
	bad := unsendable(failure)
	for _, e := range entries {
		var err error
		switch cause := bad[e.ID]; {
		case cause != nil:
			err = r.die(e, cause.Error())
		case len(bad) > 0 || errors.Is(failure, context.Canceled):
			err = r.tx.Retry(e, r.now) // it was only in their company
		case r.now.Sub(e.PutAt) > patience:
			err = r.die(e, fmt.Sprintf("target %s did not take it in %v: %v", target, patience, failure))
		default:
			err = r.tx.Retry(e, r.now.Add(resend(entries[0])))
		}
		if err != nil {
			return err
		}
	}
	r.s.o.Logger.Warn("notifications were not taken", "target", target, "count", len(entries), "tries", entries[0].Tries, "error", failure)
	return nil
}

// die puts an entry aside for a person to see.
func (r *run) die(e adapter.Outgoing, reason string) error {
	r.s.o.Logger.Error("an outbox entry can never be sent; see adapter outbox", "entry", e.ID, "kind", e.Kind, "reason", reason)
	return r.tx.Die(e, r.now, reason)
}

// resend is how long to wait after the tries that an entry has seen: five seconds, and
// three times as long each time, up to six hours. It is spread by a fifth, so that
// targets which fail together are not asked together.
func resend(e adapter.Outgoing) time.Duration {
	pause := 5 * time.Second
	for range min(e.Tries-1, 10) {
		pause = min(3*pause, 6*time.Hour)
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, e.ID, e.Tries)
	return pause - pause/5 + time.Duration(h.Sum32()%1000)*(pause/5)*2/1000
}

// buryNotices puts aside what waits for targets that nobody here knows, once it has
// waited for as long as it may: another process may still know them.
func (r *run) buryNotices() error {
	targets, err := r.tx.Targets()
	if err != nil {
		return err
	}
	for _, target := range targets {
		if _, known := r.s.o.Notifiers[target]; known {
			continue
		}
		waiting, err := r.tx.Ahead(target, batch)
		if err != nil {
			return err
		}
		for _, e := range waiting {
			if r.now.Sub(e.PutAt) <= patience || e.Claim != (adapter.Claim{}) {
				break
			}
			if err := r.die(e, "no target "+target+" is configured any more"); err != nil {
				return err
			}
		}
	}
	return nil
}
