package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// What the SDK was asked for and had not arrived when it returned, it gives back
// in the background when it arrives before the next call; and what is given back
// comes again after what was already on its way behind it. So a session stays in
// order as long as at most one message is outstanding between two calls, and asking
// for one at a time is always safe, but costs a round trip each. More are asked for
// only while they come as fast as they can, so that a call mostly ends with nothing
// outstanding. Where it does not, what comes next is compared with what the broker
// says should have come.

// errDisorder ends the holding of a session whose order could not be restored; its
// messages come again, in order.
var errDisorder = errors.New("the order cannot be restored")

// pace is how many messages of a session are asked for at once.
type pace struct {
	limit   int
	ask     int           // how many are asked for next
	fastest time.Duration // of receives that waited for nothing but the way
	quick   int           // receives in a row that were as fast

	outstanding int   // at most so many may still come from earlier calls
	last        int64 // sequence number of the newest message handed on
}

func newPace(limit int) *pace { return &pace{limit: limit, ask: 1, fastest: time.Hour} }

// risky tells whether messages may have been given back behind others.
func (p *pace) risky() bool { return p.outstanding > 1 }

// received notes that a call which asked for asked messages took so long and
// brought some.
func (p *pace) received(asked, brought int, took time.Duration) {
	const (
		sure   = 4 // quick ones in a row are a backlog, not chance
		jitter = time.Millisecond
	)
	p.outstanding = max(p.outstanding, asked) - brought
	if brought < asked {
		p.ask, p.quick = 1, 0
		return
	}
	if asked == 1 {
		p.fastest = min(p.fastest, took)
		if took > 2*p.fastest+jitter {
			p.quick = 0
			return
		}
	}
	if p.quick++; p.quick >= sure {
		p.ask = min(2*p.ask, p.limit)
	}
}

// inOrder sorts messages of a session and waits for those that are missing in
// between.
func (c *Consumer) inOrder(
	ctx context.Context, l *lane, p *pace, messages []*azservicebus.ReceivedMessage,
) ([]*azservicebus.ReceivedMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.SettleTimeout)
	defer cancel()
	for ctx.Err() == nil {
		slices.SortFunc(messages, func(a, b *azservicebus.ReceivedMessage) int { return cmp.Compare(*a.SequenceNumber, *b.SequenceNumber) })
		missing, err := c.missing(ctx, l, p.last, messages)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errDisorder, err)
		}
		if missing == 0 {
			return messages, nil
		}
		more, err := c.receiveSome(ctx, l, missing)
		p.outstanding = max(p.outstanding, missing) - len(more)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errDisorder, err)
		case len(more) == 0: // the connection or its link was dropped
			return nil, errDisorder
		}
		messages = append(messages, more...)
	}
	return nil, errDisorder
}

// missing counts the messages that the broker has between the last one handed on
// and the last one received, and that were not received.
func (c *Consumer) missing(ctx context.Context, l *lane, last int64, messages []*azservicebus.ReceivedMessage) (int, error) {
	here := map[int64]bool{}
	for _, m := range messages {
		here[*m.SequenceNumber] = true
	}
	newest, count := *messages[len(messages)-1].SequenceNumber, 0
	for from := last + 1; from < newest; {
		page, err := c.peekSession(ctx, l, from, len(messages))
		if err != nil {
			return 0, fmt.Errorf("peek: %w", err)
		}
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			from = *m.SequenceNumber + 1
			if m.State == azservicebus.MessageStateActive && from <= newest && !here[from-1] {
				count++
			}
		}
	}
	return count, nil
}

func (c *Consumer) peekSession(ctx context.Context, l *lane, from int64, limit int) (page []*azservicebus.ReceivedMessage, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.SettleTimeout)
	defer cancel()
	defer c.catchPoison(ctx, &err)
	return l.session.PeekMessages(ctx, limit, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &from})
}
