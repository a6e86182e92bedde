// Package dataverse is a mock of the Microsoft Dataverse Web API, with the Dynamics 365 engagement service behind its
// CCaaS operations: a server that runs on a laptop, behaves as Microsoft's pages say, and refuses loudly what it does
// not do.
//
// It is not Dataverse: privileges are by table and verb (no depths, owners, teams or columns), there are no plug-ins,
// workflows or service protection windows, one business unit, one language, and the tables are those of files
// tables_*.go. It shares no code with any client, on purpose.
//
// Invariants:
//
//   - What Dataverse rejects is answered with its status, code and text. What only the mock lacks is 501 with code
//     MockUnsupported and the header X-Mock-Unsupported, and [Server.Unsupported] remembers it. Nothing is half
//     answered: an unknown option, preference, header, column or parameter never passes unread.
//   - Every row has a version that grows with each write; a request sees one instant and one state.
//   - A write is done wholly or not at all, with all that follows from it; so is a change set. Rows of elastic tables
//     stand even when the change set around them fails, as documented. store.watch sees every change that stands.
//   - Whoever shows no valid token is nobody, whoever has no role may nothing. What a user may not do is refused before
//     anything is looked at, and leaves nothing behind. The static token is an administrator's.
//   - A delivery changes at known instants of the mock's clock, whether or not anybody looks. Nothing makes a
//     repeated CCaaS call harmless, because nothing does at Microsoft's.
//   - Hooks are called in the order things happened, never while a lock is held.
//
// A request passes request.go (taken apart, refused early), auth.go, routes.go, then read.go, write.go or
// operations.go; a batch is cut up by multipart.go and subrequest.go before that. Expressions go through lexer.go, parser.go and filter.go into predicates over rows of store.go.
//
//	mock, err := dataverse.New(dataverse.Options{StaticToken: "secret"})
//	demo, err := mock.Demo()
//	srv := httptest.NewServer(mock.Handler())
//	// GET srv.URL + "/api/data/v9.2/queues?$select=name&$filter=msdyn_isomnichannelqueue eq true"
//
// Implements, in the part that is built, "Use the Microsoft Dataverse Web API", the table references of queue,
// msdyn_decisionruleset, msdyn_overflowactionconfig and the proactive engagement tables, and the pages of
// CCaaS_CreateProactiveVoiceDelivery and CCaaS_CreateOperation.
package dataverse
