package servicebus

import (
	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// sessionWindow is how many transfer frames the peer may send ahead.
const sessionWindow = 5000

// session is an AMQP session: a channel with its windows and links. The
// connection's lock guards it. (A Service Bus session is a broker.Receiver.)
type session struct {
	c       *conn
	channel uint16
	ended   bool // we sent end and wait for the peer's
	links   map[uint32]link

	// Towards us, in frames.
	nextIncoming uint32
	incoming     uint32 // what is left of the window

	// Towards the peer, in frames.
	nextOutgoing uint32
	outgoing     uint32
	backlog      [][]byte // frames of a delivery for which the window was too small

	nextDelivery uint32
	unsettled    map[uint32]unsettled
}

// unsettled is a delivery that waits for the peer's verdict.
type unsettled struct {
	link  *outLink
	queue *broker.Queue
	token wire.UUID
}

// begin answers begin. The reply carries the peer's channel, and ours is the
// same number.
func (c *conn) begin(channel uint16, p *wire.Begin) {
	c.sessions[channel] = &session{
		c: c, channel: channel, links: map[uint32]link{}, unsettled: map[uint32]unsettled{},
		nextIncoming: p.NextOutgoingID, incoming: sessionWindow, outgoing: p.IncomingWindow,
	}
	c.send(channel, &wire.Begin{
		RemoteChannel:  wire.Some(channel),
		IncomingWindow: sessionWindow,
		OutgoingWindow: sessionWindow,
	})
}

func (s *session) handle(p wire.Performative, payload []byte) *wire.Error {
	switch p := p.(type) {
	case *wire.Attach:
		return s.attach(p)
	case *wire.Flow:
		return s.flow(p)
	case *wire.Transfer:
		return s.transfer(p, payload)
	case *wire.Disposition:
		return s.disposition(p)
	case *wire.Detach:
		return s.detach(p)
	}
	return &wire.Error{Condition: illegalState, Description: "a frame that has no place in a session"}
}

func (s *session) send(p wire.Performative) {
	if !s.ended {
		s.c.send(s.channel, p)
	}
}

// flow reads the peer's windows and hands a link's part on.
func (s *session) flow(p *wire.Flow) *wire.Error {
	s.outgoing = remaining(p.IncomingWindow, s.nextOutgoing-p.NextIncomingID.Or(0))
	s.flush()
	if !p.Handle.Set {
		s.pumpAll()
		if p.Echo {
			s.send(s.state())
		}
		return nil
	}
	l := s.links[p.Handle.Value]
	if l == nil {
		return &wire.Error{Condition: unattachedHandle, Description: "flow for a handle that is not attached"}
	}
	l.flow(p)
	s.pumpAll()
	return nil
}

// remaining is what is left of a grant of which the peer had not seen used when
// it wrote it.
func remaining(granted, used uint32) uint32 {
	if used >= granted {
		return 0
	}
	return granted - used
}

// state is a flow with the session's side of it.
func (s *session) state() *wire.Flow {
	return &wire.Flow{
		NextIncomingID: wire.Some(s.nextIncoming), IncomingWindow: s.incoming,
		NextOutgoingID: s.nextOutgoing, OutgoingWindow: sessionWindow,
	}
}

// received counts an incoming transfer frame and renews the window at half, by
// frames: large messages use it up without any being complete.
func (s *session) received() *wire.Error {
	if s.incoming == 0 {
		return &wire.Error{Condition: windowViolation, Description: "more transfer frames than the window allows"}
	}
	s.nextIncoming++
	if s.incoming--; s.incoming <= sessionWindow/2 {
		s.incoming = sessionWindow
		s.send(s.state())
	}
	return nil
}

// flush sends what waited for the window.
func (s *session) flush() {
	for len(s.backlog) > 0 && s.outgoing > 0 {
		if !s.c.closing && !s.ended {
			s.c.out = append(s.c.out, s.backlog[0]...)
		}
		s.backlog = s.backlog[1:]
		s.nextOutgoing++
		s.outgoing--
	}
}

// pumpAll has the writer look at every link that may send.
func (s *session) pumpAll() {
	for _, l := range s.links {
		if out, ok := l.(*outLink); ok && out.credit > 0 {
			s.c.signals.flag(out)
		}
	}
}

// fail ends the session from our side.
func (s *session) fail(err *wire.Error) {
	s.release()
	s.send(&wire.End{Error: err})
	s.ended = true
}

// end is the peer's end: answered unless it is an answer itself. The channel
// may be used again at once.
func (s *session) end() {
	s.release()
	s.send(&wire.End{})
	s.ended = true
	delete(s.c.sessions, s.channel)
}

// release gives back what the links held.
func (s *session) release() {
	for handle, l := range s.links {
		l.close()
		l.base().detached = true
		delete(s.links, handle)
	}
	s.unsettled, s.backlog = map[uint32]unsettled{}, nil
}
