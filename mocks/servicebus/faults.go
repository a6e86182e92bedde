package servicebus

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

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

// conditions are all of them.
func conditions() []Condition {
	return []Condition{
		ServerBusy, OperationTimeout, DetachForced, SessionLockLost, ConnectionForced, InternalError,
		EntityNotFound, Unauthorized, ResourceLimitExceeded, EntityDisabled,
	}
}

// UnmarshalText reads one of the conditions.
func (c *Condition) UnmarshalText(text []byte) error {
	if !slices.Contains(conditions(), Condition(text)) {
		return fmt.Errorf("condition %q is none of %v", text, conditions())
	}
	*c = Condition(text)
	return nil
}

func (c Condition) wire() *wire.Error {
	return &wire.Error{Condition: wire.Symbol(c), Description: "fault injected by the emulator"}
}

// faultKind names a fault, as [FaultState] and the management port do.
type faultKind string

const (
	refuseAttach    faultKind = "refuse-attach"
	rejectSend      faultKind = "reject-send"
	refuseTokens    faultKind = "refuse-tokens"
	loseSettlement  faultKind = "lose-settlement"
	delaySettlement faultKind = "delay-settlement"
	duplicate       faultKind = "duplicate"
	reorder         faultKind = "reorder"
	detachLinks     faultKind = "detach-links"
	expireLocks     faultKind = "expire-locks"
	dropConnections faultKind = "drop-connections"
	outage          faultKind = "outage"
)

// FaultState is a fault that is on, or has struck.
type FaultState struct {
	Fault  string
	Entity string // "" when it is not about one
	On     bool
	Left   int           // how often it still strikes, of those that are counted
	Chance float64       // of those that strike by chance
	Delay  time.Duration // of delay-settlement
	Struck int           // how often it did: requests, messages, links or connections
}

// faults are the misbehaviours asked for.
type faults struct {
	mu  sync.Mutex // taken last: with a connection or an entity locked
	all map[faultOf]*fault
}

// faultOf: each entity has one of each kind; the queue is nil for what is not
// about one.
type faultOf struct {
	kind  faultKind
	queue *broker.Queue
}

// fault strikes while it is on, the next so many times, or by chance.
type fault struct {
	condition Condition
	on        bool
	left      int
	chance    float64
	random    *rand.Rand // of chance
	delay     time.Duration
	struck    int
}

func (f *fault) strikes() bool {
	switch {
	case f.on || f.delay > 0:
	case f.left > 0:
		f.left--
	case f.chance > 0 && f.random.Float64() < f.chance:
	default:
		return false
	}
	f.struck++
	return true
}

// strike tells whether there is a fault now, and what it looks like; nil if not.
func (f *faults) strike(kind faultKind, q *broker.Queue) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := f.all[faultOf{kind, q}]
	if found == nil || !found.strikes() {
		return nil
	}
	struck := *found
	return &struck
}

// strikeWith is the error of a fault that reports one.
func (f *faults) strikeWith(kind faultKind, q *broker.Queue) *wire.Error {
	if struck := f.strike(kind, q); struck != nil {
		return struck.condition.wire()
	}
	return nil
}

// change sets something about a fault.
func (f *faults) change(kind faultKind, q *broker.Queue, set func(*fault)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[faultOf]*fault{}
	}
	key := faultOf{kind, q}
	if f.all[key] == nil {
		f.all[key] = &fault{}
	}
	set(f.all[key])
}

// count notes that a fault that happens at once struck n times.
func (f *faults) count(kind faultKind, q *broker.Queue, n int) {
	f.change(kind, q, func(x *fault) { x.struck += n })
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = nil
}

// Faults lists what is on and what has struck.
func (s *Server) Faults() []FaultState {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var all []FaultState
	for of, f := range s.faults.all {
		state := FaultState{
			Fault: string(of.kind), Left: f.left, Chance: f.chance, Delay: f.delay, Struck: f.struck,
			On: f.on || f.left > 0 || f.chance > 0 || f.delay > 0,
		}
		if of.queue != nil {
			state.Entity = of.queue.Name()
		}
		if state.On || state.Struck > 0 {
			all = append(all, state)
		}
	}
	slices.SortFunc(all, func(a, b FaultState) int {
		return cmp.Or(cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Fault, b.Fault))
	})
	return all
}

// ClearFaults ends every fault, an outage too, and forgets how often they struck.
func (s *Server) ClearFaults() {
	s.faults.clear()
	for _, q := range s.broker.All() {
		q.Misbehave(broker.Unruly{})
	}
}

// RefuseAttach makes the next n attaches of senders and receivers to the entity
// fail with the condition; 0 ends it.
func (s *Server) RefuseAttach(entity string, n int, c Condition) error {
	return s.setFault(refuseAttach, entity, n, c)
}

// RejectSend makes the next n messages or batches sent to the entity be
// rejected with the condition; 0 ends it.
func (s *Server) RejectSend(entity string, n int, c Condition) error {
	return s.setFault(rejectSend, entity, n, c)
}

// LoseSettlement makes the next n settlements of the entity's messages take
// effect without an answer: the connection is cut instead, so that the client
// cannot know. 0 ends it.
func (s *Server) LoseSettlement(entity string, n int) error {
	return s.setFault(loseSettlement, entity, n, "")
}

func (s *Server) setFault(kind faultKind, entity string, n int, c Condition) error {
	q, err := s.entity(entity)
	if err != nil {
		return err
	}
	s.faults.change(kind, q, func(f *fault) { f.left, f.condition = n, c })
	return nil
}

// RefuseTokens makes the next n tokens be answered with 401; 0 ends it.
func (s *Server) RefuseTokens(n int) {
	s.faults.change(refuseTokens, nil, func(f *fault) { f.left, f.condition = n, Unauthorized })
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
					if b := l.base(); b.entity == q && !b.gone() && !waiting(l) {
						kick(l, c.wire())
						s.faults.count(detachLinks, q, 1)
					}
				}
			}
		})
	}
	return nil
}

// DropConnections cuts every connection without a word.
func (s *Server) DropConnections() { s.faults.count(dropConnections, nil, s.cut()) }

// cut ends every connection and returns how many there were.
func (s *Server) cut() int {
	all := s.connections()
	for _, c := range all {
		// Cutting is the point; whether it was already cut does not matter.
		_ = c.net.Close()
	}
	return len(all)
}

// StartOutage cuts every connection and refuses new ones until EndOutage.
func (s *Server) StartOutage() {
	s.faults.change(outage, nil, func(f *fault) { f.on = true })
	s.cut()
}

// EndOutage accepts connections again.
func (s *Server) EndOutage() {
	s.faults.change(outage, nil, func(f *fault) { f.on = false })
}

// ExpireLocks ends every message and session lock of the entity as if its time
// were up: attempts are counted and session receivers are detached.
func (s *Server) ExpireLocks(entity string) error {
	q, err := s.entity(entity)
	if err != nil {
		return err
	}
	s.faults.count(expireLocks, q, q.ExpireLocks())
	return nil
}

// entity finds an entity that must be there.
func (s *Server) entity(path string) (*broker.Queue, error) {
	if q := s.broker.Lookup(path); q != nil {
		return q, nil
	}
	return nil, fmt.Errorf("servicebus: there is no entity %q", path)
}
