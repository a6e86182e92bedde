package phone

import (
	"strconv"
	"sync"
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
}

// overtaking is one promise being delivered before what ranked first.
type overtaking struct {
	at    time.Time
	by    *promise
	of    []*promise
	calls int // live calls too many before it
}

// graceShare is the part of the margin within which two deliveries count as
// asked for at once: requests for the first n places may overtake on their way.
const graceShare = 5

// books counts what happens on the telephone. The loop writes, anyone reads.
type books struct {
	margin time.Duration

	mu          sync.Mutex // guards what follows, promises and overtakings included
	counts      Report
	promises    []*promise // as they were made
	byPhone     map[string][]*promise
	byCallback  map[string]*promise
	overtakings []overtaking
	lastCall    map[string]time.Time // by phone: when the last call of their own was over
	onCall      map[string]int       // by phone: calls of their own
}

func newBooks(margin time.Duration) *books {
	return &books{
		margin: margin, byPhone: map[string][]*promise{}, byCallback: map[string]*promise{},
		lastCall: map[string]time.Time{}, onCall: map[string]int{},
	}
}

func (b *books) queued(phone string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.CallsQueued++
	b.onCall[phone]++
}

func (b *books) offered(first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.OffersPlayed++
	if first {
		b.counts.CallersOffered++
	}
}

// optedIn opens a promise. A second one of the same number in the same queue
// joins the first, whose place is the earlier one.
func (b *books) optedIn(call, queue, phone string, place rank, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.OptedIn++
	p := &promise{call: call, queue: queue, phone: phone, rank: place, toneAt: now, ringing: map[string]bool{}}
	if open := b.open(phone, queue); len(open) > 0 {
		p.joined, p.delivered = open[0], open[0].delivered
	}
	b.promises = append(b.promises, p)
	b.byPhone[phone] = append(b.byPhone[phone], p)
}

// open are the promises to a number in a queue that are not kept yet.
func (b *books) open(phone, queue string) []*promise {
	var open []*promise
	for _, p := range b.byPhone[phone] {
		if p.queue == queue && p.end == promiseOpen {
			open = append(open, p)
		}
	}
	return open
}

// over books the end of a call, and of the caller's part of a promise.
func (b *books) over(call, phone, reason string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onCall[phone]--
	b.lastCall[phone] = now
	if reason == endedHangup {
		b.counts.Abandoned++
	}
	for _, p := range b.byPhone[phone] {
		if p.call == call {
			p.leftAt, p.confirmed = now, reason == endedCallback
		}
	}
}

// servedLive books a caller who reached a representative by waiting. Whatever
// was promised to that number is kept thereby.
func (b *books) servedLive(phone string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.ServedLive++
	for _, p := range b.byPhone[phone] {
		if p.end == promiseOpen {
			p.end = promiseServed
		}
	}
}

// floorView tells how many live calls of a queue rank before a place and have
// waited since a time, and how many representatives were free since then.
type floorView func(queue string, place rank, since time.Time) (calls, free int)

// deliveryCreated finds the promise a delivery is for, nil if there is none, and
// books whether it came before its turn.
func (b *books) deliveryCreated(d Delivery, now time.Time, view floorView) *promise {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.DeliveriesCreated++
	p := b.promiseOf(d)
	if p == nil {
		return nil
	}
	if id := d.Attributes["callbackId"]; id != "" {
		b.byCallback[id] = p
	}
	if p.delivered.IsZero() && p.end == promiseOpen {
		b.checkTurn(p, now, view)
	}
	for _, other := range append(b.open(p.phone, p.queue), p) {
		if other.delivered.IsZero() {
			other.delivered = now
		}
	}
	return p
}

