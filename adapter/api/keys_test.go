package api_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/api"
	"directcallback/adapter/service"
)

// keyring has keys in force, or cannot read them.
type keyring struct {
	keys []adapter.PublishableKey
	err  error
}

func (k keyring) KeysInForce(context.Context) ([]adapter.PublishableKey, error) { return k.keys, k.err }

const (
	bank = "https://www.bank.example"
	shed = "http://127.0.0.1:8080" // where a page is developed
)

// keyFor is a key and its text.
func keyFor(n byte, queues []adapter.QueueID, origins ...adapter.Origin) (adapter.PublishableKey, string) {
	text := adapter.NewKey([32]byte{n})
	hash, _ := adapter.HashKey(text)
	return adapter.PublishableKey{ID: adapter.KeyID("key-" + string('a'+rune(n))), Hash: hash, Origins: origins, Queues: queues}, text
}

// from makes a call come from a page of an origin.
func (c call) from(origin, token string) call {
	c.token, c.header = token, maps.Clone(c.header)
	if c.header == nil {
		c.header = map[string]string{}
	}
	c.header["Origin"] = origin
	return c
}

func TestKeysOfPages(t *testing.T) {
	t.Parallel()
	mine, text := keyFor(0, []adapter.QueueID{queue}, bank, shed)
	theirs, other := keyFor(1, []adapter.QueueID{unconfigured}, "https://shop.example")
	_, revoked := keyFor(2, []adapter.QueueID{queue}, bank)
	ours := func(c call) call { return c.from(bank, text) }
	read := call{method: "GET", path: "/v1/queues/" + queue}
	without := func(c call, header ...string) call {
		c = ours(c)
		c.header["Origin"] = ""
		for i := 0; i < len(header); i += 2 {
			c.header[header[i]] = header[i+1]
		}
		return c
	}
	at := func(host string, c call) call { c.host = host; return c }

	for name, test := range map[string]struct {
		call    call
		status  int
		refusal string // as it is logged
		reads   bool   // the page may read the answer
	}{
		"own page asks":                  {ours(post(order(nil))), 201, "", true},
		"own page reads":                 {ours(read), 200, "", true},
		"own page makes a mistake":       {ours(post(`{}`)), 422, "", true},
		"its other page":                 {read.from(shed, text), 200, "", true},
		"origin in another case":         {read.from("https://WWW.bank.example", text), 200, "", true},
		"another key's page":             {read.from("https://shop.example", text), 403, "wrong origin", false},
		"another page":                   {read.from("https://evil.example", text), 403, "wrong origin", false},
		"a page below":                   {read.from("https://www.bank.example.evil.example", text), 403, "wrong origin", false},
		"another port":                   {read.from(bank+":8443", text), 403, "wrong origin", false},
		"without TLS":                    {read.from("http://www.bank.example", text), 403, "wrong origin", false},
		"a page without origin":          {read.from("null", text), 403, "wrong origin", false},
		"no page":                        {without(read), 403, "wrong origin", false},
		"no page, asking":                {without(post(order(nil))), 403, "wrong origin", false},
		"a page of this very host":       {at("127.0.0.1:8080", without(read, "Sec-Fetch-Site", "same-origin")), 200, "", false},
		"a page of this host, no key's":  {without(read, "Sec-Fetch-Site", "same-origin"), 403, "wrong origin", false},
		"a page of a host beside this":   {at("127.0.0.1:8080", without(read, "Sec-Fetch-Site", "same-site")), 403, "wrong origin", false},
		"another queue, reading":         {ours(call{method: "GET", path: "/v1/queues/" + unconfigured}), 404, "", true},
		"another queue, its wait":        {ours(call{method: "GET", path: "/v1/queues/" + unconfigured + "/wait"}), 404, "", true},
		"another queue, asking":          {ours(post(order(map[string]any{"queueId": unconfigured}))), 422, "", true},
		"a callback":                     {ours(call{method: "GET", path: "/v1/callbacks/c"}), 403, "", true},
		"a callback to be cancelled":     {ours(call{method: "DELETE", path: "/v1/callbacks/c"}), 403, "", true},
		"revoked":                        {read.from(bank, revoked), 401, "unknown or revoked key", false},
		"of nobody":                      {read.from(bank, adapter.NewKey([32]byte{9})), 401, "unknown or revoked key", false},
		"hardly a key":                   {read.from(bank, "dck_x"), 401, "unknown or revoked key", false},
		"its hash":                       {read.from(bank, "dck_"+mine.Hash), 401, "unknown or revoked key", false},
		"the backend's token, in a page": {read.from(bank, secret), 200, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := options(&backend{queues: []service.QueueView{{ID: queue, Name: "Billing"}, {ID: unconfigured, Name: "Sales"}}})
			o.Keys, o.Logger = keyring{keys: []adapter.PublishableKey{theirs, mine}}, logTo(&log)
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			allowed := got.Header().Get("Access-Control-Allow-Origin")
			switch {
			case !test.reads && allowed != "":
				t.Errorf("a page of %s may read the answer", allowed)
			case test.reads && (allowed != test.call.header["Origin"] || !strings.Contains(got.Header().Get("Access-Control-Expose-Headers"), "ETag")):
				t.Errorf("header %v", got.Header())
			}
			if got.Header().Get("Vary") != "Origin" || got.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("header %v", got.Header())
			}
			if want := `"refusal":"` + test.refusal + `"`; strings.Contains(log.String(), "refusal") != (test.refusal != "") || test.refusal != "" && !strings.Contains(log.String(), want) {
				t.Errorf("log %s", &log)
			}
			for _, canary := range []string{text, other, revoked, mine.Hash, bank, "evil"} {
				if strings.Contains(log.String(), strings.TrimPrefix(canary, "dck_")) || strings.Contains(got.Body.String(), canary) {
					t.Errorf("%s is in the log or the answer: %s %s", canary, &log, got.Body)
				}
			}
		})
	}
}

