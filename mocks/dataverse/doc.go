// Package dataverse is a mock of the Microsoft Dataverse Web API, with the Dynamics 365 engagement service behind its
// CCaaS operations: a server that runs on a laptop, behaves as Microsoft's pages say, and refuses loudly what it does
// not do.
//
// It is not Dataverse: privileges are by table and verb (no depths, owners, teams or columns), there are no plug-ins or
// workflows, one business unit, one language, and the tables are those of files tables_*.go. It shares no code with any
// client, on purpose.
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
// Writes: rows, single columns, references, deep inserts, alternate keys, conditions, batches with change sets, and the
// four bulk operations. Refused with 501, because no page says what happens: rows of other tables inside an update, deep
// inserts with elastic tables, parameter aliases in keys, several ETags in one header, If-Match on a read, If-None-Match
// with an ETag on a write, text around a batch's delimiters, relative addresses and impersonation around a batch, the
// empty GUID as a new key, and creating a row through a collection. Refused in requests of any kind: an Accept header
// without JSON of minimal metadata, method overrides, HEAD and OPTIONS.
//
// A request passes request.go (taken apart, refused early), auth.go, routes.go, then read.go, write.go or
// operations.go; a batch is cut up by multipart.go and subrequest.go before that. Expressions go through lexer.go,
// parser.go and filter.go into predicates over rows of store.go. Around all of it, and outermost: trace.go,
// protection.go, fault.go.
//
//	mock, err := dataverse.New(dataverse.Options{StaticToken: "secret"})
//	demo, err := mock.Demo()
//	srv := httptest.NewServer(mock.Handler())
//	// GET srv.URL + "/api/data/v9.2/queues?$select=name&$filter=msdyn_isomnichannelqueue eq true"
//
// # Schema
//
// Tables are declared as their reference pages print them, in schema names: columns, choices, lookups with their
// relationships. What is on no page but in the public metadata of real organisations is marked seen, what follows from
// other facts supposed. Rows, $metadata, the service document, EntityDefinitions (with casts, keys and relationships),
// RelationshipDefinitions and GlobalOptionSetDefinitions are all made of those declarations. Relationships that no
// source names have the name the portal's designer would give them.
//
// # Queries
//
// $filter with all operators, the three text functions, lambdas, paths and the query functions of the namespace
// Microsoft.Dynamics.CRM; $expand to any depth by the rules of Microsoft's page; $select, $orderby, $top, $count,
// paging, annotations. Refused with 501: $apply, fetchXml, saved queries, functions of fiscal periods and of
// multi-select choices, paths through ownerid, a navigation property as a value, and annotation patterns that exclude, one
// navigation property twice in $expand.
//
// # Rows
//
// [Server.Insert] adds one, [Server.Load] a [Scenario]: a YAML file with queues, rules, actions, hours, people and rows
// of any table, read strictly. [DemoScenario] and [InsurerScenario] are two to begin with. [Server.Snapshot],
// [Server.Restore] and [Server.Reset] make every test begin alike.
//
// Change tracking is documented for one table at a time: Prefer: odata.track-changes, a delta link on the last page,
// then changed rows by version, then what was deleted. A delta link is good for [Options].KeepChanges; $filter,
// $orderby, $expand and $top are refused beside it, and so are tables without the flag.
//
// # Who may do what
//
// A token belongs to an application, an application to a systemuser, a systemuser has roles, and a [Role] has privileges
// by table and verb; all of it is rows. Application users begin with [RoleAdapter] and [RoleAgent]; [Server.DefineRole]
// and [Server.SetRoles] change that; RetrieveUserPrivileges tells what a user has. MSCRMCallerID and CallerObjectId impersonate. CCaaS operations ask for the
// Omnichannel roles by name.
//
// # The engagement service
//
// Every CCaaS_Create* operation of the voice channel, their tasks, CCaaS_CreateOperation, representative availability
// from [Server.SetLoad], and CCaaS_ModifyAgentPresence. A delivery's row appears after [Options].DeliveryLag; then
// somebody must be the representative: [Server.AcceptDelivery], [Server.FinishDelivery], [Server.FailDelivery]. Without
// one it ends with its window. Refused, because no page says enough: chains of several contacts, reattempts, what
// becomes of an SMS, CCaaS_GetPresence, operating hours in availability.
//
// # Events
//
// A row of serviceendpoint (queue or topic, JSON) and one of sdkmessageprocessingstep (asynchronous, post-operation)
// have every fitting change sent to [Options].Poster as a RemoteExecutionContext, [Options].EventLag later and in no
// order: filtering attributes, images, the 192 KB rule and the job in asyncoperation included. TriggerServiceEndpointCheck
// sends a message that no change caused; only that it exists, without parameters or result, is documented. Refused:
// plug-ins, synchronous steps, binary and XML, webhooks, Event Grid and Event Hubs.
//
// # Misbehaviour
//
// Off until asked for. [Server.Inject] switches one [Fault] on, by count or by chance, for all requests or for some;
// [Server.Misbehave] switches on everything that can be left to chance. Chance is drawn from the seed, the request and
// how often it came before, so that a story repeats. [FaultKinds] lists the ways, each with the client's mistake that
// it brings to light. [Options].Limits, or [Server.SetLimits], are service protection's real sliding windows.
//
// # Management
//
// [Server.Admin] is all of this for tests in other processes, as JSON on a listener of its own:
//
//	GET  /healthz                        200 while it runs
//	POST /reset                          the organisation of the snapshot "start"; no faults, trace and counters begin anew;
//	                                     limits and clock stay
//	GET  /snapshots                      their names
//	POST /snapshots                      takes one: name
//	POST /restore                        goes back to one: name
//	GET  /scenario                       the identifiers of what scenarios gave a key, by table
//	POST /scenario                       adds the rows of a scenario (application/yaml); answers the identifiers by table and key
//	GET  /faults                         what is on, how often it will still strike (left; null is without end), how often it did
//	POST /faults                         switches one on: kind, or status, code, message, or drop; method, path, times, chance,
//	                                     when (before, after), retryAfter (the header: "7", or what else a server might say),
//	                                     delay ("90s"), table, column
//	DELETE /faults                       takes all back
//	GET  /faults/kinds                   each kind, what it does, what it catches, and which members it reads
//	PUT  /faults/seed                    begins the story of a seed: seed
//	PUT  /faults/chance                  switches on everything that can be left to chance: chance
//	GET  /limits                         of service protection
//	PUT  /limits                         requests, executionTime, concurrent, window; 0 is none
//	GET  /trace                          the last 1,000 requests; ?from= a number. Telephone numbers and secrets are masked
//	GET  /counters                       requests by method, set, status, outcome and fault
//	GET  /unsupported                    what was answered 501
//	GET  /clock                          now, and whether it can be set
//	POST /clock                          sets it forward: advance ("8h")
//	GET  /deliveries                     what the engagement service was asked for
//	POST /deliveries/{id}/accept         a representative accepts the callback notification
//	POST /deliveries/{id}/finish         the end of the attempt: result
//
// Unknown members and parameters are errors; errors are application/problem+json with a 4xx or 5xx.
//
// Implements, in the part that is built, "Use the Microsoft Dataverse Web API", the table references of queue,
// msdyn_decisionruleset, msdyn_overflowactionconfig and the proactive engagement tables, the pages of the CCaaS
// operations, "Outcomes for proactive engagement", "Impersonate another user" and "Azure integration".
package dataverse
