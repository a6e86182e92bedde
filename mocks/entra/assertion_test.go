package entra_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"directcallback/mocks/entra"
)

const (
	issuer  = "https://cluster.example/oidc"
	account = "system:serviceaccount:callbacks:adapter"
)

// pair is a certificate with its key.
type pair struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

func newPair(tb testing.TB) pair {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "adapter"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return pair{certificate, key}
}

// asserting is a fake whose only application has a certificate and a federation, and no secret.
func asserting(tb testing.TB, own, cluster pair) *entra.Server {
	tb.Helper()
	return newFake(tb, func(o *entra.Options) {
		o.ClientID, o.Secret = "", ""
		o.Applications = []entra.Application{{
			ClientID: client, Certificates: []*x509.Certificate{own.certificate},
			Federations: []entra.Federation{{Issuer: issuer, Subject: account, Key: &cluster.key.PublicKey}},
		}}
	})
}

// sign makes a JWT with RS256.
func (p pair) sign(tb testing.TB, header, claims map[string]any) string {
	tb.Helper()
	encode := func(v map[string]any) string {
		data, err := json.Marshal(v)
		if err != nil {
			tb.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	text := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func federated(change map[string]any) map[string]any {
	claims := map[string]any{
		"iss": issuer, "sub": account, "aud": []string{entra.DefaultFederationAudience},
		"nbf": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(claims, change)
	return claims
}

func TestAzidentityGetsATokenWithACertificateAndWithAWorkloadIdentity(t *testing.T) {
	t.Parallel()
	own, cluster := newPair(t), newPair(t)
	fake := asserting(t, own, cluster)
	options := policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: "https://localhost"},
		Transport: inProcess{fake.Handler()}, Retry: policy.RetryOptions{MaxRetries: -1},
	}
	certificate, err := azidentity.NewClientCertificateCredential(tenant, client, []*x509.Certificate{own.certificate}, own.key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	token := cluster.sign(t, map[string]any{"alg": "RS256", "kid": "k"}, federated(nil))
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	workload, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: true, ClientID: client, TenantID: tenant, TokenFilePath: file,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, credential := range map[string]azcore.TokenCredential{"certificate": certificate, "workload identity": workload} {
		token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{org + "/.default"}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if app, err := fake.Verify(token.Token, org); err != nil || app != client {
			t.Errorf("%s: Verify = %q, %v", name, app, err)
		}
	}
}

func TestAssertionsAreRefusedAsEntraDoes(t *testing.T) {
	t.Parallel()
	own, cluster, stranger := newPair(t), newPair(t), newPair(t)
	fake := asserting(t, own, cluster)
	thumbprint := func(p pair) map[string]any {
		sum := sha256.Sum256(p.certificate.Raw)
		return map[string]any{"alg": "RS256", "x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}
	}
	const endpoint = "https://localhost/" + tenant + "/oauth2/v2.0/token"
	mine := func(change map[string]any) map[string]any {
		claims := federated(map[string]any{"iss": client, "sub": client, "aud": endpoint})
		maps.Copy(claims, change)
		return claims
	}
	plain := map[string]any{"alg": "RS256", "kid": "k"}
	past, future := time.Now().Add(-time.Second).Unix(), time.Now().Add(time.Minute).Unix()
	for name, tc := range map[string]struct {
		text   string
		status int
		code   int
	}{
		"certificate":                  {own.sign(t, thumbprint(own), mine(nil)), 200, 0},
		"certificate not registered":   {stranger.sign(t, thumbprint(stranger), mine(nil)), 401, 700027},
		"certificate, another key":     {stranger.sign(t, thumbprint(own), mine(nil)), 401, 700027},
		"certificate of another app":   {own.sign(t, thumbprint(own), mine(map[string]any{"iss": "x"})), 401, 700021},
		"addressed to somebody else":   {own.sign(t, thumbprint(own), mine(map[string]any{"aud": org})), 401, 700023},
		"expired":                      {own.sign(t, thumbprint(own), mine(map[string]any{"exp": past})), 401, 700024},
		"without expiry":               {own.sign(t, thumbprint(own), mine(map[string]any{"exp": nil})), 401, 700024},
		"not yet valid":                {own.sign(t, thumbprint(own), mine(map[string]any{"nbf": future})), 401, 700024},
		"algorithm none":               {own.sign(t, map[string]any{"alg": "none", "x5t#S256": thumbprint(own)["x5t#S256"]}, mine(nil)), 401, 700027},
		"no JWT":                       {"abc", 400, 50027},
		"no JSON inside":               {"a.b.c", 400, 50027},
		"federation":                   {cluster.sign(t, plain, federated(nil)), 200, 0},
		"federation, another issuer":   {cluster.sign(t, plain, federated(map[string]any{"iss": issuer + "/"})), 401, 700211},
		"federation, another subject":  {cluster.sign(t, plain, federated(map[string]any{"sub": strings.ToUpper(account)})), 401, 700213},
		"federation, another audience": {cluster.sign(t, plain, federated(map[string]any{"aud": "x"})), 401, 700212},
		"federation, another key":      {stranger.sign(t, plain, federated(nil)), 401, 700027},
		"federation, expired":          {cluster.sign(t, plain, federated(map[string]any{"exp": past})), 401, 700024},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, code := ask(t, fake, url.Values{
				"grant_type": {"client_credentials"}, "client_id": {client}, "scope": {org + "/.default"},
				"client_assertion": {tc.text}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			})
			if status != tc.status || code != tc.code {
				t.Errorf("%d AADSTS%d, want %d AADSTS%d", status, code, tc.status, tc.code)
			}
		})
	}
	for kind, want := range map[string]int{"": 400, "urn:other": 501} {
		if status, _ := ask(t, fake, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {client}, "scope": {org + "/.default"},
			"client_assertion": {"a.b.c"}, "client_assertion_type": {kind},
		}); status != want {
			t.Errorf("type %q: %d, want %d", kind, status, want)
		}
	}
}

// ask posts a form to the token endpoint.
func ask(tb testing.TB, fake *entra.Server, form url.Values) (status, code int) {
	tb.Helper()
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, "https://localhost/"+tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	fake.Handler().ServeHTTP(rec, req)
	var body struct {
		Codes []int `json:"error_codes"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
		tb.Fatal(err)
	}
	if len(body.Codes) > 0 {
		code = body.Codes[0]
	}
	return rec.Code, code
}

// FuzzAssertion: whatever is sent, the answer is one of the documented ones and nobody gets in.
func FuzzAssertion(f *testing.F) {
	own, cluster := newPair(f), newPair(f)
	fake := asserting(f, own, cluster)
	f.Add("a.b.c")
	f.Add("e30.e30.")
	f.Add(newPair(f).sign(f, map[string]any{"alg": "RS256"}, federated(nil)))
	f.Fuzz(func(t *testing.T, text string) {
		if status, _ := ask(t, fake, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {client}, "scope": {org + "/.default"},
			"client_assertion": {text}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		}); status != 400 && status != 401 {
			t.Errorf("%d", status)
		}
	})
}
