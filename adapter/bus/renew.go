package bus

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// renew keeps the lane's locks until ctx ends or the session's lock is lost.
func (c *Consumer) renew(ctx context.Context, l *lane) {
	for {
		timer := time.NewTimer(c.renewIn(l))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-l.lockSeen: // now it is known how long locks last
			timer.Stop()
			continue
		case <-timer.C:
		}
		if l.session != nil {
			c.renewSession(ctx, l)
		} else {
			c.renewMessages(ctx, l)
		}
		if l.lost.Load() {
			return
		}
	}
}

// renewIn is half the time that a lock lasts, within reason: the broker's clock
// may differ from ours.
func (c *Consumer) renewIn(l *lane) time.Duration {
	const least = 500 * time.Millisecond
	half := time.Duration(l.lockFor.Load() / 2)
	if half == 0 {
		return c.o.RenewEvery
	}
	return min(max(half, least), c.o.RenewEvery)
}

func (c *Consumer) renewSession(ctx context.Context, l *lane) {
	ctx, cancel := context.WithTimeout(ctx, c.o.SettleTimeout)
	defer cancel()
	err := l.session.RenewSessionLock(ctx, nil)
	switch {
	case err == nil:
		l.sawLock(l.session.LockedUntil())
	case hasCode(err, azservicebus.CodeLockLost):
		l.lose()
		fallthrough
	default:
		c.unrenewed(ctx, err)
	}
}

// renewMessages renews the lock of every message that waits or is being handled.
// One that is settled meanwhile, or lost, merely fails.
func (c *Consumer) renewMessages(ctx context.Context, l *lane) {
	for _, m := range l.held() {
		if ctx.Err() != nil {
			return
		}
		renewal, cancel := context.WithTimeout(ctx, c.o.SettleTimeout)
		err := l.plain.RenewMessageLock(renewal, m, nil)
		cancel()
		if err != nil {
			l.letGo(m)
			c.unrenewed(ctx, err)
			continue
		}
		l.sawLock(*m.LockedUntil)
	}
}

func (c *Consumer) unrenewed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	c.counts.unrenewed.Add(1)
	c.log.DebugContext(ctx, "a lock was not renewed", "error", err)
}
