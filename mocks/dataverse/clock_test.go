package dataverse_test

import (
	"sync"
	"time"

	"directcallback/mocks/dataverse"
)

// clock is driven by hand, for tests without timers.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) drive(o *dataverse.Options) {
	o.Now = func() time.Time {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.now
	}
	o.AfterFunc = func(time.Duration, func()) func() bool { return func() bool { return true } }
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
