package phone

import (
	"sync"
	"time"
)

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
	b.counts.OnCall++
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
	b.counts.OnCall--
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
	if p != nil {
		p.noAnswer++
	}
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
