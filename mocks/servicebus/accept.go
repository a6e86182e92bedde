package servicebus

import (
	"time"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// Names by which a client asks for a session and is answered.
const (
	sessionFilter      = "com.microsoft:session-filter"
	timeoutProperty    = "com.microsoft:timeout"
	lockedUntil        = "com.microsoft:locked-until-utc"
	defaultSessionWait = time.Minute
)

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
	if err := l.s.c.authorized(l.node, l.needs); err != nil {
		l.s.refuse(l, p, err) // gives the session back
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
