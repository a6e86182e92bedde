package phone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// True time, whatever the Clock says: the network does not run faster.
const (
	sendTimeout = 30 * time.Second
	flushLimit  = 5 * time.Second
	pause       = time.Second // before trying again after an error
)

// bus is the wire over Azure Service Bus: one goroutine owns the Sender, one more
// for each session receives commands.
type bus struct {
	options Options
	log     *slog.Logger
	outbox  *mailbox[event]
}

func newBus(o Options) *bus {
	return &bus{options: o, log: o.Logger, outbox: newMailbox[event]()}
}

func (b *bus) publish(events []event) {
	if len(events) > 0 {
		b.outbox.put(events...)
	}
}

func (b *bus) run(ctx context.Context, obey func(command)) error {
	if b.options.Client == nil {
		return errors.New("no Service Bus client")
	}
	var receivers sync.WaitGroup
	for _, id := range b.options.QueueIDs {
		receivers.Go(func() { b.receive(ctx, id, obey) })
	}
	err := b.send(ctx)
	receivers.Wait()
	return err
}

// send carries the outbox out until ctx ends, and then what is left of it.
func (b *bus) send(ctx context.Context) error {
	sender, err := b.options.Client.NewSender(b.options.EventQueue, nil)
	if err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-b.outbox.filled:
			if rest := b.sendAll(ctx, sender, b.outbox.take()); rest != nil {
				b.outbox.putBack(rest)
			}
		}
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushLimit)
	defer cancel()
	if rest := b.sendAll(flush, sender, b.outbox.take()); rest != nil {
		err = fmt.Errorf("%d events were not sent before the end", len(rest))
	}
	b.close(flush, sender)
	return err
}

// sendAll sends batches, session by session, each event after the earlier ones
// of its session. It tries again until ctx ends and returns what it then still
// has. The broker drops what it has seen before by MessageID, so that a batch
// whose reply was lost may be sent again.
func (b *bus) sendAll(ctx context.Context, sender *azservicebus.Sender, events []event) []event {
	events = bySession(events)
	for len(events) > 0 {
		n, err := b.sendSome(ctx, sender, events)
		events = events[n:]
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return events
		}
		b.log.Warn("send call events", slog.Any("error", err), slog.Int("waiting", len(events)))
		wait(ctx, pause)
	}
	return nil
}

// sendSome sends one batch from the front and tells how many went.
func (b *bus) sendSome(ctx context.Context, sender *azservicebus.Sender, events []event) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	batch, err := sender.NewMessageBatch(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("batch: %w", err)
	}
	n := 0
	for n < len(events) && events[n].session == events[0].session {
		m, err := b.message(events[n])
		if err != nil {
			return 0, err
		}
		if err := batch.AddMessage(m, nil); errors.Is(err, azservicebus.ErrMessageTooLarge) && n > 0 {
			break
		} else if err != nil {
			return 0, fmt.Errorf("batch: %w", err)
		}
		n++
	}
	if err := sender.SendMessageBatch(ctx, batch, nil); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	return n, nil
}

func (b *bus) message(e event) (*azservicebus.Message, error) {
	body, err := encode(e, b.options.Source)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.id, err)
	}
	if b.options.Tap != nil {
		b.options.Tap(body)
	}
	content := contentType
	return &azservicebus.Message{Body: body, ContentType: &content, MessageID: &e.id, SessionID: &e.session, Subject: &e.kind}, nil
}

// bySession brings events of one session together and keeps their order.
func bySession(events []event) []event {
	var names []string
	bins := map[string][]event{}
	for _, e := range events {
		if bins[e.session] == nil {
			names = append(names, e.session)
		}
		bins[e.session] = append(bins[e.session], e)
	}
	sorted := make([]event, 0, len(events))
	for _, name := range names {
		sorted = append(sorted, bins[name]...)
	}
	return sorted
}

type closer interface{ Close(context.Context) error }

// close gives a link back. An error is only told: everything was sent or settled
// before, and the SDK reports one when a token renewal was cut in the middle.
func (b *bus) close(ctx context.Context, c closer) {
	if err := c.Close(ctx); err != nil {
		b.log.Warn("close link", slog.Any("error", err))
	}
}

// wait pauses, or returns at once when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
