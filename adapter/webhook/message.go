package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"directcallback/adapter"
)

// The header fields of Standard Webhooks.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// message is what one request carries.
type message struct {
	id   string
	body []byte
}

// envelope is the body of a message.
type envelope struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // of what happened
	Data      any       `json:"data"`
}

// callbackData is the data of what becomes of a callback.
type callbackData struct {
	CallbackID adapter.CallbackID `json:"callbackId"`
	Version    int64              `json:"version"`
	QueueID    adapter.QueueID    `json:"queueId"`
	Channel    adapter.Channel    `json:"channel"`
}

// testData is the data of a test.
type testData struct {
	WebhookID adapter.WebhookID `json:"webhookId"`
}

// The types of messages.
const (
	callbackType = "callback." // and what is told
	testType     = "test"
)

func messageOf(n adapter.Notification) (message, error) {
	return newMessage(n.ID, callbackType+n.What, n.At, callbackData{n.Callback, n.Version, n.Queue, n.Channel})
}

func newMessage(id, kind string, at time.Time, data any) (message, error) {
	body, err := json.Marshal(envelope{kind, at.UTC().Truncate(time.Microsecond), data})
	if err != nil {
		return message{}, fmt.Errorf("message %s: %w", kind, err)
	}
	return message{id, body}, nil
}

// signatures are one for each secret, as the header has them. An error does not repeat
// the secret.
func (m message) signatures(secrets []adapter.WebhookSecret, at time.Time) (string, error) {
	all := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		key, err := secret.Key()
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(mac, "%s.%d.%s", m.id, at.Unix(), m.body)
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(all, " "), nil
}

// NewSecret makes a secret of 32 random bytes.
func NewSecret() adapter.WebhookSecret {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // it never fails
	return adapter.NewWebhookSecret(random)
}
