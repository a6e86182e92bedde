package broker

import (
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// Settlement is what becomes of a locked message.
type Settlement int

// Settlements.
const (
	Complete Settlement = iota
	Abandon
	Defer
	DeadLetter
	Release // given back as if never delivered
)

// Outcome is a settlement with what it carries.
type Outcome struct {
	Settlement
	Reason      string // DeadLetter
	Description string // DeadLetter
	Changes     wire.Map
}

// Settle ends a message's lock.
func (q *Queue) Settle(token wire.UUID, o Outcome) *wire.Error {
	now := q.enter()
	defer q.leave(now)
	m := q.locked[token]
	if m == nil {
		return failure(MessageLockLost, "the lock has expired, or the message was settled already")
	}
	if o.Settlement == DeadLetter && q.dead == nil {
		return failure(NotAllowed, "%s has no dead-letter queue of its own", q.name)
	}
	m.modify(o.Changes)
	switch o.Settlement {
	case Complete:
		q.complete(m, now)
	case Abandon:
		q.unlock(m, now, countAttempt)
	case Defer:
		m.state = Deferred
		q.unlock(m, now, keepAttempts)
	case DeadLetter:
		q.deadLetter(m, o.Reason, o.Description)
	case Release:
		q.unlock(m, now, keepAttempts)
	}
	return nil
}

// Renew extends the locks of messages, all or none, and returns their new ends.
func (q *Queue) Renew(tokens []wire.UUID) ([]time.Time, *wire.Error) {
	now := q.enter()
	defer q.leave(now)
	for _, t := range tokens {
		if q.locked[t] == nil {
			return nil, failure(MessageLockLost, "the lock has expired, or the message was settled already")
		}
	}
	ends := make([]time.Time, len(tokens))
	for i, t := range tokens {
		m := q.locked[t]
		if q.settings.RequiresSession {
			m.lockedUntil = q.session(m.session).until
		} else {
			m.lockedUntil = now.Add(q.settings.LockDuration)
			q.alarms.set(m, m.lockedUntil)
		}
		ends[i] = m.lockedUntil
	}
	return ends, nil
}

// ReceiveDeferred takes deferred messages by sequence number; those that are
// not there, or not deferred, are an error.
func (q *Queue) ReceiveDeferred(numbers []int64, o ReceiverOptions) ([]Delivery, *wire.Error) {
	now := q.enter()
	defer q.leave(now)
	for _, n := range numbers {
		if m := q.log.find(n); m == nil || m.state != Deferred || m.locked {
			return nil, failure(NotFound, "no deferred message has sequence number %d", n)
		}
	}
	var all []Delivery
	for _, n := range numbers {
		m := q.log.find(n)
		if m == nil || m.locked {
			continue // named twice
		}
		d := q.deliver(&Receiver{options: o}, m, now)
		d.withState, d.withToken = true, !o.Delete
		all = append(all, d)
	}
	return all, nil
}

// Peek shows messages in any state from a sequence number on, of one session if
// session is not nil, up to limit messages.
func (q *Queue) Peek(from int64, limit int, session *string) []Delivery {
	now := q.enter()
	defer q.leave(now)
	var all []Delivery
	q.log.from(from, func(m *Message) bool {
		if len(all) >= limit {
			return false
		}
		if session != nil && (!m.hasSession || m.session != *session) {
			return true
		}
		d := m.snapshot()
		d.withState, d.LockedUntil = true, time.Time{}
		all = append(all, d)
		return true
	})
	return all
}

// ExpireLocks ends every lock of messages and sessions as if its time were up,
// and returns how many there were.
func (q *Queue) ExpireLocks() (n int) {
	now := q.enter()
	defer q.leave(now)
	var held []*session // a session that is lost may be granted to the next at once
	for _, s := range q.sessions {
		if s.holder != nil {
			held = append(held, s)
		}
	}
	for _, s := range held {
		q.loseSession(s, now)
	}
	n = len(held) + len(q.locked)
	for _, m := range q.locked {
		q.unlock(m, now, q.expired())
	}
	return n
}
