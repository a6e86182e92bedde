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
	"math/big"
	"strings"
	"time"
)

// ErrInvalidToken is what Verify wraps for every token it refuses.
var ErrInvalidToken = errors.New("invalid token")

// claims of a version 1.0 application token, the version Dataverse asks for.
type claims struct {
	Audience  string `json:"aud"`
	Issuer    string `json:"iss"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
	AppID     string `json:"appid"`
	ObjectID  string `json:"oid"`
	Subject   string `json:"sub"`
	Tenant    string `json:"tid"`
	IDType    string `json:"idtyp"`
	Version   string `json:"ver"`
}

type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

func (s *Server) issue(app Application, audience string) (string, error) {
	now := s.opts.Now()
	return s.sign(claims{
		Audience: audience, Issuer: s.issuer(),
		IssuedAt: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(s.opts.Lifetime).Unix(),
		AppID: app.ClientID, ObjectID: app.ObjectID, Subject: app.ObjectID, Tenant: s.opts.Tenant,
		IDType: "app", Version: "1.0",
	})
}

// issuer of version 1.0 tokens; the discovery document names another one, as Entra's does.
func (s *Server) issuer() string { return "https://sts.windows.net/" + s.opts.Tenant + "/" }

func (s *Server) sign(c claims) (string, error) {
	head, err := segment(header{Algorithm: "RS256", KeyID: s.kid, Type: "JWT"})
	if err != nil {
		return "", err
	}
	body, err := segment(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(head + "." + body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
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
	if head.Algorithm != "RS256" || head.KeyID != s.kid {
		return c, fmt.Errorf("%w: algorithm or key", ErrInvalidToken)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, fmt.Errorf("%w: signature: %w", ErrInvalidToken, err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
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

func keyID(key *rsa.PublicKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

// webKey is the public key as the keys endpoint prints it.
func (s *Server) webKey() map[string]string {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": s.kid,
		"n": encode(s.key.N.Bytes()), "e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}
}
