package world

import (
	"context"
	"fmt"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/dataverse"
)

// poster sends what Dataverse's service endpoints send to this world's Service
// Bus, whatever namespace and key they name: there is one.
type poster struct {
	client *azservicebus.Client

	mu      sync.Mutex
	senders map[string]*azservicebus.Sender // guarded by mu; by queue or topic
}

// Post sends one message over AMQP.
func (p *poster) Post(ctx context.Context, m dataverse.Message) error {
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
func (p *poster) sender(entity string) (*azservicebus.Sender, error) {
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
