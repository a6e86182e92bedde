package bus

import (
	"context"
	"fmt"
	"time"
)

// A message with an application property DeadLetterReason or
// DeadLetterErrorDescription that is not a string makes the SDK panic while it is
// received. By then the whole batch is locked and its tokens are gone: all that
// can be done is to let the locks expire, which counts a delivery for each message
// of the batch. So that only the bad one reaches the queue's MaxDeliveryCount, and
// with it the dead-letter queue, messages are received one by one for a while. A
// session must not be closed meanwhile, because closing returns its messages
// uncounted and the circle would never end.

// catchPoison turns a panic of the SDK into errPoison. The panic's text names
// types, not content.
func (c *Consumer) catchPoison(ctx context.Context, err *error) {
	text := recover()
	if text == nil {
		return
	}
	*err = fmt.Errorf("%w: %v", errPoison, text)
	c.counts.panics.Add(1)
	c.isolateUntil.Store(time.Now().Add(c.o.IsolateFor).UnixNano())
	c.log.ErrorContext(ctx, "a message makes the Service Bus SDK panic; receiving one by one until it is dead-lettered",
		"panic", fmt.Sprint(text))
}

// isolating tells whether messages are received one by one, by all receivers:
// whose turn the bad one will be next is not known.
func (c *Consumer) isolating() bool { return time.Now().UnixNano() < c.isolateUntil.Load() }

// letLockExpire waits until the session's lock, which is no longer renewed, is
// over.
func (c *Consumer) letLockExpire(ctx context.Context, l *lane) {
	const (
		most   = 5 * time.Minute // the longest lock that Service Bus grants
		margin = time.Second     // for clocks that differ
	)
	timer := time.NewTimer(min(max(l.lockLeft(), 0), most) + margin)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
