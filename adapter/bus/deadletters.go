package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"
)

// ErrNoDeadLetter says that a dead-letter queue holds no message of a sequence number.
var ErrNoDeadLetter = errors.New("no such message in the dead-letter queue")

const (
	deadLetterTimeout = 15 * time.Second // of one request; a message's lock lasts longer
	deadLetterSilence = 3 * time.Second  // after which a dead-letter queue is taken for empty
	deadLetterBatch   = 50               // handled well within one lock
)

// DeadLetters is the dead-letter queue of one queue, for people: they look at what
// lies there, send it back or throw it away. Its methods must not be called at the
// same time.
type DeadLetters struct {
	client   *azservicebus.Client
	queue    string
	receiver *azservicebus.Receiver
}

// OpenDeadLetters opens the dead-letter queue of a queue, with or without
// sessions: dead-letter queues never have any. The client belongs to the caller.
func OpenDeadLetters(client *azservicebus.Client, queue string) (*DeadLetters, error) {
	receiver, err := client.NewReceiverForQueue(queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if err != nil {
		return nil, fmt.Errorf("dead letters of %s: %w", queue, err)
	}
	return &DeadLetters{client: client, queue: queue, receiver: receiver}, nil
}

// Close ends it; the messages stay where they are.
func (d *DeadLetters) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deadLetterTimeout)
	defer cancel()
	return d.receiver.Close(ctx)
}

// List looks at the first limit messages, the oldest first, and changes nothing.
func (d *DeadLetters) List(ctx context.Context, limit int) ([]DeadLetter, error) {
	var list []DeadLetter
	err := d.peek(ctx, 0, limit, func(m *azservicebus.ReceivedMessage) { list = append(list, newDeadLetter(m)) })
	return list, err
}

// Show looks at one message and changes nothing; ErrNoDeadLetter if it is not there.
func (d *DeadLetters) Show(ctx context.Context, sequence int64) (DeadLetter, error) {
	shown := DeadLetter{Sequence: -1}
	err := d.peek(ctx, sequence, 1, func(m *azservicebus.ReceivedMessage) { shown = newDeadLetter(m) })
	switch {
	case err != nil:
		return DeadLetter{}, err
	case shown.Sequence != sequence:
		return DeadLetter{}, fmt.Errorf("%d: %w", sequence, ErrNoDeadLetter)
	}
	return shown, nil
}

// All lists the sequence numbers of everything that lies there now.
func (d *DeadLetters) All(ctx context.Context) ([]int64, error) {
	var all []int64
	err := d.peek(ctx, 0, math.MaxInt, func(m *azservicebus.ReceivedMessage) { all = append(all, *m.SequenceNumber) })
	return all, err
}

