package broker

import (
	"fmt"
	"sync"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// Kind is what an entity is.
type Kind int

// Kinds of entities.
const (
	KindQueue Kind = iota
	KindTopic
	KindSubscription
	KindDeadLetter
)

// Settings are an entity's own rules.
type Settings struct {
	Kind             Kind
	RequiresSession  bool
	LockDuration     time.Duration
	MaxDeliveryCount int
	DefaultTTL       time.Duration // zero: messages live for ever
	DuplicateWindow  time.Duration // zero: no duplicate detection
	DeadLetterOnTTL  bool
}

// Counts are the messages of an entity by what may become of them; each
// message is counted once.
type Counts struct {
	Active, Locked, Deferred, Scheduled, DeadLettered int
}

// Queue is an entity that holds messages: a queue, a subscription, the
// dead-letter queue of either, or the inbox of a topic.
type Queue struct {
	name     string
	settings Settings
	dead     *Queue           // nil for a dead-letter queue and a topic
	route    func(m *Message) // topics: where a message goes instead of staying
	mu       sync.Mutex       // guards all below and every message in log
	alarms   alarms           //
	closed   bool             //
	lastSeq  int64            //
	log      seqLog           // every message here
	main     lane             // ready messages, when sessions are not required
	locked   map[wire.UUID]*Message
	sessions map[string]*session
	free     heap[*session] // unlocked sessions with ready messages
	waiters  []*waiter      // for the next free session, first come first served
	seen     duplicates
	unruly   Unruly
}

// lane is an ordered stream of ready messages and those who wait for them: the
// whole queue, or one session.
type lane struct {
	ready  heap[*Message]
	hungry []*Receiver // have credit and found nothing; woken in this order
}

func newLane() lane {
	return lane{ready: heap[*Message]{
		before: func(a, b *Message) bool { return a.seq < b.seq },
		place:  func(m *Message) *int { return &m.readyPlace },
	}}
}

func newQueue(name string, settings Settings) *Queue {
	q := &Queue{
		name: name, settings: settings, main: newLane(),
		locked: map[wire.UUID]*Message{}, sessions: map[string]*session{},
		free: heap[*session]{
			before: func(a, b *session) bool { return a.lane.ready.min().seq < b.lane.ready.min().seq },
			place:  func(s *session) *int { return &s.freePlace },
		},
		seen: duplicates{window: settings.DuplicateWindow},
	}
	q.alarms = newAlarms(q.tick)
	if settings.Kind == KindQueue || settings.Kind == KindSubscription {
		q.dead = newQueue(name+"/$DeadLetterQueue", Settings{Kind: KindDeadLetter, LockDuration: settings.LockDuration})
	}
	return q
}

// Name is the entity's path, as configured.
func (q *Queue) Name() string { return q.name }

// Kind is what the entity is.
func (q *Queue) Kind() Kind { return q.settings.Kind }

// RequiresSession tells whether messages and receivers need a session.
func (q *Queue) RequiresSession() bool { return q.settings.RequiresSession }

// enter locks the entity and applies what is due.
func (q *Queue) enter() (now time.Time) {
	q.mu.Lock()
	now = time.Now()
	q.ring(now)
	return now
}

// leave arms the timer and unlocks.
func (q *Queue) leave(now time.Time) {
	if !q.closed {
		q.alarms.arm(now)
	}
	q.mu.Unlock()
}

// tick is the timer's function.
func (q *Queue) tick() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.alarms.armed = time.Time{}
	if q.closed {
		return
	}
	now := time.Now()
	q.ring(now)
	q.alarms.arm(now)
}

func (q *Queue) ring(now time.Time) {
	for {
		due, ok := q.alarms.next(now)
		if !ok {
			return
		}
		switch d := due.(type) {
		case *Message:
			q.ringMessage(d, now)
		case *session:
			q.loseSession(d, now)
		case *waiter:
			q.giveUp(d)
		}
	}
}

func (q *Queue) ringMessage(m *Message, now time.Time) {
	switch {
	case m.state == Scheduled:
		q.activate(m, now)
	case m.locked:
		q.unlock(m, now, q.expired())
	default:
		q.expire(m)
	}
}

// close stops the timer and waits for its function.
func (q *Queue) close() {
	q.mu.Lock()
	q.closed = true
	q.alarms.disarm()
	q.mu.Unlock()
	q.alarms.running.Wait()
	if q.dead != nil {
		q.dead.close()
	}
}

