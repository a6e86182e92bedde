package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"directcallback/adapter/channels"
)

// often remembers how often each of many did something lately. It forgets those whom
// it did not see for longest, so that a crowd of strangers cannot fill the memory.
type often[K comparable] struct {
	rate channels.Rate // zero = as often as they like

	mu         sync.Mutex
	young, old map[K]*rate.Limiter // guarded by mu: seen since the last forgetting, and before
}

// mostKept bounds each of the two generations that are remembered.
const mostKept = 1 << 14

func newOften[K comparable](limit channels.Rate) *often[K] {
	return &often[K]{rate: limit, young: map[K]*rate.Limiter{}}
}

// again tells how long somebody must wait before doing it again; 0 = it is counted as
// done now. So many may be done at once, and then one by one.
func (o *often[K]) again(who K, now time.Time) time.Duration {
	if o.rate.IsZero() {
		return 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	reserved := o.limiter(who).ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// limiter finds somebody's. It is called with mu.
func (o *often[K]) limiter(who K) *rate.Limiter {
	if l, is := o.young[who]; is {
		return l
	}
	l, is := o.old[who]
	if !is {
		l = rate.NewLimiter(rate.Limit(float64(o.rate.N)/o.rate.Per.Seconds()), o.rate.N)
	}
	if len(o.young) >= mostKept {
		o.young, o.old = map[K]*rate.Limiter{}, o.young
	}
	o.young[who] = l
	return l
}
