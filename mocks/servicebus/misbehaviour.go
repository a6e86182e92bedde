package servicebus

import (
	"errors"
	"math/rand/v2"
	"time"

	"directcallback/mocks/servicebus/internal/broker"
)

// Misbehaviour is how an entity behaves badly by chance: within what Service
// Bus promises, but far more often than in Azure. Chances are from 0 to 1. Each
// knob draws from a stream of its own, so that turning one leaves the others'
// decisions as they were; with one client that does one thing at a time, the
// same seed is the same run.
type Misbehaviour struct {
	Seed uint64

	// Duplicate delivers a completed message once more, with the next delivery
	// count: the service confirmed, and failed over before it was written. It
	// never repeats a message twice, nor beyond its last attempt, nor what was
	// received and deleted. It finds clients whose effects are not idempotent,
	// and those that keep "done" in memory only.
	Duplicate float64

	// Reorder hands out the message behind the next one first, when more than
	// one waits. On sessions too, where Service Bus keeps the order: what comes
	// out of order there was sent out of order, by publishers that retry or
	// run in parallel. It finds clients that take the order of arrival for the
	// order of events and let an older event undo a newer one.
	Reorder float64

	// LoseSettlement cuts the connection instead of confirming a settlement
	// that took effect. It finds clients that take an unconfirmed settlement
	// for one that did not happen, that wait for the confirmation without a
	// deadline, or that do not come back after the connection broke.
	LoseSettlement float64

	// DelaySettlement confirms settlements this much later; they take effect at
	// once. It finds clients that settle one message after the other, whose
	// throughput is one message a round trip, and deadlines shorter than a slow
	// moment of the service. Other replies are never delayed: the SDK holds
	// locks while it waits for them, which would stop a synctest bubble's clock.
	DelaySettlement time.Duration
}

// Misbehave makes an entity misbehave from now on; the zero value ends it. A
// dead-letter queue is an entity of its own.
func (s *Server) Misbehave(entity string, m Misbehaviour) error {
	q, err := s.entity(entity)
	if err != nil {
		return err
	}
	chances := []struct {
		kind   faultKind
		chance float64
	}{{duplicate, m.Duplicate}, {reorder, m.Reorder}, {loseSettlement, m.LoseSettlement}}
	for _, c := range chances {
		if !(c.chance >= 0 && c.chance <= 1) { // NaN is neither
			return errors.New("servicebus: a chance is not between 0 and 1")
		}
	}
	if m.DelaySettlement < 0 {
		return errors.New("servicebus: DelaySettlement is negative")
	}
	for stream, c := range chances {
		s.faults.change(c.kind, q, func(f *fault) {
			f.chance, f.random = c.chance, rand.New(rand.NewPCG(m.Seed, uint64(stream)))
		})
	}
	s.faults.change(delaySettlement, q, func(f *fault) { f.delay = m.DelaySettlement })
	q.Misbehave(broker.Unruly{
		Again: func() bool { return s.faults.strike(duplicate, q) != nil },
		Swap:  func() bool { return s.faults.strike(reorder, q) != nil },
	})
	return nil
}