// Counts tells what the entity holds.
func (q *Queue) Counts() Counts {
	now := q.enter()
	defer q.leave(now)
	var c Counts
	q.log.from(0, func(m *Message) bool {
		switch {
		case m.locked:
			c.Locked++
		case m.state == Deferred:
			c.Deferred++
		case m.state == Scheduled:
			c.Scheduled++
		default:
			c.Active++
		}
		return true
	})
	if q.dead != nil {
		c.DeadLettered = q.dead.size()
	}
	return c
}

func (q *Queue) size() int {
	now := q.enter()
	defer q.leave(now)
	return len(q.log.entries) - q.log.gaps
}

// laneOf is where m waits when it is ready.
func (q *Queue) laneOf(m *Message) *lane {
	if !q.settings.RequiresSession {
		return &q.main
	}
	return &q.session(m.session).lane
}

// insert adds a message that is new here.
func (q *Queue) insert(m *Message, now time.Time) {
	q.lastSeq++
	m.seq, m.enqueued = q.lastSeq, now
	if m.enqueueSeq == 0 {
		m.enqueueSeq = m.seq
	}
	if ttl := q.settings.DefaultTTL; ttl > 0 && (m.ttl == 0 || ttl < m.ttl) {
		m.ttl = ttl
	}
	if m.ttl > 0 && q.settings.Kind != KindDeadLetter {
		m.expires = now.Add(m.ttl)
	}
	m.lane = q.laneOf(m)
	q.log.add(m)
	q.noteSession(m, +1)
	q.makeReady(m)
}

// makeReady puts m in line for delivery.
func (q *Queue) makeReady(m *Message) {
	m.lane.ready.push(m)
	q.alarms.set(m, m.expires)
	q.offer(m.lane)
	if q.settings.RequiresSession {
		q.session(m.session).update(q)
	}
}

// offer wakes someone who waits for the lane's messages. Who is woken and is
// busy writing is not relied upon: the next one is woken too.
func (q *Queue) offer(l *lane) {
	for l.ready.len() > 0 && len(l.hungry) > 0 {
		r := l.hungry[0]
		l.hungry = l.hungry[1:]
		r.hungry = false
		if idle := r.wake(); idle {
			return
		}
	}
}

// forget removes m from the entity.
func (q *Queue) forget(m *Message) {
	if m.locked {
		delete(q.locked, m.token)
		m.locked = false
	}
	m.lane.ready.remove(m)
	q.alarms.set(m, time.Time{})
	q.log.remove(m.seq)
	q.noteSession(m, -1)
}

// expire ends a message whose time to live is over.
func (q *Queue) expire(m *Message) {
	if q.settings.DeadLetterOnTTL && q.dead != nil {
		q.deadLetter(m, "TTLExpiredException", "The message expired and was dead lettered.")
		return
	}
	q.forget(m)
}

// deadLetter moves m to the dead-letter queue. The reason is always a string
// and replaces what a producer may have put there.
func (q *Queue) deadLetter(m *Message, reason, description string) {
	q.forget(m)
	moved := m.copyFor()
	moved.deadSource = q.name
	var why wire.Map
	if reason != "" {
		why = append(why, wire.Entry{Key: "DeadLetterReason", Value: reason})
	}
	if description != "" {
		why = append(why, wire.Entry{Key: "DeadLetterErrorDescription", Value: description})
	}
	moved.modify(why)
	at := q.dead.enter()
	defer q.dead.leave(at)
	q.dead.insert(moved, at)
}

// attempts says whether giving a message back counts as a failed attempt.
type attempts int

const (
	keepAttempts attempts = iota
	countAttempt
)

// expired is how a lock that ran out counts: in a dead-letter queue it never does.
func (q *Queue) expired() attempts {
	if q.settings.Kind == KindDeadLetter {
		return keepAttempts
	}
	return countAttempt
}

// unlock gives a locked message back: deferred ones stay deferred, worn-out
// ones are dead-lettered.
func (q *Queue) unlock(m *Message, now time.Time, a attempts) {
	delete(q.locked, m.token)
	m.locked, m.lockedUntil = false, time.Time{}
	q.alarms.set(m, time.Time{})
	if a == countAttempt {
		m.deliveries++
	}
	limit := q.settings.MaxDeliveryCount
	switch {
	case limit > 0 && int(m.deliveries) >= limit:
		q.deadLetter(m, "MaxDeliveryCountExceeded",
			fmt.Sprintf("Message could not be consumed after %d delivery attempts.", limit))
	case m.state == Deferred:
	case !m.expires.IsZero() && !m.expires.After(now):
		q.expire(m)
	default:
		q.makeReady(m)
	}
}
