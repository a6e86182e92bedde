// Package metrics measures what an operator is to be woken for, by the OpenTelemetry
// API: it names the instruments, and whoever wires the program says where they go.
//
//   - directcallback.settings.age: seconds since the settings in force were those of
//     the portal. It grows while Dataverse cannot be read.
//   - directcallback.findings: how many findings there are, by severity.
//
// No measure carries an id, a name or a number of a person. What is not here yet is
// measured nowhere: calls, callbacks, deliveries and the outbox.
package metrics
