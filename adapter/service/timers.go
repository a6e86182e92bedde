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
			if err := s.forget(ctx, now); err != nil {
				s.o.Logger.ErrorContext(ctx, "forget what is old", "error", err)
			}
		}
		if err := s.wait(ctx, s.agenda.woken, next); err != nil {
			return err
		}
	}
}

// forget removes what is kept no longer, a little at a time: others work meanwhile.
func (s *Service) forget(ctx context.Context, now time.Time) error {
	if err := s.o.Update(ctx, func(tx Tx) error { return tx.Forget(now.Add(-memoryOfEvents)) }); err != nil {
		return err
	}
	if err := s.buryUnknown(ctx); err != nil {
		return err
	}
	for purged := batch; purged == batch; {
		err := s.o.Update(ctx, func(tx Tx) (err error) {
			purged, err = tx.Purge(now.Add(-s.o.KeepFor), batch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// tick looks at everything that is due and says how long to sleep; negative is
// until something changes.
func (s *Service) tick(ctx context.Context) (time.Duration, error) {
	for {
		now := s.o.Clock.Now()
		if !s.agenda.toLook(now) {
			return s.sleep(now), nil
		}
		if err := s.do(ctx, (*run).lookAll); err != nil {
			return 0, err
		}
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
	return r.lookAtLines(r.now)
}

// lookAtLines looks at the lines that wanted it by a time.
func (r *run) lookAtLines(by time.Time) error {
	lines, err := r.tx.LinesToLook(by, batch)
	if err != nil {
		return err
	}
	for _, queue := range lines {
		if err := r.tx.LookAtLine(queue, time.Time{}); err != nil {
			return err
		}
		r.touch(queue)
	}
	return nil
}

// lookAt does what a callback wants without any event.
func (r *run) lookAt(c adapter.Callback) error {
	var err error
	switch {
	case due(c.ExpiresAt, r.now):
		reason := "not reached in its time"
		if c.Attempts > 0 && c.State != adapter.StateWaiting {
			reason = "no word of its end in its time"
		}
		_, err = r.step(c, callback.LifeOver, reason)
	case c.State == adapter.StateScheduled:
		_, err = r.step(c, callback.WindowOpened, "")
	case c.State == adapter.StateDispatched:
		c.PlaceFreed = true
		_, err = r.save(c.State, c, "place freed", "no news of the delivery")
	case c.State == adapter.StateWaiting:
		event, reason := "own call taken for over", "no word of its end"
		if c.Throttled {
			event, reason = "turn again", "it was put off for long enough"
		} else if isAside(c) {
			event, reason = "in line again", "the quiet is over"
			c.Reason = reason
		} else if c.Attempts > 0 {
			event, reason = "in line again", "the delay after an attempt is over"
		}
		c.ReleaseFrom = time.Time{}
		_, err = r.save(c.State, c, event, reason)
	}
	return err
}
