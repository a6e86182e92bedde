package entra_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/entra"
)

const (
	api1, api1ID = "api://first", "6b1c6d1e-0c55-4f4e-8a3c-1f0a2b3c4d51"
	api2, api2ID = "api://second", "6b1c6d1e-0c55-4f4e-8a3c-1f0a2b3c4d52"
	clerk        = "7d2e8f30-3b6a-4c1d-9e5f-2a4b6c8d0e13"
)

// withAPIs is a fake with an API of each version and an application that may call both.
func withAPIs(tb testing.TB, change func(*entra.Options)) *entra.Server {
	tb.Helper()
	return newFake(tb, func(o *entra.Options) {
		o.Resources = []string{org}
		o.APIs = []entra.API{
			{Identifier: api1, ClientID: api1ID, Roles: []string{"Read", "Write"}},
			{Identifier: api2, ClientID: api2ID, Version: 2, Roles: []string{"Read"}},
		}
		o.Applications = []entra.Application{{ClientID: clerk, Secret: secret, Roles: map[string][]string{api1: {"Read", "Write"}, api2: {"Read"}}}}
		if change != nil {
			change(o)
		}
	})
}

// grantedTo asks for a token and returns its header and claims.
func grantedTo(tb testing.TB, fake *entra.Server, application, scope string) (header, claims map[string]any, token string) {
	tb.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {application}, "client_secret": {secret}, "scope": {scope + "/.default"}}
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "https://login.test/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	fake.Handler().ServeHTTP(rec, req)
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil || rec.Code != http.StatusOK {
		tb.Fatalf("%d %s %v", rec.Code, rec.Body, err)
	}
	parts := strings.Split(body.Token, ".")
	for i, into := range []*map[string]any{&header, &claims} {
		if err := json.Unmarshal(decode(tb, parts[i]), into); err != nil {
			tb.Fatal(err)
		}
	}
	return header, claims, body.Token
}

