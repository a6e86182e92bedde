package dataverse

import (
	"sync"
	"time"
)

// Clock is a clock that can be set forward: it runs like the machine's, some way ahead. Its methods are those that
// Options takes, so that an hour passes at once for tokens, windows, delta links and rows that expire.
type Clock struct {
	mu     sync.Mutex // guards what follows
	ahead  time.Duration
	timers map[*clockTimer]struct{}
}

// clockTimer calls f once.
type clockTimer struct {
	due  time.Time // on the Clock
	f    func()
	stop func() bool // of the machine's timer
}

// NewClock shows the machine's time.
func NewClock() *Clock { return &Clock{timers: map[*clockTimer]struct{}{}} }

// Now is the time it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// AfterFunc calls f in a goroutine of its own when the clock has moved on by d, be it by itself or by Advance.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &clockTimer{due: time.Now().Add(c.ahead).Add(d), f: f}
	c.start(t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waiting := c.timers[t]
		delete(c.timers, t)
		t.stop()
		return waiting
	}
}

// start is called with the lock held.
func (c *Clock) start(t *clockTimer) {
	c.timers[t] = struct{}{}
	t.stop = time.AfterFunc(t.due.Sub(time.Now().Add(c.ahead)), func() { c.fire(t) }).Stop
}

// fire calls f unless it was stopped, or is called already.
func (c *Clock) fire(t *clockTimer) {
	c.mu.Lock()
	_, waiting := c.timers[t]
	delete(c.timers, t)
	c.mu.Unlock()
	if waiting {
		t.f()
	}
}

// Advance sets the clock forward; what is due by then happens now.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(0, d)
	for t := range c.timers {
		if t.stop() {
			c.start(t)
		}
	}
}
