package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// What ends the holding of a lane, beside its turn being over.
var (
	errNothing = errors.New("nothing there")            // no session has messages
	errHandler = errors.New("the handler took nothing") // its store is down
	errLost    = errors.New("the session's lock was lost")
	errPoison  = errors.New("a message makes the SDK panic") // see poison.go
)

// receiver is what the SDK's receivers with and without session have in common.
type receiver interface {
	ReceiveMessages(context.Context, int, *azservicebus.ReceiveMessagesOptions) ([]*azservicebus.ReceivedMessage, error)
	CompleteMessage(context.Context, *azservicebus.ReceivedMessage, *azservicebus.CompleteMessageOptions) error
	DeadLetterMessage(context.Context, *azservicebus.ReceivedMessage, *azservicebus.DeadLetterOptions) error
	Close(context.Context) error
}

// lane is one ordered stream of messages while it is held: a session, or one
// receiver's share of a queue without sessions.
type lane struct {
	receiver
	session *azservicebus.SessionReceiver // nil without sessions
	plain   *azservicebus.Receiver        // nil with sessions

	// lost says that the session's lock is gone: what was received from it will be
	// received by its next holder and is no longer ours to handle or settle.
	lost        atomic.Bool
	stopReading context.CancelFunc

	lockedUntil atomic.Int64  // Unix nanoseconds, by the broker's clock
	lockFor     atomic.Int64  // how long locks last, in nanoseconds; 0 = not told yet
	lockSeen    chan struct{} // one slot: lockFor became known

	mu        sync.Mutex // guards unsettled; never held over a wait
	unsettled map[*azservicebus.ReceivedMessage]struct{}
}

// open waits for the next session that has messages, or makes a receiver.
func (c *Consumer) open(ctx context.Context, client *azservicebus.Client) (*lane, error) {
	l := &lane{
		lockSeen:  make(chan struct{}, 1),
		unsettled: map[*azservicebus.ReceivedMessage]struct{}{},
	}
	if !c.o.Sessions {
		plain, err := client.NewReceiverForQueue(c.o.Queue, nil)
		if err != nil {
			return nil, fmt.Errorf("open receiver: %w", err)
		}
		l.plain, l.receiver = plain, plain
		return l, nil
	}

	c.accepting.Add(1)
	defer c.accepting.Add(-1)
	began := time.Now()
	accept, cancel := context.WithTimeout(ctx, c.o.ReceiveTimeout)
	defer cancel()
	session, err := client.AcceptNextSessionForQueue(accept, c.o.Queue, nil)
	switch {
	case err == nil:
		l.session, l.receiver = session, session
		l.sawLock(session.LockedUntil())
		return l, nil
	case timedOut(err) && time.Since(began) > c.o.ReceiveTimeout/2:
		return nil, errNothing
	default:
		// A time-out that came at once is treated like a fault, with back-off, so that
		// a broker which always answers so is not asked in a tight loop.
		return nil, fmt.Errorf("accept session: %w", err)
	}
}

// timedOut knows both faces of waiting in vain: the broker's and the context's.
func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || hasCode(err, azservicebus.CodeTimeout)
}

func hasCode(err error, code azservicebus.Code) bool {
	problem, ok := errors.AsType[*azservicebus.Error](err)
	return ok && problem.Code == code
}

// close hands the lane back. Closing a session returns what was not settled
// without counting a delivery.
func (c *Consumer) close(ctx context.Context, l *lane) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.o.SettleTimeout)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		c.log.DebugContext(ctx, "closing a receiver", "error", err)
	}
}

// lose ends the lane's turn, because its lock is gone.
func (l *lane) lose() {
	l.lost.Store(true)
	l.stopReading()
}

// sawLock notes until when a fresh lock holds.
func (l *lane) sawLock(until time.Time) {
	l.lockedUntil.Store(until.UnixNano())
	if l.lockFor.CompareAndSwap(0, max(int64(time.Until(until)), 1)) {
		l.lockSeen <- struct{}{} // one slot, and sent once
	}
}

// lockLeft is what is left of the lock, as far as the two clocks agree.
func (l *lane) lockLeft() time.Duration { return time.Until(time.Unix(0, l.lockedUntil.Load())) }

func (l *lane) hold(messages []*azservicebus.ReceivedMessage) {
	if l.plain == nil {
		return // one lock for all of them
	}
	for _, m := range messages {
		if m.LockedUntil != nil {
			l.sawLock(*m.LockedUntil)
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		l.unsettled[m] = struct{}{}
	}
}

func (l *lane) letGo(m *azservicebus.ReceivedMessage) {
	if l.plain == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.unsettled, m)
}

// held lists the messages whose locks are ours to renew.
func (l *lane) held() []*azservicebus.ReceivedMessage {
	l.mu.Lock()
	defer l.mu.Unlock()
	messages := make([]*azservicebus.ReceivedMessage, 0, len(l.unsettled))
	for m := range l.unsettled {
		messages = append(messages, m)
	}
	return messages
}
