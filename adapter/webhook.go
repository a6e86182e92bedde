package adapter

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Webhook is an address of somebody else's that is told by HTTP what becomes of
// callbacks.
type Webhook struct {
	ID      WebhookID
	URL     string    // may hold a token of its owner's: not for logs
	Types   []string  // what it is told of, of [Notices]; empty = everything
	Queues  []QueueID // whose callbacks; empty = those of every queue
	Keys    []WebhookKey
	AddedAt time.Time
	AddedBy string
	Reason  string // why it was added, in the words of who did

	DisabledAt  time.Time // since when it is told nothing; zero = it is told
	DisabledWhy string
	MissedFrom  time.Time // when the first thing happened that it was not told of
}

// WebhookKey is a secret and how long it signs.
type WebhookKey struct {
	Secret WebhookSecret
	Until  time.Time // zero = until another takes its place
}

// Enabled tells whether the webhook is told anything.
func (w Webhook) Enabled() bool { return w.DisabledAt.IsZero() }

// Wants tells whether the webhook is to be told of something.
func (w Webhook) Wants(n Notification) bool {
	return (len(w.Types) == 0 || slices.Contains(w.Types, n.What)) && (len(w.Queues) == 0 || slices.Contains(w.Queues, n.Queue))
}

// Signing are the secrets that sign at now, the newest first.
func (w Webhook) Signing(now time.Time) []WebhookSecret {
	var all []WebhookSecret
	for _, k := range w.Keys {
		if k.Until.IsZero() || k.Until.After(now) {
			all = append(all, k.Secret)
		}
	}
	return all
}

// maxKeys bounds how many secrets sign at once: each adds a signature to each request.
const maxKeys = 4

// ErrTooManyKeys says that a webhook cannot be given another secret for now.
var ErrTooManyKeys = fmt.Errorf("%d secrets are valid already; wait until the time of one is over, or end the old ones at once", maxKeys)

// Rotate gives the webhook a new secret. Those before sign until their time, and no
// longer than overlap.
func (w Webhook) Rotate(secret WebhookSecret, overlap time.Duration, now time.Time) (Webhook, error) {
	keys := []WebhookKey{{Secret: secret}}
	for _, k := range w.Keys {
		end := now.Add(overlap)
		if k.Until.IsZero() || k.Until.After(end) {
			k.Until = end
		}
		if k.Until.After(now) {
			keys = append(keys, k)
		}
	}
	if len(keys) > maxKeys {
		return w, ErrTooManyKeys
	}
	w.Keys = keys
	return w, nil
}

// WebhookSecret is what a webhook's messages are signed with, as Standard Webhooks
// writes it: whsec_ and the base64 of 24 to 64 bytes. It does not print: it is converted
// to a string where it is stored, and where it is shown to its owner once.
type WebhookSecret string

const secretPrefix = "whsec_"

// NewWebhookSecret writes random bytes as a secret.
func NewWebhookSecret(random []byte) WebhookSecret {
	return WebhookSecret(secretPrefix + base64.StdEncoding.EncodeToString(random))
}

// ErrWebhookSecret is matched by every error of [WebhookSecret.Key], which never
// repeats the secret.
var ErrWebhookSecret = errors.New("not a webhook secret")

// Key are the bytes that sign.
func (s WebhookSecret) Key() ([]byte, error) {
	text, has := strings.CutPrefix(string(s), secretPrefix)
	if !has {
		return nil, fmt.Errorf("%w: it does not begin with %s", ErrWebhookSecret, secretPrefix)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("%w: behind %s there must be the base64 of 24 to 64 bytes", ErrWebhookSecret, secretPrefix)
	}
	return key, nil
}

// String masks.
func (s WebhookSecret) String() string {
	if s == "" {
		return ""
	}
	return secretPrefix + "****"
}

// Format masks under every verb.
func (s WebhookSecret) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, s.String()) }

// MarshalText masks in JSON and in logs.
func (s WebhookSecret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
