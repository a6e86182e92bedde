package servicebus

import (
	"time"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// maxRange bounds the deliveries of one disposition.
const maxRange = 1 << 16

// disposition settles deliveries, and answers each one that is not settled
// already, known or not: the client waits for it.
func (s *session) disposition(p *wire.Disposition) *wire.Error {
	if p.Role == wire.RoleSender {
		return nil // about messages sent to us, which were settled when they came
	}
	last := p.Last.Or(p.First)
	if last-p.First >= maxRange {
		return &wire.Error{Condition: invalidField, Description: "disposition of too many deliveries"}
	}
	outcome, terminal := readOutcome(p.State)
	if !terminal && !p.Settled {
		return nil // received: the verdict is still to come
	}
	for id := p.First; id != last+1; id++ {
		q, err := s.settle(id, outcome)
		if q != nil && s.c.server.faults.strike(loseSettlement, q) != nil {
			_ = s.c.net.Close() // the client is not to know
			return nil
		}
		if !p.Settled {
			s.confirm(id, q, err)
		}
	}
	return nil
}

// settle applies the outcome. The queue is nil when there is no such delivery.
func (s *session) settle(id uint32, o broker.Outcome) (*broker.Queue, *wire.Error) {
	u, ok := s.unsettled[id]
	if !ok {
		return nil, &wire.Error{Condition: broker.MessageLockLost, Description: "no unsettled delivery has this id"}
	}
	delete(s.unsettled, id)
	return u.queue, u.queue.Settle(u.token, o)
}

// confirm answers a settlement, later when a fault says so.
func (s *session) confirm(id uint32, q *broker.Queue, err *wire.Error) {
	state := accepted() // whatever the outcome was: that it was done is what is told
	if err != nil {
		state = rejected(err)
	}
	d := &wire.Disposition{Role: wire.RoleSender, First: id, Settled: true, State: state}
	if slow := s.c.server.faults.strike(delaySettlement, q); slow != nil {
		s.c.agenda.add(time.Now().Add(slow.delay), func() { s.send(d) })
		return
	}
	s.send(d)
}

// readOutcome reads a delivery state; a settled delivery without one, or with
// an unknown one, is given back.
func readOutcome(state any) (o broker.Outcome, terminal bool) {
	o.Settlement = broker.Release
	d, ok := state.(wire.Described)
	if !ok {
		return o, false
	}
	fields, _ := d.Value.(wire.List)
	field := func(i int) any {
		if i < len(fields) {
			return fields[i]
		}
		return nil
	}
	switch d.Code() {
	case wire.CodeAccepted:
		o.Settlement = broker.Complete
	case wire.CodeRejected:
		o.Settlement = broker.DeadLetter
		readReason(&o, field(0))
	case wire.CodeReleased:
	case wire.CodeModified:
		o.Settlement = broker.Abandon
		if undeliverable, _ := field(1).(bool); undeliverable {
			o.Settlement = broker.Defer
		}
		o.Changes, _ = field(2).(wire.Map)
	default:
		return o, false
	}
	return o, true
}

// readReason reads the error of a rejection: for clients of Service Bus its map
// carries reason, description and properties to change.
func readReason(o *broker.Outcome, rejection any) {
	d, ok := rejection.(wire.Described)
	if !ok {
		return
	}
	fields, _ := d.Value.(wire.List)
	if len(fields) < 3 {
		return
	}
	info, _ := fields[2].(wire.Map)
	for _, e := range info {
		text, isText := e.Value.(string)
		switch key := wire.KeyString(e.Key); {
		case key == "DeadLetterReason" && isText:
			o.Reason = text
		case key == "DeadLetterErrorDescription" && isText:
			o.Description = text
		default:
			o.Changes = append(o.Changes, e)
		}
	}
}
