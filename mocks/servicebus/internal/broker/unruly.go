package broker

import "time"

// Unruly is what an entity may do to messages that no client expects and every
// client must bear. Each function is asked when there is an occasion, with the
// entity locked, so it must not wait; nil is never.
type Unruly struct {
	// Again asks whether a message that was completed comes once more.
	Again func() bool
	// Swap asks whether the next message but one comes first.
	Swap func() bool
}

// Misbehave replaces what was set before.
func (q *Queue) Misbehave(u Unruly) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unruly = u
}

// complete removes a message; or keeps it for another attempt as if the lock
// had expired just before, once a message and never beyond its last attempt.
func (q *Queue) complete(m *Message, now time.Time) {
	limit := q.settings.MaxDeliveryCount
	last := limit > 0 && int(m.deliveries)+1 >= limit
	if q.unruly.Again == nil || m.repeated || last || !q.unruly.Again() {
		q.forget(m)
		return
	}
	m.repeated = true
	q.unlock(m, now, countAttempt)
}

// next takes the message to deliver out of a lane that is not empty.
func (q *Queue) next(l *lane) *Message {
	first := l.ready.pop()
	if q.unruly.Swap == nil || l.ready.len() == 0 || !q.unruly.Swap() {
		return first
	}
	second := l.ready.pop()
	l.ready.push(first)
	return second
}