// A queue that is another key's looks like one that does not exist.
func TestAnotherKeysQueueIsLikeNone(t *testing.T) {
	t.Parallel()
	key, text := keyFor(0, []adapter.QueueID{queue}, bank)
	o := options(&backend{queues: []service.QueueView{{ID: queue}, {ID: unconfigured}}})
	o.Keys = keyring{keys: []adapter.PublishableKey{key}}
	h := handler(t, o)
	for _, path := range []string{"/v1/queues/%s", "/v1/queues/%s/wait"} {
		bodies := map[string]bool{}
		for _, id := range []string{unconfigured, "00000000-0000-4000-8000-000000000000"} {
			got := call{method: "GET", path: strings.Replace(path, "%s", id, 1)}.from(bank, text).to(t, h).wants(t, http.StatusNotFound)
			bodies[strings.Replace(got.Body.String(), got.text("requestId"), "", 1)] = true
		}
		if len(bodies) != 1 {
			t.Errorf("%s tells them apart: %v", path, bodies)
		}
	}
	list := call{method: "GET", path: "/v1/queues"}.from(bank, text).to(t, h).wants(t, http.StatusOK)
	if items, _ := list.body["items"].([]any); len(items) != 1 {
		t.Errorf("listed %s", list.Body)
	}
}

func TestBrowsersAskWhetherAPageMayCall(t *testing.T) {
	t.Parallel()
	one, _ := keyFor(0, []adapter.QueueID{queue}, bank)
	two, _ := keyFor(1, []adapter.QueueID{queue}, "https://shop.example")
	for name, test := range map[string]struct {
		path, origin, method string
		keys                 api.Keys
		status               int
	}{
		"a key's page":         {"/v1/callbacks", bank, "POST", keyring{keys: []adapter.PublishableKey{one, two}}, 204},
		"another key's page":   {"/v1/callbacks/c", "https://shop.example", "DELETE", keyring{keys: []adapter.PublishableKey{one, two}}, 204},
		"nobody's page":        {"/v1/callbacks", "https://evil.example", "POST", keyring{keys: []adapter.PublishableKey{one, two}}, 405},
		"a page of no origin":  {"/v1/callbacks", "null", "POST", keyring{keys: []adapter.PublishableKey{one}}, 405},
		"a revoked key's page": {"/v1/callbacks", "https://shop.example", "POST", keyring{keys: []adapter.PublishableKey{one}}, 405},
		"no browser":           {"/v1/callbacks", bank, "", keyring{keys: []adapter.PublishableKey{one}}, 405},
		"no such path":         {"/v1/secrets", bank, "GET", keyring{keys: []adapter.PublishableKey{one}}, 404},
		"the keys are away":    {"/v1/callbacks", bank, "POST", keyring{err: errClosed}, 405},
		"there are no keys":    {"/v1/callbacks", bank, "POST", nil, 405},
	} {
		o := options(&backend{})
		o.Keys = test.keys
		c := call{method: "OPTIONS", path: test.path, header: map[string]string{"Access-Control-Request-Method": test.method, "Access-Control-Request-Headers": "authorization"}}
		got := c.from(test.origin, "").to(t, handler(t, o)).wants(t, test.status)
		header := got.Header()
		if test.status != http.StatusNoContent {
			if header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %v", name, header)
			}
			continue
		}
		if header.Get("Access-Control-Allow-Origin") != test.origin || !strings.Contains(header.Get("Access-Control-Allow-Methods"), test.method) ||
			!strings.Contains(header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") || header.Get("Vary") != "Origin" {
			t.Errorf("%s: %v", name, header)
		}
	}
}

// The customer follows the callback in the page in which it was asked for.
func TestManageTokensFromAPage(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *api.Options) { o.Keys = o.Service.(*service.Service) })
	key, text, err := h.service.CreateKey(t.Context(), adapter.PublishableKey{
		Name: "contact page", Origins: []adapter.Origin{bank}, Queues: []adapter.QueueID{queue},
	}, service.Signature{By: "ada", Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	asked := keyed("k-1", nil).from(bank, text)
	made := asked.to(t, h).wants(t, http.StatusCreated)
	if again := asked.to(t, h).wants(t, http.StatusCreated); again.text("manageToken") != made.text("manageToken") {
		t.Error("the repeat shows another token")
	}
	for origin, reads := range map[string]bool{bank: true, "https://evil.example": false, "null": false} {
		seen := at("GET", made, "").from(origin, made.text("manageToken")).to(t, h).wants(t, http.StatusOK)
		if got := seen.Header().Get("Access-Control-Allow-Origin"); (got == origin) != reads || !reads && got != "" {
			t.Errorf("%s: may read: %q", origin, got)
		}
	}
	if err := h.service.RevokeKey(t.Context(), key.ID, service.Signature{By: "ada", Reason: "a test"}); err != nil {
		t.Fatal(err)
	}
	asked.to(t, h).wants(t, http.StatusUnauthorized)
	at("DELETE", made, made.text("manageToken")).to(t, h).wants(t, http.StatusNoContent) // it is the customer's, not the page's
}

func TestKeysCannotBeRead(t *testing.T) {
	t.Parallel()
	o := options(&backend{})
	o.Keys, o.Unavailable = keyring{err: errClosed}, func(err error) bool { return errors.Is(err, errClosed) }
	_, text := keyFor(0, nil)
	post(order(nil)).from(bank, text).to(t, handler(t, o)).wants(t, http.StatusServiceUnavailable)
}
