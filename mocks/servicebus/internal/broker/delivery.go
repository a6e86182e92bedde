package broker

import (
	"encoding/binary"
	"math"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// Delivery is a message as it is handed out: a snapshot that stays as it is
// while the message goes on living.
type Delivery struct {
	Token       wire.UUID
	Settled     bool      // received and deleted
	LockedUntil time.Time // zero when not locked

	message     *Message // only its parts that never change are read
	withState   bool
	withToken   bool
	state       State
	seq         int64
	enqueueSeq  int64
	enqueued    time.Time
	deliveries  uint32
	properties  []byte
	application []byte
}

func (m *Message) snapshot() Delivery {
	return Delivery{
		message: m, Token: m.token, LockedUntil: m.lockedUntil, state: m.state, seq: m.seq, enqueueSeq: m.enqueueSeq,
		enqueued: m.enqueued, deliveries: m.deliveries, properties: m.properties, application: m.application,
	}
}

// ID is the message's id, as for duplicate detection.
func (d *Delivery) ID() string { return d.message.id }

// Append writes the whole message: header, annotations of the broker, and the
// producer's sections as they came.
//
// Header and properties are always there; clients read a delivery count only
// from messages that have both.
func (d *Delivery) Append(b []byte) []byte {
	m := d.message
	header := wire.Header{Durable: m.durable, Priority: m.priority, DeliveryCount: d.deliveries}
	if m.ttl > 0 {
		header.TTL = wire.Some(uint32(min(m.ttl.Milliseconds(), math.MaxUint32)))
	}
	b = wire.AppendHeader(b, &header)
	if d.withToken {
		b = wire.AppendSection(b, wire.SectionDeliveryAnnotations,
			wire.Map{{Key: wire.Symbol("x-opt-lock-token"), Value: d.Token}})
	}
	b = d.appendAnnotations(b)
	b = append(b, d.properties...)
	if len(d.properties) == 0 {
		b = wire.AppendProperties(b, &wire.Properties{})
	}
	b = append(b, d.application...)
	return append(b, m.body...)
}

// appendAnnotations writes the message annotations. Their types are what
// clients assert without checking: long, timestamp, int, string.
func (d *Delivery) appendAnnotations(b []byte) []byte {
	const map32 = 0xd1
	b = append(b, 0x00, 0x53, wire.SectionAnnotations, map32)
	mark := len(b)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	count := 0
	put := func(key wire.Symbol, value any) {
		b = wire.Append(wire.Append(b, key), value)
		count++
	}
	put("x-opt-sequence-number", d.seq)
	put("x-opt-enqueued-time", d.enqueued)
	put("x-opt-enqueue-sequence-number", d.enqueueSeq)
	if !d.LockedUntil.IsZero() {
		put("x-opt-locked-until", d.LockedUntil)
	}
	if d.withState {
		put("x-opt-message-state", int32(d.state))
	}
	if d.message.deadSource != "" {
		put("x-opt-deadletter-source", d.message.deadSource)
	}
	b = append(b, d.message.annotations...)
	count += d.message.annotationCount
	binary.BigEndian.PutUint32(b[mark:], uint32(len(b)-mark-4))
	binary.BigEndian.PutUint32(b[mark+4:], uint32(2*count))
	return b
}
