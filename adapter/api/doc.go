// Package api lets web pages, mobile apps and bots ask for callbacks over HTTP:
//
//	POST   /v1/callbacks               ask for a callback
//	GET    /v1/callbacks               all of them, page by page, for staff
//	GET    /v1/callbacks/{id}          what became of it
//	PATCH  /v1/callbacks/{id}          move it, or correct its number
//	DELETE /v1/callbacks/{id}          take it back
//	GET    /v1/callbacks/{id}/events   follow it, as Server-Sent Events
//	GET    /v1/queues                  the voice queues: open? do they take callbacks?
//	GET    /v1/queues/{id}             one of them, and at …/wait how long one would wait
//	GET    /v1/queues/{id}/slots       when one can be called
//	POST   /v1/queues/{id}/holds       keep a slot while the customer decides
//	DELETE /v1/holds/{slotId}          give it back
//	POST   /v1/erasures                removes what is known of a person, for administrators
//	POST   /mcp                        the same for agents, by the Model Context Protocol; see package mcp
//	GET    /healthz                    answers as long as the process does
//	GET    /readyz                     answers 200 when work may be sent here
//
// It reads and checks requests, says who may do what, and spells answers and
// errors. It decides nothing about callbacks (that is package service, seen
// through [Backend]), opens no port, sets no timeouts and terminates no TLS:
// that is the command's business, which is handed one [http.Handler].
//
// # The contract
//
// openapi.yaml is the contract. The bodies of answers are generated from it, see
// package body. Requests are read by hand, after the tables in request.go: a
// generated reader would stop at the first wrong field, take a name in any case and
// let the last of two equal names win. The tests hold both sides together: each
// answer in each of them is validated against the contract, and each status and
// each problem that it names is answered in one of them.
//
// # Who may call
//
// caller.go has one table of who may do what, and each handler begins by asking it.
// A trusted backend sends the static token of [Options.Token] and may do everything.
// Applications of [Options.Entra] send access tokens, and may do what their app role
// says. Pages in browsers send one of [Options.Keys]: it is no secret, and good from
// its own origins and for its own queues alone. The answer to a new callback shows a
// manage token once: with it the customer may see, move and cancel this one callback.
// For any other callback it is answered like an id that does not exist, and so is a
// queue that is not the key's. Without a valid token the answer is 401; with one that
// is not for the call, or from a page of another origin, 403. The log says who called,
// and why a token was refused.
//
// Only pages of a key's origins may read answers (CORS). A browser that asks
// beforehand does not tell the key, so it is answered for all origins of all keys.
//
// # Abuse
//
// An open form has a contact centre phone whomever somebody types in. So pages and
// customers may ask so often from one address, and a key may be used so often; anybody
// may ask so often for one number ([service.TooOftenError]). Numbers that cost more than
// a call, or that nobody answers, and those of other countries than [Options.Countries]
// are refused, whoever asks, unless a representative speaks with the customer. Backends
// and applications are known, and not counted. See guard.go.
//
// # Repeats
//
// POST needs an Idempotency-Key. A repeat with the same meaning (spelling does
// not count: +33 1 55 50 12 34 is +33155501234) is answered like the first time, manage
// token included, and marked with Idempotent-Replayed: true. It shows the
// callback as it is now, not as it was. A repeat is checked like a first
// request, so one that comes after the end of its own window is refused. Keys
// are remembered for 24 hours. After a change of the static token a repeat shows
// no manage token, and looks like one that joined.
//
// # One callback a number and queue
//
// A request for a number that already waits in the queue joins that callback:
// 200 instead of 201, joined: true, its id, state and place, and no manage token,
// because to know a number is not to own it.
//
// # Slots
//
// A slot is no row anywhere: its id says which queue's it is, from when to when, and
// package service tells whether there is such a slot and a seat left. That of a hold has
// a part more, drawn at random, which its holder alone knows. See slotid.go.
//
// # Estimated wait
//
// A callback in line shows what one who joins its queue now waits: the platform's
// own number for the caller's call, or the average of the calls before, with what half
// of them and nine in ten did not exceed; see package wait. It is null as long as there
// is not enough data.
//
// # Caching
//
// Answers say no-store: they are personal and move without notice. The ETag is
// for the program that polls. It covers everything shown, so that If-None-Match
// notices a new place too; the part before the hyphen is the callback's version, which
// is all that a change's If-Match is compared with.
//
// # Invariants
//
//   - Bad input is never a 5xx. Every error is application/problem+json (RFC
//     9457) with a type from one table, and bad input names all wrong fields. A
//     parameter that is not known, or given twice, is one.
//   - No token is kept: the static one as a hash, manage tokens and keys as hashes in
//     the store; all are compared in constant time.
//   - Logs hold no number, no token, no URL and no query; a test sends one of
//     each and searches for them.
//   - A body is at most 64 KiB, UTF-8, nested at most 8 deep, without unknown or
//     repeated members. The limits of single fields stand in request.go.
package api
