package world

import (
	"context"
	"fmt"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/dataverse"
)

// Poster sends what Dataverse's service endpoints send to one Service Bus,
// whatever namespace and key they name. It is safe for concurrent use.
type Poster struct {
	client *azservicebus.Client

	mu      sync.Mutex
	senders map[string]*azservicebus.Sender // guarded by mu; by queue or topic
}

// NewPoster sends through a client, which must be closed after the mock.
func NewPoster(client *azservicebus.Client) *Poster { return &Poster{client: client} }

// Post sends one message over AMQP.
func (p *Poster) Post(ctx context.Context, m dataverse.Message) error {
	sender, err := p.sender(m.Entity)
	if err != nil {
		return err
	}
	err = sender.SendMessage(ctx, &azservicebus.Message{Body: m.Body, ContentType: &m.ContentType, ApplicationProperties: m.Properties}, nil)
	if err != nil {
		return fmt.Errorf("post to %s: %w", m.Entity, err)
	}
	return nil
}

// sender is made once an entity; the client closes them all.
func (p *Poster) sender(entity string) (*azservicebus.Sender, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.senders[entity]; s != nil {
		return s, nil
	}
	s, err := p.client.NewSender(entity, nil)
	if err != nil {
		return nil, fmt.Errorf("sender for %s: %w", entity, err)
	}
	if p.senders == nil {
		p.senders = map[string]*azservicebus.Sender{}
	}
	p.senders[entity] = s
	return s, nil
}
