package bus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// The application properties of an event that was taken, waited in vain for what
// it is about, and goes back to be dead-lettered.
const (
	PropertyRejectedReason      = "directcallback-rejected-reason"
	PropertyRejectedDescription = "directcallback-rejected-description"
)

// returnedSession is the session of what goes back: a queue with sessions wants
// one, a queue without does not mind.
const returnedSession = "directcallback-returned"

// ReturnedEvent is an event that will never be taken after all.
type ReturnedEvent struct {
	Queue     string // the ingress queue in whose dead-letter queue it shall end
	Event     adapter.CallEvent
	Rejection adapter.Rejection
}

// Return sends events back to their ingress queues, where every [Consumer]
// dead-letters them with their rejection's texts and shows them to no handler.
// Only a received message can be dead-lettered, and these were completed long
// ago. An error means: try all again; with duplicate detection nothing is
// returned twice.
func (p *Publisher) Return(ctx context.Context, events []ReturnedEvent) error {
	byQueue := map[string][]*azservicebus.Message{}
	var failures []error
	for _, e := range events {
		message, err := returnedMessage(e)
		if err != nil {
			failures = append(failures, fmt.Errorf("return event %s: %w", e.Event.ID, err))
			continue
		}
		byQueue[e.Queue] = append(byQueue[e.Queue], message)
	}
	for queue, messages := range byQueue {
		if err := p.sendTo(ctx, queue, messages); err != nil {
			failures = append(failures, fmt.Errorf("return to queue %s: %w", queue, err))
		}
	}
	return errors.Join(failures...)
}

func returnedMessage(e ReturnedEvent) (*azservicebus.Message, error) {
	body, err := event.Encode(e.Event)
	if err != nil {
		return nil, err
	}
	// Not the id it came with: duplicate detection may still remember that one.
	sum := sha256.Sum256([]byte(e.Event.Source + "\n" + e.Event.ID))
	return &azservicebus.Message{
		Body:        body,
		ContentType: new(event.ContentType),
		MessageID:   new("returned-" + hex.EncodeToString(sum[:])),
		SessionID:   new(returnedSession),
		ApplicationProperties: map[string]any{
			PropertyRejectedReason:      clip(e.Rejection.Reason),
			PropertyRejectedDescription: clip(e.Rejection.Description),
		},
	}, nil
}

// sendTo opens a sender for one errand; events go back too rarely to keep one.
func (p *Publisher) sendTo(ctx context.Context, queue string, messages []*azservicebus.Message) error {
	sender, err := p.client.NewSender(queue, nil)
	if err != nil {
		return err
	}
	sending := p.sendInOrder(ctx, sender, messages)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.o.SendTimeout)
	defer cancel()
	_ = sender.Close(closing) // what was sent is sent
	return sending
}

// returned is the rejection that a message of [Publisher.Return] carries, or nil.
func returned(m *azservicebus.ReceivedMessage) *adapter.Rejection {
	reason, ok := m.ApplicationProperties[PropertyRejectedReason].(string)
	if !ok {
		return nil
	}
	description, _ := m.ApplicationProperties[PropertyRejectedDescription].(string)
	return &adapter.Rejection{Reason: reason, Description: description}
}
