package service

import (
	"sync"

	"directcallback/adapter"
)

// followers are those who wait for news of a callback. The zero followers are nobody.
type followers struct {
	mu sync.Mutex
	of map[adapter.CallbackID]map[chan struct{}]bool // guarded by mu
}

// Follow has woken get a value whenever a step of the callback has become durable in this
// process, until stop is called. It is a hint to look: several steps may be one value.
// Steps that other processes make, and places that change because others leave the line,
// are not told; who must see those looks now and then. A callback that does not exist has
// no steps.
func (s *Service) Follow(id adapter.CallbackID) (woken <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	f := &s.followers
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[adapter.CallbackID]map[chan struct{}]bool{}
	}
	if f.of[id] == nil {
		f.of[id] = map[chan struct{}]bool{}
	}
	f.of[id][c] = true
	return c, func() { f.leave(id, c) }
}

func (f *followers) leave(id adapter.CallbackID, c chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of[id], c)
	if len(f.of[id]) == 0 {
		delete(f.of, id)
	}
}

// wake wakes those who follow the callbacks of steps.
func (f *followers) wake(steps []Step) {
	if len(steps) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, step := range steps {
		for c := range f.of[step.Callback] {
			signal(c)
		}
	}
}
