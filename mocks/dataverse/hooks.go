package dataverse

import "sync"

// event is what hooks are told about.
type event uint8

const (
	eventCreated event = iota // the API accepted it
	eventVisible              // its row appeared
	eventEnded                // expired, cancelled or finished
)

// hooks calls listeners one after the other, in the order things happened, and never while a lock is held: a listener
// may call the server.
type hooks struct {
	mu        sync.Mutex // guards what follows; may be taken while Server.mu is held, never the other way round
	listeners [eventEnded + 1][]func(Delivery)
	queue     []happening
	draining  bool
}

type happening struct {
	event    event
	delivery Delivery
}

// OnDeliveryCreated calls f when the API has accepted a delivery, before its answer is sent.
func (s *Server) OnDeliveryCreated(f func(Delivery)) { s.hooks.listen(eventCreated, f) }

// OnDelivery calls f when a delivery's row becomes visible, in state Pending.
func (s *Server) OnDelivery(f func(Delivery)) { s.hooks.listen(eventVisible, f) }

// OnDeliveryEnded calls f when a delivery expired, was cancelled or was finished.
func (s *Server) OnDeliveryEnded(f func(Delivery)) { s.hooks.listen(eventEnded, f) }

func (h *hooks) listen(e event, f func(Delivery)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[e] = append(h.listeners[e], f)
}

// happened queues an event, once what it tells of stands.
func (s *Server) happened(e event, d *delivery) {
	told := d.copy()
	s.db.afterCommit(func() { s.hooks.add(e, told) })
}

func (h *hooks) add(e event, d Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queue = append(h.queue, happening{e, d})
}

// drain calls the listeners. When another goroutine is at it, or a listener called the server, what is queued is left
// to that one: so the order holds and nothing recurses.
func (h *hooks) drain() {
	h.mu.Lock()
	if h.draining {
		h.mu.Unlock()
		return
	}
	h.draining = true
	defer func() {
		h.draining = false
		h.mu.Unlock()
	}()
	for len(h.queue) > 0 {
		next := h.queue[0]
		h.queue = h.queue[1:]
		for _, f := range h.listeners[next.event] {
			h.call(f, next.delivery)
		}
	}
}

// call gives the lock up around f, and takes it back even when f panics.
func (h *hooks) call(f func(Delivery), d Delivery) {
	h.mu.Unlock()
	defer h.mu.Lock()
	f(d)
}
