package serve

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"directcallback/adapter/service"
)

const (
	correctEvery = time.Minute
	wayOff       = 5 * time.Second // a difference that somebody should know of
	tooSlow      = 2 * time.Second // for an answer to tell the time
)

// sharedClock is the time of a clock that several processes share, as far as this
// one knows: what one of them plans another may have to judge. From one look at the
// shared clock to the next it is carried on by what this machine measures, so that
// nobody who sets this machine's clock sets this one.
//
// It does not go back. Where it turns out to be ahead it runs at half the speed until
// it is right; only if it is way off does it jump, and no further than it must.
type sharedClock struct {
	service.Clock // of this machine

	mu     sync.Mutex
	looked time.Time     // guarded by mu: when, by this machine; zero = never
	shared time.Time     // guarded by mu: the shared time then
	ahead  time.Duration // guarded by mu: of it, what was shown then
}

// Now is the shared time, as far as it is known.
func (c *sharedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(c.Clock.Now())
}

// at is what is shown when this machine shows local. It is called with the lock held.
func (c *sharedClock) at(local time.Time) time.Time {
	if c.looked.IsZero() {
		return local
	}
	passed := local.Sub(c.looked)
	return c.shared.Add(passed + max(c.ahead-passed/2, 0))
}

// correct looks at the shared clock once and tells how far it is ahead of this
// machine's. The answer is taken for that of the middle of the waiting.
func (c *sharedClock) correct(ctx context.Context, shared clockedStore) (ahead time.Duration, err error) {
	asked := c.Clock.Now()
	now, err := shared.Now(ctx)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	local := c.Clock.Now()
	took := local.Sub(asked)
	if took > tooSlow && !c.looked.IsZero() {
		return 0, fmt.Errorf("it took %v to answer", took)
	}
	now = now.Add(took / 2)
	if !c.looked.IsZero() {
		c.ahead = min(max(c.at(local).Sub(now), 0), wayOff)
	}
	c.looked, c.shared = local, now
	return now.Sub(local), nil
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
