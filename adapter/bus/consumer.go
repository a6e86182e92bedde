package bus

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
)

// Handler takes call events. It is called by several goroutines at once, but
// never twice at the same time for one session.
//
// Handle answers one verdict an event, in their order: nil means that the event is
// taken for good, a rejection that it never will be. An error means that none of
// them was taken, because the handler's store is down; they will come again.
//
// Before it receives anything after such an error, the consumer asks Handle with
// no events whether it would take some.
type Handler interface {
	Handle(ctx context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error)
}

// ConsumerOptions say where to receive and how much at once. Zero values stand
// for the defaults given.
type ConsumerOptions struct {
	Queue    string
	Sessions bool                   // whether the queue has sessions
	Clients  []*azservicebus.Client // at least one; receivers are spread over them

	Receivers int // sessions held, or receivers, at once; 8
	BatchSize int // events handed to the handler at once; 64

	// SessionAhead is how many messages of a session are asked for at once when many
	// are there; 64. Their order is kept. With 1, each costs a round trip.
	SessionAhead int
	// Gather is how long a receive waits for more after its first message; 5 ms.
	Gather time.Duration
	// IdleSession is how long a session may bring nothing before it makes room for
	// another one, if there is none to spare; 5 s.
	IdleSession time.Duration
	// HoldSession is the longest that one session is held, so that busy lines do not
	// starve others and replicas share; 1 minute.
	HoldSession time.Duration

	ReceiveTimeout time.Duration // of one wait for a session or for messages; 30 s
	HandleTimeout  time.Duration // of one call of the handler; 30 s
	SettleTimeout  time.Duration // of one settlement, renewal or close; 10 s
	// RenewEvery is the longest time between two renewals of a lock; 20 s. Shorter
	// locks are renewed when half of their time is over.
	RenewEvery time.Duration
	// IsolateFor is how long messages are received one by one after one of them made
	// the SDK panic: at least twice the queue's lock duration; 10 minutes.
	IsolateFor time.Duration

	Logger *slog.Logger // discards when nil
	// OnDeadLetter is told the reason of every message that was dead-lettered.
	OnDeadLetter func(reason string)
}

// Consumer receives from one queue. Make it with [NewConsumer].
type Consumer struct {
	handler Handler
	o       ConsumerOptions
	log     *slog.Logger
	counts  counters

	accepting    atomic.Int32 // receivers that wait for a session
	isolateUntil atomic.Int64 // Unix nanoseconds
}

// NewConsumer says what is wrong with the options, or gives a consumer that does
// nothing before [Consumer.Run].
func NewConsumer(h Handler, o ConsumerOptions) (*Consumer, error) {
	switch {
	case h == nil:
		return nil, errors.New("consumer: no handler")
	case o.Queue == "":
		return nil, errors.New("consumer: no queue name")
	case len(o.Clients) == 0:
		return nil, errors.New("consumer: no Service Bus client")
	case o.BatchSize < 0 || o.BatchSize > 2000:
		return nil, errors.New("consumer: a batch has 1 to 2,000 events")
	}
	orElse(&o.Receivers, 8)
	orElse(&o.BatchSize, 64)
	orElse(&o.SessionAhead, 64)
	orElse(&o.Gather, 5*time.Millisecond)
	orElse(&o.IdleSession, 5*time.Second)
	orElse(&o.HoldSession, time.Minute)
	orElse(&o.ReceiveTimeout, 30*time.Second)
	orElse(&o.HandleTimeout, 30*time.Second)
	orElse(&o.SettleTimeout, 10*time.Second)
	orElse(&o.RenewEvery, 20*time.Second)
	orElse(&o.IsolateFor, 10*time.Minute)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnDeadLetter == nil {
		o.OnDeadLetter = func(string) {}
	}
	return &Consumer{handler: h, o: o, log: o.Logger.With("queue", o.Queue)}, nil
}

func orElse[T int | time.Duration](value *T, fallback T) {
	if *value <= 0 {
		*value = fallback
	}
}

// Run receives until ctx ends and then drains: what was received is handled and
// settled, sessions are handed back, receivers closed. It then returns nil. The
// clients stay open; they belong to the caller.
//
// Nothing that Service Bus answers ends Run: a queue that does not exist today may
// tomorrow. [Consumer.Stats] tells whether it is getting anywhere.
func (c *Consumer) Run(ctx context.Context) error {
	var receivers errgroup.Group
	for i := range c.o.Receivers {
		client := c.o.Clients[i%len(c.o.Clients)]
		receivers.Go(func() error {
			c.receive(ctx, client)
			return nil
		})
	}
	return receivers.Wait()
}

// receive holds one lane after the other until ctx ends.
func (c *Consumer) receive(ctx context.Context, client *azservicebus.Client) {
	pause := newBackoff()
	for ctx.Err() == nil {
		lane, err := c.open(ctx, client)
		if err == nil {
			err = c.serve(ctx, lane, pause)
		}
		switch {
		case ctx.Err() != nil || err == nil:
		case errors.Is(err, errNothing):
			pause.reset()
		case errors.Is(err, errHandler):
			c.log.WarnContext(ctx, "events cannot be taken; receiving stops until they can", "error", err)
			c.awaitHandler(ctx, pause)
		default:
			c.counts.interruptions.Add(1)
			c.log.WarnContext(ctx, "receiving was interrupted", "error", err)
			pause.wait(ctx)
		}
	}
}

// awaitHandler returns when the handler would take events again.
func (c *Consumer) awaitHandler(ctx context.Context, pause *backoff) {
	for pause.wait(ctx) {
		_, err := c.callHandler(ctx, nil)
		if err == nil {
			return
		}
		c.log.WarnContext(ctx, "events still cannot be taken", "error", err)
	}
}

// callHandler lets the handler finish when ctx ends: draining is not cutting.
func (c *Consumer) callHandler(ctx context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.o.HandleTimeout)
	defer cancel()
	return c.handler.Handle(ctx, events)
}
