package phone

import (
	"strconv"
	"time"
)

// promiseEnd is how a promise ended, as far as people on the telephone saw it.
type promiseEnd string

const (
	promiseOpen      promiseEnd = ""
	promiseCompleted promiseEnd = "completed" // talked to in a callback
	promiseServed    promiseEnd = "served"    // talked to in a call of their own
)

// promise is what a caller was promised who pressed 1: their place in line. It
// is opened by the caller, never by anything the adapter says.
type promise struct {
	call, queue, phone string
	rank               rank
	toneAt             time.Time
	leftAt             time.Time // end of the caller's own call; zero = still on
	confirmed          bool      // the telephony confirmed it to the caller
	end                promiseEnd
	joined             *promise // an earlier open one of the same number and queue

	delivered time.Time       // first delivery for it, or for that number meanwhile; zero = none
	ringing   map[string]bool // deliveries that ring or are talked in, their result not known
	rings     int
	noAnswer  int // rings that were not answered
}

// overtaking is one promise being delivered before what ranked first.
type overtaking struct {
	at    time.Time
	by    *promise
	of    []*promise
	calls int // live calls too many before it
}

func (p *promise) rangOut(delivery string) {
	if p != nil {
		delete(p.ringing, delivery)
	}
}

func (p *promise) public() OptIn {
	o := OptIn{
		CallID: p.call, QueueID: p.queue, Customer: strconv.FormatUint(hash("books", p.phone), 36),
		Priority: p.rank.priority, QueuedAt: p.rank.queuedAt, ToneAt: p.toneAt, LeftAt: p.leftAt,
		Confirmed: p.confirmed, Delivered: !p.delivered.IsZero(), Rings: p.rings, NoAnswer: p.noAnswer, Ended: string(p.end),
	}
	if p.joined != nil {
		o.Joined = p.joined.call
	}
	return o
}
