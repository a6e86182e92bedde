package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// crm is somebody else's server that wants to be told.
type crm struct {
	*httptest.Server
	mu     sync.Mutex
	came   []delivered // guarded by mu
	answer int         // guarded by mu
	news   chan struct{}
}

type delivered struct {
	id     string
	header http.Header
	body   string
}

func newCRM(t *testing.T) *crm {
	t.Helper()
	c := &crm{answer: http.StatusNoContent, news: make(chan struct{}, 1)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.came = append(c.came, delivered{r.Header.Get("webhook-id"), r.Header, string(body)})
		w.WriteHeader(c.answer)
		select {
		case c.news <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *crm) answers(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer = status
}

// until waits for messages of which enough says that they are all.
func (c *crm) until(t *testing.T, enough func([]delivered) bool) []delivered {
	t.Helper()
	for over := time.After(time.Minute); ; {
		c.mu.Lock()
		came := slices.Clone(c.came)
		c.mu.Unlock()
		if enough(came) {
			return came
		}
		select {
		case <-c.news:
		case <-over:
			t.Fatalf("came %v", came)
		}
	}
}

func has(kind string) func([]delivered) bool {
	return func(came []delivered) bool {
		return slices.ContainsFunc(came, func(d delivered) bool { return strings.Contains(d.body, `"type":"callback.`+kind+`"`) })
	}
}

// verified tells whether a message is signed with a secret.
func (d delivered) verified(t *testing.T, secret string) bool {
	t.Helper()
	library, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return library.Verify([]byte(d.body), d.header) == nil
}

var secretPattern = regexp.MustCompile(`(?m)^whsec_[A-Za-z0-9+/=]+$`)

// TestSomebodyIsToldByHTTP uses the commands about webhooks, against an adapter that
// serves and a server that listens.
func TestSomebodyIsToldByHTTP(t *testing.T) {
	t.Parallel()
	w, listener := newTown(t), newCRM(t)
	w.environ = append(w.environ, "DIRECTCALLBACK_LISTEN=127.0.0.1:0", "DIRECTCALLBACK_WEBHOOKS_PRIVATE=allow", "DIRECTCALLBACK_LOG_LEVEL=debug")
	serving := start(t, "adapter", w.environ, "serve")
	address := serving.line(t, `"msg":"adapter serves","address":"([^"]+)"`)[1]
	var printed strings.Builder // but for what shows a secret
	do := func(want string, args ...string) string {
		t.Helper()
		out, err := w.adapter(t, args...)
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("%q: %v, want %q in\n%s", args, err, want, out)
		}
		if !secretPattern.MatchString(out) {
			printed.WriteString(out)
		}
		return out
	}

	do("there are no webhooks", "webhooks", "list")
	added := do("told everything, of every queue", "webhooks", "add", "-by", "anna", "-reason", "the CRM wants to know", "-url", listener.URL+"/hooks?token=canary-of-the-owner")
	secret, id := secretPattern.FindString(added), strings.SplitN(added, "\n", 2)[0]
	do("added", "webhooks", "list")
	do("204 in ", "webhooks", "test", id)
	if test := listener.until(t, func(came []delivered) bool { return len(came) == 1 })[0]; !test.verified(t, secret) || !strings.Contains(test.body, `"type":"test"`) {
		t.Errorf("the test is %+v", test)
	}

	began := time.Now().UTC()
	var made struct{ ID string }
	body := fmt.Sprintf(`{"phone":%q,"queueId":%q,"when":"asap","name":"Zoë Canary","notes":"canary of the customer's",`+
		`"consent":{"given":true,"at":"%s","text":"Yes"}}`, promised, w.Demo.RetailQueue, began.Format(time.RFC3339))
	if status := call(t, http.MethodPost, "http://"+address+"/v1/callbacks", body, &made); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	first := listener.until(t, has("dispatched"))[1:]
	for _, d := range first {
		if !d.verified(t, secret) || !strings.Contains(d.body, made.ID) {
			t.Errorf("came %+v", d)
		}
	}

	rotated := do("the secret before signs until", "webhooks", "rotate", "-by", "anna", "-reason", "every year", id)
	newer := secretPattern.FindString(rotated)
	before := len(listener.until(t, has("requested")))
	do("notifications since", "webhooks", "replay", "-since", began.Format(time.RFC3339), "-by", "anna", "-reason", "the CRM lost its database", id)
	again := listener.until(t, func(came []delivered) bool { return len(came) >= before+4 })[before:]
	for i, d := range again[:4] {
		if d.id != first[i].id || d.body != first[i].body || !d.verified(t, secret) || !d.verified(t, newer) {
			t.Errorf("first came %+v, then %+v", first[i], d)
		}
	}
	do("the secret", "webhooks", "rotate", "-overlap", "0s", "-by", "anna", "-reason", "it was seen", id)

	listener.answers(http.StatusGone)
	do("notifications since", "webhooks", "replay", "-since", "24h", "-by", "anna", "-reason", "once more", id)
	for over := time.Now().Add(time.Minute); ; {
		if out := do(id, "webhooks", "list"); strings.Contains(out, "disabled since") && strings.Contains(out, "the receiver answers 410") {
			break
		} else if time.Now().After(over) {
			t.Fatalf("it is not disabled:\n%s", out)
		}
	}
	listener.answers(http.StatusOK)
	do("it misses what happened since", "webhooks", "enable", "-by", "anna", "-reason", "it is back", id)
	do(`"addedBy": "anna"`, "webhooks", "list", "-json")
	do("everything could be sent", "outbox", "list")
	do("nothing waits", "outbox", "list", "-all")

	for _, step := range []struct{ args, want string }{
		{"webhooks add -reason x -url http://127.0.0.1:1/ -types nothing", `type "nothing" is none of requested`},
		{"webhooks add -reason x -url ftp://127.0.0.1:1/", "must begin with https://"},
		{"webhooks add -reason x -url https://crm.example/ -queue nowhere", "queue nowhere: not found"},
		{"webhooks add -url https://crm.example/", "-reason is missing"},
		{"webhooks add -reason x", "-url is missing"},
		{"webhooks replay -reason x " + id, "-since is missing"},
		{"webhooks replay -reason x -since noon " + id, "is none of"},
		{"webhooks rotate -reason x -overlap -1h " + id, "-overlap"},
		{"webhooks enable -reason x " + id, "it is not disabled"},
		{"webhooks test nobody", "not found"},
		{"webhooks test", "it takes one ID"},
		{"webhooks list all", "it takes no ID"},
		{"webhooks sing", "unknown command"},
	} {
		if out, err := w.adapter(t, strings.Fields(step.args)...); err == nil || !strings.Contains(out, step.want) {
			t.Errorf("%q: %v, want %q in\n%s", step.args, err, step.want, out)
		}
	}
	listener.answers(http.StatusInternalServerError)
	if out, err := w.adapter(t, "webhooks", "test", id); err == nil || !strings.Contains(out, "500 in ") || !strings.Contains(out, "the receiver answers 500") {
		t.Errorf("%v\n%s", err, out)
	}
	do("removed; ", "webhooks", "remove", "-by", "anna", "-reason", "no more", id)
	do("there are no webhooks", "webhooks", "list")
	serving.stop(t)

	for line := range serving.lines {
		printed.WriteString(line + "\n")
	}
	for _, d := range listener.until(t, has("requested")) {
		printed.WriteString(d.body + fmt.Sprint(d.header))
	}
	if !strings.Contains(printed.String(), `"msg":"a person decided about a webhook"`) {
		t.Error("the log says nothing of what was decided")
	}
	for name, canary := range map[string]string{
		"number": "2025550123", "secret": strings.TrimPrefix(secret, "whsec_"), "newer secret": strings.TrimPrefix(newer, "whsec_"),
		"customer": "anary of the customer", "name": "Canary", "owner's token": "canary-of-the-owner",
	} {
		if strings.Contains(printed.String(), canary) {
			t.Errorf("the %s is shown", name)
		}
	}
	for line := range strings.Lines(printed.String()) {
		if strings.HasPrefix(line, "  ") && !strings.Contains(line, "://") && utf8.RuneCountInString(line) > width+1 {
			t.Errorf("more than %d columns: %q", width, line)
		}
	}
}
