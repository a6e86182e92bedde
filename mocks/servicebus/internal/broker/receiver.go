package broker

import (
	"slices"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// ReceiverOptions are what a receiving link asks for. See the package's
// invariants for what the functions may do.
type ReceiverOptions struct {
	// Delete is receive-and-delete; otherwise messages are locked.
	Delete bool
	// Wake tells that there may be something to take, and returns whether the
	// link's writer was idle and so will look at once.
	Wake func() (idle bool)
	// Lost tells that the session was taken away.
	Lost func(*wire.Error)
}

// Receiver takes messages out of a queue or of one session.
type Receiver struct {
	queue   *Queue
	lane    *lane
	session *session // nil without one
	options ReceiverOptions

	// guarded by queue.mu

	hungry  bool // in lane.hungry
	dropped bool // closed, or its session was taken away
}

// Receiver opens a receiver of an entity without sessions.
func (q *Queue) Receiver(o ReceiverOptions) *Receiver {
	return &Receiver{queue: q, lane: &q.main, options: o}
}

// Queue is where the messages come from.
func (r *Receiver) Queue() *Queue { return r.queue }

func (r *Receiver) wake() bool { return r.options.Wake() }

// Take appends at most limit messages to dst. When there are fewer, r will be
// woken; when there are more, the next receiver is.
func (r *Receiver) Take(dst []Delivery, limit int) []Delivery {
	q := r.queue
	now := q.enter()
	defer q.leave(now)
	if r.dropped {
		return dst
	}
	for ; limit > 0 && r.lane.ready.len() > 0; limit-- {
		dst = append(dst, q.deliver(r, q.next(r.lane), now))
	}
	if limit > 0 && !r.hungry {
		r.hungry = true
		r.lane.hungry = append(r.lane.hungry, r)
	}
	q.offer(r.lane)
	return dst
}

// Pass hands the turn on: r was woken and cannot take anything now.
func (r *Receiver) Pass() {
	now := r.queue.enter()
	defer r.queue.leave(now)
	r.queue.offer(r.lane)
}

func (q *Queue) deliver(r *Receiver, m *Message, now time.Time) Delivery {
	if r.options.Delete {
		d := m.snapshot()
		d.Settled, d.Token = true, newToken()
		q.forget(m)
		return d
	}
	q.lock(m, now)
	return m.snapshot()
}

// lock locks a message: for the lock duration, or as long as its session is.
func (q *Queue) lock(m *Message, now time.Time) {
	m.token, m.locked = newToken(), true
	q.locked[m.token] = m
	if q.settings.RequiresSession {
		m.lockedUntil = q.session(m.session).until
		q.alarms.set(m, time.Time{})
		return
	}
	m.lockedUntil = now.Add(q.settings.LockDuration)
	q.alarms.set(m, m.lockedUntil)
}

// Close ends the receiver. Messages that it locked stay locked until they
// expire; those of a session are free at once, with the session, and without
// counting an attempt.
func (r *Receiver) Close() {
	q := r.queue
	now := q.enter()
	defer q.leave(now)
	if r.dropped {
		return
	}
	if r.session != nil {
		q.freeSession(r.session, now, keepAttempts)
		return
	}
	r.drop()
	q.offer(r.lane)
}

func (r *Receiver) drop() {
	r.dropped = true
	if i := slices.Index(r.lane.hungry, r); i >= 0 {
		r.lane.hungry = slices.Delete(r.lane.hungry, i, i+1)
	}
	r.hungry = false
}
