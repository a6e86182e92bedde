package bus

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
)

// maxDeadLetterText is the longest reason or description that Service Bus keeps,
// in bytes.
const maxDeadLetterText = 4096

// settle completes a message, or dead-letters it with the rejection's texts, in
// the background. A failure is harmless, because the message only comes again, to
// a handler that knows it already; so it is counted and not retried.
func (c *Consumer) settle(
	ctx context.Context, l *lane, m *azservicebus.ReceivedMessage, r *adapter.Rejection, settling *errgroup.Group,
) {
	settling.Go(func() error {
		l.letGo(m) // a settlement is shorter than what is left of the lock
		if l.lost.Load() {
			c.counts.unsettled.Add(1)
			return nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.o.SettleTimeout)
		defer cancel()
		var err error
		if r == nil {
			err = l.CompleteMessage(ctx, m, nil)
		} else {
			err = l.DeadLetterMessage(ctx, m, &azservicebus.DeadLetterOptions{
				Reason:           new(clip(r.Reason)),
				ErrorDescription: new(clip(r.Description)),
			})
		}
		switch {
		case err != nil:
			c.counts.unsettled.Add(1)
			c.log.DebugContext(ctx, "a message was not settled and will come again", "error", err)
			if l.session != nil {
				// Mostly the session's lock. The SDK would accept the same session again
				// behind our back; leaving it is quicker and keeps the order.
				l.lose()
			}
		case r == nil:
			c.counts.taken.Add(1)
		default:
			c.counts.rejected.Add(1)
			c.o.OnDeadLetter(r.Reason)
		}
		return nil
	})
}

// clip cuts text to what Service Bus keeps, never inside a character.
func clip(text string) string {
	if len(text) <= maxDeadLetterText {
		return text
	}
	cut := maxDeadLetterText
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut]
}
