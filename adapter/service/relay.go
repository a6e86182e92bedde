package service

import (
	"context"
	"errors"
	"time"

	"directcallback/adapter"
)

// runRelay moves commands from the outbox to the bus, in their order.
func (s *Service) runRelay(ctx context.Context) error {
	pause := backoff{}
	var sent []adapter.Outgoing // and not yet removed
	for {
		entries, err := s.leaving(ctx, sent)
		if err == nil {
			sent, err = s.send(ctx, entries)
		}
		// Entries that are left are the followers of a command that was discarded.
		more := err == nil && (len(entries) == batch || len(sent) < len(entries) || woken(s.relay))
		if err == nil && !more {
			err = s.remove(ctx, sent)
		}
		switch {
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), s.remove(context.WithoutCancel(ctx), sent))
		case err != nil:
			s.o.Logger.WarnContext(ctx, "commands cannot leave", "error", err)
			if err := s.wait(ctx, nil, pause.next()); err != nil {
				return err
			}
		case !more:
			sent, pause = nil, backoff{}
			if err := s.wait(ctx, s.relay, -1); err != nil {
				return err
			}
		}
	}
}

// leaving removes what was sent and lists what is to be sent next, in one
// transaction: under load each one costs a turn in the store's queue. What was
// sent but not yet removed is sent again after a crash, with the same id.
func (s *Service) leaving(ctx context.Context, sent []adapter.Outgoing) ([]adapter.Outgoing, error) {
	var entries []adapter.Outgoing
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) error {
		if err := removeSent(tx, sent); err != nil {
			return err
		}
		var err error
		entries, err = tx.Leaving(adapter.OutgoingCommand, now, batch)
		return err
	})
	return entries, err
}

func (s *Service) remove(ctx context.Context, sent []adapter.Outgoing) error {
	if len(sent) == 0 {
		return nil
	}
	return s.o.Update(ctx, func(tx Tx) error { return removeSent(tx, sent) })
}

func removeSent(tx Tx, sent []adapter.Outgoing) error {
	for _, e := range sent {
		if err := tx.Sent(e.Seq); err != nil {
			return err
		}
	}
	return nil
}

// send publishes entries and returns those that are done with.
func (s *Service) send(ctx context.Context, entries []adapter.Outgoing) ([]adapter.Outgoing, error) {
	now := s.o.Clock.Now()
	commands := make([]adapter.Command, 0, len(entries))
	for _, e := range entries {
		// An offer that is late would only be refused; the next one is planned.
		if e.Command.NotAfter.IsZero() || e.Command.NotAfter.After(now) {
			commands = append(commands, e.Command)
		}
	}
	if len(commands) == 0 {
		return entries, nil
	}
	err := s.o.Publisher.Publish(ctx, commands)
	if err == nil {
		return entries, nil
	}
	// Without the bad ones the others are sent again at once: what followed a
	// bad one in its session has not left.
	discarded, discardErr := s.discard(ctx, entries, unsendable(err))
	if discarded && discardErr == nil {
		return nil, nil
	}
	return nil, errors.Join(err, discardErr)
}

// unsendable finds the commands that never can be sent, wherever they stand in
// an error.
func unsendable(err error) map[string]error {
	bad := map[string]error{}
	var visit func(error)
	visit = func(err error) {
		switch err := err.(type) { //nolint:errorlint // each part is looked at on its own
		case *adapter.CommandError:
			bad[err.ID] = err.Err
		case interface{ Unwrap() []error }:
			for _, part := range err.Unwrap() {
				visit(part)
			}
		case interface{ Unwrap() error }:
			visit(err.Unwrap())
		}
	}
	visit(err)
	return bad
}

// discard removes commands that never can be sent, and tells whether there were any.
func (s *Service) discard(ctx context.Context, entries []adapter.Outgoing, bad map[string]error) (bool, error) {
	found := false
	err := s.o.Update(ctx, func(tx Tx) error {
		found = false
		for _, e := range entries {
			cause, is := bad[e.ID]
			if !is {
				continue
			}
			found = true
			s.o.Logger.ErrorContext(ctx, "command discarded", "command", e.ID, "error", cause)
			if err := tx.Sent(e.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// backoff grows from one second to half a minute.
type backoff struct{ count int }

func (b *backoff) next() time.Duration {
	d := min(time.Second<<min(b.count, 5), 30*time.Second)
	b.count++
	return d
}
