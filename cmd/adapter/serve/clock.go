package serve

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"directcallback/adapter/service"
)

const (
	correctEvery = time.Minute
	wayOff       = 5 * time.Second // a difference that somebody should know of
)

// sharedClock is the clock of this process, corrected from one that several
// processes share: what one of them plans another may have to judge.
type sharedClock struct {
	service.Clock
	ahead atomic.Int64 // of the shared clock, ns
}

// Now is the shared time, as far as it is known.
func (c *sharedClock) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.ahead.Load())) }

// correct asks for the shared time once. The answer is taken for that of the
// middle of the waiting.
func (c *sharedClock) correct(ctx context.Context, shared clockedStore) (ahead time.Duration, err error) {
	began := c.Clock.Now()
	now, err := shared.Now(ctx)
	if err != nil {
		return 0, err
	}
	ahead = now.Sub(began.Add(c.Clock.Now().Sub(began) / 2))
	c.ahead.Store(int64(ahead))
	return ahead, nil
}

// run corrects until ctx ends.
func (c *sharedClock) run(ctx context.Context, shared clockedStore, logger *slog.Logger) {
	for {
		timer := c.NewTimer(correctEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		switch ahead, err := c.correct(ctx, shared); {
		case err != nil && ctx.Err() == nil:
			logger.WarnContext(ctx, "the database's clock cannot be read", "error", err)
		case ahead.Abs() > wayOff:
			logger.WarnContext(ctx, "this machine's clock is off; the database's is used", "ahead", ahead)
		}
	}
}
