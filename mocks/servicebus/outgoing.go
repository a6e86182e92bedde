package servicebus

import (
	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// outLink is a link on which the client receives.
type outLink struct {
	linkBase

	source  source // nil while the link waits for a session
	settled bool   // deliveries are sent settled
	credit  uint32
	count   uint32 // deliveries sent
	drain   bool
	flagged bool // noted in signals.links, guarded by signals.mu
}

// source is where a link's messages come from.
type source interface {
	// send transfers up to limit messages and returns how many there were.
	send(l *outLink, limit int) int
	// pass says that the link was woken and cannot send.
	pass()
	// close gives back what the source holds.
	close()
}

func (l *outLink) close() {
	if l.source != nil {
		l.source.close()
	}
}

// flow of a receiver sets the credit: what it grants, less what we sent
// meanwhile.
func (l *outLink) flow(p *wire.Flow) {
	if p.LinkCredit.Set {
		l.credit = remaining(p.LinkCredit.Value, l.count-p.DeliveryCount.Or(0))
	}
	l.drain = p.Drain
	if l.drain {
		l.s.c.signals.flag(l)
	}
	if p.Echo && !l.gone() {
		l.report()
	}
}

func (l *outLink) report() {
	f := l.s.state()
	f.Handle = wire.Some(l.handle)
	f.DeliveryCount = wire.Some(l.count)
	f.LinkCredit = wire.Some(l.credit)
	f.Drain = l.drain
	l.s.send(f)
}

// pump sends what credit, window and buffer allow. The writer calls it.
func (l *outLink) pump() {
	if l.source == nil {
		return
	}
	for l.credit > 0 && !l.gone() && !l.s.c.closing {
		const burst = 32 // messages between two looks at the buffer
		limit := min(l.credit, l.s.outgoing, burst)
		if limit == 0 || len(l.s.backlog) > 0 {
			l.source.pass() // the peer's next flow brings us back
			return
		}
		if len(l.s.c.out) > outSoftLimit {
			l.source.pass()
			l.s.c.signals.flag(l) // after this write
			return
		}
		sent := l.source.send(l, int(limit))
		if sent < int(limit) {
			l.drained()
			return
		}
	}
	l.source.pass()
	l.drained()
}

// drained uses up the credit when the peer asked for that.
func (l *outLink) drained() {
	if !l.drain || l.gone() {
		return
	}
	l.count += l.credit
	l.credit, l.drain = 0, true
	l.report()
	l.drain = false
}

// transfer sends one message, in as many frames as it takes, and returns its
// delivery id.
func (l *outLink) transfer(tag []byte, settled bool, message []byte) uint32 {
	s := l.s
	id := s.nextDelivery
	s.nextDelivery++
	l.credit--
	l.count++
	const overhead = 64 // of frame header and transfer, at most
	p := wire.Transfer{
		Handle: l.handle, DeliveryID: wire.Some(id), DeliveryTag: tag,
		MessageFormat: wire.Some[uint32](0), Settled: wire.Some(settled),
	}
	for {
		part := message[:min(len(message), s.c.frameMax-overhead)]
		message = message[len(part):]
		p.More = len(message) > 0
		s.transferFrame(&p, part)
		if !p.More {
			return id
		}
		p = wire.Transfer{Handle: l.handle}
	}
}

// transferFrame sends a frame, or keeps it until the window opens.
func (s *session) transferFrame(p *wire.Transfer, part []byte) {
	if s.outgoing == 0 || len(s.backlog) > 0 {
		s.backlog = append(s.backlog, wire.AppendFrame(nil, wire.FrameAMQP, s.channel, p, part))
		return
	}
	s.nextOutgoing++
	s.outgoing--
	if !s.c.closing && !s.ended {
		s.c.out = wire.AppendFrame(s.c.out, wire.FrameAMQP, s.channel, p, part)
	}
}

// entitySource takes messages from a queue or a session of one.
type entitySource struct {
	receiver *broker.Receiver
	session  string            // id, when it is a session of an entity
	taken    []broker.Delivery // reused
}

func (e *entitySource) send(l *outLink, limit int) int {
	e.taken = e.receiver.Take(e.taken[:0], limit)
	for i := range e.taken {
		d := &e.taken[i]
		c := l.s.c
		c.scratch = d.Append(c.scratch[:0])
		id := l.transfer(deliveryTag(d.Token), d.Settled, c.scratch)
		if !d.Settled {
			l.s.unsettled[id] = unsettled{link: l, queue: e.receiver.Queue(), token: d.Token}
		}
	}
	n := len(e.taken)
	clear(e.taken)
	return n
}

func (e *entitySource) pass() { e.receiver.Pass() }

func (e *entitySource) close() { e.receiver.Close() }

// deliveryTag is a lock token in the byte order of a .NET GUID, which is how
// clients read it.
func deliveryTag(t wire.UUID) []byte {
	return []byte{
		t[3], t[2], t[1], t[0], t[5], t[4], t[7], t[6],
		t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15],
	}
}
