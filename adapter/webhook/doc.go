// Package webhook tells addresses of other people, by HTTP, what becomes of callbacks.
// Messages are as Standard Webhooks has them (https://www.standardwebhooks.com, the
// specification in its repository), so that its libraries verify them:
//
//	POST /their/path
//	webhook-id: b0a3…           the same for a repeat or a replay
//	webhook-timestamp: 1792…    when it is sent, in seconds
//	webhook-signature: v1,…     one for each secret that is valid now
//
//	{"type":"callback.waiting","timestamp":"2026-…","data":{"callbackId":"…","version":3,…}}
//
// There is no number in it, no name and nothing that a person wrote: whoever may know
// more asks the API.
//
// What is to be told, to whom, in which order, how often and for how long it is tried,
// is package service's, which is handed a [Sender]. One call of it makes one try.
//
// # Where it goes
//
// Who adds a webhook names an address that this machine then connects to, from inside a
// network. So what is connected to is checked, not what was written: every address that
// a name has led to, right before it is dialled, and nothing but public addresses
// passes; see networks. What is written is checked too, to say early what is wrong.
// Redirects are not followed, proxies of the environment are not used, and connections
// are TLS with a verified certificate. [Options].Private lifts the first and the last of
// that, for laboratories.
//
// # Invariants
//
//   - A secret leaves as signatures only. URLs, which may hold a token of their owner's,
//     and what a receiver answers stand in no error and no log.
//   - A try ends within fifteen seconds; of an answer no more than a little is read.
//   - Of one callback nothing is sent before what came first was taken.
//   - A message is the same bytes however often it is sent.
package webhook
