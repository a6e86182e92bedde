package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"
)

// settlements is how many settlements of one lane may be under way: with a round
// trip of 10 ms that carries about 5,000 messages a second.
const settlements = 64

// serve holds a lane until its turn is over. Three things go on at once: messages
// are read ahead, locks are renewed, and here, batch by batch, events are handled
// while the settlements of earlier ones are still under way.
func (c *Consumer) serve(ctx context.Context, l *lane, pause *backoff) error {
	c.counts.open.Add(1)
	defer c.counts.open.Add(-1)
	defer c.close(ctx, l)

	reading, stopReading := context.WithCancel(ctx)
	defer stopReading()
	l.stopReading = stopReading
	renewing, stopRenewing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRenewing()

	inbox := newInbox(2 * c.o.BatchSize)
	var beside errgroup.Group
	beside.Go(func() error {
		defer inbox.close()
		err := c.read(reading, l, inbox)
		if errors.Is(err, errPoison) {
			stopRenewing() // see poison.go
		}
		return err
	})
	beside.Go(func() error {
		c.renew(renewing, l)
		return nil
	})

	var settling errgroup.Group
	settling.SetLimit(settlements)
	var failed error
	for batch := inbox.take(c.o.BatchSize); len(batch) > 0; batch = inbox.take(c.o.BatchSize) {
		if failed != nil || l.lost.Load() {
			continue // not ours any more; the inbox is only emptied
		}
		if failed = c.handle(ctx, l, batch, &settling); failed != nil {
			stopReading()
		} else {
			pause.reset()
		}
	}
	_ = settling.Wait() // its functions return no errors; failures are counted
	stopRenewing()
	interrupted := beside.Wait()
	switch {
	case failed != nil:
		return failed
	case l.lost.Load():
		return errLost
	case errors.Is(interrupted, errPoison):
		c.letLockExpire(ctx, l)
	}
	return interrupted
}

// read fills the inbox until the lane's turn is over.
func (c *Consumer) read(ctx context.Context, l *lane, inbox *inbox) error {
	opened, last := time.Now(), time.Now()
	pace := newPace(c.o.SessionAhead)
	for ctx.Err() == nil {
		room := inbox.room(ctx)
		if room == 0 {
			break
		}
		var messages []*azservicebus.ReceivedMessage
		var err error
		if l.session != nil {
			messages, err = c.readSession(ctx, l, pace, min(room, pace.ask))
		} else {
			messages, err = c.receiveSome(ctx, l, c.atOnce(room))
		}
		switch {
		case len(messages) > 0:
			c.counts.received.Add(int64(len(messages)))
			last = time.Now()
			l.hold(messages)
			inbox.put(messages)
		case errors.Is(err, errPoison):
			if l.session != nil {
				return err
			}
		case errors.Is(err, errDisorder):
			return err // what was received is not handed on, and must come again
		case ctx.Err() != nil:
		case err == nil:
			return errors.New("the connection or its link was dropped")
		case !errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("receive: %w", err)
		}
		if l.session != nil && c.turnIsOver(opened, last) {
			return nil
		}
	}
	return nil
}

// readSession is one receive from a session, in its order; see ahead.go.
func (c *Consumer) readSession(ctx context.Context, l *lane, p *pace, limit int) ([]*azservicebus.ReceivedMessage, error) {
	limit = c.atOnce(limit)
	risky, began := p.risky(), time.Now()
	messages, err := c.receiveSome(ctx, l, limit)
	p.received(limit, len(messages), time.Since(began))
	if len(messages) == 0 {
		return nil, err
	}
	if risky {
		if messages, err = c.inOrder(ctx, l, p, messages); err != nil {
			return nil, err
		}
	}
	p.last = *messages[len(messages)-1].SequenceNumber
	return messages, nil
}

// atOnce is how many messages may be received at once.
func (c *Consumer) atOnce(limit int) int {
	if c.isolating() {
		return 1
	}
	return limit
}

// turnIsOver tells whether a session must make room. It need not while one of our
// receivers is waiting for a session, because then no session waits for one.
func (c *Consumer) turnIsOver(opened, last time.Time) bool {
	crowded := c.accepting.Load() == 0
	return crowded && time.Since(last) >= c.o.IdleSession || time.Since(opened) >= c.o.HoldSession
}

// receiveSome is one receive with its deadline and its net: errPoison says that
// the SDK panicked.
func (c *Consumer) receiveSome(ctx context.Context, l *lane, room int) (messages []*azservicebus.ReceivedMessage, err error) {
	timeout := c.o.ReceiveTimeout
	if l.session != nil {
		timeout = min(timeout, c.o.IdleSession)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer c.catchPoison(ctx, &err)
	return l.ReceiveMessages(ctx, room, &azservicebus.ReceiveMessagesOptions{TimeAfterFirstMessage: c.o.Gather})
}
