// Package promisetest is the model test of the promise, and nothing but tests: a
// callback that was promised is kept at most once, in time, or lies with a person.
//
// [rapid] draws whole days. Two adapters on one SQLite file, in virtual time, get calls,
// tones, requests, second thoughts and people's decisions, while processes are killed
// before or after a commit, paused just before a request leaves or just after it was
// written down, lose their database or cannot commit, and are started again. Events come
// late, twice and in any order. Around them is an honest, unkind world: a Dynamics that
// loses replies with and without effect, throttles, refuses, takes minutes, shows rows
// late or never, keeps request ids or does not; and a telephony whose bus fails. Then
// all trouble ends, and when time enough has passed the day is judged.
//
// The rules (rules_test.go) know nothing of how the adapter decides. They look at what
// customers were told, which phones rang and when, who talked, and what the audit says.
//
// Ten thousand days, of some 20 ms of processor each:
//
//	go test ./adapter/service/promisetest -run TestPromises -rapid.checks=10000
//
// -rapid.seed replays a failure; since two processes run side by side, it may take a
// few runs. What is not played here: a clock that is wrong, a correction of the number,
// and PostgreSQL, which has tests of its own for each.
//
// [rapid]: https://pkg.go.dev/pgregory.net/rapid
package promisetest
