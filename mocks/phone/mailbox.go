package phone

import "sync"

// mailbox hands things to one reader without ever making a writer wait. It has
// no limit: what fills it is bounded by the callers of a day.
type mailbox[T any] struct {
	filled chan struct{} // one token: look inside

	mu    sync.Mutex // guards items, held for an append only
	items []T
}

func newMailbox[T any]() *mailbox[T] { return &mailbox[T]{filled: make(chan struct{}, 1)} }

func (m *mailbox[T]) put(items ...T) {
	m.mu.Lock()
	m.items = append(m.items, items...)
	m.mu.Unlock()
	m.wake()
}

// wake makes the reader look, with or without anything inside.
func (m *mailbox[T]) wake() {
	select {
	case m.filled <- struct{}{}:
	default:
	}
}

func (m *mailbox[T]) take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}

// putBack returns what could not be dealt with to the front.
func (m *mailbox[T]) putBack(items []T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items = append(items, m.items...)
}
