// Package service is the one place where decisions are made and written down:
// it takes call events and requests, asks the pure core what follows, and
// stores the new state together with everything that must leave.
//
// It is not an edge. It knows no broker, no HTTP and no database; it declares
// the few methods that it needs of them (see [Tx], [Deliverer], [Publisher],
// [SettingsReader]) and is handed implementations.
//
// Invariants:
//
//   - An event and its effects are one transaction, with the record that the
//     event was seen. A repeated event has no second effect.
//   - Nothing waits for the network inside a transaction.
//   - What leaves, leaves through the outbox. A delivery is written down before
//     Dynamics is asked, so that a crash in between is known as uncertain.
//   - What a process claims, to send or to ask, is under its lease. Another takes it
//     over only when that lease stood still for its whole length, measured by timers of
//     its own, and then nothing is recorded under it any more: who wakes up too late
//     neither sends nor writes. See [Options].Lease.
//   - A slot is not promised to more than it has seats for: who takes one, or holds it,
//     counts and writes in one transaction that keeps others of the queue from both.
//   - Who is told what becomes of callbacks is told each thing under one id, in order,
//     and waits for nobody else. Webhooks come and go while the service runs; every
//     process learns of them within seconds.
//   - Decisions use the last good settings and never wait for Dataverse.
//   - What Dataverse tells of a row is a hint to read it. Calls known only through
//     it are Dynamics' own: counted, never decided, offered anything or phoned.
//
// [Service.Run] starts all that works without being asked: timers, the relay of
// commands, the dispatcher of deliveries, the reconciler and the refresher.
package service
