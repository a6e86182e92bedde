package broker

import (
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// Publish takes messages in, all or none. Those with a scheduled time in the
// future wait for it; duplicates are dropped without a word.
func (q *Queue) Publish(ms []*Message) *wire.Error {
	if err := q.admissible(ms); err != nil {
		return err
	}
	now := q.enter()
	defer q.leave(now)
	for _, m := range ms {
		if q.seen.repeated(m.id, now) {
			continue
		}
		if m.startAt.After(now) {
			q.schedule(m, now)
			continue
		}
		q.take(m, now)
	}
	return nil
}

// Schedule takes messages in for their scheduled times and returns the
// sequence numbers by which they can be cancelled.
func (q *Queue) Schedule(ms []*Message) ([]int64, *wire.Error) {
	if err := q.admissible(ms); err != nil {
		return nil, err
	}
	now := q.enter()
	defer q.leave(now)
	numbers := make([]int64, len(ms))
	for i, m := range ms {
		q.schedule(m, now)
		numbers[i] = m.seq
		if q.seen.repeated(m.id, now) {
			q.forget(m)
		}
	}
	return numbers, nil
}

// Cancel removes scheduled messages, all or none.
func (q *Queue) Cancel(numbers []int64) *wire.Error {
	now := q.enter()
	defer q.leave(now)
	for _, n := range numbers {
		if m := q.log.find(n); m == nil || m.state != Scheduled {
			return failure(NotFound, "no scheduled message has sequence number %d", n)
		}
	}
	for _, n := range numbers {
		if m := q.log.find(n); m != nil {
			q.forget(m)
		}
	}
	return nil
}

func (q *Queue) admissible(ms []*Message) *wire.Error {
	switch q.settings.Kind {
	case KindSubscription, KindDeadLetter:
		return failure(NotAllowed, "messages cannot be sent to %s", q.name)
	case KindQueue, KindTopic:
	}
	if !q.settings.RequiresSession {
		return nil
	}
	for _, m := range ms {
		if !m.hasSession {
			return failure(NotAllowed, "%s requires sessions: the message has no session id", q.name)
		}
	}
	return nil
}

// take makes a message active: here, or in the subscriptions of a topic.
func (q *Queue) take(m *Message, now time.Time) {
	if q.route == nil {
		q.insert(m, now)
		return
	}
	q.lastSeq++
	m.seq, m.enqueueSeq = q.lastSeq, q.lastSeq
	if ttl := q.settings.DefaultTTL; ttl > 0 && (m.ttl == 0 || ttl < m.ttl) {
		m.ttl = ttl
	}
	q.route(m)
}

func (q *Queue) schedule(m *Message, now time.Time) {
	q.lastSeq++
	m.seq, m.enqueueSeq = q.lastSeq, q.lastSeq
	m.state, m.enqueued = Scheduled, now
	m.lane = q.laneOf(m)
	q.log.add(m)
	q.noteSession(m, +1)
	at := m.startAt
	if at.IsZero() {
		at = now
	}
	q.alarms.set(m, at)
}

// activate makes a scheduled message an ordinary one: it joins the end of the
// queue under a new sequence number.
func (q *Queue) activate(m *Message, now time.Time) {
	q.forget(m)
	due := m.copyFor()
	due.enqueueSeq = 0
	q.take(due, now)
}
