package webhook_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"directcallback/adapter"
	"directcallback/adapter/webhook"
)

// A receiver of webhooks, with the library of Standard Webhooks: it verifies what came,
// as it came, and does nothing twice.
func Example_receiver() {
	secret := webhook.NewSecret() // what `adapter webhooks add` shows once

	verifier, err := standardwebhooks.NewWebhook(string(secret))
	if err != nil {
		panic(err)
	}
	seen := map[string]bool{} // in a database, for some days
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil || verifier.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if id := r.Header.Get("webhook-id"); !seen[id] {
			seen[id] = true
			var event struct {
				Type string
				Data struct{ CallbackID string }
			}
			if json.Unmarshal(body, &event) == nil {
				fmt.Println(event.Type, event.Data.CallbackID)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()

	sender := webhook.New(webhook.Options{Private: true})
	defer sender.Close()
	to := adapter.Webhook{URL: receiver.URL, Keys: []adapter.WebhookKey{{Secret: secret}}}
	n := adapter.Notification{What: "completed", At: time.Now(), Callback: "01958c9a", Version: 7, Channel: adapter.ChannelWeb}
	n.ID = adapter.NotificationID("webhook 1", n)
	for range 2 {
		if err := sender.Call(context.Background(), to, []adapter.Notification{n}); err != nil {
			fmt.Println(err)
		}
	}
	// Output: callback.completed 01958c9a
}
