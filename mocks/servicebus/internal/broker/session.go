package broker

import (
	"slices"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// session is a group of messages that one receiver has to itself. Its deadline
// is the end of its lock.
type session struct {
	deadline

	id        string
	lane      lane
	freePlace int
	holder    *Receiver // nil when unlocked
	until     time.Time
	state     []byte
	changed   time.Time // of state
	messages  int       // of any state, locked ones included
}

// waiter is someone who asked for the next free session. Its deadline is the
// end of the wait.
type waiter struct {
	deadline

	options ReceiverOptions
	done    func(Acceptance)
	granted *Receiver
}

// Acceptance answers a request for a session: a receiver that holds it, or why not.
type Acceptance struct {
	Receiver    *Receiver
	SessionID   string
	LockedUntil time.Time
	Err         *wire.Error
}

// session returns the session with that id, new if need be.
func (q *Queue) session(id string) *session {
	s := q.sessions[id]
	if s == nil {
		s = &session{id: id, lane: newLane()}
		q.sessions[id] = s
	}
	return s
}

// noteSession keeps count of a session's messages and drops sessions of which
// nothing is left.
func (q *Queue) noteSession(m *Message, change int) {
	if !q.settings.RequiresSession {
		return
	}
	s := q.session(m.session)
	s.messages += change
	s.update(q)
}

// update brings a session's place among the free ones up to date, hands it to
// a waiter if there is one, and drops it when nothing is left of it.
func (s *session) update(q *Queue) {
	available := s.holder == nil && s.lane.ready.len() > 0
	switch {
	case !available:
		q.free.remove(s)
	case q.free.has(s):
		q.free.fix(s)
	case len(q.waiters) > 0:
		w := q.waiters[0]
		q.waiters = q.waiters[1:]
		q.alarms.set(w, time.Time{})
		w.granted = q.grant(s, w.options)
		w.done(s.acceptance())
	default:
		q.free.push(s)
	}
	if s.holder == nil && s.messages == 0 && len(s.state) == 0 {
		delete(q.sessions, s.id)
	}
}

func (s *session) acceptance() Acceptance {
	return Acceptance{Receiver: s.holder, SessionID: s.id, LockedUntil: s.until}
}

// grant locks s for a new receiver.
func (q *Queue) grant(s *session, o ReceiverOptions) *Receiver {
	s.holder = &Receiver{queue: q, lane: &s.lane, session: s, options: o}
	q.free.remove(s)
	q.renewSession(s, time.Now())
	return s.holder
}

func (q *Queue) renewSession(s *session, now time.Time) {
	s.until = now.Add(q.settings.LockDuration)
	q.alarms.set(s, s.until)
}

// Accept locks a session: the one with that id, or the one whose oldest message
// is the oldest when id is nil, waiting for one for at most wait. done is called
// once, with the entity locked, perhaps before Accept returns; see the package's
// invariants. cancel gives up the wait and gives back a session already granted.
func (q *Queue) Accept(id *string, wait time.Duration, o ReceiverOptions, done func(Acceptance)) (cancel func()) {
	now := q.enter()
	defer q.leave(now)
	w := &waiter{options: o, done: done}
	switch {
	case id != nil:
		s := q.session(*id)
		if s.holder != nil {
			done(Acceptance{Err: failure(SessionUnavailable, "session %q is locked by another receiver", *id)})
			return func() {}
		}
		w.granted = q.grant(s, o)
		done(s.acceptance())
	case q.free.len() > 0:
		s := q.free.min()
		w.granted = q.grant(s, o)
		done(s.acceptance())
	default:
		q.waiters = append(q.waiters, w)
		q.alarms.set(w, now.Add(wait))
	}
	return func() { q.abandonWait(w) }
}

func (q *Queue) giveUp(w *waiter) {
	if i := slices.Index(q.waiters, w); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
	}
	w.done(Acceptance{Err: failure(Timeout, "no session with messages became free in time")})
}

func (q *Queue) abandonWait(w *waiter) {
	now := q.enter()
	if i := slices.Index(q.waiters, w); i >= 0 {
		q.waiters = slices.Delete(q.waiters, i, i+1)
		q.alarms.set(w, time.Time{})
	}
	granted := w.granted
	q.leave(now)
	if granted != nil {
		granted.Close()
	}
}

// loseSession ends a lock that was not renewed: its messages count a failed
// attempt and its receiver is told.
func (q *Queue) loseSession(s *session, now time.Time) {
	r := s.holder
	if r == nil {
		return
	}
	q.freeSession(s, now, countAttempt)
	r.options.Lost(failure(SessionLockLost, "the lock of session %q has expired", s.id))
}

// freeSession takes a session from its holder.
func (q *Queue) freeSession(s *session, now time.Time, a attempts) {
	s.holder.drop()
	q.alarms.set(s, time.Time{})
	var back []*Message
	for _, m := range q.locked {
		if m.lane == &s.lane {
			back = append(back, m)
		}
	}
	for _, m := range back {
		q.unlock(m, now, a)
	}
	s.holder, s.until = nil, time.Time{}
	s.update(q)
}

// held finds a session that is locked.
func (q *Queue) held(id string) (*session, *wire.Error) {
	if s := q.sessions[id]; s != nil && s.holder != nil {
		return s, nil
	}
	return nil, failure(SessionLockLost, "session %q is not locked", id)
}

// RenewSession extends a session's lock and returns its new end.
func (q *Queue) RenewSession(id string) (time.Time, *wire.Error) {
	now := q.enter()
	defer q.leave(now)
	s, err := q.held(id)
	if err != nil {
		return time.Time{}, err
	}
	q.renewSession(s, now)
	return s.until, nil
}

// SessionState returns what was stored with the session, or nil.
func (q *Queue) SessionState(id string) ([]byte, *wire.Error) {
	now := q.enter()
	defer q.leave(now)
	s, err := q.held(id)
	if err != nil {
		return nil, err
	}
	return s.state, nil
}

// SetSessionState stores state with the session; an empty one clears it.
func (q *Queue) SetSessionState(id string, state []byte) *wire.Error {
	now := q.enter()
	defer q.leave(now)
	s, err := q.held(id)
	if err != nil {
		return err
	}
	s.state, s.changed = nil, now
	if len(state) > 0 {
		s.state = slices.Clone(state)
	}
	return nil
}

// Sessions lists ids in order: of sessions with messages or state when since is
// zero, else of those whose state changed after it.
func (q *Queue) Sessions(since time.Time) []string {
	now := q.enter()
	defer q.leave(now)
	var ids []string
	for id, s := range q.sessions {
		if since.IsZero() && (s.messages > 0 || len(s.state) > 0) || !since.IsZero() && s.changed.After(since) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
