// Package dataverse talks to the Dataverse Web API: it gets tokens, asks, pages,
// writes, waits when told to, and reads from it the settings that the product
// acts on ([Client.LoadSettings]).
//
// It is not an OData library: only what the product asks for is here. It has no
// batch requests, no change tracking and no conditional updates.
//
// Invariants:
//
//   - Nothing whose outcome is unknown is sent a second time unless a second
//     time changes nothing. Otherwise the error matches [ErrAmbiguous], and the
//     caller has to find out. The table is in decision.go.
//   - Every request can be repeated or not by what it does, not by what the
//     caller hopes: reads, deletes and writes by key can; actions cannot unless
//     the caller says [Repeatable].
//   - "Wait" said to one request is said to all of the client's requests: the
//     limits of Dataverse are those of the principal, and asking on makes the
//     wait longer.
//   - The token goes to the organization's own address only, over https; plain
//     http is for loopback.
//   - Errors and logs carry no telephone number, token, query or body. What a
//     server answered is bounded, and masked before it becomes an error.
//   - Waiting is on channels and timers alone, so that all of it runs inside
//     testing/synctest.
//
// Implements the pages "Compose HTTP requests and handle errors", "Query data
// using the Web API", "Service protection API limits" and "Use OAuth
// authentication with Microsoft Dataverse".
package dataverse
