package bus

import (
	"context"
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// Topic tells the subscribers of a Service Bus topic what becomes of callbacks, as
// CloudEvents in structured mode.
type Topic struct{ sender *Publisher }

// NewTopic makes one. It connects when the first notification is sent. The client
// belongs to the caller.
func NewTopic(client *azservicebus.Client, topic string, o PublisherOptions) (*Topic, error) {
	sender, err := NewPublisher(client, topic, o)
	if err != nil {
		return nil, err
	}
	return &Topic{sender}, nil
}

// Notify sends notifications, each in the session of its callback and with its id as
// the message's id. Those of one callback are sent in their order.
//
// An error means: try all of them again, because those that arrived are dropped by
// duplicate detection, if the topic has it, or else by who knows their ids. Only a
// notification in a [adapter.CommandError] is not worth it.
func (t *Topic) Notify(ctx context.Context, notifications []adapter.Notification) error {
	var failures []error
	sessions := newSessions[adapter.CallbackID]()
	for _, n := range notifications {
		body, err := event.EncodeNotification(n, t.sender.o.Source)
		if err != nil {
			failures = append(failures, &adapter.CommandError{ID: n.ID, Err: err})
			continue
		}
		sessions.add(n.Callback, &azservicebus.Message{
			Body:        body,
			ContentType: new(event.ContentType),
			MessageID:   new(n.ID),
			SessionID:   new(string(n.Callback)),
			Subject:     new(event.NotificationType(n)),
		})
	}
	return errors.Join(append(failures, t.sender.sendAll(ctx, sessions.messages))...)
}

// Close waits for what is being sent and closes the senders.
func (t *Topic) Close(ctx context.Context) error { return t.sender.Close(ctx) }
