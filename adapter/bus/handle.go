package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// handle hands a batch over once and settles each message by its own verdict. An
// error means that the handler took nothing; then only what cannot be read at all
// is settled.
func (c *Consumer) handle(ctx context.Context, l *lane, batch []letter, settling *errgroup.Group) error {
	events := make([]adapter.CallEvent, 0, len(batch))
	origins := make([]*azservicebus.ReceivedMessage, 0, len(batch))
	for _, letter := range batch {
		if letter.rejection != nil {
			c.settle(ctx, l, letter.message, letter.rejection, settling)
			continue
		}
		events = append(events, letter.event)
		origins = append(origins, letter.message)
	}
	if len(events) == 0 {
		return nil
	}
	verdicts, err := c.callHandler(ctx, events)
	if err == nil && len(verdicts) != len(events) {
		err = fmt.Errorf("%d verdicts for %d events", len(verdicts), len(events))
	}
	if err != nil {
		c.counts.refused.Add(int64(len(events)))
		return fmt.Errorf("%w: %w", errHandler, err)
	}
	for i, m := range origins {
		c.settle(ctx, l, m, verdicts[i], settling)
	}
	return nil
}

// decode reads a message as an event. What we sent back ourselves is rejected
// with the texts it carries.
func decode(m *azservicebus.ReceivedMessage) (adapter.CallEvent, *adapter.Rejection) {
	if rejection := returned(m); rejection != nil {
		return adapter.CallEvent{}, rejection
	}
	decoded, err := event.Decode(envelope(m))
	if err == nil {
		return decoded, nil
	}
	rejection, ok := errors.AsType[*adapter.Rejection](err)
	if !ok {
		rejection = &adapter.Rejection{Reason: event.ReasonNotReadable, Description: err.Error()}
	}
	return adapter.CallEvent{}, rejection
}
