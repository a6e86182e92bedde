package phone

import "time"

// rank is a place in line: higher priority first, then who came first.
type rank struct {
	priority int
	queuedAt time.Time
}

func (r rank) before(other rank) bool {
	if r.priority != other.priority {
		return r.priority > other.priority
	}
	return r.queuedAt.Before(other.queuedAt)
}

// queue is one waiting line of live calls.
type queue struct {
	id       string
	waiting  []*call // as they came, not as they rank
	estimate estimate
	sequence int64 // of events about the queue itself
}

func (q *queue) add(c *call) { q.waiting = append(q.waiting, c) }

func (q *queue) remove(c *call) {
	for i, other := range q.waiting {
		if other == c {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}

// first is the call that ranks first, nil if nobody waits.
func (q *queue) first() *call {
	var best *call
	for _, c := range q.waiting {
		if best == nil || c.rank().before(best.rank()) {
			best = c
		}
	}
	return best
}

// ahead counts the live calls that rank before r and satisfy also.
func (q *queue) ahead(r rank, also func(*call) bool) int {
	n := 0
	for _, c := range q.waiting {
		if c.rank().before(r) && also(c) {
			n++
		}
	}
	return n
}

// position is a call's place among the live calls, from 1.
func (q *queue) position(c *call) int {
	return q.ahead(c.rank(), func(*call) bool { return true }) + 1
}
