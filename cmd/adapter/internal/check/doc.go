// Package check tries out everything that the adapter needs, and says of each thing
// that is wrong what, where, what follows from it and what to do. It changes nothing:
// no row is written, no message sent or taken.
//
// Its findings are those of the settings, and more of the same kind about signing in,
// privileges, Service Bus and the store. What cannot be seen from outside is not
// judged: whether a queue detects duplicates, and whether an application may create
// deliveries before it has. Privileges are asked of Dataverse by name and depth; what a
// table holds, by reading a row.
package check
