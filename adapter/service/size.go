package service

import (
	"time"

	"directcallback/adapter"
)

// count is how many waited in a queue, and when that was counted.
type count struct {
	size int
	at   time.Time
}

// size is how many wait in a queue as a call arrives. Dynamics counts every ten
// seconds and judges arrivals by the last count; [Options.SizeFor] does the same.
func (r *run) size(queue adapter.QueueID) (int, error) {
	if r.s.o.SizeFor <= 0 {
		return r.tx.Size(queue, r.now)
	}
	r.s.mu.Lock()
	kept, ok := r.s.sizes[queue]
	r.s.mu.Unlock()
	if ok && !r.now.Before(kept.at) && r.now.Sub(kept.at) < r.s.o.SizeFor {
		return kept.size, nil
	}
	size, err := r.tx.Size(queue, r.now)
	if err != nil {
		return 0, err
	}
	r.s.mu.Lock()
	r.s.sizes[queue] = count{size, r.now}
	r.s.mu.Unlock()
	return size, nil
}
