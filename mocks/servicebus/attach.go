package servicebus

import (
	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// batchSizeProperty bounds batches apart from single messages.
const (
	batchSizeProperty = "com.microsoft:max-message-batch-size"
	maxBatchSize      = 1 << 20
)

// attach answers attach: with a link, or with a refusal.
func (s *session) attach(p *wire.Attach) *wire.Error {
	if s.links[p.Handle] != nil {
		return &wire.Error{Condition: handleInUse, Description: "attach on a handle in use"}
	}
	if p.Role == wire.RoleSender {
		s.attachIncoming(p)
	} else {
		s.attachOutgoing(p)
	}
	return nil
}

// reply is the attach that answers p: the same name and handle, the other role,
// the settle modes exactly as asked for.
func reply(p *wire.Attach) *wire.Attach {
	a := &wire.Attach{
		Name: p.Name, Handle: p.Handle, Role: !p.Role, Source: p.Source, Target: p.Target,
		SendMode:    wire.Some(p.SendMode.Or(wire.SendMixed)),
		ReceiveMode: wire.Some(p.ReceiveMode.Or(wire.ReceiveFirst)),
	}
	if p.Role == wire.RoleReceiver {
		a.InitialDeliveryCount = wire.Some[uint32](0)
	}
	return a
}

// refuse attaches without a terminus of our own and detaches with the reason:
// how AMQP says no to a link.
func (s *session) refuse(l link, p *wire.Attach, err *wire.Error) {
	a := reply(p)
	if p.Role == wire.RoleSender {
		a.Target = nil
	} else {
		a.Source = nil
	}
	s.links[p.Handle] = l
	s.send(a)
	kick(l, err)
}

// permit finds what a link is for, if the link may be attached there. Requests
// are looked at one by one, so that any right opens their links.
func (s *session) permit(b *linkBase, terminus any, right Rights) (node, *wire.Error) {
	n, err := s.c.server.resolve(terminus)
	if err != nil {
		return n, err
	}
	if b.node, b.needs = n, right; n.kind == nodeManagement {
		b.needs = Listen | Send
	}
	return n, s.c.authorized(n, b.needs)
}

func (s *session) attachIncoming(p *wire.Attach) {
	l := &inLink{linkBase: linkBase{s: s, name: p.Name, handle: p.Handle}, maximum: s.c.server.config.MaxMessageSize}
	n, err := s.permit(&l.linkBase, p.Target, Send)
	if err == nil {
		l.sink, err = s.sinkOf(l, n)
	}
	if err != nil {
		s.refuse(l, p, err)
		return
	}
	a := reply(p)
	// Without both limits the SDK takes a batch of any size to be too large.
	a.MaxMessageSize = wire.Some(l.maximum)
	a.Properties = wire.Map{{Key: wire.Symbol(batchSizeProperty), Value: min(l.maximum, maxBatchSize)}}
	s.links[p.Handle] = l
	s.send(a)
	l.grant()
}

func (s *session) sinkOf(l *inLink, n node) (sink, *wire.Error) {
	switch n.kind {
	case nodeTokens:
		return &requests{l: l, node: n, answer: s.c.putToken}, nil
	case nodeManagement:
		return &requests{l: l, node: n, answer: s.c.manage}, nil
	case nodeEntity:
	}
	if err := s.c.server.faults.strikeWith(refuseAttach, n.queue); err != nil {
		return nil, err
	}
	if k := n.queue.Kind(); k == broker.KindSubscription || k == broker.KindDeadLetter {
		return nil, &wire.Error{Condition: broker.NotAllowed, Description: "messages cannot be sent to " + n.queue.Name()}
	}
	l.entity = n.queue
	return entitySink{server: s.c.server, queue: n.queue}, nil
}

func (s *session) attachOutgoing(p *wire.Attach) {
	l := &outLink{linkBase: linkBase{s: s, name: p.Name, handle: p.Handle}, settled: p.SendMode.Or(wire.SendMixed) == wire.SendSettled}
	n, err := s.permit(&l.linkBase, p.Source, Listen)
	if err != nil {
		s.refuse(l, p, err)
		return
	}
	if n.kind != nodeEntity {
		l.source = &replies{node: n, target: address(p.Target)}
		s.links[p.Handle] = l
		s.send(reply(p))
		return
	}
	if err := s.receive(l, p, n.queue); err != nil {
		s.refuse(l, p, err)
	}
}

// receive opens a receiver of an entity, for a session of it if the source has
// a session filter.
func (s *session) receive(l *outLink, p *wire.Attach, q *broker.Queue) *wire.Error {
	if err := s.c.server.faults.strikeWith(refuseAttach, q); err != nil {
		return err
	}
	wanted, filtered := readSessionFilter(p.Source)
	switch {
	case q.Kind() == broker.KindTopic:
		return &wire.Error{Condition: broker.NotAllowed, Description: "messages are received from subscriptions, not from topic " + q.Name()}
	case filtered && !q.RequiresSession():
		return &wire.Error{Condition: broker.NotAllowed, Description: q.Name() + " has no sessions, but the link has a session filter"}
	case !filtered && q.RequiresSession():
		return &wire.Error{Condition: broker.NotAllowed, Description: q.Name() + " requires sessions, but the link has no session filter"}
	}
	l.entity = q
	s.links[p.Handle] = l
	signals := &s.c.signals
	options := broker.ReceiverOptions{
		Delete: l.settled,
		Wake:   func() bool { return signals.flag(l) },
		Lost:   func(err *wire.Error) { signals.post(func() { kick(l, err) }) },
	}
	if !filtered {
		l.source = &entitySource{receiver: q.Receiver(options)}
		s.send(reply(p))
		return nil
	}
	wait := &sessionWait{}
	l.source = wait
	wait.cancel = q.Accept(wanted, sessionTimeout(p), options, func(a broker.Acceptance) {
		// Called with the entity locked: the writer goes on with it.
		signals.post(func() { l.accepted(p, a) })
	})
	return nil
}
