package service

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"directcallback/adapter"
)

// What a request to Dynamics costs at most, in requests of its API.
const (
	costOfDelivery = 3 // the contact is looked for, made, and the call asked for
	costOfGiven    = 1 // the contact is known
	costOfWish     = 1 // whether that one may be phoned
	costOfFinding  = 2 // by request id, then by number and window
)

// budget is this process's share of what the whole installation may ask of Dynamics.
// The share is the whole divided by the leases in force, which each process reads with
// every beat anyway, so nobody is asked for a permit.
//
// A process asks only when it has something left, and what one request costs more goes
// into debt. While nobody comes or goes, all processes together ask at most B·(T+1) in T
// seconds, B being the whole a second, and as much more as one request each costs. One
// that comes counts itself at once, the others count it with their next beat: until
// then, a third of a lease, there may be its own share too much, at most half of B. One
// that goes leaves its share unused until its lease is gone.
type budget struct {
	whole float64

	mu      sync.Mutex
	limiter *rate.Limiter // guarded by mu: share and what is left of it
	until   time.Time     // guarded by mu: Dynamics said to wait
}

func newBudget(perSecond int) *budget {
	b := &budget{whole: float64(perSecond), limiter: rate.NewLimiter(0, 1)}
	b.share(1, time.Time{})
	return b
}

// share divides the whole among so many processes.
func (b *budget) share(processes int, now time.Time) {
	share := b.whole / float64(max(processes, 1))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limiter.Limit() == rate.Limit(share) {
		return
	}
	b.limiter.SetLimitAt(now, rate.Limit(share))
	b.limiter.SetBurstAt(now, max(int(share), 1))
}

// left is how much may be spent now; if nothing, after how long to look again.
func (b *budget) left(now time.Time) (n int, again time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.After(now) {
		return 0, b.until.Sub(now)
	}
	tokens := b.limiter.TokensAt(now)
	if tokens >= 1 {
		return int(tokens), 0
	}
	missing := time.Duration((1 - tokens) / float64(b.limiter.Limit()) * float64(time.Second))
	return 0, max(missing, time.Millisecond)
}

// spend takes n, also of what is not there yet.
func (b *budget) spend(n int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range n {
		b.limiter.ReserveN(now, 1)
	}
}

// pause is Dynamics' own word: nothing is asked until then.
func (b *budget) pause(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.until) {
		b.until = until
	}
}

// afford waits until something may be asked, and says how much.
func (s *Service) afford(ctx context.Context) (int, error) {
	for {
		n, again := s.budget.left(s.o.Clock.Now())
		if n > 0 {
			return n, nil
		}
		if err := s.wait(ctx, nil, again); err != nil {
			return 0, err
		}
	}
}

func (q request) cost() int {
	switch {
	case q.entry.Kind == adapter.OutgoingCancel:
		return 1
	case q.delivery.Contact != "" && q.delivery.DoNotPhone:
		return costOfGiven + costOfWish
	case q.delivery.Contact != "":
		return costOfGiven
	default:
		return costOfDelivery
	}
}
