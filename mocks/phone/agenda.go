package phone

import (
	"container/heap"
	"time"
)

// agenda is what will happen, by time; things of the same instant happen in the
// order in which they were planned.
type agenda struct {
	entries entries
	planned uint64
}

// entry is one plan. Calling it off leaves it in the heap, empty.
type entry struct {
	at    time.Time
	order uint64
	do    func()
}

// off cancels the plan; a nil entry and one that has happened are fine.
func (e *entry) off() {
	if e != nil {
		e.do = nil
	}
}

func (a *agenda) plan(at time.Time, do func()) *entry {
	a.planned++
	e := &entry{at: at, order: a.planned, do: do}
	heap.Push(&a.entries, e)
	return e
}

// next is the time of the earliest plan that was not called off.
func (a *agenda) next() (time.Time, bool) {
	for len(a.entries) > 0 {
		if first := a.entries[0]; first.do != nil {
			return first.at, true
		}
		heap.Pop(&a.entries)
	}
	return time.Time{}, false
}

// due takes the earliest plan that is not later than now, or nil.
func (a *agenda) due(now time.Time) *entry {
	if at, ok := a.next(); !ok || at.After(now) {
		return nil
	}
	return heap.Pop(&a.entries).(*entry)
}

type entries []*entry

func (e entries) Len() int { return len(e) }

func (e entries) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].order < e[j].order
}
func (e entries) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)   { *e = append(*e, x.(*entry)) }

func (e *entries) Pop() any {
	last := (*e)[len(*e)-1]
	(*e)[len(*e)-1] = nil
	*e = (*e)[:len(*e)-1]
	return last
}