// peek shows at most limit messages from a sequence number on.
func (d *DeadLetters) peek(ctx context.Context, from int64, limit int, show func(*azservicebus.ReceivedMessage)) error {
	for limit > 0 {
		page, err := d.page(ctx, from, min(limit, 250))
		if err != nil {
			return fmt.Errorf("dead letters of %s: %w", d.queue, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, m := range page {
			show(m)
		}
		limit -= len(page)
		from = *page[len(page)-1].SequenceNumber + 1
	}
	return nil
}

func (d *DeadLetters) page(ctx context.Context, from int64, limit int) (page []*azservicebus.ReceivedMessage, err error) {
	ctx, cancel := context.WithTimeout(ctx, deadLetterTimeout)
	defer cancel()
	defer explainPanic(&err)
	return d.receiver.PeekMessages(ctx, limit, &azservicebus.PeekMessagesOptions{FromSequenceNumber: &from})
}

// Resubmit sends messages back to their queue, the oldest first, and then takes
// them out of the dead-letter queue. They come with a new message id and without
// their rejection, but otherwise as they were. Whatever breaks in between, no
// message is lost; one that was sent and not taken out is sent again with the same
// new id the next time, and the adapter takes an event once.
//
// It returns the numbers of those that were resubmitted, also beside an error.
// Numbers that are not there are named by an ErrNoDeadLetter.
func (d *DeadLetters) Resubmit(ctx context.Context, sequences []int64) ([]int64, error) {
	sender, err := d.client.NewSender(d.queue, nil)
	if err != nil {
		return nil, fmt.Errorf("resubmit to %s: %w", d.queue, err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadLetterTimeout)
		defer cancel()
		_ = sender.Close(ctx) // what was sent is sent
	}()
	done, err := d.take(ctx, sequences, func(ctx context.Context, m *azservicebus.ReceivedMessage) error {
		return sender.SendAMQPAnnotatedMessage(ctx, resubmitted(m), nil)
	})
	if err != nil {
		return done, fmt.Errorf("resubmit to %s: %w", d.queue, err)
	}
	return done, nil
}

// Delete throws messages away for good. It returns what [DeadLetters.Resubmit] does.
func (d *DeadLetters) Delete(ctx context.Context, sequences []int64) ([]int64, error) {
	done, err := d.take(ctx, sequences, func(context.Context, *azservicebus.ReceivedMessage) error { return nil })
	if err != nil {
		return done, fmt.Errorf("delete dead letters of %s: %w", d.queue, err)
	}
	return done, nil
}

// take receives until it has met all the messages, does something with each and
// completes it. Service Bus has no way to ask for one message by its number, so
// what lies before it is received as well, held until the end and given back.
func (d *DeadLetters) take(
	ctx context.Context, sequences []int64, do func(context.Context, *azservicebus.ReceivedMessage) error,
) (done []int64, err error) {
	there, err := d.All(ctx)
	if err != nil {
		return nil, err
	}
	wanted, missing := choose(sequences, there)
	var others []*azservicebus.ReceivedMessage
	met := map[int64]bool{}
	// Asked for are never more than there are, so that nothing arrives afterwards
	// and stays locked unseen.
	for len(wanted) > 0 {
		ask := min(deadLetterBatch, len(there)-len(met))
		batch, err := d.receive(ctx, ask)
		if err != nil {
			return done, err
		}
		for i, m := range batch {
			sequence := *m.SequenceNumber
			met[sequence] = true
			if !wanted[sequence] {
				others = append(others, m)
				continue
			}
			if err := d.finish(ctx, m, do); err != nil {
				d.giveBack(ctx, append(others, batch[i:]...))
				return done, fmt.Errorf("message %d: %w", sequence, err)
			}
			delete(wanted, sequence)
			done = append(done, sequence)
		}
		if len(batch) < ask || ask == 0 {
			// Somebody else holds some. What was given back now would only come here
			// again; the locks run out by themselves.
			return done, errors.Join(append(missing, outOfReach(wanted)...)...)
		}
	}
	d.giveBack(ctx, others)
	return done, errors.Join(missing...)
}

// choose tells the wanted messages that are there from those that are not.
func choose(sequences, there []int64) (wanted map[int64]bool, missing []error) {
	wanted = map[int64]bool{}
	for _, s := range sequences {
		if _, ok := slices.BinarySearch(there, s); ok {
			wanted[s] = true
		} else {
			missing = append(missing, fmt.Errorf("%d: %w", s, ErrNoDeadLetter))
		}
	}
	return wanted, missing
}

func outOfReach(wanted map[int64]bool) []error {
	var errs []error
	for _, s := range slices.Sorted(maps.Keys(wanted)) {
		errs = append(errs, fmt.Errorf("%d: cannot be received now, because somebody else looks at the queue; try again in a minute", s))
	}
	return errs
}

// receive waits until limit messages are there or nothing more comes.
func (d *DeadLetters) receive(ctx context.Context, limit int) (batch []*azservicebus.ReceivedMessage, err error) {
	if err := ctx.Err(); err != nil || limit == 0 {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, deadLetterSilence)
	defer cancel()
	defer explainPanic(&err)
	batch, err = d.receiver.ReceiveMessages(waiting, limit, &azservicebus.ReceiveMessagesOptions{TimeAfterFirstMessage: deadLetterSilence})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, ctx.Err()
	}
	// What was given back before may come later than what was behind it.
	slices.SortFunc(batch, func(a, b *azservicebus.ReceivedMessage) int { return cmp.Compare(*a.SequenceNumber, *b.SequenceNumber) })
	return batch, err
}

// finish is not cut by ctx in the middle of a message.
func (d *DeadLetters) finish(
	ctx context.Context, m *azservicebus.ReceivedMessage, do func(context.Context, *azservicebus.ReceivedMessage) error,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadLetterTimeout)
	defer cancel()
	if err := do(ctx, m); err != nil {
		return err
	}
	return d.receiver.CompleteMessage(ctx, m, nil)
}

// giveBack makes messages visible at once. A failure only means that their locks
// have to run out first, and dead letters wear out by neither.
func (d *DeadLetters) giveBack(ctx context.Context, messages []*azservicebus.ReceivedMessage) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadLetterTimeout)
	defer cancel()
	var abandoning errgroup.Group
	abandoning.SetLimit(settlements)
	for _, m := range messages {
		abandoning.Go(func() error {
			_ = d.receiver.AbandonMessage(ctx, m, nil)
			return nil
		})
	}
	_ = abandoning.Wait()
}

// explainPanic turns what poison.go describes into an error. Messages that were
// dead-lettered by the broker have texts for reasons, so it is not to be expected.
func explainPanic(err *error) {
	if text := recover(); text != nil {
		*err = fmt.Errorf("%w: %v", errPoison, text)
	}
}
