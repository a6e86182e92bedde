package api

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"directcallback/adapter"
)

// Secret is text that prints as "[secret]" only.
type Secret string

// Format hides the secret under every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("[secret]")) }

// MarshalText hides the secret in logs and JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// minSecret keeps the derived manage tokens from being a way to guess the secret.
const minSecret = 32

// managePrefix tells manage tokens from others at a glance, to people and to
// programs that look for leaked secrets.
const managePrefix = "dcm_"

// tokens checks the static token and makes manage tokens.
type tokens struct {
	static [sha256.Size]byte // hash of the static token
	key    []byte            // of manage tokens
}

// Check refuses a secret that is too short to be a token, or cannot stand in a header.
func (s Secret) Check() error {
	if len(s) < minSecret || !visible(string(s)) {
		return fmt.Errorf("at least %d visible ASCII characters are needed", minSecret)
	}
	return nil
}

func newTokens(static Secret) (tokens, error) {
	if err := static.Check(); err != nil {
		return tokens{}, fmt.Errorf("token: %w", err)
	}
	key, err := hkdf.Key(sha256.New, []byte(static), nil, "directcallback manage token v1", sha256.Size)
	if err != nil {
		return tokens{}, errors.Join(errors.New("token: derive key"), err)
	}
	return tokens{static: sha256.Sum256([]byte(static)), key: key}, nil
}

// isStatic compares hashes, so that neither content nor length shows in time.
func (t tokens) isStatic(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(hash[:], t.static[:]) == 1
}

// manage makes the manage token of a callback. It is derived instead of drawn,
// so that a repeat can show it again although only its hash is stored. The
// client and its key are part of it: who joins another's callback comes with
// another key and derives a token that opens nothing.
func (t tokens) manage(client, key string, id adapter.CallbackID) string {
	mac := hmac.New(sha256.New, t.key)
	for _, part := range []string{client, key, string(id)} {
		_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = mac.Write([]byte(part))
	}
	return managePrefix + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// manageHash is what the store keeps of a manage token.
func manageHash(token string) string {
	hash := sha256.Sum256([]byte(token))
	return hex.EncodeToString(hash[:])
}

// opens tells whether a manage token belongs to the callback with this stored
// hash. A callback without one (by telephone) is opened by none.
func opens(token, stored string) bool {
	return subtle.ConstantTimeCompare([]byte(manageHash(token)), []byte(stored)) == 1
}

// looksManage tells whether a token has the form of a manage token.
func looksManage(token string) bool {
	encoded, ok := strings.CutPrefix(token, managePrefix)
	if !ok {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	return err == nil && len(raw) == sha256.Size
}

// visible tells whether text is visible ASCII throughout.
func visible(text string) bool {
	return strings.IndexFunc(text, func(c rune) bool { return c < '!' || c > '~' }) < 0
}
