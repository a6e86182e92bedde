package service

import (
	"context"
	"fmt"

	"directcallback/adapter"
)

// Outbox lists what is to leave, in its order.
func (s *Service) Outbox(ctx context.Context, q adapter.OutgoingQuery) ([]adapter.Outgoing, error) {
	var all []adapter.Outgoing
	err := s.o.Update(ctx, func(tx Tx) (err error) { all, err = tx.Outgoing(q); return err })
	if err != nil {
		return nil, fmt.Errorf("list outbox: %w", err)
	}
	return all, nil
}

// RetryOutgoing lets a dead entry of the outbox leave again. There must be one of that
// id, else it is adapter.ErrNotFound.
func (s *Service) RetryOutgoing(ctx context.Context, id string, by Signature) (adapter.Outgoing, error) {
	return s.ofDead(ctx, "retry", id, by, func(r *run, e adapter.Outgoing) error {
		r.commands = e.Kind == adapter.OutgoingCommand
		return r.tx.Revive(e, r.now)
	})
}

// DropOutgoing removes a dead entry of the outbox: it never leaves. There must be one
// of that id, else it is adapter.ErrNotFound.
func (s *Service) DropOutgoing(ctx context.Context, id string, by Signature) (adapter.Outgoing, error) {
	return s.ofDead(ctx, "drop", id, by, func(r *run, e adapter.Outgoing) error { return r.tx.Sent(e) })
}

func (s *Service) ofDead(ctx context.Context, what, id string, by Signature, do func(*run, adapter.Outgoing) error) (adapter.Outgoing, error) {
	if id == "" || by.By == "" || by.Reason == "" {
		return adapter.Outgoing{}, fmt.Errorf("%s outbox entry: a decision needs an id, a name and a reason", what)
	}
	var entry adapter.Outgoing
	err := s.do(ctx, func(r *run) error {
		all, err := r.tx.Outgoing(adapter.OutgoingQuery{ID: id, DeadOnly: true, Limit: 1})
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fmt.Errorf("no dead entry has this id: %w", adapter.ErrNotFound)
		}
		entry = all[0]
		return do(r, entry)
	})
	if err != nil {
		return adapter.Outgoing{}, fmt.Errorf("%s outbox entry %s: %w", what, id, err)
	}
	s.o.Logger.InfoContext(ctx, "a person decided about an outbox entry",
		"decision", what, "entry", id, "kind", entry.Kind, "key", entry.Key, "by", by.By, "reason", by.Reason)
	signal(s.returns)
	s.wakeNotifiers()
	return entry, nil
}
