package servicebus

import (
	"strings"
	"time"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// Addresses that are not entities.
const (
	cbsAddress       = "$cbs"
	managementSuffix = "/$management"
)

// Positions in source and target (part 3, sections 3.5.3 and 3.5.4).
const (
	terminusAddress = 0
	sourceFilter    = 7
)

const (
	sessionFilter      = "com.microsoft:session-filter"
	timeoutProperty    = "com.microsoft:timeout"
	lockedUntil        = "com.microsoft:locked-until-utc"
	batchSizeProperty  = "com.microsoft:max-message-batch-size"
	maxBatchSize       = 1 << 20
	defaultSessionWait = time.Minute
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

func (s *session) attachIncoming(p *wire.Attach) {
	l := &inLink{linkBase: linkBase{s: s, name: p.Name, handle: p.Handle}, maximum: s.c.server.config.MaxMessageSize}
	n, err := s.c.server.resolve(p.Target)
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
		return &requests{l: l, node: n, answer: s.c.server.putToken}, nil
	case nodeManagement:
		return &requests{l: l, node: n, answer: s.c.manage}, nil
	case nodeEntity:
	}
	if err := s.c.server.faults.attach(n.queue); err != nil {
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
	n, err := s.c.server.resolve(p.Source)
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
	if err := s.c.server.faults.attach(q); err != nil {
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

// sessionWait is the source of a link whose attach is not answered yet.
type sessionWait struct{ cancel func() }

func (*sessionWait) send(*outLink, int) int { return 0 }
func (*sessionWait) pass()                  {}
func (w *sessionWait) close()               { w.cancel() }

// waiting tells that the attach of l is not answered yet.
func waiting(l link) bool {
	out, ok := l.(*outLink)
	if !ok {
		return false
	}
	_, ok = out.source.(*sessionWait)
	return ok
}

// accepted answers the attach of a session receiver.
func (l *outLink) accepted(p *wire.Attach, a broker.Acceptance) {
	switch {
	case l.gone():
		return // closing the link gave the session back
	case a.Err != nil:
		l.s.refuse(l, p, a.Err)
		return
	}
	l.source = &entitySource{receiver: a.Receiver, session: a.SessionID}
	r := reply(p)
	r.Source = echoSession(p.Source, a.SessionID)
	r.Properties = wire.Map{{Key: wire.Symbol(lockedUntil), Value: ticks(a.LockedUntil)}}
	l.s.send(r)
}

// ticks is a time as .NET counts it: 100 ns since year 1.
func ticks(t time.Time) int64 {
	const unixEpoch = 621355968000000000
	return t.UnixMilli()*10000 + unixEpoch
}

// sessionTimeout is how long the client wants to wait for a session.
func sessionTimeout(p *wire.Attach) time.Duration {
	if ms, ok := p.Properties.Get(timeoutProperty).(uint32); ok {
		return time.Duration(ms) * time.Millisecond
	}
	return defaultSessionWait
}

// address of a terminus; "" for none.
func address(terminus any) string {
	d, ok := terminus.(wire.Described)
	if !ok {
		return ""
	}
	fields, _ := d.Value.(wire.List)
	if len(fields) <= terminusAddress {
		return ""
	}
	text, _ := fields[terminusAddress].(string)
	return text
}

// readSessionFilter finds the session a receiver asks for: nil is any. The
// value may be described or not.
func readSessionFilter(source any) (id *string, found bool) {
	d, _ := source.(wire.Described)
	fields, _ := d.Value.(wire.List)
	if len(fields) <= sourceFilter {
		return nil, false
	}
	filters, _ := fields[sourceFilter].(wire.Map)
	for _, e := range filters {
		if wire.KeyString(e.Key) != sessionFilter {
			continue
		}
		value := e.Value
		if described, ok := value.(wire.Described); ok {
			value = described.Value
		}
		if text, ok := value.(string); ok {
			return &text, true
		}
		return nil, true
	}
	return nil, false
}

// echoSession is the source with the session's id in its filter, in the form
// the client used.
func echoSession(source any, id string) any {
	d, _ := source.(wire.Described)
	fields, _ := d.Value.(wire.List)
	filters, _ := fields[sourceFilter].(wire.Map)
	echoed := make(wire.Map, len(filters))
	copy(echoed, filters)
	for i, e := range echoed {
		if wire.KeyString(e.Key) != sessionFilter {
			continue
		}
		if described, ok := e.Value.(wire.Described); ok {
			echoed[i].Value = wire.Described{Descriptor: described.Descriptor, Value: id}
		} else {
			echoed[i].Value = id
		}
	}
	again := make(wire.List, len(fields))
	copy(again, fields)
	again[sourceFilter] = echoed
	return wire.Described{Descriptor: d.Descriptor, Value: again}
}

// nodeKind is what an address leads to.
type nodeKind int

const (
	nodeEntity nodeKind = iota
	nodeTokens
	nodeManagement
)

type node struct {
	kind  nodeKind
	queue *broker.Queue // nil for $cbs
}

// resolve finds what a terminus addresses.
func (s *Server) resolve(terminus any) (node, *wire.Error) {
	d, ok := terminus.(wire.Described)
	switch {
	case !ok:
		return node{}, &wire.Error{Condition: invalidField, Description: "the link has no address"}
	case d.Code() == wire.CodeCoordinator || d.Descriptor == wire.Symbol("amqp:coordinator:list"):
		return node{}, &wire.Error{Condition: notImplemented, Description: "transactions are not supported"}
	}
	path := address(terminus)
	if strings.EqualFold(strings.Trim(path, "/"), cbsAddress) {
		return node{kind: nodeTokens}, nil
	}
	n := node{kind: nodeEntity}
	if entity, found := cutSuffixFold(path, managementSuffix); found {
		n.kind, path = nodeManagement, entity
	}
	if n.queue = s.broker.Lookup(path); n.queue == nil {
		return node{}, &wire.Error{Condition: broker.NotFound, Description: "the messaging entity '" + path + "' could not be found"}
	}
	return n, nil
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}
