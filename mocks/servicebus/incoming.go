package servicebus

import (
	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// incomingCredit is what a sending client may send ahead on a link.
const incomingCredit = 1000

// sink is what a link delivers into. It returns the delivery's outcome and keeps
// nothing of the message.
type sink interface {
	accept(message []byte, format uint32) (state any)
}

// inLink is a link on which the client sends.
type inLink struct {
	linkBase

	sink    sink
	maximum uint64 // bytes of a message
	credit  uint32
	count   uint32 // deliveries received

	// The delivery of which frames are still to come.
	more    bool
	partial []byte // reused: sinks keep nothing of it
	id      uint32
	format  uint32
	settled bool
}

func (l *inLink) close() {}

// flow of a sender tells its delivery count, and asks for ours with echo.
func (l *inLink) flow(p *wire.Flow) {
	if p.Echo && !l.gone() {
		l.grant()
	}
}

// grant gives the full credit again.
func (l *inLink) grant() {
	l.credit = incomingCredit
	f := l.s.state()
	f.Handle = wire.Some(l.handle)
	f.DeliveryCount = wire.Some(l.count)
	f.LinkCredit = wire.Some(l.credit)
	l.s.send(f)
}

// transfer takes a frame of a message.
func (s *session) transfer(p *wire.Transfer, payload []byte) *wire.Error {
	if err := s.received(); err != nil {
		return err
	}
	l, ok := s.links[p.Handle].(*inLink)
	switch {
	case !ok:
		return &wire.Error{Condition: unattachedHandle, Description: "transfer on a handle that is not attached for it"}
	case l.detached:
		return nil
	}
	if err := l.start(p); err != nil {
		kick(l, err)
		return nil
	}
	if uint64(len(l.partial)+len(payload)) > l.maximum {
		kick(l, &wire.Error{Condition: messageTooLarge, Description: "the message is larger than the link allows"})
		return nil
	}
	if p.Settled.Or(false) {
		l.settled = true
	}
	switch {
	case p.Aborted:
	case p.More:
		l.partial, l.more = append(l.partial, payload...), true
		return nil
	case l.more:
		l.partial = append(l.partial, payload...)
		l.complete(l.partial)
	default:
		l.complete(payload)
	}
	if l.partial, l.more = l.partial[:0], false; cap(l.partial) > maxBatchSize {
		l.partial = nil // rare enough not to be kept
	}
	if l.credit <= incomingCredit/2 && !l.gone() {
		l.grant()
	}
	return nil
}

// start opens a delivery with its first frame; later frames only continue it.
func (l *inLink) start(p *wire.Transfer) *wire.Error {
	if l.more {
		return nil
	}
	if !p.DeliveryID.Set {
		return &wire.Error{Condition: invalidField, Description: "the first transfer of a delivery has no delivery id"}
	}
	if l.credit == 0 {
		return &wire.Error{Condition: transferLimit, Description: "more deliveries than there is credit"}
	}
	l.credit--
	l.count++
	l.id, l.format, l.settled = p.DeliveryID.Value, p.MessageFormat.Or(0), false
	return nil
}

func (l *inLink) complete(message []byte) {
	state := l.sink.accept(message, l.format)
	if l.settled || l.gone() {
		return
	}
	l.s.send(&wire.Disposition{Role: wire.RoleReceiver, First: l.id, Settled: true, State: state})
}

// entitySink publishes into a queue or topic.
type entitySink struct {
	server *Server
	queue  *broker.Queue
}

func (e entitySink) accept(message []byte, format uint32) any {
	if err := e.server.faults.strikeWith(rejectSend, e.queue); err != nil {
		return rejected(err)
	}
	all, err := broker.ParseBatch(message, format)
	if err != nil {
		return rejected(&wire.Error{Condition: decodeError, Description: err.Error()})
	}
	if err := e.queue.Publish(all); err != nil {
		return rejected(err)
	}
	return accepted()
}

func accepted() any {
	return wire.Described{Descriptor: uint64(wire.CodeAccepted), Value: wire.List(nil)}
}

func rejected(err *wire.Error) any {
	return wire.Described{Descriptor: uint64(wire.CodeRejected), Value: wire.List{err}}
}
