// Package callback is the life of a promise to phone a customer, as a table:
// in which state which event leads where, and what must then be done.
//
// It is pure. It is handed a callback and the time, and returns the callback as
// it is afterwards with the effects that must leave in the same transaction. It
// keeps nothing, asks no clock and sends nothing.
//
// Invariants:
//
//   - An event that the table does not know in a state changes nothing: news
//     that comes late or twice is harmless.
//   - Only [Deliver] makes a phone ring, and only the step into
//     adapter.StateDue has it. While a delivery may exist there is no way back
//     to adapter.StateWaiting but news that it is gone.
//   - An ended callback stays ended.
//
// The table as a diagram (a test keeps it true):
//
//go:generate go test -run TestDiagram -update
package callback
