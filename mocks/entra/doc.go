// Package entra is a fake of the Microsoft Entra token service, just large enough for the real azidentity client: OIDC
// discovery, the client credentials grant with a secret, a certificate or a federated token (workload identity), and
// signed access tokens that a resource server can verify: for Dataverse, and for web APIs of the tenant's own in both
// versions that Entra has, with the app roles that were assigned. Its keys rotate when told to.
//
// It is not an identity provider: there are no users, no consent, no browser flows, no managed identity endpoint, and
// the keys of federated issuers are handed in, not fetched. What it does not do it refuses, with the error object Entra
// uses; nothing is accepted unread.
//
// Invariants: every token names one audience, the resource root of the scope it was asked for; a token of another
// tenant, audience or key never verifies; secrets are compared in constant time and never printed.
//
// azidentity insists on https, so the server makes a certificate authority of its own at start. Serve [Server.Handler]
// with [Server.TLSConfig] and let the client trust [Server.CertPool]:
//
//	fake, err := entra.New(entra.Options{Tenant: tenant, ClientID: client, Secret: secret})
//	srv := httptest.NewUnstartedServer(fake.Handler())
//	srv.TLS = fake.TLSConfig()
//	srv.StartTLS()
//
// Implements the pages "OAuth 2.0 client credentials flow on the Microsoft identity platform", "Microsoft identity
// platform application authentication certificate credentials", "Workload identity federation", "OpenID Connect on the
// Microsoft identity platform" and "Access token claims reference".
package entra
