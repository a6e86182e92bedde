// Package event is the contract with the telephony, as bytes: it decodes call
// events and encodes commands, both CloudEvents 1.0 in JSON, in structured mode
// or in the binary mode of the AMQP binding. The file asyncapi.json is the same
// contract as an AsyncAPI 3 document; a test holds it against the code.
//
// Two senders that cannot be taught this contract are read in their own words:
//
//   - Dataverse, whose service endpoint sends a RemoteExecutionContext for each row
//     that changes. What comes of it is [adapter.SettingsChanged],
//     [adapter.DeliveryChanged] and [adapter.ConversationChanged]: hints, which are
//     never encoded; and [adapter.EndpointChecked], which means nothing more.
//   - Azure Communication Services through Event Grid, in either of its schemas,
//     whose Job Router tells of waiting calls.
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
// A new kind of event is one file and one line in the table of kinds; another
// sender is one file and one line in the table of senders, another envelope one in
// the table of formats; another table of Dataverse or event of Communication
// Services is one line in theirs.
package event
