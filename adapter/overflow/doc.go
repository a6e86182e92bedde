// Package overflow is the local rule engine: it decides, from what the portal
// says about a voice queue, whether and how that queue overflows.
//
// [Compile] turns the settings read from Dataverse into one immutable [Plan] a
// voice queue, kept together in a [Set]. [Plan.Decide] puts one [Snapshot] to a
// plan and gets a [Decision], which explains itself on demand: [Decision.Trace]
// for programs, [Decision.Explain] for people.
//
// [Set.PlanFor] is the plan for an item that a route-to-queue rule sent, which may
// have overflow handling of its own; [Plan.TextFor] is what a caller hears. Of a call
// that is there the conditions of routes are not judged and percentages are not drawn:
// the platform did both, and the event names the queue. [Set.Route] judges them for
// people who ask beforehand where a call would go, and [Choose] picks among several
// queues that match.
//
// It implements Microsoft's page "Manage overflow of work items in queues" over
// the decision XML of msdyn_decisionruleset. It does not offer, dial, wait or
// look anything up: no clock, no network, no state. Whether a queue is open is
// package hours' answer, handed in with the snapshot.
//
// Invariants:
//
//   - What cannot be read is never guessed and never dropped. A condition with
//     anything unknown in it is [Unknown], keeps its XML, raises a finding, and
//     whatever decision depends on it is not acted on.
//   - Hours rules are asked first, the others in document order; the first rule
//     that holds decides, also when its action cannot be had: one action runs,
//     never a second.
//   - A decision depends on its snapshot alone, and costs no allocation.
//   - Compile never fails, and a plan never changes.
package overflow
