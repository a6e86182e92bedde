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
// What the results of a delivery mean is Microsoft's page "Outcomes for proactive
// engagement", as a table in result.go.
//
// The table as a diagram (a test keeps it true):
//
//	stateDiagram-v2
//	  scheduled --> waiting: window opened
//	  scheduled --> cancelled: cancel asked
//	  scheduled --> scheduled: asked for later
//	  scheduled --> waiting: asked for now
//	  scheduled --> expired: life over
//	  waiting --> due: place reached / deliver
//	  waiting --> cancelled: cancel asked
//	  waiting --> scheduled: asked for later
//	  waiting --> waiting: asked for now
//	  waiting --> served: customer served
//	  waiting --> expired: life over
//	  due --> dispatching: sending started
//	  due --> cancelled: cancel asked
//	  due --> scheduled: asked for later
//	  due --> waiting: asked for now
//	  due --> waiting: customer calls
//	  due --> served: customer served
//	  due --> waiting: held back
//	  due --> expired: life over
//	  dispatching --> dispatched: delivery created
//	  dispatching --> due: not sent / deliver
//	  dispatching --> failed: request refused
//	  dispatching --> uncertain: reply lost
//	  dispatching --> review: contradicted
//	  uncertain --> dispatched: delivery created
//	  uncertain --> waiting: attempt gone
//	  uncertain --> review: contradicted
//	  uncertain --> accepted: accepted
//	  uncertain --> connected: customer connected
//	  uncertain --> completed: customer reached
//	  uncertain --> expired: life over
//	  dispatched --> accepted: accepted
//	  dispatched --> connected: customer connected
//	  dispatched --> completed: customer reached
//	  dispatched --> waiting: not reached
//	  dispatched --> unanswered: attempts spent
//	  dispatched --> waiting: nobody accepted
//	  dispatched --> waiting: window passed
//	  dispatched --> failed: delivery failed
//	  dispatched --> cancelled: delivery cancelled
//	  dispatched --> review: contradicted
//	  dispatched --> cancelling: cancel asked / cancel delivery
//	  dispatched --> cancelling: asked for later / cancel delivery
//	  dispatched --> cancelling: asked for now / cancel delivery
//	  dispatched --> cancelling: customer calls / cancel delivery
//	  dispatched --> cancelling: customer served / cancel delivery
//	  dispatched --> cancelling: life over / cancel delivery
//	  accepted --> connected: customer connected
//	  accepted --> completed: customer reached
//	  accepted --> waiting: not reached
//	  accepted --> unanswered: attempts spent
//	  accepted --> waiting: nobody accepted
//	  accepted --> failed: delivery failed
//	  accepted --> cancelled: delivery cancelled
//	  accepted --> review: contradicted
//	  accepted --> expired: life over
//	  connected --> completed: customer reached
//	  connected --> waiting: not reached
//	  connected --> unanswered: attempts spent
//	  connected --> failed: delivery failed
//	  connected --> review: nobody accepted
//	  connected --> review: delivery cancelled
//	  connected --> review: contradicted
//	  connected --> expired: life over
//	  cancelling --> cancelled: delivery cancelled
//	  cancelling --> cancelled: nobody accepted
//	  cancelling --> cancelled: window passed
//	  cancelling --> cancelled: attempt gone
//	  cancelling --> cancelled: not reached
//	  cancelling --> cancelled: attempts spent
//	  cancelling --> cancelled: delivery failed
//	  cancelling --> accepted: accepted
//	  cancelling --> connected: customer connected
//	  cancelling --> completed: customer reached
//	  cancelling --> review: contradicted
//	  cancelling --> cancelled: life over
//	  review --> completed: customer reached
//	  review --> unanswered: attempts spent
//	  review --> failed: delivery failed
//	  review --> cancelled: delivery cancelled
//	  review --> expired: life over
//	  review --> completed: found to be reached
//	  review --> waiting: call again
//	  review --> cancelled: given up
//
//go:generate go test -run "TestDiagram|TestEveryPair" -update
package callback
