package service

import (
	"sync"
	"time"

	"directcallback/adapter"
)

// agenda knows the earliest things to be done without any event. Every
// transaction reads them at its end, so that nobody has to ask the store for
// them in a transaction of its own.
type agenda struct {
	mu    sync.Mutex
	turn  uint64           // guarded by mu: of the transaction that next is from
	next  adapter.NextWork // guarded by mu
	woken chan struct{}    // signalled after every transaction
}

// set notes what the transaction with this turn saw. Transactions may report in
// another order than the one they were in; the latest one counts.
func (a *agenda) set(turn uint64, next adapter.NextWork) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if turn < a.turn {
		return
	}
	a.turn, a.next = turn, next
	signal(a.woken)
}

func (a *agenda) get() adapter.NextWork {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next
}

// sleep is how long nothing is to be done; negative is until something changes.
// What is due wakes its loop, if it has one.
func (s *Service) sleep(now time.Time, next adapter.NextWork) time.Duration {
	sleep := time.Duration(-1)
	for _, w := range []struct {
		at   time.Time
		wake chan struct{}
	}{{next.Look, nil}, {next.Leave, s.dispatch}, {next.Poll, s.poll}, {next.Parked, s.returns}} {
		switch {
		case w.at.IsZero():
		case due(w.at, now):
			// That loop writes down what came of it, and then the agenda is another.
			signal(w.wake)
		case sleep < 0 || w.at.Sub(now) < sleep:
			sleep = w.at.Sub(now)
		}
	}
	return sleep
}
