package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// PublisherOptions say how to send. Zero values stand for the defaults given.
type PublisherOptions struct {
	Source      string        // the CloudEvents source of commands; "directcallback"
	Senders     int           // links used at once; 4
	SendTimeout time.Duration // of one send or close; 15 s
}

// Publisher sends commands to one queue. Its methods may be called at the same
// time, but the order of a session's commands is kept within one call only: use
// one goroutine a session, or one for all.
type Publisher struct {
	client *azservicebus.Client
	queue  string
	o      PublisherOptions

	// idle holds the senders that nobody uses. The SDK holds a sender's mutex while
	// it waits for credit, so a sender has one user at a time, who took it from here.
	idle   chan *azservicebus.Sender
	closed chan struct{} // closed by Close
}

// NewPublisher makes a publisher. It connects when the first command is sent. The
// client belongs to the caller.
func NewPublisher(client *azservicebus.Client, queue string, o PublisherOptions) (*Publisher, error) {
	if client == nil || queue == "" {
		return nil, errors.New("publisher: a client and a queue name are both needed")
	}
	if o.Source == "" {
		o.Source = "directcallback"
	}
	orElse(&o.Senders, 4)
	orElse(&o.SendTimeout, 15*time.Second)
	p := &Publisher{
		client: client, queue: queue, o: o,
		idle: make(chan *azservicebus.Sender, o.Senders), closed: make(chan struct{}),
	}
	for range o.Senders {
		sender, err := client.NewSender(queue, nil)
		if err != nil {
			return nil, fmt.Errorf("publisher: %w", err)
		}
		p.idle <- sender
	}
	return p, nil
}

// Publish sends commands, each in the session of its queue and with its id as the
// message's id. Sessions are sent beside each other, the commands of one in their
// order; after a failure the rest of that session is kept back.
//
// An error means: try all of them again, because those that arrived are dropped
// by duplicate detection. Only a command in a [adapter.CommandError] is not worth it.
func (p *Publisher) Publish(ctx context.Context, commands []adapter.Command) error {
	sessions, failures := p.messages(commands)
	return errors.Join(append(failures, p.sendAll(ctx, sessions))...)
}

// sendAll sends sessions beside each other.
func (p *Publisher) sendAll(ctx context.Context, sessions [][]*azservicebus.Message) error {
	errs := make([]error, len(sessions))
	var sending errgroup.Group
	sending.SetLimit(p.o.Senders)
	for i, messages := range sessions {
		sending.Go(func() error {
			errs[i] = p.send(ctx, messages)
			return nil
		})
	}
	_ = sending.Wait() // the errors are in errs, all of them
	return errors.Join(errs...)
}

// messages writes the commands, grouped by session, in the order of arrival.
func (p *Publisher) messages(commands []adapter.Command) ([][]*azservicebus.Message, []error) {
	var failures []error
	sessions := newSessions[adapter.QueueID]()
	for _, c := range commands {
		body, err := event.EncodeCommand(c, p.o.Source)
		if err != nil {
			failures = append(failures, &adapter.CommandError{ID: c.ID, Err: err})
			continue
		}
		sessions.add(c.Queue, &azservicebus.Message{
			Body:        body,
			ContentType: new(event.ContentType),
			MessageID:   new(c.ID),
			SessionID:   new(string(c.Queue)),
			Subject:     new(string(c.Type)),
		})
	}
	return sessions.messages, failures
}

// sessions groups messages, in the order of their arrival.
type sessions[ID comparable] struct {
	index    map[ID]int
	messages [][]*azservicebus.Message
}

func newSessions[ID comparable]() *sessions[ID] { return &sessions[ID]{index: map[ID]int{}} }

func (s *sessions[ID]) add(id ID, m *azservicebus.Message) {
	i, known := s.index[id]
	if !known {
		i = len(s.messages)
		s.index[id] = i
		s.messages = append(s.messages, nil)
	}
	s.messages[i] = append(s.messages[i], m)
}

// send borrows a sender for one session's messages.
func (p *Publisher) send(ctx context.Context, messages []*azservicebus.Message) error {
	select {
	case sender := <-p.idle:
		defer func() { p.idle <- sender }()
		return p.sendInOrder(ctx, sender, messages)
	case <-p.closed:
		return errors.New("publisher: closed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sendInOrder sends messages of one session in as few batches as their size allows.
func (p *Publisher) sendInOrder(ctx context.Context, sender *azservicebus.Sender, messages []*azservicebus.Message) error {
	for len(messages) > 0 {
		sent, err := p.sendSome(ctx, sender, messages)
		if err != nil {
			return err
		}
		messages = messages[sent:]
	}
	return nil
}

// sendSome sends as many messages as fit into one batch, at least one.
func (p *Publisher) sendSome(ctx context.Context, sender *azservicebus.Sender, messages []*azservicebus.Message) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, p.o.SendTimeout)
	defer cancel()
	if len(messages) == 1 {
		return 1, tooLarge(messages[0], sender.SendMessage(ctx, messages[0], nil))
	}
	batch, err := sender.NewMessageBatch(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("batch: %w", err)
	}
	for _, m := range messages {
		err := batch.AddMessage(m, nil)
		if err == nil {
			continue
		}
		if !errors.Is(err, azservicebus.ErrMessageTooLarge) || batch.NumMessages() == 0 {
			return 0, tooLarge(m, err)
		}
		break // the next one takes the rest
	}
	if err := sender.SendMessageBatch(ctx, batch, nil); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	return int(batch.NumMessages()), nil
}

// tooLarge tells the one failure that no repetition helps against from the others.
func tooLarge(m *azservicebus.Message, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, azservicebus.ErrMessageTooLarge):
		return &adapter.CommandError{ID: *m.MessageID, Err: err}
	default:
		return fmt.Errorf("send: %w", err)
	}
}

// Close waits for what is being sent and closes the senders. Close a publisher
// once; what is published afterwards fails.
func (p *Publisher) Close(ctx context.Context) error {
	close(p.closed)
	var failures []error
	for range p.o.Senders {
		select {
		case sender := <-p.idle:
			closing, cancel := context.WithTimeout(ctx, p.o.SendTimeout)
			failures = append(failures, sender.Close(closing))
			cancel()
		case <-ctx.Done():
			return errors.Join(append(failures, ctx.Err())...)
		}
	}
	return errors.Join(failures...)
}
