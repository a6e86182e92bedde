// Package crashtest does to the real adapter what happens to programs: it is killed,
// paused, cut off from its database, given a wrong clock, and replaced by a newer
// version, while people call and ask for callbacks. Afterwards books are balanced:
// no promise is lost, no customer was dialled twice for one, nothing is stuck.
//
// The adapter is the binary of `go build`, without cgo, configured by its environment
// alone. One of its files is replaced when it is built, the one that tells the time
// (testdata/clock.go): life would be too slow. So an attempt's window of 15 minutes
// passes in seconds, for the adapter as for the people on the telephone and for the
// mock Dataverse, which are in the process of the test.
//
// There is no code here but tests. What they can be told by the environment:
//
//	DIRECTCALLBACK_KILLS      how often the adapter is killed, or replicas are hit
//	DIRECTCALLBACK_KILL_SEED  another story
//	DIRECTCALLBACK_KILL_SPEED how many times faster than life; 1 is the binary as it is
package crashtest
