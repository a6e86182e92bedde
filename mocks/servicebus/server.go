package servicebus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"directcallback/mocks/servicebus/internal/broker"
)

// ErrClosed is returned by a server that was closed.
var ErrClosed = errors.New("servicebus: server closed")

// errOutage is what dialling meets during an outage.
var errOutage = errors.New("servicebus: connection refused: outage")

// Counts are the messages of an entity, each counted once: Active ones can be
// received, Locked ones are with a receiver, Deferred ones are received by
// number, Scheduled ones wait for their time. DeadLettered are those in the
// entity's dead-letter queue.
type Counts struct {
	Active, Locked, Deferred, Scheduled, DeadLettered int
}

// Server is an emulated namespace.
type Server struct {
	config     Config
	broker     *broker.Broker
	operations map[string]operation
	faults     faults
	checking   chan struct{}  // holds one while a self-check runs
	running    sync.WaitGroup // one a connection

	mu        sync.Mutex
	closed    bool
	conns     map[*conn]struct{}
	listeners map[net.Listener]struct{}
}

// New makes the namespace. It listens nowhere until told to.
func New(config Config) (*Server, error) {
	b, err := config.build()
	if err != nil {
		return nil, fmt.Errorf("servicebus: %w", err)
	}
	config.MaxMessageSize = orDefault(config.MaxMessageSize, DefaultMaxMessageSize)
	return &Server{
		config: config, broker: b, operations: operations(), checking: make(chan struct{}, 1),
		conns: map[*conn]struct{}{}, listeners: map[net.Listener]struct{}{},
	}, nil
}

// Serve accepts connections until the listener fails or the server is closed,
// which is no error. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close() //nolint:errcheck // it was closed already, or nobody can be told
	if !s.track(l) {
		return ErrClosed
	}
	defer s.untrack(l)
	for {
		nc, err := l.Accept()
		if err != nil {
			if s.isClosed() {
				return nil
			}
			return fmt.Errorf("servicebus: accept: %w", err)
		}
		if s.faults.strike(outage, nil) != nil {
			_ = nc.Close() // refusing is all there is to it
			continue
		}
		if c, ok := s.admit(nc); ok {
			go s.run(c)
		}
	}
}

// ServeConn serves one connection, which it closes, and returns when it ends.
func (s *Server) ServeConn(nc net.Conn) {
	if c, ok := s.admit(nc); ok {
		s.run(c)
	}
}

// Dial returns the client's end of an in-memory connection to the server. It is
// what azservicebus.ClientOptions.NewWebSocketConn needs.
func (s *Server) Dial(context.Context) (net.Conn, error) { return s.dial(func(*conn) {}) }

func (s *Server) dial(prepare func(*conn)) (net.Conn, error) {
	if s.faults.strike(outage, nil) != nil {
		return nil, errOutage
	}
	client, server := Pipe()
	c, ok := s.admit(server)
	if !ok {
		return nil, ErrClosed
	}
	prepare(c)
	go s.run(c)
	return client, nil
}

// Counts tells what an entity holds; its path may end in /$DeadLetterQueue.
func (s *Server) Counts(entity string) (Counts, error) {
	q, err := s.entity(entity)
	if err != nil {
		return Counts{}, err
	}
	return Counts(q.Counts()), nil
}

// Reset makes the namespace as new: no messages, no session states, no faults.
// Clients stay connected; the locks they hold are lost.
func (s *Server) Reset() {
	s.ClearFaults()
	for _, q := range s.broker.All() {
		q.Reset()
	}
}

// Close stops listening, closes every connection and waits until nothing of the
// server runs any more. Messages are gone with it.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	var errs []error
	for l := range s.listeners {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	s.mu.Unlock()
	s.cut()
	s.running.Wait()
	s.broker.Close()
	return errors.Join(errs...)
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) track(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) untrack(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// admit takes a connection in, or closes it when the server is closed.
func (s *Server) admit(nc net.Conn) (*conn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = nc.Close() // there is nobody to tell
		return nil, false
	}
	c := newConn(s, nc)
	s.conns[c] = struct{}{}
	s.running.Add(1)
	return c, true
}

func (s *Server) run(c *conn) {
	defer s.running.Done()
	c.serve()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *Server) connections() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}
