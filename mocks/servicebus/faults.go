package servicebus

import (
	"fmt"
	"sync"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// Condition is an AMQP error condition that a fault reports to the client. Each
// makes the SDK recover in another way; see the constants.
type Condition string

// Conditions by what the Go SDK does about them.
const (
	// ServerBusy and OperationTimeout are retried in place.
	ServerBusy       Condition = "com.microsoft:server-busy"
	OperationTimeout Condition = "com.microsoft:timeout"
	// DetachForced and SessionLockLost make it rebuild the link.
	DetachForced    Condition = "amqp:link:detach-forced"
	SessionLockLost Condition = "com.microsoft:session-lock-lost"
	// ConnectionForced and InternalError make it rebuild the connection.
	ConnectionForced Condition = "amqp:connection:forced"
	InternalError    Condition = "amqp:internal-error"
	// EntityNotFound, Unauthorized, ResourceLimitExceeded and EntityDisabled are returned to the caller at once.
	EntityNotFound        Condition = "amqp:not-found"
	Unauthorized          Condition = "amqp:unauthorized-access"
	ResourceLimitExceeded Condition = "amqp:resource-limit-exceeded"
	EntityDisabled        Condition = "com.microsoft:entity-disabled"
)

// faults are the misbehaviours asked for and not yet spent.
type faults struct {
	mu       sync.Mutex
	attaches map[*broker.Queue]*fault
	sends    map[*broker.Queue]*fault
	settles  map[*broker.Queue]*fault
	tokens   *fault
	refusing bool // new connections
}

type fault struct {
	condition Condition
	left      int
}

// spend uses a fault once, if there is one left.
func (f *fault) spend() *wire.Error {
	if f == nil || f.left == 0 {
		return nil
	}
	f.left--
	return f.condition.wire()
}

func (c Condition) wire() *wire.Error {
	return &wire.Error{Condition: wire.Symbol(c), Description: "fault injected by the emulator"}
}

func (f *faults) attach(q *broker.Queue) *wire.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attaches[q].spend()
}

func (f *faults) send(q *broker.Queue) *wire.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sends[q].spend()
}

func (f *faults) settle(q *broker.Queue) (lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settles[q].spend() != nil
}

func (f *faults) token() *wire.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tokens.spend()
}

// RefuseAttach makes the next n attaches of senders and receivers to the entity
// fail with the condition; 0 ends it.
func (s *Server) RefuseAttach(entity string, n int, c Condition) error {
	return s.setFault(&s.faults.attaches, entity, fault{c, n})
}

// RejectSend makes the next n messages or batches sent to the entity be
// rejected with the condition; 0 ends it.
func (s *Server) RejectSend(entity string, n int, c Condition) error {
	return s.setFault(&s.faults.sends, entity, fault{c, n})
}

// LoseSettlement makes the next n settlements of the entity's messages take
// effect without an answer: the connection is cut instead, so that the client
// cannot know. 0 ends it.
func (s *Server) LoseSettlement(entity string, n int) error {
	return s.setFault(&s.faults.settles, entity, fault{ConnectionForced, n})
}

func (s *Server) setFault(of *map[*broker.Queue]*fault, entity string, f fault) error {
	q, err := s.entity(entity)
	if err != nil {
		return err
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if *of == nil {
		*of = map[*broker.Queue]*fault{}
	}
	(*of)[q] = &f
	return nil
}

// RefuseTokens makes the next n tokens be answered with 401; 0 ends it.
func (s *Server) RefuseTokens(n int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.tokens = &fault{Unauthorized, n}
}

// DetachLinks detaches every sender and receiver of the entity. Who still waits
// for a session goes on waiting.
func (s *Server) DetachLinks(entity string, c Condition) error {
	q, err := s.entity(entity)
	if err != nil {
		return err
	}
	for _, conn := range s.connections() {
		conn.signals.post(func() {
			for _, session := range conn.sessions {
				for _, l := range session.links {
					if l.base().entity == q && !waiting(l) {
						kick(l, c.wire())
					}
				}
			}
		})
	}
	return nil
}

// DropConnections cuts every connection without a word.
func (s *Server) DropConnections() {
	for _, c := range s.connections() {
		// Cutting is the point; whether it was already cut does not matter.
		_ = c.net.Close()
	}
}

// StartOutage cuts every connection and refuses new ones until EndOutage.
func (s *Server) StartOutage() {
	s.faults.mu.Lock()
	s.faults.refusing = true
	s.faults.mu.Unlock()
	s.DropConnections()
}

// EndOutage accepts connections again.
func (s *Server) EndOutage() {
	s.faults.mu.Lock()
	s.faults.refusing = false
	s.faults.mu.Unlock()
}

func (f *faults) out() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refusing
}

// ExpireLocks ends every message and session lock of the entity as if its time
// were up: attempts are counted and session receivers are detached.
func (s *Server) ExpireLocks(entity string) error {
	q, err := s.entity(entity)
	if err != nil {
		return err
	}
	q.ExpireLocks()
	return nil
}

// entity finds an entity that must be there.
func (s *Server) entity(path string) (*broker.Queue, error) {
	if q := s.broker.Lookup(path); q != nil {
		return q, nil
	}
	return nil, fmt.Errorf("servicebus: there is no entity %q", path)
}
