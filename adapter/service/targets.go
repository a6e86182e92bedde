package service

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"directcallback/adapter"
)

// target is somebody who is told what becomes of callbacks: a Notifier that was
// configured, or a webhook that somebody added.
type target struct {
	name    string // under which its notifications wait
	to      Notifier
	webhook adapter.Webhook // as this process knows it, if to is nil
	wake    chan struct{}   // a notification for it may be waiting
}

func (t target) wants(n adapter.Notification) bool { return t.to != nil || t.webhook.Wants(n) }

// webhookName is the name of a webhook as a target.
func webhookName(id adapter.WebhookID) string { return webhookPrefix + string(id) }

const webhookPrefix = "webhook "

// configured are the targets that are always there.
func configured(notifiers map[string]Notifier) []target {
	var all []target
	for _, name := range slices.Sorted(maps.Keys(notifiers)) {
		all = append(all, target{name: name, to: notifiers[name], wake: make(chan struct{}, 1)})
	}
	return all
}

// targetsNow are the targets as this process knows them.
func (s *Service) targetsNow() []target { return *s.targets.Load() }

// wakeTargets has those targets looked at that are named, or without names all.
func (s *Service) wakeTargets(named map[string]bool) {
	for _, t := range s.targetsNow() {
		if named == nil || named[t.name] {
			signal(t.wake)
		}
	}
}

// readWebhooks takes notice of what this and other processes did with webhooks.
func (s *Service) readWebhooks(ctx context.Context) error {
	if s.o.Webhooks == nil {
		return nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	var all []adapter.Webhook
	if err := s.o.Update(ctx, func(tx Tx) (err error) { all, err = tx.Webhooks(); return err }); err != nil {
		return err
	}
	wakes := map[string]chan struct{}{}
	var now []target
	for _, t := range s.targetsNow() {
		wakes[t.name] = t.wake
		if t.to != nil {
			now = append(now, t)
		}
	}
	for _, w := range all {
		name := webhookName(w.ID)
		if !w.Enabled() {
			continue
		}
		if wakes[name] == nil {
			wakes[name] = make(chan struct{}, 1)
		}
		now = append(now, target{name: name, webhook: w, wake: wakes[name]})
	}
	s.targets.Store(&now)
	return nil
}

// webhooksEvery is how soon a process learns of a webhook that another added, changed
// or removed. Until then it does not tell a new one. One that was removed, disabled or
// given another secret it asks for before each batch, so that is never late.
const webhooksEvery = 5 * time.Second

// teller is the loop that tells one target.
type teller struct {
	wake  chan struct{} // its target's; one that came back has another
	stop  context.CancelFunc
	ended chan struct{}
}

// runTargets tells all targets. It begins with those that are new, and ends with those
// that are there no more.
func (s *Service) runTargets(ctx context.Context) error {
	tellers := map[string]teller{}
	defer func() {
		for _, t := range tellers {
			t.end()
		}
	}()
	every := time.Duration(-1)
	if s.o.Webhooks != nil {
		every = webhooksEvery
	}
	for {
		if err := s.readWebhooks(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.WarnContext(ctx, "webhooks cannot be read", "error", err)
		}
		s.retell(ctx, tellers)
		if err := s.wait(ctx, s.retarget, every); err != nil {
			return err
		}
	}
}

// retell begins and ends tellers, so that there is one for each target.
func (s *Service) retell(ctx context.Context, tellers map[string]teller) {
	gone := maps.Clone(tellers)
	targets := s.targetsNow()
	for _, t := range targets {
		if tellers[t.name].wake == t.wake {
			delete(gone, t.name)
		}
	}
	for name, t := range gone {
		delete(tellers, name)
		t.end()
		s.sweepLater(ctx, name) // nothing, where it came back
	}
	for _, t := range targets {
		if _, is := tellers[t.name]; !is {
			tellers[t.name] = s.beginTelling(ctx, t)
		}
	}
}

func (s *Service) beginTelling(ctx context.Context, t target) teller {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.runNotify(ctx, t)
	}()
	return teller{t.wake, stop, ended}
}

// end stops the loop and waits for it.
func (t teller) end() {
	t.stop()
	<-t.ended
}

// sweepLater is sweep where nobody waits for its result.
func (s *Service) sweepLater(ctx context.Context, name string) {
	if _, err := s.sweep(ctx, name); err != nil && ctx.Err() == nil {
		s.o.Logger.WarnContext(ctx, "what waits for a webhook that is told nothing any more is dropped later", "target", name, "error", err)
	}
}

// sweep drops what waits for a webhook that is removed or disabled, and counts it. What
// is being sent at this moment is left to who is at it.
func (s *Service) sweep(ctx context.Context, name string) (dropped int, err error) {
	for more := true; more && err == nil; {
		var n int
		err = s.o.Update(ctx, func(tx Tx) (err error) { n, err = sweepSome(tx, name); return err })
		if more = n > 0; err == nil {
			dropped += n
		}
	}
	if dropped > 0 {
		s.o.Logger.WarnContext(ctx, "notifications for a webhook that is told nothing any more were dropped", "target", name, "count", dropped)
	}
	return dropped, err
}

func sweepSome(tx Tx, name string) (int, error) {
	if told, err := toldStill(tx, name); err != nil || told {
		return 0, err
	}
	waiting, err := tx.Ahead(name, batch)
	if err != nil {
		return 0, err
	}
	waiting = slices.DeleteFunc(waiting, func(e adapter.Outgoing) bool { return e.Claim != adapter.Claim{} })
	return len(waiting), tx.Sent(waiting...)
}

// toldStill tells whether a webhook is there and enabled.
func toldStill(tx Tx, name string) (bool, error) {
	_, err := enabled(tx, name)
	if errors.Is(err, errUntold) {
		return false, nil
	}
	return err == nil, err
}

// errUntold says that a webhook was removed or disabled.
var errUntold = errors.New("the webhook is told nothing any more")

// enabled reads the webhook of a target's name; errUntold if it is told nothing.
func enabled(tx Tx, name string) (adapter.Webhook, error) {
	w, err := tx.Webhook(adapter.WebhookID(name[len(webhookPrefix):]))
	is, err := found(err)
	if err == nil && (!is || !w.Enabled()) {
		err = errUntold
	}
	return w, err
}
