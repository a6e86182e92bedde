package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// maxWebhooks bounds how many there are: each is a loop of every process.
const maxWebhooks = 100

// AddWebhook has a webhook told what becomes of callbacks from now on, by this process
// at once, by others within webhooksEvery. Its ID, URL and Keys are the caller's to
// choose. A queue that the portal does not have is adapter.ErrNotFound.
func (s *Service) AddWebhook(ctx context.Context, w adapter.Webhook, by Signature) (adapter.Webhook, error) {
	err := s.ofWebhook(ctx, "added", w.ID, by, func(r *run) error {
		if err := r.mayAdd(w); err != nil {
			return err
		}
		w.AddedAt, w.AddedBy, w.Reason = r.now, by.By, by.Reason
		return r.tx.SaveWebhook(w)
	})
	return w, err
}

func (r *run) mayAdd(w adapter.Webhook) error {
	var wrong []error
	for _, what := range w.Types {
		if !slices.Contains(adapter.Notices(), what) {
			wrong = append(wrong, fmt.Errorf("type %q is none of %s", what, strings.Join(adapter.Notices(), ", ")))
		}
	}
	for _, queue := range w.Queues {
		if _, has := r.portal.plans.Plan(queue); !has {
			wrong = append(wrong, fmt.Errorf("queue %s: %w", queue, adapter.ErrNotFound))
		}
	}
	all, err := r.tx.Webhooks()
	if err == nil && len(all) >= maxWebhooks {
		wrong = append(wrong, fmt.Errorf("there are %d webhooks, and no more may be; remove one", len(all)))
	}
	return errors.Join(append(wrong, err)...)
}

// RotateWebhook gives a webhook a new secret. Those before sign for overlap from now at
// most; 0 ends them at once.
func (s *Service) RotateWebhook(ctx context.Context, id adapter.WebhookID, secret adapter.WebhookSecret, overlap time.Duration, by Signature) (adapter.Webhook, error) {
	return s.changeWebhook(ctx, "rotated", id, by, func(r *run, w adapter.Webhook) (adapter.Webhook, error) {
		return w.Rotate(secret, overlap, r.now)
	})
}

// EnableWebhook has a webhook told again that was disabled, what happens from now on.
// Its MissedFrom says since when it missed something, for [Service.ReplayWebhook].
func (s *Service) EnableWebhook(ctx context.Context, id adapter.WebhookID, by Signature) (adapter.Webhook, error) {
	var missed time.Time
	w, err := s.changeWebhook(ctx, "enabled", id, by, func(_ *run, w adapter.Webhook) (adapter.Webhook, error) {
		if w.Enabled() {
			return w, errors.New("it is not disabled")
		}
		missed = w.MissedFrom
		w.DisabledAt, w.DisabledWhy, w.MissedFrom = time.Time{}, "", time.Time{}
		return w, nil
	})
	w.MissedFrom = missed
	return w, err
}

// RemoveWebhook removes a webhook and drops what waits for it, or could never be sent
// to it; it says how much that was. What is being sent at this moment may still arrive.
func (s *Service) RemoveWebhook(ctx context.Context, id adapter.WebhookID, by Signature) (dropped int, err error) {
	name := webhookName(id)
	err = s.ofWebhook(ctx, "removed", id, by, func(r *run) error {
		all, err := r.tx.Outgoing(adapter.OutgoingQuery{Kind: adapter.OutgoingNotify, Key: name, Limit: dropAtOnce})
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(e adapter.Outgoing) bool { return e.Claim != adapter.Claim{} })
		dropped = len(all)
		return errors.Join(r.tx.RemoveWebhook(id), r.tx.Sent(all...))
	})
	if err != nil {
		return 0, err
	}
	rest, err := s.sweep(ctx, name)
	return dropped + rest, err
}

// dropAtOnce bounds what goes with a webhook in one transaction. Of more, the rest goes
// after it, but for what is put aside already, which stays to be seen.
const dropAtOnce = 10_000

// Webhooks lists the webhooks, in the order in which they were added, each with what
// waits for it.
func (s *Service) Webhooks(ctx context.Context) ([]WebhookView, error) {
	var all []WebhookView
	err := s.o.Update(ctx, func(tx Tx) error {
		all = nil
		webhooks, err := tx.Webhooks()
		if err != nil {
			return err
		}
		for _, w := range webhooks {
			view := WebhookView{Webhook: w}
			ahead, err := tx.Ahead(webhookName(w.ID), 1)
			if err != nil {
				return err
			}
			if len(ahead) > 0 {
				view.WaitingSince, view.Tries = ahead[0].PutAt, ahead[0].Tries
			}
			all = append(all, view)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list webhooks: %w", err)
	}
	return all, nil
}

// WebhookView is a webhook and how far it is told.
type WebhookView struct {
	adapter.Webhook
	WaitingSince time.Time // since when the first waits of what it is to be told next; zero = nothing waits
	Tries        int       // to tell it that
}

// Webhook shows one; adapter.ErrNotFound if there is none.
func (s *Service) Webhook(ctx context.Context, id adapter.WebhookID) (adapter.Webhook, error) {
	var w adapter.Webhook
	err := s.o.Update(ctx, func(tx Tx) (err error) { w, err = tx.Webhook(id); return err })
	return w, err
}

func (s *Service) changeWebhook(ctx context.Context, what string, id adapter.WebhookID, by Signature, change func(*run, adapter.Webhook) (adapter.Webhook, error)) (adapter.Webhook, error) {
	var w adapter.Webhook
	err := s.ofWebhook(ctx, what, id, by, func(r *run) (err error) {
		if w, err = r.tx.Webhook(id); err != nil {
			return err
		}
		if w, err = change(r, w); err != nil {
			return err
		}
		return r.tx.SaveWebhook(w)
	})
	return w, err
}

// ofWebhook changes a webhook in one transaction, as a person decides.
func (s *Service) ofWebhook(ctx context.Context, what string, id adapter.WebhookID, by Signature, do func(*run) error) error {
	return s.decideWebhook(ctx, what, id, by, func() error {
		return s.do(ctx, func(r *run) error {
			r.webhooksChanged = true
			return do(r)
		})
	})
}

// decideWebhook does what a person decides about a webhook.
func (s *Service) decideWebhook(ctx context.Context, what string, id adapter.WebhookID, by Signature, do func() error) error {
	if id == "" || by.By == "" || by.Reason == "" {
		return fmt.Errorf("webhook to be %s: a decision needs an id, a name and a reason", what)
	}
	if err := do(); err != nil {
		return fmt.Errorf("webhook %s: %w", id, err)
	}
	s.o.Logger.InfoContext(ctx, "a person decided about a webhook", "decision", what, "webhook", id, "by", by.By, "reason", by.Reason)
	return nil
}

// disable ends telling a webhook that wants it no more, and drops what it was to be told.
func (r *run) disable(id adapter.WebhookID, left []adapter.Outgoing, why error) error {
	w, err := r.tx.Webhook(id)
	if is, err := found(err); err != nil {
		return err
	} else if is && w.Enabled() {
		w.DisabledAt, w.DisabledWhy, w.MissedFrom = r.now, why.Error(), left[0].Notice.At
		if err := r.tx.SaveWebhook(w); err != nil {
			return err
		}
	}
	r.webhooksChanged = true
	r.s.o.Logger.Error("a webhook wants to be told nothing any more, and is disabled; see adapter webhooks",
		"webhook", id, "why", why, "dropped", len(left))
	return r.tx.Sent(left...)
}
