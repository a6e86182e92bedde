package servicebus

import (
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
		err, lost := s.settle(id, outcome)
		if lost {
			_ = s.c.net.Close() // asked for by LoseSettlement
			return nil
		}
		if p.Settled {
			continue
		}
		state := accepted() // whatever the outcome was: that it was done is what is told
		if err != nil {
			state = rejected(err)
		}
		s.send(&wire.Disposition{Role: wire.RoleSender, First: id, Settled: true, State: state})
	}
	return nil
}

// settle applies the outcome; lost says that a fault keeps the client from
// knowing.
func (s *session) settle(id uint32, o broker.Outcome) (err *wire.Error, lost bool) {
	u, ok := s.unsettled[id]
	if !ok {
		return &wire.Error{Condition: broker.MessageLockLost, Description: "no unsettled delivery has this id"}, false
	}
	delete(s.unsettled, id)
	return u.queue.Settle(u.token, o), s.c.server.faults.settle(u.queue)
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
