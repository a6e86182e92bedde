// Package wait estimates how long a caller who joins a queue now will wait.
//
// The platform's own number goes first, where an event carried it ([Platform]).
// Otherwise [Average] is Dynamics' rule, as far as Microsoft's page "Show
// customers their average wait time in a queue" tells it: an exponential moving
// average over the connected conversations of the queue, worked out every ten
// minutes, not before there are twenty of them, and begun anew after seven days
// without one. Its smoothing factor is not documented; ours is in [Documented].
// [Predictor] is what others may be made of.
//
// An average says nothing of how far waits lie apart, so the last 100 of them are kept
// as well, in whole seconds, and worked out, made known and forgotten with it, under the
// same conditions. Sorted, the wait at place ⌈n/2⌉ of n is the P50, which half of the
// callers did not exceed, and the one at place ⌈9n/10⌉ the P90; see [Range]. All of the
// sample counts alike: of the average, what was before it makes less than a percent.
//
// It keeps nothing. [Waits] is a plain value that the caller stores, with
// [Waits.Snapshot] and [Restore]; time is a parameter.
//
// Invariants:
//
//   - Not enough data is an answer of its own: never 0, never an error.
//   - An estimate says where it comes from and how old it is.
//   - Abandoned calls are not in it: who hung up has no wait to tell.
//   - Between two workings out an estimate stays what it is.
package wait
