package service

import (
	"time"

	"directcallback/adapter"
)

// attemptKey names an attempt.
type attemptKey struct {
	callback adapter.CallbackID
	number   int
}

// fence is an attempt's window as this process's own timers measure it.
type fence struct {
	timer *time.Timer
	fired bool
}

// fenced tells whether an attempt cannot ring any more. That must be certain, for
// what follows may be another call to the same customer. So the time of day does
// not suffice, which somebody may set: since this process first read of the
// attempt, its own timers must have measured the rest of the window too, and at
// least the grace. After a restart that begins anew, which only waits longer.
func (r *run) fenced(a adapter.Attempt) bool {
	grace := r.s.o.Policy.UncertainGrace
	left := a.Window.End.Add(grace).Sub(r.now)
	key := attemptKey{a.Callback, a.Number}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	f, known := r.s.fences[key]
	if !known {
		r.s.fences[key] = &fence{timer: r.s.o.Clock.NewTimer(max(left, grace))}
		return false
	}
	select {
	case <-f.timer.C:
		f.fired = true
	default:
	}
	return f.fired && left < 0
}

// saveAttempt stores an attempt; one that is read no more needs no fence.
func (r *run) saveAttempt(a adapter.Attempt) error {
	if a.NextPoll.IsZero() {
		r.s.unfence(attemptKey{a.Callback, a.Number})
	}
	return r.tx.SaveAttempt(a)
}

func (s *Service) unfence(key attemptKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, known := s.fences[key]; known {
		f.timer.Stop()
		delete(s.fences, key)
	}
}
