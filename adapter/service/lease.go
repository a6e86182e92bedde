package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"directcallback/adapter"
)

// looks are how often within a lease's length others are looked at. One that stood
// still for so many pauses, each measured by this process's own timer, is dead.
const looks = 3

// lease is this process's own.
type lease struct {
	owner string

	mu    sync.Mutex
	held  adapter.Lease // guarded by mu; zero = none
	last  int64         // guarded by mu: epoch so far
	until *time.Timer   // guarded by mu: fires when others may have given this process up; nil = never
	over  bool          // guarded by mu: it has fired
}

func (l *lease) get() adapter.Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

func (l *lease) claim() adapter.Claim { return l.get().Claim }

// valid tells whether nobody can have taken over yet what was claimed under a lease.
// What was begun after that may be begun by another too, even if this process has
// another lease by now.
func (l *lease) valid(under adapter.Claim) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held.Claim != under {
		return false
	}
	if l.until == nil {
		return l.held != adapter.Lease{}
	}
	select {
	case <-l.until.C:
		l.over = true
	default:
	}
	return !l.over && l.held != adapter.Lease{}
}

// renewed notes a beat, after which until was started.
func (l *lease) renewed(held adapter.Lease, until *time.Timer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until != nil {
		l.until.Stop()
	}
	l.held, l.last, l.until, l.over = held, max(l.last, held.Epoch), until, false
}

// next is the lease to ask for after one that was lost or given up.
func (l *lease) next() adapter.Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return adapter.Lease{Claim: adapter.Claim{Owner: l.owner, Epoch: l.last}}
}

// hold sees to it that this process has a lease, and settles what those left half
// done that have none.
func (s *Service) hold(ctx context.Context) error {
	if s.lease.get() != (adapter.Lease{}) {
		return nil
	}
	mine, until := s.lease.next(), s.silence()
	var all []adapter.Lease
	err := s.do(ctx, func(r *run) (err error) {
		if err := r.tx.Lease(mine); err != nil {
			return err
		}
		if all, err = r.tx.Leases(); err != nil {
			return err
		}
		if s.o.Lease == 0 {
			if err := r.bury(mine.Owner); err != nil {
				return err
			}
		}
		return r.adopt()
	})
	if err == nil {
		s.lease.renewed(mine, until)
		s.divide(all)
	}
	return err
}

// divide takes this process's share of the budget. Without a lease's length it is alone.
func (s *Service) divide(all []adapter.Lease) {
	if s.o.Lease == 0 {
		all = nil
	}
	s.budget.share(len(all), s.o.Clock.Now())
}

// silence fires when others may take this process for dead, if they ever do.
func (s *Service) silence() *time.Timer {
	if s.o.Lease == 0 {
		return nil
	}
	return s.o.Clock.NewTimer(s.o.Lease)
}

// bury ends the leases of all others.
func (r *run) bury(owner string) error {
	leases, err := r.tx.Leases()
	if err != nil {
		return err
	}
	for _, l := range leases {
		if l.Owner == owner {
			continue
		}
		if err := r.tx.Unlease(l); err != nil {
			return err
		}
	}
	return nil
}

// release gives the lease up, so that nobody has to wait for its end.
func (s *Service) release(ctx context.Context) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
	defer cancel()
	held := s.lease.get()
	err := s.o.Update(last, func(tx Tx) error { return tx.Unlease(held) })
	if err != nil {
		s.o.Logger.WarnContext(ctx, "the lease is not given up; others will wait for its end", "error", err)
	}
	s.lease.renewed(adapter.Lease{}, nil)
}

// standing is how often in a row a lease was seen with one beat.
type standing struct {
	lease adapter.Lease
	times int
}

// runLease says that this process lives and watches whether others do.
func (s *Service) runLease(ctx context.Context) error {
	if s.o.Lease == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	seen := map[string]standing{}
	for {
		if err := s.wait(ctx, nil, s.o.Lease/looks); err != nil {
			return err
		}
		err := s.beat(ctx, seen)
		if errors.Is(err, adapter.ErrTakenOver) {
			s.o.Logger.WarnContext(ctx, "another process took this one for dead; going on under a new lease")
			s.lease.renewed(adapter.Lease{}, s.silence())
			err = s.hold(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.o.Logger.ErrorContext(ctx, "beat", "error", err)
		}
		signal(s.relay) // what others left
		signal(s.returns)
		s.wakeTargets(nil)
	}
}

// beat is one beat, and a look at the others.
func (s *Service) beat(ctx context.Context, seen map[string]standing) error {
	mine, until := s.lease.get(), s.silence()
	if mine == (adapter.Lease{}) {
		return adapter.ErrTakenOver
	}
	mine.Beat++
	var all []adapter.Lease
	err := s.do(ctx, func(r *run) (err error) {
		if err := r.tx.Beat(mine); err != nil {
			return err
		}
		if all, err = r.tx.Leases(); err != nil {
			return err
		}
		return r.adopt()
	})
	if err != nil {
		until.Stop()
		return err
	}
	s.lease.renewed(mine, until)
	s.divide(all)
	for _, l := range all {
		if was := seen[l.Owner]; was.lease == l && was.times >= looks && l.Owner != mine.Owner {
			if err := s.takeOver(ctx, l); err != nil {
				return err
			}
		}
	}
	watch(seen, all)
	return nil
}

// takeOver ends the lease of a process that was silent for too long and settles
// what it left. One that woke up, or that another was faster with, is let be.
func (s *Service) takeOver(ctx context.Context, l adapter.Lease) error {
	err := s.do(ctx, func(r *run) error {
		if err := r.tx.Unlease(l); err != nil {
			return err
		}
		return r.adopt()
	})
	if errors.Is(err, adapter.ErrTakenOver) {
		return nil
	}
	if err == nil {
		s.o.Logger.WarnContext(ctx, "took over from a process that is silent", "owner", l.Owner)
		return nil
	}
	return fmt.Errorf("take over from %s: %w", l.Owner, err)
}

// watch counts how often each lease was seen as it is.
func watch(seen map[string]standing, all []adapter.Lease) {
	before := maps.Clone(seen)
	clear(seen)
	for _, l := range all {
		times := 1
		if was := before[l.Owner]; was.lease == l {
			times = was.times + 1
		}
		seen[l.Owner] = standing{l, times}
	}
}
