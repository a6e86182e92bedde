package adapter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
)

const (
	oldSecret = adapter.WebhookSecret("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz")
	newSecret = adapter.WebhookSecret("whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4")
)

func TestWhatAWebhookWants(t *testing.T) {
	t.Parallel()
	n := adapter.Notification{What: "waiting", Queue: "a"}
	for name, test := range map[string]struct {
		webhook adapter.Webhook
		want    bool
	}{
		"everything":          {adapter.Webhook{}, true},
		"its type":            {adapter.Webhook{Types: []string{"due", "waiting"}}, true},
		"another type":        {adapter.Webhook{Types: []string{"due"}}, false},
		"its queue":           {adapter.Webhook{Queues: []adapter.QueueID{"b", "a"}}, true},
		"another queue":       {adapter.Webhook{Queues: []adapter.QueueID{"b"}}, false},
		"its type, not queue": {adapter.Webhook{Types: []string{"waiting"}, Queues: []adapter.QueueID{"b"}}, false},
	} {
		if got := test.webhook.Wants(n); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestARotatedSecretSignsUntilItsTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	w := adapter.Webhook{Keys: []adapter.WebhookKey{{Secret: oldSecret}}}
	rotated, err := w.Rotate(newSecret, 24*time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration][]adapter.WebhookSecret{
		0: {newSecret, oldSecret}, 24*time.Hour - 1: {newSecret, oldSecret}, 24 * time.Hour: {newSecret},
	} {
		if got := rotated.Signing(now.Add(after)); !slices.Equal(got, want) {
			t.Errorf("after %v %d secrets sign, want %d", after, len(got), len(want))
		}
	}
	if len(w.Keys) != 1 {
		t.Error("the webhook as it was has changed")
	}
	again, err := rotated.Rotate(oldSecret, time.Hour, now)
	if got := again.Signing(now.Add(time.Hour)); err != nil || !slices.Equal(got, []adapter.WebhookSecret{oldSecret}) {
		t.Errorf("a shorter overlap leaves %d secrets, %v", len(got), err)
	}
	for range 2 {
		again, err = again.Rotate(newSecret, time.Hour, now)
	}
	if !errors.Is(err, adapter.ErrTooManyKeys) {
		t.Errorf("the fifth secret: %v", err)
	}
	at := now.Add(30 * time.Minute)
	if over, err := again.Rotate(newSecret, 0, at); err != nil || len(over.Keys) != 1 || len(over.Signing(at)) != 1 {
		t.Errorf("at once: %v, %d secrets left", err, len(over.Keys))
	}
}

func TestAWebhookSecretHasTheFormOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	random := []byte("0123456789012345678901234567890!")
	key, err := adapter.NewWebhookSecret(random).Key()
	if err != nil || string(key) != string(random) {
		t.Errorf("%x, %v", key, err)
	}
	for _, bad := range []string{"", "whsec_", "whsec_c2hvcnQ=", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "whsec_!", "whsec_" + strings.Repeat("AAAA", 22)} {
		_, err := adapter.WebhookSecret(bad).Key()
		if !errors.Is(err, adapter.ErrWebhookSecret) || len(bad) > 6 && strings.Contains(err.Error(), bad[6:]) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAWebhookSecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	w := adapter.Webhook{ID: "a", Keys: []adapter.WebhookKey{{Secret: oldSecret}}}
	body, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("webhook", "webhook", w, "secret", oldSecret)
	slog.New(slog.NewTextHandler(&log, nil)).Info("webhook", "webhook", w, "secret", oldSecret)
	for _, printed := range []string{
		string(body), log.String(), oldSecret.String(), fmt.Sprint(w), fmt.Sprintf("%+v %#v", w, w), fmt.Sprintf("%s %q %v %x %d", oldSecret, oldSecret, oldSecret, oldSecret, oldSecret),
	} {
		if strings.Contains(printed, "MDEy") || strings.Contains(printed, "4d4445") || !strings.Contains(printed, "whsec_****") {
			t.Errorf("printed is %s", printed)
		}
	}
}

func FuzzWebhookSecret(f *testing.F) {
	for _, seed := range []string{"", "whsec_", string(oldSecret), "whsec_====", "whsec_MDEy\nMzQ1Njc4OTAxMjM0NTY3ODkwMTIz", "WHSEC_AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := adapter.WebhookSecret(text).Key()
		if err != nil {
			return
		}
		again, err := adapter.NewWebhookSecret(key).Key()
		if err != nil || string(again) != string(key) {
			t.Errorf("%q is read as %x, and written and read as %x, %v", text, key, again, err)
		}
	})
}
