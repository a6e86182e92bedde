package entra_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"go.uber.org/goleak"

	"directcallback/mocks/entra"
)

const (
	tenant = "5b3d6f0e-3c0a-4c3f-9f0b-0a4f0e8c7d11"
	client = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
	secret = "correct horse"
	org    = "https://bank.crm4.dynamics.com"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newFake(tb testing.TB, change func(*entra.Options)) *entra.Server {
	tb.Helper()
	opts := entra.Options{Tenant: tenant, ClientID: client, Secret: secret}
	if change != nil {
		change(&opts)
	}
	fake, err := entra.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	return fake
}

// serve starts the fake on loopback and returns its root and a client that trusts it.
func serve(tb testing.TB, fake *entra.Server) (root string, trusting *http.Client) {
	tb.Helper()
	srv := httptest.NewUnstartedServer(fake.Handler())
	srv.TLS = fake.TLSConfig()
	srv.StartTLS()
	tb.Cleanup(srv.Close)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: fake.CertPool()}}
	tb.Cleanup(transport.CloseIdleConnections)
	return srv.URL, &http.Client{Transport: transport}
}

func credential(tb testing.TB, root, secret string, transport policy.Transporter) azcore.TokenCredential {
	tb.Helper()
	cred, err := azidentity.NewClientSecretCredential(tenant, client, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{
			Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: root},
			Transport: transport,
			Retry:     policy.RetryOptions{MaxRetries: -1},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return cred
}

func TestAzidentityGetsATokenThatVerifies(t *testing.T) {
	t.Parallel()
	fake := newFake(t, nil)
	root, trusting := serve(t, fake)
	token, err := credential(t, root, secret, trusting).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{org + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	app, err := fake.Verify(token.Token, org)
	if err != nil || app != client {
		t.Fatalf("Verify = %q, %v; want %q", app, err, client)
	}
	if left := time.Until(token.ExpiresOn); left < 59*time.Minute || left > time.Hour {
		t.Errorf("token lives %v, want about an hour", left)
	}
}

func TestAzidentityReportsAWrongSecretWithoutPrintingIt(t *testing.T) {
	t.Parallel()
	root, trusting := serve(t, newFake(t, nil))
	_, err := credential(t, root, "wrong secret", trusting).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{org + "/.default"}})
	if _, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); !ok {
		t.Fatalf("error is %T %v, want AuthenticationFailedError", err, err)
	}
	if text := err.Error(); !strings.Contains(text, "AADSTS7000215") || strings.Contains(text, "wrong secret") {
		t.Errorf("unexpected text: %s", text)
	}
}

// TestAzidentityRenewsInVirtualTime runs credential and fake in one bubble over a pipe: fifteen hours of hourly
// tokens take no real time.
func TestAzidentityRenewsInVirtualTime(t *testing.T) {
	t.Parallel()
	fake := newFake(t, nil)
	synctest.Test(t, func(t *testing.T) {
		issued := 0
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				issued++
			}
			fake.Handler().ServeHTTP(w, r)
		})
		cred := credential(t, "https://localhost", secret, inProcess{handler})
		for range 15 {
			if _, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{org + "/.default"}}); err != nil {
				t.Fatal(err)
			}
			timer := time.NewTimer(time.Hour)
			<-timer.C
		}
		if issued != 15 {
			t.Errorf("%d tokens issued in 15 hours, want 15", issued)
		}
	})
}

// inProcess is a transport without a network.
type inProcess struct{ handler http.Handler }

func (p inProcess) Do(req *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	p.handler.ServeHTTP(rec, req)
	resp := rec.Result()
	resp.Request = req
	return resp, nil
}

