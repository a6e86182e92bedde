package bus

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff waits longer after each failure in a row, with jitter, so that
// receivers that failed together do not come back together.
type backoff struct{ next time.Duration }

const (
	shortestPause = 250 * time.Millisecond
	longestPause  = 30 * time.Second
)

func newBackoff() *backoff { return &backoff{next: shortestPause} }

func (b *backoff) reset() { b.next = shortestPause }

// wait tells whether the pause went by; false means that ctx ended.
func (b *backoff) wait(ctx context.Context) bool {
	pause := time.Duration(float64(b.next) * (0.75 + rand.Float64()/2))
	b.next = min(2*b.next, longestPause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
