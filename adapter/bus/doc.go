// Package bus moves call events from Azure Service Bus to a [Handler] and
// commands back to it.
//
// It decides nothing: what an event means is the handler's business, how it is
// spelled is package event's. It keeps no state either. A message is settled only
// after its handler has taken or rejected it, so whatever is lost in between, a
// lock, a connection, the process, comes again; handlers must not mind.
//
// Invariants:
//
//   - A message leaves the queue in two ways only: completed, because the handler
//     took its event, or dead-lettered, with a reason that a person can act on.
//   - While the handler cannot take anything (its store is down), nothing is
//     settled and nothing is received: good events do not wear out their delivery
//     count in an outage.
//   - Events of one session reach the handler in the session's order. After a lost
//     lock they come again from the first one that was not settled.
//   - Every call into the SDK has a deadline. No lock is held over a wait, so that
//     all of it runs inside testing/synctest.
//   - A message that makes the SDK panic costs its neighbours one delivery attempt
//     and no more.
//
// It implements what Microsoft describes under
// https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement
// and https://learn.microsoft.com/azure/service-bus-messaging/message-sessions.
package bus
