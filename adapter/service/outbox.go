package service

import (
	"context"
	"fmt"
	"time"

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

// readable lists entries of which all that nobody has claimed can be read back. One that
// cannot is put aside, for a person to see, and the rest is listed again.
func (s *Service) readable(tx Tx, now time.Time, list func() ([]adapter.Outgoing, error)) ([]adapter.Outgoing, error) {
	for {
		all, err := list()
		if err != nil {
			return nil, err
		}
		again := false
		for _, e := range all {
			if e.Unreadable == "" || e.Claim != (adapter.Claim{}) {
				continue
			}
			again = true
			s.o.Logger.Error("an outbox entry cannot be read; see adapter outbox", "entry", e.ID, "kind", e.Kind, "error", e.Unreadable)
			if err := tx.Die(e, now, "it cannot be read: "+e.Unreadable); err != nil {
				return nil, err
			}
		}
		if !again {
			return all, nil
		}
	}
}

// RetryOutgoing lets a dead entry of the outbox leave again. There must be one of that
// id, else it is adapter.ErrNotFound.
func (s *Service) RetryOutgoing(ctx context.Context, id string, by Signature) (adapter.Outgoing, error) {
	return s.ofDead(ctx, "retried", id, by, func(r *run, e adapter.Outgoing) error {
		r.commands = e.Kind == adapter.OutgoingCommand
		return r.tx.Revive(e, r.now)
	})
}

// DropOutgoing removes a dead entry of the outbox: it never leaves. There must be one
// of that id, else it is adapter.ErrNotFound.
func (s *Service) DropOutgoing(ctx context.Context, id string, by Signature) (adapter.Outgoing, error) {
	return s.ofDead(ctx, "dropped", id, by, func(r *run, e adapter.Outgoing) error { return r.tx.Sent(e) })
}

func (s *Service) ofDead(ctx context.Context, what, id string, by Signature, do func(*run, adapter.Outgoing) error) (adapter.Outgoing, error) {
	if id == "" || by.By == "" || by.Reason == "" {
		return adapter.Outgoing{}, fmt.Errorf("outbox entry to be %s: a decision needs an id, a name and a reason", what)
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
		if err := do(r, entry); err != nil {
			return err
		}
		r.by = by.By
		return r.noteDecision(entry, what, by.Reason)
	})
	if err != nil {
		return adapter.Outgoing{}, fmt.Errorf("outbox entry %s: %w", id, err)
	}
	s.o.Logger.InfoContext(ctx, "a person decided about an outbox entry",
		"decision", what, "entry", id, "kind", entry.Kind, "key", entry.Key, "by", by.By, "reason", by.Reason)
	signal(s.returns)
	s.wakeTargets(nil)
	return entry, nil
}

// noteDecision keeps what a person decided of an outbox entry in the history of the
// callback that it is about, if there is one.
func (r *run) noteDecision(e adapter.Outgoing, what, reason string) error {
	id := e.Callback
	if e.Kind == adapter.OutgoingCommand {
		call, err := r.tx.Call(e.Command.Call)
		if is, err := found(err); err != nil || !is {
			return err
		}
		id = call.Callback
	}
	if id == "" {
		return nil
	}
	c, err := r.tx.Callback(id)
	if is, err := found(err); err != nil || !is {
		return err
	}
	_, err = r.save(c.State, c, "outbox entry "+what, string(e.Kind)+" for "+e.Key+": "+reason)
	return err
}
