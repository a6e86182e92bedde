package api

import (
	"sync"

	"directcallback/adapter"
)

// streams counts who follows callbacks, so that their number has a bound: each costs a
// connection, and a look at the store every few seconds. The zero streams are none.
type streams struct {
	mu  sync.Mutex
	all int                        // guarded by mu
	of  map[adapter.CallbackID]int // guarded by mu
}

const (
	maxStreams      = 1000 // of a process
	maxStreamsOfOne = 10   // of one callback: nobody's token takes them all
)

// enter counts one in; false where there are as many as may be. leave counts it out.
func (s *streams) enter(id adapter.CallbackID) (leave func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxStreams || s.of[id] >= maxStreamsOfOne {
		return nil, false
	}
	if s.of == nil {
		s.of = map[adapter.CallbackID]int{}
	}
	s.all++
	s.of[id]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.of[id]--; s.of[id] == 0 {
			delete(s.of, id)
		}
	}, true
}
