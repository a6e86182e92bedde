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
	err = s.o.Publisher.Publish(ctx, commands)
	bad := map[string]error{}
	if err = withoutUnsendable(err, bad); err != nil {
		return false, errors.Join(err, s.discard(ctx, entries, bad))
	}
	if err := s.discard(ctx, entries, bad); err != nil {
		return false, err
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

// withoutUnsendable takes the commands that never can be sent out of an error
// and returns what is left of it.
func withoutUnsendable(err error, bad map[string]error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, part := range joined.Unwrap() {
			rest = append(rest, withoutUnsendable(part, bad))
		}
		return errors.Join(rest...)
	}
	if command, ok := errors.AsType[*adapter.CommandError](err); ok {
		bad[command.ID] = command.Err
		return nil
	}
	return err
}

// discard removes commands that never can be sent.
func (s *Service) discard(ctx context.Context, entries []adapter.Outgoing, bad map[string]error) error {
	if len(bad) == 0 {
		return nil
	}
	return s.o.Update(ctx, func(tx Tx) error {
		for _, e := range entries {
			cause, is := bad[e.ID]
			if !is {
				continue
			}
			s.o.Logger.ErrorContext(ctx, "command discarded", "command", e.ID, "error", cause)
			if err := tx.Sent(e.Seq); err != nil {
				return err
			}
		}
		return nil
	})
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
	return s.o.Update(ctx, func(tx Tx) error {
		for _, p := range parked {
			if err := tx.Unparked(p.Source, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// backoff grows from one second to half a minute.
type backoff struct{ tries int }

func (b *backoff) next() time.Duration {
	d := min(time.Second<<b.tries, 30*time.Second)
	b.tries = min(b.tries+1, 5)
	return d
}
