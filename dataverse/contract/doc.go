// Package contract says what a Dataverse organization does, one named check a
// behaviour, each with the page of Microsoft's documentation that describes it.
// The same checks run against a mock and against a real organization, so that
// neither a mock nor a client can drift from what Dataverse is.
//
// It is not a test of a client: what a server may do wrong in URLs, headers and
// multipart is asked in bytes. The package's own test runs the checks; a program
// that has another Dataverse to check calls [Run].
//
// Against a real organization:
//
//	DATAVERSE_CONTRACT_URL=https://contoso.api.crm4.dynamics.com   which one
//	DIRECTCALLBACK_CREDENTIAL=secret   and AZURE_TENANT_ID, …: who asks
//	DATAVERSE_CONTRACT_WRITE=1         also the checks that write
//
// Who asks must be allowed to read everything in the organization, the definitions of tables too, and with the second
// switch to create, write, append and delete accounts and contacts: an administrator of a test organization is
// simplest.
//
// Invariants:
//
//   - A check that reads changes nothing and needs no row of the caller's.
//   - A check that writes makes accounts and contacts, marked in their names, and deletes
//     them at its end. It asserts nothing about the rows of others.
//   - What the documentation says is asserted to the letter; where pages disagree
//     or only experience speaks, a set of answers is allowed, and [Check.Open] says so.
//   - A server that says that it cannot do something (a mock's 501) has not passed.
//
// Implements the pages that its checks name.
package contract
