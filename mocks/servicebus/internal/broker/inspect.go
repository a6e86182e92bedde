package broker

import "time"

// View is a message as someone from outside looks at it. Its sections are
// encoded and never change.
type View struct {
	Sequence    int64
	State       State
	Locked      bool
	LockedUntil time.Time // zero when not locked
	Enqueued    time.Time
	Starts      time.Time // of scheduled ones
	Expires     time.Time // zero: never
	Deliveries  uint32    // failed attempts
	DeadSource  string

	Properties  []byte
	Application []byte
	Body        []byte
}

// Inspect shows messages from a sequence number on, up to limit, and changes nothing.
func (q *Queue) Inspect(from int64, limit int) []View {
	now := q.enter()
	defer q.leave(now)
	var all []View
	q.log.from(from, func(m *Message) bool {
		if len(all) >= limit {
			return false
		}
		v := View{
			Sequence: m.seq, State: m.state, Locked: m.locked, LockedUntil: m.lockedUntil, Enqueued: m.enqueued,
			Expires: m.expires, Deliveries: m.deliveries, DeadSource: m.deadSource,
			Properties: m.properties, Application: m.application, Body: m.body,
		}
		if m.state == Scheduled {
			v.Starts = m.startAt
		}
		all = append(all, v)
		return true
	})
	return all
}

// Reset makes the entity as new: no messages, no session states, no memory of
// duplicates. Session locks are lost and those of messages too. Sequence numbers
// go on, so that an old one never means a new message.
func (q *Queue) Reset() {
	now := q.enter()
	defer q.leave(now)
	var all []*Message
	q.log.from(0, func(m *Message) bool {
		all = append(all, m)
		return true
	})
	for _, m := range all {
		q.forget(m)
	}
	var left []*session // with a state, or held
	for _, s := range q.sessions {
		s.state = nil
		left = append(left, s)
	}
	for _, s := range left {
		q.loseSession(s, now)
		s.update(q)
	}
	q.seen = duplicates{window: q.settings.DuplicateWindow}
}
