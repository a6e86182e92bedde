package service

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const lengthOfLease = 15 * time.Second

// crew are processes that ask as often as their budgets let them, and count each other
// with every beat, as those of one database do.
type crew struct {
	mu    sync.Mutex
	alive int         // guarded by mu
	asked []time.Time // guarded by mu
}

func (c *crew) count(change int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive += change
	return c.alive
}

// work is one process from now on, until ctx ends.
func (c *crew) work(ctx context.Context, whole, cost int) {
	s := &Service{o: Options{Clock: wall{}}, budget: newBudget(whole)}
	s.budget.share(c.count(1), time.Now())
	defer c.count(-1)
	go func() {
		beat := time.NewTicker(lengthOfLease / looks)
		defer beat.Stop()
		for {
			select {
			case <-beat.C:
				s.budget.share(c.count(0), time.Now())
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		if _, err := s.afford(ctx); err != nil {
			return
		}
		s.budget.spend(cost, time.Now())
		c.mu.Lock()
		for range cost {
			c.asked = append(c.asked, time.Now())
		}
		c.mu.Unlock()
	}
}

// during is how much was asked from one time to another.
func (c *crew) during(from, to time.Time) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range c.asked {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

type wall struct{}

func (wall) Now() time.Time                       { return time.Now() }
func (wall) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

func TestProcessesShareOneBudgetComingAndGoing(t *testing.T) {
	t.Parallel()
	const whole = 15
	for _, cost := range []int{1, costOfDelivery} {
		synctest.Test(t, func(t *testing.T) {
			start, c := time.Now(), &crew{}
			var working sync.WaitGroup
			begin := func(from, to time.Duration) {
				ctx, cancel := context.WithTimeout(t.Context(), to)
				working.Go(func() {
					defer cancel()
					<-time.After(from)
					c.work(ctx, whole, cost)
				})
			}
			begin(0, 4*time.Minute)
			begin(time.Minute+3*time.Second, 4*time.Minute)
			begin(2*time.Minute+1*time.Second, 3*time.Minute)
			working.Wait()

			const step = time.Second
			for _, window := range []time.Duration{5 * time.Second, 20 * time.Second, time.Minute} {
				// What one that comes adds, what the buckets hold, and the debt of each.
				most := int(whole*(window.Seconds()+1)+whole/2.*lengthOfLease.Seconds()/looks) + whole + 3*cost
				for from := start; from.Before(start.Add(4 * time.Minute)); from = from.Add(step) {
					if n := c.during(from, from.Add(window)); n > most {
						t.Fatalf("cost %d: %d in %v from %v on, at most %d", cost, n, window, from.Sub(start), most)
					}
				}
			}
			for _, minute := range []time.Duration{10 * time.Second, 70 * time.Second, 130 * time.Second, 190 * time.Second} {
				from := start.Add(minute)
				n := c.during(from, from.Add(40*time.Second))
				if n < 40*whole-3*cost-1 || n > 40*whole+3*(cost+1) {
					t.Errorf("cost %d: %d in 40 s from %v on, want %d", cost, n, minute, 40*whole)
				}
			}
		})
	}
}

func TestMoreProcessesThanRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, start := &crew{}, time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var working sync.WaitGroup
		for range 10 {
			working.Go(func() { c.work(ctx, 2, 1) })
		}
		working.Wait()
		if n := c.during(start.Add(10*time.Second), start.Add(50*time.Second)); n < 70 || n > 90 {
			t.Errorf("%d in 40 s, want 80", n)
		}
	})
}
