package service

import (
	"context"
	"errors"
	"slices"
	"time"

	"directcallback/adapter"
)

// runRelay moves commands from the outbox to the bus, in their order.
func (s *Service) runRelay(ctx context.Context) error {
	pause := backoff{}
	var sent, kept []adapter.Outgoing // and not yet removed; claimed and not sent
	for {
		entries, err := s.leaving(ctx, sent, kept)
		if err == nil {
			sent, kept, err = s.send(ctx, entries)
		}
		if errors.Is(err, adapter.ErrTakenOver) {
			sent, kept = nil, nil // another sends them, again if need be
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
			sent, kept, pause = nil, nil, backoff{}
			if err := s.wait(ctx, s.relay, -1); err != nil {
				return err
			}
		}
	}
}

// leaving removes what was sent and lists what is to be sent next, in one
// transaction: under load each one costs a turn in the store's queue. What was
// sent but not yet removed is sent again after a crash, with the same id. Where
// there may be other processes, what is to be sent is claimed, or two would send the
// commands of one queue in any order.
func (s *Service) leaving(ctx context.Context, sent, kept []adapter.Outgoing) ([]adapter.Outgoing, error) {
	var entries []adapter.Outgoing
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) error {
		if err := tx.Sent(sent...); err != nil {
			return err
		}
		for _, e := range kept {
			if err := tx.Retry(e, e.NotBefore); err != nil {
				return err
			}
		}
		var err error
		entries, err = s.readable(tx, now, func() ([]adapter.Outgoing, error) { return tx.Leaving(adapter.OutgoingCommand, now, batch) })
		if err != nil || s.o.Lease == 0 || len(entries) == 0 {
			return err
		}
		by := s.lease.claim()
		if err := tx.Claim(by, entries...); err != nil {
			return err
		}
		for i := range entries {
			entries[i].Claim = by
		}
		return nil
	})
	return entries, err
}

// errAway says that this process was away for so long that another may have taken over.
var errAway = errors.New("the lease ended before the commands were sent")

func (s *Service) remove(ctx context.Context, sent []adapter.Outgoing) error {
	if len(sent) == 0 {
		return nil
	}
	return s.o.Update(ctx, func(tx Tx) error { return tx.Sent(sent...) })
}

// send publishes entries and returns those that are done with, and those that
// are claimed in vain.
func (s *Service) send(ctx context.Context, entries []adapter.Outgoing) (sent, kept []adapter.Outgoing, err error) {
	if s.o.Lease > 0 && len(entries) > 0 && !s.lease.valid(entries[0].Claim) {
		// Perhaps nobody took over meanwhile. Then the entries are still this process's
		// own, and nobody else would ever send them.
		return nil, entries, errAway
	}
	now := s.o.Clock.Now()
	commands := make([]adapter.Command, 0, len(entries))
	for _, e := range entries {
		// An offer that is late would only be refused; the next one is planned.
		if e.Command.NotAfter.IsZero() || e.Command.NotAfter.After(now) {
			commands = append(commands, e.Command)
		}
	}
	if len(commands) == 0 {
		return entries, nil, nil
	}
	err = s.o.Publisher.Publish(ctx, commands)
	if err == nil {
		return entries, nil, nil
	}
	// Without the bad ones the others are sent again at once: what followed a
	// bad one in its session has not left.
	bad := unsendable(err)
	discarded, discardErr := s.discard(ctx, entries, bad)
	if s.o.Lease > 0 {
		kept = entries
	}
	if discarded && discardErr == nil {
		return nil, slices.DeleteFunc(kept, func(e adapter.Outgoing) bool { return bad[e.ID] != nil }), nil
	}
	return nil, kept, errors.Join(err, discardErr)
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

// discard puts commands aside that never can be sent, and tells whether there were any.
func (s *Service) discard(ctx context.Context, entries []adapter.Outgoing, bad map[string]error) (bool, error) {
	found := false
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) error {
		found = false
		for _, e := range entries {
			cause, is := bad[e.ID]
			if !is {
				continue
			}
			found = true
			s.o.Logger.ErrorContext(ctx, "a command can never be sent; see adapter outbox", "command", e.ID, "error", cause)
			if err := tx.Die(e, now, cause.Error()); err != nil {
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
