package dataverse

import (
	"container/heap"
	"sync/atomic"
	"time"
)

// expiries are the rows of elastic tables that were given ttlinseconds, the soonest first. An entry whose row is not
// the stored one any more is stale.
type expiries struct {
	heap    expiryHeap
	soonest atomic.Int64 // when the heap's head expires, in Unix nanoseconds, 0: never; read without the lock
}

type expiry struct {
	table *table
	row   *row
}

type expiryHeap []expiry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].row.expires.Before(h[j].row.expires) }
func (h expiryHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *expiryHeap) Push(x any)        { *h = append(*h, x.(expiry)) } // container/heap's contract
func (h *expiryHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (x *expiries) add(t *table, r *row) {
	if !r.expires.IsZero() {
		heap.Push(&x.heap, expiry{t, r})
		x.mark()
	}
}

func (x *expiries) mark() {
	if len(x.heap) == 0 {
		x.soonest.Store(0)
		return
	}
	x.soonest.Store(x.heap[0].row.expires.UnixNano())
}

// due says whether a row has expired, without the lock.
func (x *expiries) due(now time.Time) bool {
	soonest := x.soonest.Load()
	return soonest != 0 && now.UnixNano() >= soonest
}

// sweep removes what has expired: reads passed over it already. Called with the lock held.
func (s *store) sweep(now time.Time) {
	for len(s.expiries.heap) > 0 && s.expiries.heap[0].row.gone(now) {
		gone, _ := heap.Pop(&s.expiries.heap).(expiry)
		if i, found := search(s.rows[gone.table], gone.row.id, gone.row.partition); found && s.rows[gone.table][i] == gone.row {
			s.remove(gone.table, gone.row, cause{at: gone.row.expires})
		}
	}
	s.expiries.mark()
}
