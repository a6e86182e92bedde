package broker

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// State is where a message is in its life.
type State int32

// States; the first three are the values of x-opt-message-state.
const (
	Active State = iota
	Deferred
	Scheduled
)

// maxIDLength bounds message and session ids.
const maxIDLength = 128

// Message is one message in one entity. The encoded parts are replaced, never
// changed in place, because deliveries still being written refer to them.
type Message struct {
	deadline

	durable         bool
	priority        wire.Optional[uint8]
	ttl             time.Duration // zero: lives for ever
	annotations     []byte        // encoded key-value pairs that the producer set
	annotationCount int
	properties      []byte
	application     []byte
	body            []byte

	id         string // of the properties, for duplicate detection
	session    string
	hasSession bool
	startAt    time.Time // scheduled enqueue time; zero: at once

	// What follows belongs to the entity that holds the message, and to its mutex.

	state       State
	seq         int64
	enqueueSeq  int64
	enqueued    time.Time
	expires     time.Time // zero: never
	deliveries  uint32    // failed attempts
	deadSource  string
	lane        *lane
	readyPlace  int
	token       wire.UUID // valid while locked
	locked      bool
	lockedUntil time.Time
	repeated    bool // by [Unruly]
}

// ParseBatch reads the message or messages of one transfer.
func ParseBatch(raw []byte, format uint32) ([]*Message, error) {
	if format != wire.FormatBatch {
		m, err := ParseMessage(raw)
		return []*Message{m}, err
	}
	envelope, err := wire.SplitMessage(raw)
	if err != nil {
		return nil, err
	}
	parts, err := wire.DataSections(envelope.Body)
	if err != nil {
		return nil, err
	}
	all := make([]*Message, len(parts))
	for i, part := range parts {
		if all[i], err = ParseMessage(part); err != nil {
			return nil, fmt.Errorf("message %d of the batch: %w", i, err)
		}
	}
	return all, nil
}

// ParseMessage reads one encoded message and keeps a copy of what it needs.
func ParseMessage(raw []byte) (*Message, error) {
	s, err := wire.SplitMessage(slices.Clone(raw))
	if err != nil {
		return nil, err
	}
	m := &Message{properties: s.Properties, application: s.ApplicationProperties, body: s.Body}
	header, err := wire.ReadHeader(s.Header)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	m.durable, m.priority = header.Durable, header.Priority
	m.ttl = time.Duration(header.TTL.Or(0)) * time.Millisecond
	if err := m.readAnnotations(s.Annotations); err != nil {
		return nil, fmt.Errorf("message annotations: %w", err)
	}
	if err := m.readProperties(); err != nil {
		return nil, fmt.Errorf("properties: %w", err)
	}
	if _, err := wire.SectionMap(m.application); err != nil {
		return nil, fmt.Errorf("application properties: %w", err)
	}
	return m, nil
}

// brokerAnnotations are the ones a producer cannot set.
func brokerAnnotation(key string) bool {
	switch key {
	case "x-opt-sequence-number", "x-opt-enqueued-time", "x-opt-enqueue-sequence-number", "x-opt-locked-until",
		"x-opt-message-state", "x-opt-deadletter-source", "x-opt-lock-token":
		return true
	}
	return false
}

func (m *Message) readAnnotations(section []byte) error {
	all, err := wire.SectionMap(section)
	if err != nil {
		return err
	}
	for _, e := range all {
		key := wire.KeyString(e.Key)
		if brokerAnnotation(key) {
			continue
		}
		if key == "x-opt-scheduled-enqueue-time" {
			if at, ok := e.Value.(time.Time); ok {
				m.startAt = at
			}
		}
		m.annotations = wire.Append(wire.Append(m.annotations, wire.Symbol(key)), e.Value)
		m.annotationCount++
	}
	return nil
}

// readProperties notes the ids and gives the message one if it has none.
func (m *Message) readProperties() error {
	p, err := wire.ReadProperties(m.properties)
	if err != nil {
		return err
	}
	if p.MessageID == nil || p.MessageID == "" {
		token := newToken()
		p.MessageID = hex.EncodeToString(token[:])
		m.properties = wire.AppendProperties(nil, &p)
	}
	m.id = fmt.Sprint(p.MessageID)
	m.session, m.hasSession = p.GroupID.Value, p.GroupID.Set
	if text, ok := p.MessageID.(string); ok && len(text) > maxIDLength {
		return fmt.Errorf("%w: message id longer than %d", wire.ErrDecode, maxIDLength)
	}
	if len(m.session) > maxIDLength {
		return fmt.Errorf("%w: session id longer than %d", wire.ErrDecode, maxIDLength)
	}
	return nil
}

// modify sets application properties, for settlements that change a message.
func (m *Message) modify(changes wire.Map) {
	if len(changes) == 0 {
		return
	}
	// The section was decoded without error when the message came.
	all, err := wire.SectionMap(m.application)
	if err != nil {
		return
	}
	for _, e := range changes {
		if key := wire.KeyString(e.Key); key != "" {
			all = all.Set(key, e.Value)
		}
	}
	m.application = wire.AppendSection(nil, wire.SectionApplicationProperties, all)
}

// copyFor is the same message as new in another entity.
func (m *Message) copyFor() *Message {
	return &Message{
		durable: m.durable, priority: m.priority, ttl: m.ttl,
		annotations: m.annotations, annotationCount: m.annotationCount,
		properties: m.properties, application: m.application, body: m.body,
		id: m.id, session: m.session, hasSession: m.hasSession,
		enqueueSeq: m.enqueueSeq, deadSource: m.deadSource, deliveries: m.deliveries,
	}
}

// newToken is 16 random bytes. They need to be unique, not secret.
func newToken() (t wire.UUID) {
	for i := 0; i < len(t); i += 8 {
		r := rand.Uint64()
		for j := range 8 {
			t[i+j] = byte(r >> (8 * j))
		}
	}
	return t
}

// ID is the message's id.
func (m *Message) ID() string { return m.id }
