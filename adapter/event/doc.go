// Package event is the contract with the telephony, as bytes: it decodes call
// events and encodes commands, both CloudEvents 1.0 in JSON, in structured mode
// or in the binary mode of the AMQP binding.
//
// It knows neither Service Bus nor a store. It does not judge whether an event
// makes sense now, only whether it can be read: whether the queue exists, whether
// the call is known and whether the event is older than another is decided by
// those who hold that knowledge.
//
// Invariants:
//
//   - [Decode] never panics, whatever the bytes. What it cannot read comes back as
//     an [adapter.Rejection] that names every wrong field and what was expected, so
//     that the person who finds the message in the dead-letter queue can mend the
//     sender.
//   - No text made here repeats a phone number, not even one in the wrong field.
//   - A call whose number cannot be dialled is still a call in the line: it is
//     queued with a zero Phone and [AttributeFrom] set to [Invalid], and merely not
//     offered a callback.
//   - Members of data that are not known are ignored, so that a telephony may send
//     more than today's adapter reads.
//   - [Encode] and [EncodeCommand] write nothing that their decoders would reject.
//
// A new kind of event is one file and one line in the table of kinds; a new kind
// of message (another envelope, another sender) is one file and one line in the
// table of formats.
package event
