package servicebus

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// TokenAudience is what Entra's tokens for Service Bus are made out to.
const TokenAudience = "https://servicebus.azure.net/" //nolint:gosec // an address, no credential

// Rights are what a token lets its bearer do.
type Rights uint8

// Rights, as shared access policies and roles have them.
const (
	Listen Rights = 1 << iota
	Send
)

// Tokens says who is let in. A token is checked when it is put, links and
// management requests when they are made, and links are detached when the last
// token that covers them has expired.
type Tokens struct {
	// Keys are the shared access keys. Without one no SAS token is good.
	Keys []AccessKey
	// Verifier checks Entra's tokens. Without one no JWT is good. It is called
	// while the connection waits, so it must not wait for anything itself.
	Verifier TokenVerifier
	// Applications are those that may do something; nil lets every application
	// that Verifier finds send and listen everywhere.
	Applications map[string]Rights
}

// AccessKey is a shared access policy: of the namespace, or of one entity.
type AccessKey struct {
	Name string
	Key  string // as in connection strings: its characters are the key
	// Entity is the queue, topic or subscription it is for; "" is all of them.
	Entity string
	Rights Rights // 0 is all of them
}

// TokenVerifier checks an Entra token.
type TokenVerifier interface {
	// Verify returns the application that a token was issued to, or why it is
	// no good for the audience.
	Verify(token, audience string) (appID string, err error)
}

func (t *Tokens) check() error {
	if t == nil {
		return nil
	}
	names := map[string]bool{}
	for _, k := range t.Keys {
		if k.Name == "" || k.Key == "" {
			return errors.New("an access key has no name or no key")
		}
		if names[k.Name] {
			return fmt.Errorf("access key %q exists twice", k.Name)
		}
		names[k.Name] = true
	}
	return nil
}

// grant is what a token is worth.
type grant struct {
	rights Rights
	until  time.Time
}

// The types of tokens in put-token.
const (
	tokenSAS = "servicebus.windows.net:sastoken"
	tokenJWT = "jwt"
)

// read checks a token for an audience, which is the address of an entity. The
// texts of errors begin with the words of the service.
func (t *Tokens) read(kind, token, audience string, now time.Time) (grant, error) {
	var g grant
	var err error
	switch kind {
	case tokenSAS:
		g, err = t.readSAS(token, audience)
	case tokenJWT:
		g, err = t.readJWT(token)
	default:
		return grant{}, fmt.Errorf("MalformedToken: the token type %q is not known", kind)
	}
	if err == nil && !now.Before(g.until) {
		return grant{}, fmt.Errorf("ExpiredToken: the token is expired. Expiration time: %s", g.until.UTC().Format(time.RFC3339))
	}
	return g, err
}

// readSAS checks "SharedAccessSignature sr=…&sig=…&se=…&skn=…": sig is the
// HMAC-SHA256 of sr, a line feed and se, all as they stand in the token.
func (t *Tokens) readSAS(token, audience string) (grant, error) {
	fields, ok := strings.CutPrefix(token, "SharedAccessSignature ")
	if !ok {
		return grant{}, errors.New("MalformedToken: a SAS token begins with SharedAccessSignature")
	}
	part := map[string]string{}
	for field := range strings.SplitSeq(fields, "&") {
		name, value, _ := strings.Cut(field, "=")
		part[name] = value
	}
	resource, err := url.QueryUnescape(part["sr"])
	if err != nil {
		return grant{}, fmt.Errorf("MalformedToken: sr: %w", err)
	}
	signature, err := url.QueryUnescape(part["sig"])
	if err != nil {
		return grant{}, fmt.Errorf("MalformedToken: sig: %w", err)
	}
	expires, err := strconv.ParseInt(part["se"], 10, 64)
	if err != nil {
		return grant{}, fmt.Errorf("MalformedToken: se: %w", err)
	}
	key := t.key(part["skn"])
	switch {
	case key == nil:
		return grant{}, fmt.Errorf("InvalidSignature: no access key is named %q", part["skn"])
	case !hmac.Equal([]byte(signature), []byte(key.sign(part["sr"]+"\n"+part["se"]))):
		return grant{}, errors.New("InvalidSignature: the token has an invalid signature")
	case !covers(withoutScheme(resource), withoutScheme(audience)):
		return grant{}, fmt.Errorf("InvalidAudience: the token is for %s, not for %s", resource, audience)
	case !covers(folded(key.Entity), pathOf(audience)):
		return grant{}, fmt.Errorf("InvalidAudience: access key %q is one of %s", key.Name, key.Entity)
	}
	return grant{rights: orDefault(key.Rights, Listen|Send), until: time.Unix(expires, 0)}, nil
}

func (t *Tokens) key(name string) *AccessKey {
	for i := range t.Keys {
		if t.Keys[i].Name == name {
			return &t.Keys[i]
		}
	}
	return nil
}

func (k *AccessKey) sign(text string) string {
	mac := hmac.New(sha256.New, []byte(k.Key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (t *Tokens) readJWT(token string) (grant, error) {
	if t.Verifier == nil {
		return grant{}, errors.New("InvalidToken: this namespace takes no JWT")
	}
	application, err := t.Verifier.Verify(token, TokenAudience)
	if err != nil {
		return grant{}, fmt.Errorf("InvalidToken: %w", err)
	}
	until, err := expiryOf(token)
	if err != nil {
		return grant{}, err
	}
	if t.Applications == nil {
		return grant{rights: Listen | Send, until: until}, nil
	}
	return grant{rights: t.Applications[application], until: until}, nil
}

// expiryOf reads the end of a JWT that was found good.
func expiryOf(token string) (time.Time, error) {
	var claims struct {
		Expires int64 `json:"exp"`
	}
	_, rest, _ := strings.Cut(token, ".")
	middle, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(middle)
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("MalformedToken: claims: %w", err)
	}
	return time.Unix(claims.Expires, 0), nil
}

// folded is a path as paths are compared.
func folded(path string) string { return strings.ToLower(strings.Trim(path, "/")) }

// withoutScheme is host and path of an address: clients and tools write the
// same resource as amqps://, sb://, http:// or without any.
func withoutScheme(address string) string {
	if _, rest, found := strings.Cut(address, "://"); found {
		address = rest
	}
	return folded(address)
}

// pathOf is the entity that an address ends in.
func pathOf(address string) string {
	_, path, _ := strings.Cut(withoutScheme(address), "/")
	return path
}

// covers tells that path is whole, or below it. "" is everything.
func covers(whole, path string) bool {
	return whole == "" || path == whole || strings.HasPrefix(path, whole+"/")
}