// What the page "Access token claims reference" says of both versions.
func TestTokensForAnAPIHaveTheFormOfItsVersion(t *testing.T) {
	t.Parallel()
	fake := withAPIs(t, nil)
	const issuer1, issuer2 = "https://sts.windows.net/" + tenant + "/", "https://login.test/" + tenant + "/v2.0"
	for name, test := range map[string]struct {
		application, scope string
		want               map[string]any
	}{
		"1.0 by identifier": {clerk, api1, map[string]any{
			"ver": "1.0", "iss": issuer1, "aud": api1, "appid": clerk, "appidacr": "1", "azp": nil, "azpacr": nil, "roles": []any{"Read", "Write"}, "tid": tenant,
		}},
		"1.0 by client id": {clerk, api1ID, map[string]any{"ver": "1.0", "iss": issuer1, "aud": api1ID, "appid": clerk, "azp": nil}},
		"2.0 by identifier": {clerk, api2, map[string]any{
			"ver": "2.0", "iss": issuer2, "aud": api2ID, "azp": clerk, "azpacr": "1", "appid": nil, "appidacr": nil, "roles": []any{"Read"}, "tid": tenant,
		}},
		"2.0 by client id": {clerk, api2ID, map[string]any{"ver": "2.0", "iss": issuer2, "aud": api2ID, "azp": clerk}},
		"no role assigned": {client, api2, map[string]any{"ver": "2.0", "azp": client, "roles": nil}},
		"Dataverse":        {clerk, org, map[string]any{"ver": "1.0", "iss": issuer1, "aud": org, "appid": clerk, "roles": nil}},
	} {
		header, claims, _ := grantedTo(t, fake, test.application, test.scope)
		got := map[string]any{}
		for name := range test.want {
			got[name] = claims[name]
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, there := header["x5t"]; there != (claims["ver"] == "1.0") {
			t.Errorf("%s: header %v", name, header)
		}
	}
}

func TestAPIsAndRolesMustFit(t *testing.T) {
	t.Parallel()
	good := entra.API{Identifier: api1, ClientID: api1ID, Roles: []string{"Read"}}
	for name, change := range map[string]func(*entra.Options){
		"no identifier": func(o *entra.Options) { o.APIs = []entra.API{{ClientID: api1ID}} },
		"no client id":  func(o *entra.Options) { o.APIs = []entra.API{{Identifier: api1}} },
		"version 3":     func(o *entra.Options) { o.APIs = []entra.API{{Identifier: api1, ClientID: api1ID, Version: 3}} },
		"twice":         func(o *entra.Options) { o.APIs = []entra.API{good, good} },
		"role nobody knows": func(o *entra.Options) {
			o.APIs = []entra.API{good}
			o.Applications[0].Roles = map[string][]string{api1: {"read"}}
		},
		"role of no API": func(o *entra.Options) { o.Applications[0].Roles = map[string][]string{api1: {"Read"}} },
	} {
		o := entra.Options{Tenant: tenant, Applications: []entra.Application{{ClientID: client, Secret: secret}}}
		change(&o)
		if _, err := entra.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAnAPIMayHaveAClockOfItsOwn(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	fake := withAPIs(t, func(o *entra.Options) { o.APIs[1].Now = func() time.Time { return now } })
	if _, claims, _ := grantedTo(t, fake, clerk, api2); claims["nbf"] != float64(now.Unix()) {
		t.Errorf("nbf %v", claims["nbf"])
	}
	if _, claims, _ := grantedTo(t, fake, clerk, api1); claims["nbf"] == float64(now.Unix()) {
		t.Error("the other API's clock is taken")
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	fake := withAPIs(t, nil)
	root, trusting := serve(t, fake)
	published := func() []string {
		var set struct{ Keys []struct{ Kid string } }
		get(t, trusting, root+"/"+tenant+"/discovery/keys", &set)
		var ids []string
		for _, k := range set.Keys {
			ids = append(ids, k.Kid)
		}
		return ids
	}
	header1, _, token1 := grantedTo(t, fake, clerk, org)
	if err := fake.Rotate(); err != nil {
		t.Fatal(err)
	}
	header2, _, token2 := grantedTo(t, fake, clerk, org)
	if diff := cmp.Diff([]any{header2["kid"], header1["kid"]}, []any{published()[0], published()[1]}); diff != "" || header1["kid"] == header2["kid"] {
		t.Error(diff)
	}
	for _, token := range []string{token1, token2} {
		if _, err := fake.Verify(token, org); err != nil {
			t.Error(err)
		}
	}
	fake.Withdraw()
	if ids := published(); len(ids) != 1 || ids[0] != header2["kid"] {
		t.Errorf("published %v", ids)
	}
	if _, err := fake.Verify(token1, org); err == nil {
		t.Error("a withdrawn key is trusted")
	}
	if _, err := fake.Verify(token2, org); err != nil {
		t.Error(err)
	}
}

func TestVersion1HasADiscoveryOfItsOwn(t *testing.T) {
	t.Parallel()
	root, trusting := serve(t, withAPIs(t, nil))
	var doc map[string]any
	get(t, trusting, root+"/"+tenant+"/.well-known/openid-configuration", &doc)
	if doc["issuer"] != "https://sts.windows.net/"+tenant+"/" || doc["jwks_uri"] != root+"/"+tenant+"/discovery/keys" {
		t.Errorf("%v", doc)
	}
}

func TestSignMakesWhatEntraWouldNot(t *testing.T) {
	t.Parallel()
	fake := withAPIs(t, nil)
	token, err := fake.Sign(map[string]any{"typ": "at+jwt"}, map[string]any{"aud": org, "iss": "https://elsewhere.test/"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fake.Verify(token, org); err == nil || !strings.Contains(err.Error(), "issuer") {
		t.Errorf("%v: its signature should be good", err)
	}
}
