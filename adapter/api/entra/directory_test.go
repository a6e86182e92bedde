package entra_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"directcallback/adapter/api/entra"
	mock "directcallback/mocks/entra"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	tenant     = "5b3d6f0e-3c0a-4c3f-9f0b-0a4f0e8c7d11"
	authority  = "https://login.test"
	identifier = "api://callbacks"
	api        = "2f9a5c1b-7e64-4d0f-8b3a-6c1d0e2f4a55"
	shop       = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// directory is a fake Entra without a network, and the clock that it shares with
// those who ask it.
type directory struct {
	*mock.Server
	handler http.Handler

	mu    sync.Mutex
	now   time.Time // guarded by mu
	down  bool      // guarded by mu
	asked int       // guarded by mu: for keys
}

// open makes one whose API gets tokens of a version.
func open(tb testing.TB, version int) *directory {
	tb.Helper()
	d := &directory{now: noon}
	var err error
	d.Server, err = mock.New(mock.Options{
		Tenant: tenant, Now: d.clock, Lifetime: 3 * time.Hour,
		APIs:         []mock.API{{Identifier: identifier, ClientID: api, Version: version, Roles: []string{"Callbacks.Request"}}},
		Applications: []mock.Application{{ClientID: shop, Secret: "s", Roles: map[string][]string{identifier: {"Callbacks.Request"}}}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	d.handler = d.Handler()
	return d
}

func (d *directory) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *directory) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func (d *directory) goDown(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

// keysAsked counts how often somebody asked for keys, in vain too.
func (d *directory) keysAsked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// RoundTrip answers in place of the network.
func (d *directory) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	down := d.down
	if strings.HasSuffix(r.URL.Path, "/keys") || down {
		d.asked++
	}
	d.mu.Unlock()
	if down {
		return nil, errors.New("connection refused")
	}
	asked := r.Clone(r.Context())
	asked.Host = r.URL.Host
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, asked)
	return w.Result(), nil
}

// token asks for one as the shop does.
func (d *directory) token(tb testing.TB, resource string) string {
	tb.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {shop}, "client_secret": {"s"}, "scope": {resource + "/.default"}}
	r := httptest.NewRequest(http.MethodPost, authority+"/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Token == "" {
		tb.Fatalf("%d %s", w.Code, w.Body)
	}
	return body.Token
}

func (d *directory) options() entra.Options {
	return entra.Options{
		Tenant: tenant, Authority: authority, Audiences: []string{identifier, api},
		Client: &http.Client{Transport: d}, Now: d.clock, Logger: slog.New(slog.DiscardHandler),
	}
}

func (d *directory) verifier(tb testing.TB) *entra.Verifier {
	tb.Helper()
	v, err := entra.New(d.options())
	if err != nil {
		tb.Fatal(err)
	}
	return v
}
