package webhook_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"directcallback/adapter"
	"directcallback/adapter/webhook"
)

const queue = adapter.QueueID("3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61")

// secrets are two that are good.
func secrets() (older, newer adapter.WebhookSecret) {
	return adapter.NewWebhookSecret([]byte("an older secret of a webhook")), adapter.NewWebhookSecret([]byte("a newer secret of a webhook!"))
}

// to is a webhook.
func to(url string) adapter.Webhook {
	secret, _ := secrets()
	return adapter.Webhook{ID: "webhook-1", URL: url, Keys: []adapter.WebhookKey{{Secret: secret}}}
}

// told are notifications of one callback.
func told(n int) []adapter.Notification { return toldOf("callback-1", n) }

func toldOf(id adapter.CallbackID, n int) []adapter.Notification {
	var all []adapter.Notification
	for i := range n {
		all = append(all, adapter.Notification{
			ID: fmt.Sprintf("%s-%d", id, i), What: "waiting", At: time.Date(2026, 3, 2, 9, 0, i, 0, time.UTC), Callback: id, Version: int64(i + 1), Queue: queue, Channel: adapter.ChannelWeb,
			Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		})
	}
	return all
}

// receiver is a real HTTP server on loopback, and a Sender that may call it.
type receiver struct {
	url    string
	sender *webhook.Sender

	mu    sync.Mutex
	came  []*http.Request // guarded by mu
	texts []string        // guarded by mu: bodies
}

func receive(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{sender: webhook.New(webhook.Options{Private: true})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.came, r.texts = append(r.came, q), append(r.texts, string(body))
		r.mu.Unlock()
		if answer != nil {
			answer(w, q)
		}
	}))
	r.url = server.URL
	t.Cleanup(func() { r.sender.Close(); server.Close() })
	return r
}

// ids are those of the messages that came, in their order.
func (r *receiver) ids() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := []string{}
	for _, q := range r.came {
		ids = append(ids, q.Header.Get(webhook.HeaderID))
	}
	return ids
}

// refusal is the error of a call, which must be of this kind.
func refusal(t *testing.T, err error) *adapter.NotifyError {
	t.Helper()
	refused, is := errors.AsType[*adapter.NotifyError](err)
	if !is {
		t.Fatalf("error %v", err)
	}
	return refused
}

func TestAMessageIsAsStandardWebhooksWantsIt(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	if err := r.sender.Call(t.Context(), to(r.url+"/hooks?tenant=a"), told(1)); err != nil {
		t.Fatal(err)
	}
	q := r.came[0]
	if q.Method != http.MethodPost || q.URL.String() != "/hooks?tenant=a" || q.Header.Get("Content-Type") != "application/json" || q.Header.Get("User-Agent") != "directcallback" {
		t.Errorf("came %s %s %v", q.Method, q.URL, q.Header)
	}
	const want = `{"type":"callback.waiting","timestamp":"2026-03-02T09:00:00Z","data":{"callbackId":"callback-1","version":1,"queueId":"3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61","channel":"web"}}`
	if r.texts[0] != want {
		t.Errorf("body %s", r.texts[0])
	}
	if sent, err := strconv.ParseInt(q.Header.Get(webhook.HeaderTimestamp), 10, 64); err != nil || time.Since(time.Unix(sent, 0)) > time.Minute {
		t.Errorf("sent at %v, %v", sent, err)
	}
	if q.Header.Get(webhook.HeaderID) != "callback-1-0" {
		t.Errorf("id %q", q.Header.Get(webhook.HeaderID))
	}
	for name := range q.Header {
		if !slices.Contains([]string{"Accept-Encoding", "Content-Length", "Content-Type", "User-Agent", "Webhook-Id", "Webhook-Signature", "Webhook-Timestamp"}, name) {
			t.Errorf("header field %s", name)
		}
	}
}

