// Package adapter holds the words of direct callback outside Dynamics: what a
// queue, a waiting call, a promised callback and a phone number are, and which
// events come in and which commands go out.
//
// It decides nothing and touches nothing. The packages below it decide
// (overflow, callback), the packages beside it act (bus, store, api); all of
// them speak in these types. Reading this one package should be enough to know
// what the product does.
//
// Invariants:
//
//   - A [Phone] never prints in full; see its documentation for the one way to
//     get the number out.
//   - Identifiers of Dataverse rows are lower case and without braces, so that
//     two spellings of one row compare equal; see [NormalizeID].
//   - All times are instants; where a wall clock matters, the time zone stands
//     beside the instant.
//   - What Dataverse sends and we do not know keeps its raw number and is shown;
//     it is never replaced by a default.
package adapter
