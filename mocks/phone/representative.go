package phone

import (
	"fmt"
	"time"
)

// representative is one person at the contact center. Everyone is a member of
// every queue.
type representative struct {
	id     string
	onDuty bool
	busy   bool
	owed   time.Duration // outbound work of the trace that still waits
	idleAt time.Time     // since when idle

	reported bool      // as idle, in the last event
	lastFree time.Time // when they ceased to be idle after having been reported
}

func (r *representative) idle() bool { return r.onDuty && !r.busy }

// freeLately tells whether they were reported idle at some time since. Whoever
// went from one call to the next was never reported and does not count.
func (r *representative) freeLately(since time.Time) bool {
	return r.reported || !r.lastFree.IsZero() && !r.lastFree.Before(since)
}

// schedule puts the day's shifts and outbound work on the agenda.
func (f *floor) schedule() {
	t := f.options.Traffic
	for _, s := range t.Shifts {
		if s.To <= t.Start {
			continue
		}
		r := f.representative(s.Server)
		if s.From <= t.Start {
			f.start(r)
			if until := t.busyUntil(s.Server, t.Start); until > 0 {
				f.engage(r)
				f.agenda.plan(f.clock(until), func() { f.release(r) })
			}
		} else {
			f.agenda.plan(f.clock(s.From), func() { f.start(r) })
		}
		f.agenda.plan(f.clock(s.To), func() { f.leaveWork(r) })
	}
	for _, c := range t.Conversations {
		if r := f.byServer[c.Server]; r != nil && c.Outbound && c.From >= t.Start {
			f.agenda.plan(f.clock(c.From), func() { f.owe(r, c.To-c.From) })
		}
	}
}

func (f *floor) representative(server string) *representative {
	if r, ok := f.byServer[server]; ok {
		return r
	}
	r := &representative{id: server}
	f.byServer[server] = r
	f.staff = append(f.staff, r)
	return r
}

func (f *floor) start(r *representative) {
	r.onDuty = true
	if !r.busy {
		r.idleAt = f.now
	}
}

// leaveWork ends a shift; who is talking finishes first.
func (f *floor) leaveWork(r *representative) {
	f.ceaseIdle(r)
	r.onDuty = false
}

// engage makes an idle representative busy.
func (f *floor) engage(r *representative) {
	f.ceaseIdle(r)
	r.busy = true
}

func (f *floor) ceaseIdle(r *representative) {
	if r.reported {
		r.reported, r.lastFree = false, f.now
	}
}

// release makes a busy representative idle, unless outbound work waits.
func (f *floor) release(r *representative) {
	r.busy, r.idleAt = false, f.now
	if r.onDuty {
		f.workOff(r)
	}
}

// wrapUp follows a conversation.
func (f *floor) wrapUp(r *representative) {
	f.after(f.options.Behaviour.WrapUp, func() { f.release(r) })
}

func (f *floor) owe(r *representative, work time.Duration) {
	r.owed += work
	if r.idle() {
		f.workOff(r)
	}
}

func (f *floor) workOff(r *representative) {
	if work := r.owed; work > 0 {
		r.owed = 0
		f.engage(r)
		f.after(work, func() { f.release(r) })
	}
}

// longestIdle is who takes the next work; nil if nobody can.
func (f *floor) longestIdle() *representative {
	var best *representative
	for _, r := range f.staff {
		if r.idle() && (best == nil || r.idleAt.Before(best.idleAt)) {
			best = r
		}
	}
	return best
}

// match gives work to idle representatives, best rank first. A live caller goes
// before a notification of the same rank: they are on the line.
func (f *floor) match() {
	for r := f.longestIdle(); r != nil; r = f.longestIdle() {
		c, n := f.nextCall(), f.nextNotification()
		switch {
		case c == nil && n == nil:
			return
		case c == nil || n != nil && n.rank.before(c.rank()):
			f.show(n, r)
		default:
			f.serve(c, r)
		}
	}
}

func (f *floor) nextCall() *call {
	var best *call
	for _, q := range f.queues {
		if c := q.first(); c != nil && (best == nil || c.rank().before(best.rank())) {
			best = c
		}
	}
	return best
}

// serve connects a live caller.
func (f *floor) serve(c *call, r *representative) {
	f.engage(r)
	c.patience.off()
	c.queue.remove(c)
	c.queue.estimate.connected(f.now.Sub(c.queuedAt))
	c.state = callConnected
	f.books.servedLive(c.caller.phone)
	f.report(c, typeConnected, connectedData{CallID: c.id, RepresentativeID: r.id})
	f.tell("connected", c, "to "+r.id)
	f.after(c.service, func() {
		if c.state == callConnected {
			f.end(c, endedCompleted)
		}
		f.wrapUp(r)
	})
}

// announce reports the number of idle representatives when it changed.
func (f *floor) announce() {
	n := 0
	for _, r := range f.staff {
		if r.reported = r.idle(); r.reported {
			n++
		}
	}
	if n == f.announced {
		return
	}
	f.announced = n
	for _, q := range f.queues {
		q.sequence++
		f.emit(event{
			id: fmt.Sprintf("%s%s/%d", f.prefix, q.id, q.sequence), kind: typeRepresentatives, subject: q.id,
			session: q.id, sequence: q.sequence, data: representativesData{QueueID: q.id, Available: n},
		})
	}
}