// While a secret is being replaced, who has either of them verifies; afterwards the new
// one alone does.
func TestTheLibraryOfStandardWebhooksVerifiesEachSecretThatIsValid(t *testing.T) {
	t.Parallel()
	older, newer := secrets()
	stranger := adapter.NewWebhookSecret([]byte("a secret of somebody else's"))
	r := receive(t, nil)
	hook, err := to(r.url).Rotate(newer, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ended, err := hook.Rotate(newer, 0, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		hook adapter.Webhook
		want map[adapter.WebhookSecret]bool
	}{
		"one":        {to(r.url), map[adapter.WebhookSecret]bool{older: true, newer: false, stranger: false}},
		"both":       {hook, map[adapter.WebhookSecret]bool{older: true, newer: true, stranger: false}},
		"the newest": {ended, map[adapter.WebhookSecret]bool{older: false, newer: true, stranger: false}},
	} {
		if err := r.sender.Call(t.Context(), test.hook, told(1)); err != nil {
			t.Fatal(err)
		}
		q, body := r.came[len(r.came)-1], r.texts[len(r.texts)-1]
		for secret, want := range test.want {
			library, err := standardwebhooks.NewWebhook(string(secret))
			if err != nil {
				t.Fatal(err)
			}
			if err := library.Verify([]byte(body), q.Header); (err == nil) != want {
				t.Errorf("%s: %v", name, err)
			}
			if err := library.Verify([]byte(strings.Replace(body, "waiting", "failed", 1)), q.Header); err == nil {
				t.Errorf("%s: another body is verified", name)
			}
		}
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	date := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
	for name, test := range map[string]struct {
		status int
		after  string
		gone   bool
		about  time.Duration // of RetryAfter
		taken  bool
	}{
		"ok":                        {status: 200, taken: true},
		"created":                   {status: 201, taken: true},
		"accepted":                  {status: 202, taken: true},
		"no content":                {status: 204, taken: true},
		"not modified":              {status: 304},
		"bad request":               {status: 400},
		"unauthorized":              {status: 401},
		"not found":                 {status: 404, after: "60"},
		"gone":                      {status: 410, gone: true},
		"too many":                  {status: 429},
		"too many, seconds":         {status: 429, after: "120", about: 2 * time.Minute},
		"too many, a date":          {status: 429, after: date, about: 10 * time.Minute},
		"too many, a date long ago": {status: 429, after: "Mon, 02 Mar 2020 09:00:00 GMT", about: 5 * time.Second},
		"too many, at once":         {status: 429, after: "0", about: 5 * time.Second},
		"too many, negative":        {status: 429, after: "-7", about: 5 * time.Second},
		"too many, for years":       {status: 429, after: "999999999", about: 6 * time.Hour},
		"too many, too large":       {status: 429, after: "99999999999999999999"},
		"too many, nonsense":        {status: 429, after: "soon"},
		"internal":                  {status: 500, after: "60"},
		"unavailable":               {status: 503},
		"unavailable, seconds":      {status: 503, after: "30", about: 30 * time.Second},
	} {
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if test.after != "" {
				w.Header().Set("Retry-After", test.after)
			}
			w.WriteHeader(test.status)
		})
		err := r.sender.Call(t.Context(), to(r.url), told(2))
		if test.taken {
			if err != nil || len(r.ids()) != 2 {
				t.Errorf("%s: %v, %v came", name, err, r.ids())
			}
			continue
		}
		refused := refusal(t, err)
		if refused.Gone != test.gone || (refused.RetryAfter-test.about).Abs() > 3*time.Second || !strings.Contains(err.Error(), strconv.Itoa(test.status)) {
			t.Errorf("%s: %+v", name, refused)
		}
		if came := r.ids(); len(came) != 1 {
			t.Errorf("%s: after the first was refused %v came", name, came[1:])
		}
	}
}

// Of each callback all comes in order; after a refusal nothing more is begun, and what
// was taken is known.
func TestCallbacksAreToldInOrderAndAtOnce(t *testing.T) {
	t.Parallel()
	var all []adapter.Notification
	for c := range 20 {
		all = append(all, toldOf(adapter.CallbackID(fmt.Sprintf("c%02d", c)), 5)...)
	}
	slices.SortStableFunc(all, func(a, b adapter.Notification) int { return int(a.Version - b.Version) })
	var mu sync.Mutex
	under, most := 0, 0
	enough := make(chan struct{})
	last := map[string]int64{}
	r := receive(t, nil)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		var m struct {
			Data struct {
				CallbackID string
				Version    int64
			}
		}
		if err := json.NewDecoder(q.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		mu.Lock()
		if under++; under > most {
			if most = under; most == 8 {
				close(enough)
			}
		}
		if m.Data.Version != last[m.Data.CallbackID]+1 {
			t.Errorf("%s: version %d after %d", m.Data.CallbackID, m.Data.Version, last[m.Data.CallbackID])
		}
		last[m.Data.CallbackID] = m.Data.Version
		mu.Unlock()
		<-enough // all that may are under way
		mu.Lock()
		under--
		mu.Unlock()
	}))
	t.Cleanup(server.Close)
	if err := r.sender.Call(t.Context(), to(server.URL), all); err != nil {
		t.Fatal(err)
	}
	if most != 8 || len(last) != 20 {
		t.Errorf("%d at once, of %d callbacks", most, len(last))
	}
}

