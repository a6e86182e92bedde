// Package sqlite keeps the state of one adapter in one SQLite file.
//
// One goroutine owns the one connection. Work is handed to it as functions over
// a [Tx]; what arrives while a commit is under way is committed together by the
// next one, each function in a savepoint of its own, so that many small writers
// share the cost of one fsync. A function that returns an error leaves nothing
// behind, its neighbours are untouched.
//
// Invariants:
//
//   - A function that was reported as done is on disk: WAL, synchronous=FULL.
//   - A change of a callback compares and sets on its version; one that lost
//     gets adapter.ErrConflict.
//   - SQL never asks the clock. Times are UTC microseconds in INTEGER columns, 0
//     for none.
//   - A file is open once: the Store keeps SQLite's exclusive lock until Close,
//     because what it remembers beside the file, and what it takes for left
//     behind by a process that is gone, would be wrong with two.
//   - A file whose schema is newer than this program is refused.
//   - What is erased or purged is overwritten in the file, and the log emptied, by the
//     commit that says so. Not reached by that are copies that SQLite left in unused
//     parts of pages when it moved rows from one to another; VACUUM removes these.
//
// A line is counted in stretches of some hundred, which triggers keep, so that a
// place in a line of 100,000 costs no more than one in a short line. Pages of
// callbacks are read by an index for each state.
//
// The functions must not wait for anything but the database: while one runs, no
// other does.
package sqlite
