package phone

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Simulator is a telephony with everyone on the phone. Make one with [New], run
// it once, ask for its [Report] at any time.
type Simulator struct {
	options Options
	books   *books
	floor   *floor // owned by the loop
	mailbox *mailbox[func()]
	wire    wire
}

// wire is what the loop needs of a message bus.
type wire interface {
	// publish takes events without waiting; those of one subject keep their order.
	publish([]event)
	// run carries events out and commands in until ctx ends, sends what is left,
	// and returns when nothing of it runs any more.
	run(ctx context.Context, obey func(command)) error
}

// New prepares a simulator; nothing happens before Run.
func New(o Options) *Simulator {
	o = o.withDefaults()
	return newSimulator(o, newBus(o))
}

func newSimulator(o Options, w wire) *Simulator {
	o = o.withDefaults()
	b := newBooks(o.Margin)
	return &Simulator{options: o, books: b, floor: newFloor(o, b), mailbox: newMailbox[func()](), wire: w}
}

// Run simulates until ctx ends. It returns nil after a clean stop; calls and
// callbacks that are under way then simply stay where they are.
func (s *Simulator) Run(ctx context.Context) error {
	if err := s.options.check(); err != nil {
		return err
	}
	// The wire outlives the loop, or the last events would have nobody to send them.
	wireCtx, stopWire := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWire()
	// And the loop does not outlive a wire that gave up.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wireErr error
	var running sync.WaitGroup
	running.Go(func() {
		defer stop()
		wireErr = s.wire.run(wireCtx, func(c command) { s.tell(func() { s.floor.obey(c) }) })
	})
	s.loop(ctx)
	stopWire()
	running.Wait()
	if wireErr != nil && !errors.Is(wireErr, context.Canceled) {
		return fmt.Errorf("phone: %w", wireErr)
	}
	return nil
}

// loop is the only one who touches the floor.
func (s *Simulator) loop(ctx context.Context) {
	clock := s.options.Clock
	s.floor.open(clock.Now())
	for ctx.Err() == nil {
		s.floor.advance(clock.Now())
		for _, happen := range s.mailbox.take() {
			s.floor.react(clock.Now(), happen)
		}
		s.wire.publish(s.floor.taken())
		stop := s.alarm(clock)
		select {
		case <-ctx.Done():
		case <-s.mailbox.filled:
		}
		stop()
	}
}

// alarm wakes the loop for the next thing on the agenda.
func (s *Simulator) alarm(clock Clock) (stop func() bool) {
	at, ok := s.floor.agenda.next()
	if !ok {
		return func() bool { return true }
	}
	return clock.AfterFunc(max(at.Sub(clock.Now()), time.Millisecond), s.mailbox.wake)
}

// tell has something happen on the loop, soon, in the order of the tellings.
func (s *Simulator) tell(what func()) { s.mailbox.put(what) }

// DeliveryCreated says that the delivery service accepted a delivery. It may be
// called from any goroutine and under any lock, like the two below.
func (s *Simulator) DeliveryCreated(d Delivery) { s.tell(func() { s.floor.created(d) }) }

// DeliveryVisible says that representatives may see the delivery now.
func (s *Simulator) DeliveryVisible(d Delivery) { s.tell(func() { s.floor.becameVisible(d) }) }

// DeliveryEnded says that the delivery is over, whoever ended it.
func (s *Simulator) DeliveryEnded(id, status, result string) {
	s.tell(func() { s.floor.ended(id, status, result) })
}

// Report is the sum so far; see [Report.With] for what it cannot know.
func (s *Simulator) Report() Report {
	report, books := s.books.snapshot()
	report.books = books
	report.Lost = len(books.Lost(AdapterFigures{}))
	report.OrderInversions = len(books.Inversions(AdapterFigures{}))
	return report
}

// Books are the promises so far.
func (s *Simulator) Books() Books {
	_, books := s.books.snapshot()
	return books
}
