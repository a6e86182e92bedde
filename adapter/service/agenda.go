package service

import (
	"slices"
	"sync"
	"time"

	"directcallback/adapter"
)

// agenda knows the earliest things to be done without any event. Every
// transaction reads them at its end, so that nobody has to ask the store for
// them in a transaction of its own.
//
// A transaction sees what those did that were reported before it looked, and what
// it did itself, but perhaps not those at work beside it. So a report replaces
// those from before its look only.
type agenda struct {
	mu      sync.Mutex
	count   uint64        // guarded by mu: of reports so far
	reports []report      // guarded by mu
	woken   chan struct{} // signalled after every transaction
}

type report struct {
	number uint64
	next   adapter.NextWork
}

// begin is called right before a look.
func (a *agenda) begin() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// report notes what a transaction saw that looked at since and is durable now.
func (a *agenda) report(since uint64, next adapter.NextWork) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
	a.reports = append(slices.DeleteFunc(a.reports, func(r report) bool { return r.number <= since }), report{a.count, next})
	signal(a.woken)
}

// all are the reports that count. What one of them still tells to be done may be
// done already, so that none of them may hide what another tells.
func (a *agenda) all() []adapter.NextWork {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]adapter.NextWork, 0, len(a.reports))
	for _, r := range a.reports {
		all = append(all, r.next)
	}
	return all
}

// toLook tells whether a call or callback wants a look at now.
func (a *agenda) toLook(now time.Time) bool {
	return slices.ContainsFunc(a.all(), func(next adapter.NextWork) bool { return due(next.Look, now) })
}

// sleep is how long nothing is to be done; negative is until something changes.
func (s *Service) sleep(now time.Time) time.Duration {
	sleep := time.Duration(-1)
	for _, next := range s.agenda.all() {
		if d := s.sleepUntil(now, next); sleep < 0 || d >= 0 && d < sleep {
			sleep = d
		}
	}
	return sleep
}

// sleepUntil is sleep for one report. What is due wakes its loop, if it has one.
func (s *Service) sleepUntil(now time.Time, next adapter.NextWork) time.Duration {
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