func TestTokenEndpointAnswersErrorsAsEntraDoes(t *testing.T) {
	t.Parallel()
	fake := newFake(t, func(o *entra.Options) {
		o.Resources = []string{org}
		o.Applications = []entra.Application{{ClientID: client, Secret: secret, ExpiredSecret: "last year's"}}
		o.ClientID, o.Secret = "", ""
	})
	good := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
		"scope": {org + "/.default openid offline_access profile"},
	}
	for _, tc := range []struct {
		name, path, field, value string
		status, code             int
		kind                     string
	}{
		{name: "granted among other scopes", status: 200},
		{name: "wrong secret", field: "client_secret", value: "x", status: 401, code: 7000215, kind: "invalid_client"},
		{name: "no credential", field: "client_secret", status: 401, code: 7000218, kind: "invalid_client"},
		{name: "expired secret", field: "client_secret", value: "last year's", status: 401, code: 7000222, kind: "invalid_client"},
		{name: "unknown app", field: "client_id", value: "x", status: 400, code: 700016, kind: "unauthorized_client"},
		{name: "unknown tenant", path: "/elsewhere/oauth2/v2.0/token", status: 400, code: 90002, kind: "invalid_tenant"},
		{name: "scope without default", field: "scope", value: org + "/user_impersonation", status: 400, code: 1002012, kind: "invalid_scope"},
		{name: "scope missing", field: "scope", status: 400, code: 900144, kind: "invalid_request"},
		{name: "other grant", field: "grant_type", value: "password", status: 400, code: 70003, kind: "unsupported_grant_type"},
		{name: "unknown resource", field: "scope", value: "https://other.crm.dynamics.com/.default", status: 400, code: 500011, kind: "invalid_resource"},
		{name: "secret and assertion", field: "client_assertion", value: "a.b.c", status: 501, kind: "mock_unsupported"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			form := maps.Clone(good)
			if tc.field != "" {
				form.Set(tc.field, tc.value)
			}
			path := "/" + tenant + "/oauth2/v2.0/token"
			if tc.path != "" {
				path = tc.path
			}
			req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			rec := httptest.NewRecorder()
			fake.Handler().ServeHTTP(rec, req)
			var body struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
				Codes       []int  `json:"error_codes"`
				ExpiresIn   int    `json:"expires_in"`
			}
			if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if rec.Code != tc.status || body.Error != tc.kind {
				t.Fatalf("got %d %q, want %d %q", rec.Code, body.Error, tc.status, tc.kind)
			}
			if tc.status == 200 && body.ExpiresIn != 3599 {
				t.Errorf("expires_in = %d", body.ExpiresIn)
			}
			if tc.code != 0 && (len(body.Codes) != 1 || body.Codes[0] != tc.code) {
				t.Errorf("error_codes = %v, want %d", body.Codes, tc.code)
			}
		})
	}
}

func TestDiscoveryNamesEndpointsOnTheSameHost(t *testing.T) {
	t.Parallel()
	fake := newFake(t, nil)
	root, trusting := serve(t, fake)
	var doc map[string]any
	get(t, trusting, root+"/"+tenant+"/v2.0/.well-known/openid-configuration", &doc)
	for _, name := range []string{"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"} {
		if text, _ := doc[name].(string); !strings.HasPrefix(text, root+"/"+tenant) {
			t.Errorf("%s = %q", name, text)
		}
	}
}

