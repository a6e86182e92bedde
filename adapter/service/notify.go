package service

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// patience is how long a notification is tried to be sent. What a target did not
// take in that time is put aside for a person to see.
const patience = 3 * 24 * time.Hour

// notifyAll writes down what every target is to be told of a step.
func (r *run) notifyAll(from adapter.State, c adapter.Callback) error {
	if r.s.o.Shadow {
		return nil
	}
	change := adapter.StateChange{
		At: r.now, Callback: c.ID, Version: c.Version, From: from, To: c.State, Queue: c.Queue, Channel: c.Channel, Trace: r.trace,
	}
	for _, n := range change.Notifications() {
		for _, t := range r.s.targetsNow() {
			if !t.wants(n) {
				continue
			}
			if err := r.notify(t.name, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// notify writes down what one target is to be told.
func (r *run) notify(target string, n adapter.Notification) error {
	n.ID = adapter.NotificationID(target, n)
	r.told[target] = true
	return r.send(adapter.Outgoing{ID: n.ID, Kind: adapter.OutgoingNotify, Key: target, Notice: n})
}

// runNotify sends one target its notifications in their order: while the first of
// them cannot be sent, the others wait behind it. Targets do not wait for each other.
func (s *Service) runNotify(ctx context.Context, t target) {
	pause := backoff{}
	for {
		wait, err := s.notifyOnce(ctx, t)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errUntold):
			signal(s.retarget)
			wait = -1
		case err != nil:
			s.o.Logger.WarnContext(ctx, "notifications wait", "target", t.name, "error", err)
			wait = pause.next()
		default:
			pause = backoff{}
		}
		if s.wait(ctx, t.wake, wait) != nil {
			return
		}
	}
}

// notifyOnce sends a batch and says how long to wait for the next one; negative is
// until something happens. It is errUntold for a webhook that is told nothing any more.
func (s *Service) notifyOnce(ctx context.Context, t target) (time.Duration, error) {
	entries, wait, err := s.claimNotices(ctx, &t)
	if err != nil || len(entries) == 0 {
		return wait, err
	}
	err = errors.New("the lease ended before the target was told")
	if s.lease.valid(entries[0].Claim) {
		err = s.tell(ctx, t, entries)
	}
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // nobody's failure; what has arrived is recognised by its id
	}
	return 0, s.record(ctx, func(r *run) error { return r.notified(t, entries, err) })
}

func (s *Service) tell(ctx context.Context, t target, entries []adapter.Outgoing) error {
	notices := make([]adapter.Notification, 0, len(entries))
	for _, e := range entries {
		notices = append(notices, e.Notice)
	}
	if t.to != nil {
		return t.to.Notify(ctx, notices)
	}
	return s.o.Webhooks.Call(ctx, t.webhook, notices)
}

// claimNotices takes the notifications that a target is to be told now. A webhook is
// read anew: it may have another secret.
func (s *Service) claimNotices(ctx context.Context, t *target) (entries []adapter.Outgoing, wait time.Duration, err error) {
	now, by := s.o.Clock.Now(), s.lease.claim()
	err = s.o.Update(ctx, func(tx Tx) (err error) {
		entries, wait = nil, -1
		if t.to == nil {
			if t.webhook, err = enabled(tx, t.name); err != nil {
				return err
			}
		}
		all, err := s.readable(tx, now, func() ([]adapter.Outgoing, error) { return tx.Ahead(t.name, batch) })
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
func (r *run) notified(t target, entries []adapter.Outgoing, failure error) error {
	if failure == nil {
		return r.tx.Sent(entries...)
	}
	refused, is := errors.AsType[*adapter.NotifyError](failure)
	if !is {
		refused = &adapter.NotifyError{}
	}
	told, left := partition(entries, func(e adapter.Outgoing) bool { return slices.Contains(refused.Told, e.ID) })
	if err := r.tx.Sent(told...); err != nil || len(left) == 0 {
		return err
	}
	if refused.Gone && t.to == nil {
		return r.disable(t.webhook.ID, left, failure)
	}
	bad, pause := unsendable(failure), refused.RetryAfter
	if pause == 0 {
		pause = resend(left[0])
	}
	for _, e := range left {
		var err error
		switch cause := bad[e.ID]; {
		case cause != nil:
			err = r.die(e, cause.Error())
		case len(bad) > 0 || errors.Is(failure, context.Canceled):
			err = r.tx.Retry(e, r.now) // it was only in their company
		case r.now.Sub(e.PutAt) > patience:
			err = r.die(e, fmt.Sprintf("target %s did not take it in %v: %v", t.name, patience, failure))
		default:
			err = r.tx.Retry(e, r.now.Add(pause))
		}
		if err != nil {
			return err
		}
	}
	r.s.o.Logger.Warn("notifications were not taken", "target", t.name, "count", len(left), "tries", left[0].Tries, "error", failure)
	return nil
}

// partition keeps the order of both.
func partition(all []adapter.Outgoing, is func(adapter.Outgoing) bool) (those, others []adapter.Outgoing) {
	for _, e := range all {
		if is(e) {
			those = append(those, e)
		} else {
			others = append(others, e)
		}
	}
	return those, others
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

// buryUnknown drops what waits for webhooks that are told nothing any more, and puts aside what
// waits for other targets that nobody here knows, once it has waited for as long as it
// may: another process may still know them.
func (s *Service) buryUnknown(ctx context.Context) error {
	var waiting []string
	if err := s.o.Update(ctx, func(tx Tx) (err error) { waiting, err = tx.Targets(); return err }); err != nil {
		return err
	}
	for _, t := range s.targetsNow() {
		waiting = slices.DeleteFunc(waiting, func(name string) bool { return name == t.name })
	}
	for _, name := range waiting {
		if strings.HasPrefix(name, webhookPrefix) {
			if _, err := s.sweep(ctx, name); err != nil {
				return err
			}
			continue
		}
		if err := s.do(ctx, func(r *run) error { return r.buryNotices(name) }); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) buryNotices(target string) error {
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
	return nil
}
