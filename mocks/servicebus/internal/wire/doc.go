// Package wire is the part of AMQP 1.0 that a Service Bus client and broker
// exchange: the type system, frames, performatives and message sections.
//
// It is a codec only. It opens nothing, starts nothing and keeps no state; it
// decodes every type of the specification (decimals and char as [Opaque]) and
// encodes what the emulator emits.
//
// Invariants:
//
//   - whatever the input, decoding returns a value or an error: it never
//     panics, never nests deeper than [MaxDepth] and never allocates more than
//     a small multiple of the input's length;
//   - a described list (performative, header, properties, error) has one table
//     of its fields, used to read and to write it;
//   - a decoded value does not alias the input, except the raw byte slices that
//     [Frame], [Transfer] payloads and [Sections] say they alias.
//
// The specification is OASIS AMQP 1.0, parts 1 (types), 2 (transport),
// 3 (messaging) and 5 (SASL).
package wire
