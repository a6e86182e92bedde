package servicebus

import (
	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// link is one end of a link, ours.
type link interface {
	base() *linkBase
	// flow reads a flow for this link.
	flow(*wire.Flow)
	// close gives back what the link holds; it sends nothing.
	close()
}

// linkBase is what links of both directions have.
type linkBase struct {
	s      *session
	name   string
	handle uint32 // the peer's and ours alike
	entity *broker.Queue
	node   node
	needs  Rights // one of them, of a token for node
	// detached: a detach was sent. Frames still under way are passed over until
	// the peer's own detach frees the handle.
	detached bool
}

func (b *linkBase) base() *linkBase { return b }

// gone tells that nothing may be sent for the link any more.
func (b *linkBase) gone() bool { return b.detached || b.s.ended }

// kick detaches from our side. It always closes the link: clients cannot take
// a detach that only suspends it.
func kick(l link, err *wire.Error) {
	b := l.base()
	if b.gone() {
		return
	}
	l.close()
	b.s.send(&wire.Detach{Handle: b.handle, Closed: true, Error: err})
	b.detached = true
}

// detach is the peer's detach: answered unless it is an answer itself.
func (s *session) detach(p *wire.Detach) *wire.Error {
	l := s.links[p.Handle]
	if l == nil {
		return &wire.Error{Condition: unattachedHandle, Description: "detach of a handle that is not attached"}
	}
	if b := l.base(); !b.detached {
		l.close()
		s.send(&wire.Detach{Handle: b.handle, Closed: true})
		b.detached = true
	}
	delete(s.links, p.Handle)
	for id, u := range s.unsettled {
		if link(u.link) == l {
			delete(s.unsettled, id)
		}
	}
	return nil
}
