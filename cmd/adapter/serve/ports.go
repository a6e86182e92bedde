package serve

import (
	"context"
	"fmt"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/event"
)

// codec writes parked events down as the CloudEvents they came as.
type codec struct{}

func (codec) Encode(e adapter.CallEvent) ([]byte, error) { return event.Encode(e) }

func (codec) Decode(body []byte) (adapter.CallEvent, error) {
	return event.Decode(event.Envelope{Body: body, ContentType: event.ContentType})
}

// publisher is the bus as the service wants it.
type publisher struct {
	*bus.Publisher
	ingress string
}

// Reject sends parked events back to where they came from, to be dead-lettered.
func (p publisher) Reject(ctx context.Context, parked []adapter.Parked, why adapter.Rejection) error {
	returned := make([]bus.ReturnedEvent, 0, len(parked))
	for _, e := range parked {
		decoded, err := codec{}.Decode(e.Event)
		if err != nil {
			return fmt.Errorf("parked event %s: %w", e.ID, err)
		}
		returned = append(returned, bus.ReturnedEvent{Queue: p.ingress, Event: decoded, Rejection: why})
	}
	return p.Return(ctx, returned)
}
