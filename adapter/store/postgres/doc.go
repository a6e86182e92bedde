// Package postgres keeps the state of many adapters in one PostgreSQL database,
// version 13 or later.
//
// # Transactions
//
// Each function is a transaction of its own on one of a few connections. The
// database is asked for READ COMMITTED, and what functions could do to each other
// is kept apart by locks of our own, so that all happens as if one function came
// after the other: each method of a [Tx] first takes the locks that stand for what
// it reads or changes, a call, a callback with its attempts, a number, a line, an
// event that something waits for, and keeps them to the end. What they stand for
// includes what is not there, which a row lock cannot: the live call that a number
// does not have. A function never waits in a circle; see locks. One that is in the
// way of another is run again, whole.
//
// SERIALIZABLE would need no list of what to lock. But it watches pages of
// indexes, and every function here reads the first page of the index of what is
// due while every other one writes there: two replicas under load would undo each
// other's work most of the time. Locks by name cost nothing but themselves, and
// they are taken in the round trip of the statement that they protect.
//
// Functions do not share a transaction as they do in package sqlite. There a
// commit is one sync to disk for all who wait; here the server itself writes the
// commits of several connections with one sync, and a transaction of many would
// only hold many locks for longer.
//
// On a network a round trip costs more than most statements. What only changes
// something is therefore put off until something is asked, and sent together, the rows
// of one table in one statement; and what the events of a batch need is read for all of
// them at once, see [Tx.Expect] and [Tx.ExpectRequests]. What was read under a lock is remembered until the end.
//
// Invariants:
//
//   - A function that was reported as done is on disk: synchronous_commit is on. A
//     connection that breaks during a commit is no answer; the server is asked
//     under the transaction's own name what became of it.
//   - A change of a callback compares and sets on its version.
//   - Entries of an outbox key get their numbers in the order of their commits.
//   - Workers leave to others what these are at: SKIP LOCKED for the outbox, and
//     its like for calls and callbacks to look at and attempts to poll.
//   - SQL never asks the clock. Times are UTC microseconds in BIGINT columns, 0 for
//     none.
//   - Replicas that start at once bring the schema up to date one after the other. A
//     schema that is newer than this program is used if it says that it can be, else
//     refused; see below.
//   - Who holds locks and says nothing for ten seconds is cut off.
//
// # Migrations
//
// While replicas are replaced one after the other, the program before works on the
// schema of the one after. So a migration first expands and a later one contracts:
// a release adds tables, indexes, and columns that are nullable or have a default,
// and fills them; what nothing needs any more goes in a release after the last that
// needed it, by a migration that sets compatible.since to the first version whose
// program does without. A program that knows less refuses to start. That a migration
// which takes something away says so is tested.
//
// A line is counted in stretches of some hundred, which a trigger keeps, so that a
// place in a line of 100,000 costs no more than one in a short line. Pages of
// callbacks are read by an index for each state.
//
// The driver is used directly, not through database/sql, which knows no sending
// of several statements at once.
//
// What is locked at once must fit the server's lock table, max_locks_per_transaction
// times max_connections: some 150 locks a connection of an adapter under load. A
// pooler between must keep a connection for a session.
package postgres
