package service

import (
	"context"
	"errors"
	"time"

	"directcallback/adapter"
)

// runRelay moves commands from the outbox to the bus, in their order, and puts
// events that waited in vain where a person finds them.
func (s *Service) runRelay(ctx context.Context) error {
	pause := backoff{}
	for {
		more, err := s.relayOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.o.Logger.WarnContext(ctx, "commands cannot leave", "error", err)
			if err := s.wait(ctx, nil, pause.next()); err != nil {
				return err
			}
			continue
		case more:
			continue
		}
		pause = backoff{}
		if err := s.wait(ctx, s.relay, -1); err != nil {
			return err
		}
	}
}

// relayOnce sends one batch and tells whether there may be more.
func (s *Service) relayOnce(ctx context.Context) (bool, error) {
	if err := s.rejectParked(ctx); err != nil {
		return false, err
	}
	var entries []adapter.Outgoing
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) (err error) {
		entries, err = tx.Leaving(adapter.OutgoingCommand, now, batch)
		return err
	})
	if err != nil || len(entries) == 0 {
		return false, err
	}
	commands := make([]adapter.Command, 0, len(entries))
	for _, e := range entries {
		// An offer that is late would only be refused; the next one is planned.
		if e.Command.NotAfter.IsZero() || e.Command.NotAfter.After(now) {
			commands = append(commands, e.Command)
		}
	}
	if len(commands) > 0 {
		err = s.o.Publisher.Publish(ctx, commands)
	}
	if err != nil {
		// Without the bad ones the others are sent again at once: what followed a
		// bad one in its session has not left.
		discarded, discardErr := s.discard(ctx, entries, unsendable(err))
		if discarded && discardErr == nil {
			return true, nil
		}
		return false, errors.Join(err, discardErr)
	}
	// Sent but not yet removed is sent again after a crash, with the same id.
	err = s.o.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		for _, e := range entries {
			if err := tx.Sent(e.Seq); err != nil {
				return err
			}
		}
		return nil
	})
	return len(entries) == batch, err
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

func (s *Service) rejectParked(ctx context.Context) error {
	var parked []adapter.Parked
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) (err error) { parked, err = tx.ParkedBefore(now, batch); return err })
	if err != nil || len(parked) == 0 {
		return err
	}
	err = s.o.Publisher.Reject(ctx, parked, adapter.Rejection{
		Reason:      "NeverKnown",
		Description: "the event names a call, queue or delivery that did not become known within " + s.o.ParkFor.String() + "; send its call.queued event, or check the queue id, then resubmit",
	})
	if err != nil {
		return err
	}
	err = s.o.Update(ctx, func(tx Tx) error {
		for _, p := range parked {
			if err := tx.Unparked(p.Source, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	signal(s.work) // the next one has a time of its own
	return err
}

// backoff grows from one second to half a minute.
type backoff struct{ count int }

func (b *backoff) next() time.Duration {
	d := min(time.Second<<min(b.count, 5), 30*time.Second)
	b.count++
	return d
}
