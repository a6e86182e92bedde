// Package serve puts the adapter together: from a configuration it makes the
// clients, the store, the service, the consumers and the HTTP server, runs them,
// and takes them down in order.
//
// It is wiring only. What the parts do is decided in their own packages; what
// differs between a server and a laptop (clock, transports, who watches) is
// handed in through [Surroundings].
//
// Invariants: nothing listens or receives before the store is open and settings
// are known; at the end what came in is finished before what it needs is closed.
package serve
