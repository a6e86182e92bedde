package adapter

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PublishableKey lets pages in browsers ask for callbacks. It stands in the page's
// source for everybody to read, so it is no secret: what keeps others from using it is
// that browsers say which page asks, and that it is good for some queues alone.
type PublishableKey struct {
	ID        KeyID
	Hash      string    // of the text, see [HashKey]; the text is shown once and kept nowhere
	Name      string    // for people
	Origins   []Origin  // of the pages that may use it
	Queues    []QueueID // which they may ask for
	CreatedAt time.Time
	CreatedBy string
	RevokedAt time.Time // zero = it is in force
	RevokedBy string
}

// InForce tells whether the key was not revoked.
func (k PublishableKey) InForce() bool { return k.RevokedAt.IsZero() }

// Allows tells whether pages of an origin may use the key.
func (k PublishableKey) Allows(o Origin) bool { return slices.Contains(k.Origins, o) }

// Serves tells whether the key is good for a queue.
func (k PublishableKey) Serves(q QueueID) bool { return slices.Contains(k.Queues, q) }

// KeyPrefix tells publishable keys from other tokens at a glance, to people and to
// programs that look for leaked secrets.
const KeyPrefix = "dck_"

// NewKey writes 32 random bytes as the text of a publishable key.
func NewKey(random [32]byte) string {
	return KeyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// HashKey is what is kept of the text of a publishable key. Text that is none has no
// hash.
func HashKey(text string) (hash string, ok bool) {
	encoded, ok := strings.CutPrefix(text, KeyPrefix)
	if !ok {
		return "", false
	}
	if raw, err := base64.RawURLEncoding.DecodeString(encoded); err != nil || len(raw) != 32 {
		return "", false
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:]), true
}

// Origin is where a page comes from, as browsers write it: https://www.example.com,
// with a port only where it is not the scheme's own.
type Origin string

// ErrOrigin is matched by every error of [ParseOrigin].
var ErrOrigin = errors.New("not an origin")

// ParseOrigin reads an origin; case, and the scheme's own port, do not matter. Without
// TLS only this machine is one, for those who develop a page. There are no wildcards: a
// forgotten name below a domain is somebody else's page.
func ParseOrigin(text string) (Origin, error) {
	scheme, rest, _ := strings.Cut(strings.ToLower(text), "://")
	host, port := rest, ""
	if at := strings.LastIndexByte(rest, ':'); at >= 0 && !strings.HasSuffix(rest, "]") {
		host, port = rest[:at], rest[at+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", ErrOrigin
		}
	}
	local := host == "localhost" || host == "127.0.0.1" || host == "[::1]"
	switch {
	case !local && !isHost(host):
		return "", ErrOrigin
	case scheme == "https" && port == "443", scheme == "http" && port == "80":
		port = ""
	}
	if scheme != "https" && (scheme != "http" || !local) {
		return "", ErrOrigin
	}
	if port != "" {
		host += ":" + port
	}
	return Origin(scheme + "://" + host), nil
}

// isHost tells whether text is a host's name, in ASCII as browsers write it.
func isHost(text string) bool {
	if len(text) > 253 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}