func TestAfterARefusalItIsKnownWhatWasTaken(t *testing.T) {
	t.Parallel()
	r := receive(t, func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get(webhook.HeaderID) == "b-1" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	all := append(toldOf("b", 3), toldOf("a", 1)...)
	refused := refusal(t, r.sender.Call(t.Context(), to(r.url), all))
	came := r.ids()
	slices.Sort(came)
	slices.Sort(refused.Told)
	if want := slices.DeleteFunc(came, func(id string) bool { return id == "b-1" }); !slices.Equal(refused.Told, want) || !slices.Contains(refused.Told, "b-0") || slices.Contains(refused.Told, "b-2") {
		t.Errorf("told %v, came %v", refused.Told, came)
	}
}

// A receiver's certificate must be of somebody whom this machine trusts.
func TestConnectionsAreVerified(t *testing.T) {
	t.Parallel()
	came := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came++ }))
	server.Config.ErrorLog = discard()
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	stranger := webhook.New(webhook.Options{Private: true})
	err := stranger.Call(t.Context(), to(server.URL), told(1))
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); !is || came > 0 {
		t.Errorf("%v, came %d", err, came)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	friend := webhook.New(webhook.Options{Private: true, Roots: roots})
	t.Cleanup(friend.Close)
	if err := friend.Call(t.Context(), to(server.URL), told(1)); err != nil || came != 1 {
		t.Errorf("%v, came %d", err, came)
	}

	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { came++ }))
	old.Config.ErrorLog = discard()
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	t.Cleanup(old.Close)
	if err := friend.Call(t.Context(), to(old.URL), told(1)); err == nil || came != 1 {
		t.Errorf("TLS 1.1 was spoken: %v", err)
	}
}

// A test says nothing of anybody, and is signed.
func TestATestTellsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	status := http.StatusNoContent
	r := receive(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	answer, err := r.sender.Test(t.Context(), to(r.url), "test-1")
	if err != nil || answer.Status != 204 || answer.Took <= 0 {
		t.Errorf("%+v, %v", answer, err)
	}
	var m struct {
		Type      string
		Timestamp time.Time
		Data      map[string]string
	}
	if err := json.Unmarshal([]byte(r.texts[0]), &m); err != nil || m.Type != "test" || m.Timestamp.IsZero() {
		t.Errorf("%s, %v", r.texts[0], err)
	}
	if diff := cmp.Diff(map[string]string{"webhookId": "webhook-1"}, m.Data); diff != "" {
		t.Error(diff)
	}
	secret, _ := secrets()
	library, err := standardwebhooks.NewWebhook(string(secret))
	if err != nil {
		t.Fatal(err)
	}
	if err := library.Verify([]byte(r.texts[0]), r.came[0].Header); err != nil || r.ids()[0] != "test-1" {
		t.Errorf("%v, %v", r.ids(), err)
	}
	status = http.StatusTeapot
	if answer, err := r.sender.Test(t.Context(), to(r.url), "test-2"); err == nil || answer.Status != 418 {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestWhoStopsDoesNotWait(t *testing.T) {
	t.Parallel()
	came := make(chan struct{})
	r := receive(t, func(_ http.ResponseWriter, q *http.Request) {
		close(came)
		<-q.Context().Done()
	})
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-came; stop() }()
	err := r.sender.Call(ctx, to(r.url+"/?token=canary"), told(3))
	if refused := refusal(t, err); !errors.Is(err, context.Canceled) || len(refused.Told) > 0 || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestAWebhookWithoutAGoodSecretIsNotCalled(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	for _, keys := range [][]adapter.WebhookKey{
		nil, {{Secret: "whsec_canary"}}, {{Secret: adapter.NewWebhookSecret(make([]byte, 32)), Until: time.Now().Add(-time.Second)}},
	} {
		hook := to(r.url)
		hook.Keys = keys
		if err := r.sender.Call(t.Context(), hook, told(1)); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v", err)
		}
	}
	if came := r.ids(); len(came) > 0 {
		t.Errorf("came %v", came)
	}
}

func TestSecretsAreRandomAndGood(t *testing.T) {
	t.Parallel()
	a, b := webhook.NewSecret(), webhook.NewSecret()
	if key, err := a.Key(); err != nil || len(key) != 32 || a == b {
		t.Errorf("%d bytes, %v", len(key), err)
	}
}
