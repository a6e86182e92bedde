// Package entra checks access tokens of Microsoft Entra ID: that this API was meant,
// that the tenant is ours, which application sends it and which app roles it has.
// What a role may do is package api's business.
//
// It signs nobody in and asks for no token. The tokens and their signatures are read
// by go-oidc and go-jose; this package knows which issuers there are, looks after
// their keys, and checks what OpenID Connect leaves to the resource.
//
// # Two forms of token
//
// Which form an API is sent is a setting of its registration in Entra
// (accessTokenAcceptedVersion), whatever its clients ask for. Both are accepted, each
// from its own issuer alone and by the keys of that issuer's own discovery document:
//
//	            1.0, and null                      2.0
//	iss         https://sts.windows.net/{tid}/     https://login.microsoftonline.com/{tid}/v2.0
//	aud         the API's identifier or client id  the API's client id
//	the client  appid                              azp
//
// # Keys
//
// They are read when the first token comes and not before, so that an Entra that is
// away stops nothing else, and are read again every hour. A key that is not known is
// looked for at most once a minute, however many tokens name one; an Entra that does
// not answer is asked again after five seconds. Keys that were read once are good for
// a day without it.
//
// # Invariants
//
//   - Only RS256. Issuer, audience, tenant and version are compared to the letter, and
//     the issuer before anything is looked up.
//   - A token that is not good is a [RefusedError]; one that cannot be judged because the
//     keys are away is [ErrAway]. Neither has anything of the token in its text.
//   - The time is the one that was handed in. A token is good from five minutes before
//     its nbf, as go-oidc has it, and not a second after its exp.
//
// Implements the pages "Access tokens in the Microsoft identity platform" and "Access
// token claims reference".
package entra
