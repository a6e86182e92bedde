// Package servicebus is an Azure Service Bus namespace in the process: an AMQP
// 1.0 server that the unmodified azservicebus client takes for the real service.
//
// It serves any [net.Listener], any single connection and, through
// [Server.Dial], connections in memory, so that a whole system with it can run
// inside a testing/synctest bubble where hours of locks, time-outs and token
// renewals take seconds.
//
// It has queues, topics and subscriptions with correlation filters, dead-letter
// queues, peek-lock and receive-and-delete, sessions with locks and state,
// scheduled and deferred messages, duplicate detection, time to live, batches,
// and the $cbs and $management nodes. It is configured in Go ([Config]) or with
// the config.json of Microsoft's emulator ([ReadConfig]).
//
// Any token is good for it, as for Microsoft's emulator, until [Config].Tokens
// says which shared access keys and Entra applications may do what; then a wrong,
// expired or missing token meets what it meets in Azure. It speaks TLS when its
// listener does.
//
// It is not a message broker for production: it stores nothing on disk, knows no
// transactions, no partitions, no forwarding, no SQL filters (a configuration
// that needs one is refused) and no administration over HTTPS.
//
// Invariants:
//
//   - the reader of a connection never waits for an entity, and an entity never
//     waits for a connection: a client that stops reading costs the others
//     nothing, and at most about 2 MiB of memory;
//   - nothing sleeps or polls. A reply that needs credit waits in a queue that
//     the next flow empties; entities have one timer each, for their earliest
//     deadline;
//   - every request is answered: each unsettled disposition, each management
//     request, each attach;
//   - malformed input ends the connection it came on, with the AMQP error that
//     names it, and nothing else;
//   - [Server.Close] returns when no goroutine of the server is left.
//
// It also misbehaves: on request, see [Server.RefuseAttach], [Server.RejectSend],
// [Server.RefuseTokens], [Server.LoseSettlement], [Server.DetachLinks], [Server.ExpireLocks],
// [Server.DropConnections] and [Server.StartOutage]; and by chance, see [Misbehaviour].
//
// [Server.Admin] is all of this for tests in other processes, as JSON:
//
//	GET  /entities                      what there is, and how many messages it holds
//	GET  /entities/{path}/messages      messages in any state; ?from= a sequence number, ?limit= up to 1000
//	POST /entities/{path}/messages      sends one: messageId, sessionId, correlationId, subject, contentType, to, replyTo,
//	                                    replyToSessionId, properties, timeToLive ("90s"), scheduledEnqueueTime, and one of
//	                                    body (text), base64 and json
//	POST /reset                         a new namespace: no messages, no session states, no faults
//	GET  /faults                        what is on, and how often it struck
//	POST /faults                        {"fault": …} with the keys of the table below
//	GET  /healthz                       200 when a message was just sent and received, else 503
//
//	drop-connections, start-outage, end-outage, clear    no keys
//	expire-locks        entity
//	detach-links        entity, condition (com.microsoft:server-busy)
//	refuse-attach       entity, times (1), condition
//	reject-send         entity, times, condition
//	lose-settlement     entity, times
//	refuse-tokens       times
//	misbehave           entity, seed, duplicate, reorder, loseSettlement (0 to 1), delaySettlement ("50ms"): a [Misbehaviour]
//
// {path} is an entity's, with /$DeadLetterQueue for its dead letters. Unknown
// keys and parameters are errors; errors are {"error": "…"} with a 4xx or 5xx.
//
// The pages it implements are Microsoft's "AMQP 1.0 in Azure Service Bus:
// protocol guide" and "request-response-based operations", and OASIS AMQP 1.0.
package servicebus
