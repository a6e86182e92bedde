package bus

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
)

// letter is a message that was read: an event, or why it is none.
type letter struct {
	message   *azservicebus.ReceivedMessage
	event     adapter.CallEvent
	rejection *adapter.Rejection
}

// inbox holds what was read ahead and not yet handled. One goroutine reads into
// it, one handles out of it. Events are decoded by the first, while the second
// waits for the store.
type inbox struct {
	messages chan letter
	taken    chan struct{} // one slot: there is room again
}

func newInbox(size int) *inbox {
	return &inbox{
		messages: make(chan letter, size),
		taken:    make(chan struct{}, 1),
	}
}

// room waits until messages fit and says how many; 0 when ctx ended.
func (b *inbox) room(ctx context.Context) int {
	for {
		if room := cap(b.messages) - len(b.messages); room > 0 {
			return room
		}
		select {
		case <-b.taken:
		case <-ctx.Done():
			return 0
		}
	}
}

// put never blocks: only the reader puts, and only what room promised.
func (b *inbox) put(messages []*azservicebus.ReceivedMessage) {
	for _, m := range messages {
		event, rejection := decode(m)
		b.messages <- letter{m, event, rejection}
	}
}

// take waits for a message and takes at most limit of those that are there; none
// when the inbox is closed and empty.
func (b *inbox) take(limit int) []letter {
	first, ok := <-b.messages
	if !ok {
		return nil
	}
	batch := append(make([]letter, 0, limit), first)
	for len(batch) < limit {
		select {
		case m, ok := <-b.messages:
			if !ok {
				return batch
			}
			batch = append(batch, m)
			continue
		default:
		}
		break
	}
	select {
	case b.taken <- struct{}{}:
	default:
	}
	return batch
}

func (b *inbox) close() { close(b.messages) }
