// Package record is how calls, callbacks, attempts and outbox entries stand in the
// columns of a database: which columns, in which order, as which values, and the
// way back. Both stores have the same tables, and here is the one place that maps
// them; what differs, statements, locks and transactions, is theirs.
//
// Invariants: times are UTC microseconds, 0 = none; a value that is read is the one
// that was written, but for what is finer than a microsecond.
package record

// Scanner is one row of a result.
type Scanner interface{ Scan(dest ...any) error }
