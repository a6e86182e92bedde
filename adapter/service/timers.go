package service

import (
	"context"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// batch bounds how much one transaction of a loop takes on.
const batch = 256

// memoryOfEvents is how long event ids and idempotency keys are remembered.
const memoryOfEvents = 24 * time.Hour

// runTimers does what is due without any event, and wakes the loops that talk
// to others when their time has come. It sleeps exactly until the next thing.
func (s *Service) runTimers(ctx context.Context) error {
	forgotten := s.o.Clock.Now()
	for {
		next, err := s.tick(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.o.Logger.ErrorContext(ctx, "timers", "error", err)
			next = time.Second
		}
		if now := s.o.Clock.Now(); now.Sub(forgotten) > time.Hour {
			forgotten = now
			if err := s.o.Update(ctx, func(tx Tx) error { return tx.Forget(now.Add(-memoryOfEvents)) }); err != nil {
				s.o.Logger.ErrorContext(ctx, "forget old event ids", "error", err)
			}
		}
		if err := s.wait(ctx, s.work, next); err != nil {
			return err
		}
	}
}

// tick looks at everything that is due and says how long to sleep; negative is
// until something is written.
func (s *Service) tick(ctx context.Context) (time.Duration, error) {
	for {
		var next adapter.NextWork
		err := s.o.Update(ctx, func(tx Tx) (err error) { next, err = tx.NextWork(); return err })
		if err != nil {
			return 0, err
		}
		now := s.o.Clock.Now()
		if due(next.Look, now) {
			if err := s.do(ctx, (*run).lookAll); err != nil {
				return 0, err
			}
			continue
		}
		// What another loop must do is signalled once; that loop signals back
		// when it has written down what came of it.
		sleep := time.Duration(-1)
		for _, w := range []struct {
			at   time.Time
			wake chan struct{}
		}{{next.Look, nil}, {next.Leave, s.dispatch}, {next.Poll, s.poll}, {next.Parked, s.relay}} {
			switch {
			case w.at.IsZero():
			case due(w.at, now):
				signal(w.wake)
			case sleep < 0 || w.at.Sub(now) < sleep:
				sleep = w.at.Sub(now)
			}
		}
		return sleep, nil
	}
}

func (r *run) lookAll() error {
	calls, err := r.tx.CallsToLook(r.now, batch)
	if err != nil {
		return err
	}
	for _, call := range calls {
		if err := r.look(call); err != nil {
			return err
		}
	}
	callbacks, err := r.tx.CallbacksToLook(r.now, batch)
	if err != nil {
		return err
	}
	for _, c := range callbacks {
		if err := r.lookAt(c); err != nil {
			return err
		}
	}
	return nil
}

// lookAt does what a callback wants without any event.
func (r *run) lookAt(c adapter.Callback) error {
	var err error
	switch {
	case due(c.ExpiresAt, r.now):
		_, err = r.step(c, callback.LifeOver, "not reached in its time")
	case c.State == adapter.StateScheduled:
		_, err = r.step(c, callback.WindowOpened, "")
	case c.State == adapter.StateDispatched:
		c.PlaceFreed = true
		_, err = r.save(c.State, c, "place freed", "no news of the delivery")
	case c.State == adapter.StateWaiting:
		event, reason := "own call taken for over", "no word of its end"
		if c.Rings > 0 {
			event, reason = "in line again", "the delay after an attempt is over"
		}
		c.ReleaseFrom = time.Time{}
		_, err = r.save(c.State, c, event, reason)
	}
	return err
}
