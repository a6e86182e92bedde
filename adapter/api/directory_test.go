package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"directcallback/adapter/api"
	"directcallback/adapter/api/entra"
	mock "directcallback/mocks/entra"
)

// The tenant, the API's registration in it, and who may call.
const (
	tenant     = "5b3d6f0e-3c0a-4c3f-9f0b-0a4f0e8c7d11"
	authority  = "https://login.test"
	identifier = "api://callbacks"
	apiID      = "2f9a5c1b-7e64-4d0f-8b3a-6c1d0e2f4a55"

	shop    = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b21" // Callbacks.Request
	desk    = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22" // Callbacks.Manage
	office  = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b23" // Callbacks.Admin
	visitor = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b24" // no role
)

// directory is a fake Entra that is reached without a network.
type directory struct {
	*mock.Server
	handler http.Handler
	down    atomic.Bool
	now     atomic.Pointer[time.Time]
}

// enter opens a tenant whose tokens for the API have a version.
func enter(tb testing.TB, tenant string, version int) *directory {
	tb.Helper()
	d := &directory{}
	d.set(noon)
	roles := func(names ...string) map[string][]string { return map[string][]string{identifier: names} }
	var err error
	d.Server, err = mock.New(mock.Options{
		Tenant: tenant, Now: d.clock,
		APIs: []mock.API{
			{Identifier: identifier, ClientID: apiID, Version: version, Roles: []string{"Callbacks.Request", "Callbacks.Manage", "Callbacks.Admin", "Other.Role"}},
			{Identifier: "api://payroll", ClientID: "2f9a5c1b-7e64-4d0f-8b3a-6c1d0e2f4a56", Version: version, Roles: []string{"Callbacks.Admin"}},
		},
		Applications: []mock.Application{
			{ClientID: shop, Secret: "s", Roles: roles("Callbacks.Request")},
			{ClientID: desk, Secret: "s", Roles: roles("Callbacks.Request", "Callbacks.Manage")},
			{ClientID: office, Secret: "s", Roles: map[string][]string{identifier: {"Callbacks.Admin"}, "api://payroll": {"Callbacks.Admin"}}},
			{ClientID: visitor, Secret: "s", Roles: roles("Other.Role")},
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	d.handler = d.Handler()
	return d
}

func (d *directory) clock() time.Time { return *d.now.Load() }

func (d *directory) set(now time.Time) { d.now.Store(&now) }

// RoundTrip answers in place of the network.
func (d *directory) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := r.Clone(r.Context())
	asked.Host = r.URL.Host
	w := httptest.NewRecorder()
	if d.down.Load() {
		w.WriteHeader(http.StatusBadGateway)
	} else {
		d.handler.ServeHTTP(w, asked)
	}
	return w.Result(), nil
}

// token asks for one in the way of an application with a secret.
func (d *directory) token(tb testing.TB, application, resource string) string {
	tb.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {application}, "client_secret": {"s"}, "scope": {resource + "/.default"}}
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

// trusted makes the API trust a tenant, by the clock that both have.
func (d *directory) trusted(o *api.Options) {
	v, err := entra.New(entra.Options{
		Tenant: tenant, Authority: authority, Audiences: []string{identifier, apiID},
		Client: &http.Client{Transport: d}, Now: d.clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	o.Entra, o.Now = v, d.clock
}
