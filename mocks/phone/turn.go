package phone

import "time"

// graceShare is the part of the margin within which two deliveries count as
// asked for at once: requests for the first n places may overtake on their way.
const graceShare = 5

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

// overtaken is what the floor knows about a delivery that may have come too
// early: live calls before it that waited long enough to be known, and how many
// representatives could have been reported free.
func (f *floor) overtaken(queueID string, r rank, since time.Time) (ahead, free int) {
	q := f.queueNamed(queueID)
	if q == nil {
		return 0, 0
	}
	ahead = q.ahead(r, func(c *call) bool { return !c.pressed && !c.queuedAt.After(since) })
	for _, s := range f.staff {
		if s.freeLately(since) {
			free++
		}
	}
	return ahead, free
}
