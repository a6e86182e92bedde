package entra

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// ErrInvalidToken is what Verify wraps for every token it refuses.
var ErrInvalidToken = errors.New("invalid token")

// claims of an application token. Client and its method of signing in have other names in version 2.0.
type claims struct {
	Audience  string   `json:"aud"`
	Issuer    string   `json:"iss"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	AppID     string   `json:"appid,omitempty"` // 1.0
	AppIDACR  string   `json:"appidacr,omitempty"`
	AZP       string   `json:"azp,omitempty"` // 2.0
	AZPACR    string   `json:"azpacr,omitempty"`
	ObjectID  string   `json:"oid"`
	Subject   string   `json:"sub"`
	Tenant    string   `json:"tid"`
	Roles     []string `json:"roles,omitempty"`
	IDType    string   `json:"idtyp"`
	TokenID   string   `json:"uti"`
	Version   string   `json:"ver"`
}

// The versions, as the claim ver has them.
const (
	version1 = "1.0"
	version2 = "2.0"
)

type header struct {
	Algorithm  string `json:"alg"`
	KeyID      string `json:"kid"`
	Thumbprint string `json:"x5t,omitempty"` // 1.0
	Type       string `json:"typ"`
}

// claims of a version 1.0 token, the version that Dataverse asks for.
func (s *Server) claims(app Application, audience string, now time.Time) claims {
	return claims{
		Audience: audience, Issuer: s.issuer(),
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(s.opts.Lifetime).Unix(),
		AppID: app.ClientID, AppIDACR: app.method(), ObjectID: app.ObjectID, Subject: app.ObjectID, Tenant: s.opts.Tenant,
		IDType: "app", TokenID: guid(), Version: version1,
	}
}

// apiClaims are those of a token for an API of the tenant's own, in the version that its registration asks for. In
// version 2.0 the audience is the API's client id, whatever the scope called it.
func (s *Server) apiClaims(app Application, api API, audience, host string) claims {
	c := s.claims(app, audience, api.Now())
	c.Roles = app.Roles[api.Identifier]
	if api.Version == 2 {
		c.Audience, c.Issuer, c.Version = api.ClientID, s.issuer2(host), version2
		c.AZP, c.AZPACR, c.AppID, c.AppIDACR = c.AppID, c.AppIDACR, "", ""
	}
	return c
}

// method is how the application signs in: 1 with a secret, 2 with a certificate or another issuer's token.
func (a Application) method() string {
	if a.Secret != "" {
		return "1"
	}
	return "2"
}

// issuer of version 1.0 tokens.
func (s *Server) issuer() string { return "https://sts.windows.net/" + s.opts.Tenant + "/" }

// issuer2 is that of version 2.0 tokens.
func (s *Server) issuer2(host string) string { return s.root(host) + "/v2.0" }

// issue signs what Entra itself would state.
func (s *Server) issue(c claims) (string, error) {
	key := s.ring.signing()
	h := header{Algorithm: "RS256", KeyID: key.id, Type: "JWT"}
	if c.Version == version1 {
		h.Thumbprint = key.id
	}
	return key.sign(h, c)
}

// Sign makes a token of any content and signs it with the key in use: what Entra would never issue, for those who must
// not trust a signature alone. Members of header replace those of a proper one.
func (s *Server) Sign(head, claims map[string]any) (string, error) {
	key := s.ring.signing()
	proper := map[string]any{"alg": "RS256", "typ": "JWT", "kid": key.id}
	maps.Copy(proper, head)
	return key.sign(proper, claims)
}

func (k signingKey) sign(header, claims any) (string, error) {
	head, err := segment(header)
	if err != nil {
		return "", err
	}
	body, err := segment(claims)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(head + "." + body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.PrivateKey, crypto.SHA256, sum[:])
	if err != nil {
		return "", err
	}
	return head + "." + body + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// Verify checks signature, issuer, tenant, audience and validity at the server's clock, and returns the application
// id. The audience is compared without a trailing slash, which Dataverse tolerates.
func (s *Server) Verify(token, audience string) (appID string, err error) {
	return s.VerifyAhead(token, audience, 0)
}

// VerifyAhead is Verify by a clock that is that far ahead of the server's, or behind: a resource server whose clock is
// wrong.
func (s *Server) VerifyAhead(token, audience string, ahead time.Duration) (appID string, err error) {
	c, err := s.signed(token)
	if err != nil {
		return "", err
	}
	now := s.opts.Now().Add(ahead)
	switch {
	case c.Issuer != s.issuer() || c.Tenant != s.opts.Tenant:
		return "", fmt.Errorf("%w: issuer or tenant", ErrInvalidToken)
	case trimSlash(c.Audience) != trimSlash(audience):
		return "", fmt.Errorf("%w: audience", ErrInvalidToken)
	case now.Before(time.Unix(c.NotBefore, 0)):
		return "", fmt.Errorf("%w: not yet valid", ErrInvalidToken)
	case !now.Before(time.Unix(c.Expires, 0)):
		return "", fmt.Errorf("%w: expired", ErrInvalidToken)
	}
	return c.AppID, nil
}

// verified is a token whose signature was found good.
type verified struct {
	token  string
	claims claims
}

// signed reads the claims of a token that this server signed. A client sends the same token for an hour, so the last
// good one is remembered: checking a signature costs more than answering a request.
func (s *Server) signed(token string) (claims, error) {
	if last := s.last.Load(); last != nil && last.token == token {
		return last.claims, nil
	}
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, fmt.Errorf("%w: not three segments", ErrInvalidToken)
	}
	var head header
	if err := parse(parts[0], &head); err != nil {
		return c, err
	}
	key, known := s.ring.find(head.KeyID)
	if head.Algorithm != "RS256" || !known {
		return c, fmt.Errorf("%w: algorithm or key", ErrInvalidToken)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, fmt.Errorf("%w: signature: %w", ErrInvalidToken, err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		return c, fmt.Errorf("%w: signature: %w", ErrInvalidToken, err)
	}
	if err := parse(parts[1], &c); err != nil {
		return c, err
	}
	s.last.Store(&verified{token, c})
	return c, nil
}

func trimSlash(url string) string { return strings.TrimSuffix(url, "/") }

func segment(v any) (string, error) {
	data, err := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(data), err
}

func parse(segment string, into any) error {
	data, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	return nil
}