func TestTokensAreSignedByThePublishedKey(t *testing.T) {
	t.Parallel()
	fake := newFake(t, nil)
	root, trusting := serve(t, fake)
	token := tokenFor(t, fake, org)
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	get(t, trusting, root+"/"+tenant+"/discovery/v2.0/keys", &set)
	key := rsa.PublicKey{N: new(big.Int).SetBytes(decode(t, set.Keys[0].N)), E: int(new(big.Int).SetBytes(decode(t, set.Keys[0].E)).Int64())}
	signed, signature, _ := cutLast(token, ".")
	sum := sha256.Sum256([]byte(signed))
	if err := rsa.VerifyPKCS1v15(&key, crypto.SHA256, sum[:], decode(t, signature)); err != nil {
		t.Error(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(decode(t, strings.Split(token, ".")[1]), &claims); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"aud": org, "tid": tenant, "appid": client, "oid": client} {
		if claims[name] != want {
			t.Errorf("%s = %v, want %v", name, claims[name], want)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	fake := newFake(t, func(o *entra.Options) { o.Now = func() time.Time { return now } })
	other := newFake(t, func(o *entra.Options) { o.Now = func() time.Time { return now } })
	token := tokenFor(t, fake, org)
	head, rest, _ := strings.Cut(token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for name, bad := range map[string]string{
		"nothing": "", "garbage": "a.b.c", "other key": tokenFor(t, other, org),
		"algorithm none": none + "." + rest, "changed claims": head + ".e30." + rest,
		"other audience": tokenFor(t, fake, "https://other.crm.dynamics.com"),
	} {
		if _, err := fake.Verify(bad, org); !errors.Is(err, entra.ErrInvalidToken) {
			t.Errorf("%s: error %v, want ErrInvalidToken", name, err)
		}
	}
	if _, err := fake.Verify(token, org+"/"); err != nil {
		t.Errorf("trailing slash of the audience: %v", err)
	}
	for _, ahead := range []time.Duration{entra.DefaultLifetime, -2 * entra.DefaultLifetime} {
		if _, err := fake.VerifyAhead(token, org, ahead); !errors.Is(err, entra.ErrInvalidToken) {
			t.Errorf("by a clock %s ahead: error %v, want ErrInvalidToken", ahead, err)
		}
	}
	now = now.Add(entra.DefaultLifetime)
	if _, err := fake.Verify(token, org); !errors.Is(err, entra.ErrInvalidToken) {
		t.Errorf("expired: error %v, want ErrInvalidToken", err)
	}
	now = now.Add(-2 * entra.DefaultLifetime)
	if _, err := fake.Verify(token, org); !errors.Is(err, entra.ErrInvalidToken) {
		t.Errorf("from the future: error %v, want ErrInvalidToken", err)
	}
}

func TestNewNeedsATenantAndCredentials(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]entra.Options{
		"no tenant":          {ClientID: client, Secret: secret},
		"no application":     {Tenant: tenant},
		"no secret":          {Tenant: tenant, ClientID: client},
		"no client id":       {Tenant: tenant, Applications: []entra.Application{{Secret: secret}}},
		"twice":              {Tenant: tenant, ClientID: client, Secret: secret, Applications: []entra.Application{{ClientID: client, Secret: secret}}},
		"federation, no key": {Tenant: tenant, Applications: []entra.Application{{ClientID: client, Federations: []entra.Federation{{Issuer: "i"}}}}},
	} {
		if _, err := entra.New(opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCAPEMIsTrustedLikeThePool(t *testing.T) {
	t.Parallel()
	fake := newFake(t, func(o *entra.Options) { o.Hosts = []string{"login.test", "10.0.0.7"} })
	if !strings.HasPrefix(string(fake.CAPEM()), "-----BEGIN CERTIFICATE-----") {
		t.Error("not PEM")
	}
	clientEnd, serverEnd := net.Pipe()
	done := make(chan error, 1)
	go func() { done <- tls.Server(serverEnd, fake.TLSConfig()).HandshakeContext(context.Background()) }()
	pool := fake.CertPool()
	if !pool.AppendCertsFromPEM(fake.CAPEM()) {
		t.Fatal("PEM not readable")
	}
	conn := tls.Client(clientEnd, &tls.Config{RootCAs: pool, ServerName: "login.test"})
	if err := errors.Join(conn.HandshakeContext(t.Context()), <-done); err != nil {
		t.Error(err)
	}
	_, _ = clientEnd.Close(), serverEnd.Close()
}

func tokenFor(tb testing.TB, fake *entra.Server, resource string) string {
	tb.Helper()
	cred := credential(tb, "https://localhost", secret, inProcess{fake.Handler()})
	token, err := cred.GetToken(tb.Context(), policy.TokenRequestOptions{Scopes: []string{resource + "/.default"}})
	if err != nil {
		tb.Fatal(err)
	}
	return token.Token
}

func get(tb testing.TB, client *http.Client, url string, into any) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("%s: %s %v", url, resp.Status, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		tb.Fatal(err)
	}
}

func decode(tb testing.TB, text string) []byte {
	tb.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
