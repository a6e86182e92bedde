package dataverse

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokens keeps one token for all requests. azidentity has a cache too, but holds
// a mutex over its network call; a request that waits here waits on a channel,
// so that its context still counts.
type tokens struct {
	gate    chan struct{} // one slot; whoever has put something in owns the fields below
	scope   string
	rebuild func() (azcore.TokenCredential, error)

	credential azcore.TokenCredential
	token      azcore.AccessToken
	renewAt    time.Time
	cae        bool // continuous access evaluation: has a token cache of its own in azidentity
}

func newTokens(credential azcore.TokenCredential, scope string, rebuild func() (azcore.TokenCredential, error)) *tokens {
	return &tokens{gate: make(chan struct{}, 1), scope: scope, rebuild: rebuild, credential: credential}
}

// refusal is what a 401 said about a token.
type refusal struct {
	token  string
	claims string // of a continuous-access challenge, decoded; "" for a plain 401
}

// get gives a token that is not the refused one, as far as the credential can.
func (t *tokens) get(ctx context.Context, refused refusal) (string, error) {
	select {
	case t.gate <- struct{}{}:
		defer func() { <-t.gate }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	now := time.Now()
	forced := refused.token != "" && refused.token == t.token.Token
	if !forced && t.token.Token != "" && now.Before(t.renewAt) {
		return t.token.Token, nil
	}
	request := policy.TokenRequestOptions{Scopes: []string{t.scope}}
	if forced {
		if err := t.forget(refused.claims); err != nil {
			return "", err
		}
		request.Claims = refused.claims
	}
	request.EnableCAE = t.cae
	token, err := t.credential.GetToken(ctx, request)
	if err != nil {
		if now.Before(t.token.ExpiresOn.Add(-time.Minute)) {
			// It was only to be refreshed. Others should not stand behind a failing refresh each time.
			t.renewAt = now.Add(30 * time.Second)
			return t.token.Token, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err() // err may be the context's cause: somebody else's error
		}
		return "", newTokenError(err)
	}
	t.token, t.renewAt = token, renewal(token, now)
	return token.Token, nil
}

// forget drops the token. Claims bypass azidentity's cache; nothing else does,
// so a plain 401 needs a credential that has never seen the token.
func (t *tokens) forget(claims string) error {
	t.token, t.renewAt = azcore.AccessToken{}, time.Time{}
	if claims != "" {
		t.cae = true
		return nil
	}
	if t.rebuild == nil {
		return nil
	}
	credential, err := t.rebuild()
	if err != nil {
		return newTokenError(err)
	}
	t.credential = credential
	return nil
}

// renewal is when to ask for the next token: when the credential says so, else
// five minutes before the end, or a fifth of a life too short for that.
func renewal(token azcore.AccessToken, now time.Time) time.Time {
	if !token.RefreshOn.IsZero() && token.RefreshOn.Before(token.ExpiresOn) {
		return token.RefreshOn
	}
	return token.ExpiresOn.Add(-min(5*time.Minute, token.ExpiresOn.Sub(now)/5))
}

// tokenError is a request for which there was no token, so it was not sent.
type tokenError struct {
	refused bool // by Entra, and it would refuse again
	cause   error
}

func newTokenError(err error) error {
	var failed *azidentity.AuthenticationFailedError
	refused := errors.As(err, &failed) && failed.RawResponse != nil &&
		failed.RawResponse.StatusCode >= 400 && failed.RawResponse.StatusCode < 500 &&
		failed.RawResponse.StatusCode != http.StatusTooManyRequests
	return &tokenError{refused: refused, cause: err}
}

func (e *tokenError) Error() string { return "token: " + shorten(redact(e.cause.Error()), 1000) }

func (e *tokenError) Unwrap() error { return e.cause }

// Is matches ErrUnauthorized when someone has to mend the credential.
func (e *tokenError) Is(target error) bool { return target == ErrUnauthorized && e.refused }

var claimsPattern = regexp.MustCompile(`(?i)\bclaims="?([A-Za-z0-9+/_=-]+)"?`)

// challengedClaims reads a continuous-access challenge out of WWW-Authenticate.
func challengedClaims(header http.Header) string {
	for _, challenge := range header.Values("WWW-Authenticate") {
		found := claimsPattern.FindStringSubmatch(challenge)
		if found == nil || !strings.Contains(challenge, "insufficient_claims") {
			continue
		}
		text := strings.TrimRight(found[1], "=")
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if claims, err := encoding.DecodeString(text); err == nil {
				return string(claims)
			}
		}
	}
	return ""
}
