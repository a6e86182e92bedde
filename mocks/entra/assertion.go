package entra

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // the header x5t is defined as a SHA-1 thumbprint
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// assertionType is the only form of client assertion there is.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertion is a client assertion taken apart, its signature not yet checked.
type assertion struct {
	header struct {
		Algorithm string `json:"alg"`
		SHA1      string `json:"x5t"`
		SHA256    string `json:"x5t#S256"`
	}
	claims struct {
		Issuer    string   `json:"iss"`
		Subject   string   `json:"sub"`
		Audience  audience `json:"aud"`
		NotBefore int64    `json:"nbf"`
		Expires   int64    `json:"exp"`
	}
	signed    string
	signature []byte
}

// audience is one text or a list of them; Kubernetes writes lists.
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	var all []string
	err := json.Unmarshal(data, &all)
	*a = all
	return err
}

func (a audience) names(wanted ...string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(a, w) })
}

func parseAssertion(text string) (*assertion, bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, false
	}
	a := &assertion{signed: parts[0] + "." + parts[1]}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	a.signature = signature
	return a, err == nil && parse(parts[0], &a.header) == nil && parse(parts[1], &a.claims) == nil
}

// isOwn says whether the application speaks for itself, with a certificate: another issuer has a federation.
func (a *assertion) isOwn() bool {
	return a.header.SHA1 != "" || a.header.SHA256 != ""
}

// checkAssertion finds what is wrong with an assertion, if anything is; endpoints are what it may be addressed to.
func (s *Server) checkAssertion(app Application, text string, endpoints ...string) (p problem, subject string) {
	a, ok := parseAssertion(text)
	if !ok {
		return malformedAssertion, ""
	}
	var key *rsa.PublicKey
	if a.isOwn() {
		switch key = a.certificateKey(app.Certificates); {
		case key == nil:
			return unknownCertificate, app.ClientID
		case a.claims.Issuer != app.ClientID || a.claims.Subject != app.ClientID:
			return foreignAssertion, ""
		case !a.claims.Audience.names(endpoints...):
			return misaddressedAssertion, ""
		}
	} else if key, p, subject = a.federatedKey(app.Federations); key == nil {
		return p, subject
	}
	now := s.opts.Now()
	switch {
	case !a.signedBy(key):
		return wrongSignature, ""
	case now.Before(time.Unix(a.claims.NotBefore, 0)) || !now.Before(time.Unix(a.claims.Expires, 0)):
		return staleAssertion, ""
	}
	return granted, ""
}

func (a *assertion) certificateKey(certificates []*x509.Certificate) *rsa.PublicKey {
	for _, c := range certificates {
		one, two := sha1.Sum(c.Raw), sha256.Sum256(c.Raw) //nolint:gosec // as above: an identifier, not a protection
		if isThumbprint(a.header.SHA256, two[:]) || a.header.SHA256 == "" && isThumbprint(a.header.SHA1, one[:]) {
			key, _ := c.PublicKey.(*rsa.PublicKey)
			return key
		}
	}
	return nil
}

// isThumbprint takes both alphabets of base64: Microsoft's own libraries write the one that the standard does not.
func isThumbprint(text string, sum []byte) bool {
	text = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
	return text == base64.RawURLEncoding.EncodeToString(sum)
}

// federatedKey finds the federation an assertion belongs to, and says how far it got when there is none.
func (a *assertion) federatedKey(federations []Federation) (key *rsa.PublicKey, p problem, subject string) {
	p, subject = unknownIssuer, a.claims.Issuer
	for _, f := range federations {
		if f.Audience == "" {
			f.Audience = DefaultFederationAudience
		}
		switch {
		case f.Issuer != a.claims.Issuer:
		case f.Subject != a.claims.Subject:
			p, subject = unknownSubject, a.claims.Subject
		case !a.claims.Audience.names(f.Audience):
			p, subject = unknownAudience, strings.Join(a.claims.Audience, " ")
		default:
			return f.Key, granted, ""
		}
	}
	return nil, p, subject
}

func (a *assertion) signedBy(key *rsa.PublicKey) bool {
	sum := sha256.Sum256([]byte(a.signed))
	switch a.header.Algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature) == nil
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], a.signature, nil) == nil
	default:
		return false
	}
}
