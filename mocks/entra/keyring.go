package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"sync"
)

// keyRing has the keys that are published. The first one signs.
type keyRing struct {
	mu   sync.Mutex
	keys []signingKey // guarded by mu
}

type signingKey struct {
	*rsa.PrivateKey
	id string // as the header kid has it
}

// Rotate signs with a new key from now on. The earlier ones stay published, as Entra's do for a while: tokens that they
// signed remain good.
func (s *Server) Rotate() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return fmt.Errorf("entra: signing key: %w", err)
	}
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	s.ring.keys = append([]signingKey{{key, keyID(&key.PublicKey)}}, s.ring.keys...)
	return nil
}

// Withdraw publishes no more than the key that signs: what the earlier ones signed is not to be trusted any longer.
func (s *Server) Withdraw() {
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	s.ring.keys = s.ring.keys[:1:1]
	s.last.Store(nil)
}

func (r *keyRing) published() []signingKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

func (r *keyRing) signing() signingKey { return r.published()[0] }

// find looks for the key that a header names.
func (r *keyRing) find(id string) (*rsa.PublicKey, bool) {
	for _, key := range r.published() {
		if key.id == id {
			return &key.PublicKey, true
		}
	}
	return nil, false
}

func keyID(key *rsa.PublicKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.RawURLEncoding.EncodeToString(sum[:20])
}

// webKey is the public key as the keys endpoint prints it.
func (k signingKey) webKey() map[string]string {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id, "x5t": k.id,
		"n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes()),
	}
}
