// Package dataverse is a client of the Dataverse Web API: it gets tokens, asks,
// pages, writes, follows changes, waits when told to, and sends nothing twice
// whose outcome it does not know.
//
//	credential, err := dataverse.Credential(dataverse.CredentialConfig{Kind: dataverse.CredentialWorkload, ...})
//	client, err := dataverse.New("https://contoso.api.crm4.dynamics.com", credential, nil)
//	for row, err := range client.Query(ctx, dataverse.Query{Set: "contacts", Filter: dataverse.Eq("statecode", 0)}) { ... }
//
// What there is:
//
//   - rows: [Client.Get], [Client.Create], [Client.Update], [Client.Upsert],
//     [Client.Delete], by [GUID] or [Alternate] key, with ETags; single columns
//     ([Client.Property]) and references ([Client.Associate], [Client.SetLookup]);
//   - queries: [Client.Query] over all pages, [Client.Count], filters that no
//     value can break out of ([Eq], [Contains], [Any], [Dynamics]);
//   - changes: [Client.Delta], from a token that can be stored;
//   - several at once: [Client.Batch], with change sets that are done whole or
//     not at all;
//   - [Client.Action] and [Client.Function], and what the organization says of
//     itself: [Client.Table], [Client.Columns], [Client.Choices], and of who asks:
//     [Client.Privileges];
//   - the same client in another manner: [Client.As] somebody else,
//     [Client.Privately], [Client.WithMaxWait], [Client.WithVersion];
//   - what the product reads: [Client.LoadSettings], kept up to date by
//     [Client.Follow].
//
// What there is not: $apply, FetchXML, files and images, asynchronous actions,
// session tokens of elastic tables, writing of metadata. It is not an OData library.
//
// Invariants:
//
//   - Nothing whose outcome is unknown is sent a second time unless a second
//     time changes nothing. Otherwise the error matches [ErrAmbiguous], and the
//     caller has to find out. The table is in decision.go. A batch goes by the
//     least repeatable operation in it.
//   - Every request can be repeated or not by what it does, not by what the
//     caller hopes: reads, deletes and writes by key can; actions cannot unless
//     the caller says [Repeatable]. A create that finds its row there on a
//     repeat reads it back. A version that is another one on a repeat stays
//     ambiguous: two who add one to 5 both write 6.
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
// using the Web API", "Perform conditional operations", "Use change tracking",
// "Execute batch operations", "Use an alternate key", "Query table definitions",
// "Service protection API limits" and "Use OAuth authentication with Microsoft
// Dataverse".
package dataverse