// promiseOf knows a delivery by its callback, its call, or its number and the
// time that call was queued. One that carries another time is somebody's request
// from the web, and none of our business. One that carries no time is for the
// number's open promise, or else for the last one it had, which makes it a
// second call.
func (b *books) promiseOf(d Delivery) *promise {
	if p := b.byCallback[d.Attributes["callbackId"]]; p != nil {
		return p
	}
	at, err := time.Parse(time.RFC3339, d.Attributes["queuedAt"])
	timed := err == nil
	var last, open *promise
	for _, p := range b.byPhone[d.Phone] {
		if p.call == d.Attributes["callId"] {
			return p
		}
		if timed && at.Sub(p.rank.queuedAt).Abs() < time.Second {
			return p
		}
		if last = p; p.end == promiseOpen {
			open = p
		}
	}
	switch {
	case timed:
		return nil
	case open != nil:
		return open
	default:
		return last
	}
}

// checkTurn is the definition that stands at Report.OrderInversions.
func (b *books) checkTurn(p *promise, now time.Time, view floorView) {
	since := now.Add(-b.margin)
	o := overtaking{at: now, by: p}
	for _, other := range b.promises {
		if other.queue == p.queue && other.phone != p.phone && other.rank.before(p.rank) && b.couldGo(other, since) {
			o.of = append(o.of, other)
		}
	}
	if calls, free := view(p.queue, p.rank, since); calls > free {
		o.calls = calls - free
	}
	if len(o.of) > 0 || o.calls > 0 {
		b.overtakings = append(b.overtakings, o)
	}
}

// couldGo tells whether a promise was free to be delivered all the time since.
func (b *books) couldGo(p *promise, since time.Time) bool {
	return p.confirmed && p.end == promiseOpen && p.delivered.IsZero() && b.onCall[p.phone] == 0 &&
		!p.leftAt.After(since) && !b.lastCall[p.phone].After(since)
}

// dialled books a ring of the customer's telephone.
func (b *books) dialled(p *promise, delivery string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Dialled++
	if p == nil {
		return
	}
	if len(p.ringing) > 0 || p.end == promiseCompleted {
		b.counts.DialledTwice++
	}
	p.ringing[delivery] = true
	p.rings++
}

func (b *books) answered() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Connected++
}

// rangOut books the result of a ring that the delivery service knew before us.
func (b *books) rangOut(p *promise, delivery string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.rangOut(delivery)
}

func (b *books) unanswered(p *promise, delivery string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Unanswered++
	p.rangOut(delivery)
}

// completed books a conversation; it keeps every promise that this number had
// in that queue by then.
func (b *books) completed(p *promise, delivery string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Completed++
	if p == nil {
		return
	}
	p.rangOut(delivery)
	for _, other := range b.open(p.phone, p.queue) {
		other.end = promiseCompleted
	}
	p.end = promiseCompleted
}

func (p *promise) rangOut(delivery string) {
	if p != nil {
		delete(p.ringing, delivery)
	}
}

// snapshot copies what a report needs.
func (b *books) snapshot() (Report, Books) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out Books
	for _, p := range b.promises {
		out.OptIns = append(out.OptIns, p.public())
	}
	for _, o := range b.overtakings {
		seen := Overtaking{At: o.at, CallID: o.by.call, LiveCalls: o.calls}
		for _, p := range o.of {
			if p.delivered.IsZero() || p.delivered.Sub(o.at) > b.margin/graceShare {
				seen.Overtaken = append(seen.Overtaken, p.call)
			}
		}
		if len(seen.Overtaken) > 0 || seen.LiveCalls > 0 {
			out.Overtakings = append(out.Overtakings, seen)
		}
	}
	return b.counts, out
}

func (p *promise) public() OptIn {
	o := OptIn{
		CallID: p.call, QueueID: p.queue, Customer: strconv.FormatUint(hash("books", p.phone), 36),
		Priority: p.rank.priority, QueuedAt: p.rank.queuedAt, ToneAt: p.toneAt, LeftAt: p.leftAt,
		Confirmed: p.confirmed, Delivered: !p.delivered.IsZero(), Rings: p.rings, Ended: string(p.end),
	}
	if p.joined != nil {
		o.Joined = p.joined.call
	}
	return o
}
