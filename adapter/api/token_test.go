package api_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// altered signs, with the tenant's key, the claims of a good token but for one; nil
// removes it.
func (d *directory) altered(tb testing.TB, claim string, value any) string {
	tb.Helper()
	claims := opened(tb, d.token(tb, desk, identifier))
	claims[claim] = value
	if value == nil {
		delete(claims, claim)
	}
	return d.signed(tb, nil, claims)
}

func (d *directory) signed(tb testing.TB, header, claims map[string]any) string {
	tb.Helper()
	token, err := d.Sign(header, claims)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// opened reads a token's claims.
func opened(tb testing.TB, token string) (claims map[string]any) {
	tb.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		tb.Fatal(err)
	}
	return claims
}

// headed is a good token's claims under another header, signed by whatever sign makes
// of both.
func (d *directory) headed(tb testing.TB, header map[string]any, sign func(text string) []byte) string {
	tb.Helper()
	good := strings.Split(d.token(tb, desk, identifier), ".")
	head, err := json.Marshal(header)
	if err != nil {
		tb.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + good[1]
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(text))
}

// published is the tenant's public key, as everybody may read it, and its id.
func (d *directory) published(tb testing.TB) (key *rsa.PublicKey, id string) {
	tb.Helper()
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authority+"/"+tenant+"/discovery/v2.0/keys", nil))
	var set struct{ Keys []struct{ Kid, N, E string } }
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil {
		tb.Fatal(err)
	}
	n, errN := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
	e, errE := base64.RawURLEncoding.DecodeString(set.Keys[0].E)
	if errN != nil || errE != nil {
		tb.Fatal(errN, errE)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, set.Keys[0].Kid
}

// shared signs with what everybody knows of the key, as if it were a secret.
func shared(secret []byte) func(string) []byte {
	return func(text string) []byte {
		mac := hmac.New(sha256.New, secret)
		_, _ = mac.Write([]byte(text))
		return mac.Sum(nil)
	}
}

func unsigned(string) []byte { return nil }

// Every token that must not be good is not, in each version, and neither the answer nor
// the log has anything of it.
func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, version := range []int{1, 2} {
		d, stranger := enter(t, tenant, version), enter(t, tenant, version) // the same tenant by name, and other keys
		elsewhere := enter(t, "9c1e0f7a-2b3d-4e5f-8a6b-7c8d9e0f1a2b", version)
		public, id := d.published(t)
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
		hs256 := map[string]any{"alg": "HS256", "typ": "JWT", "kid": id}
		good := d.token(t, desk, identifier)
		claims := opened(t, good)
		parts := strings.Split(good, ".")
		otherClaims := opened(t, elsewhere.signedLike(t, claims))

		for name, test := range map[string]struct {
			token   string
			refusal string // as it is logged; empty = not taken for an access token
		}{
			"wrong issuer":               {d.altered(t, "iss", "https://login.test/common/v2.0"), "wrong issuer"},
			"issuer with another slash":  {d.altered(t, "iss", claims["iss"].(string)+"/"), "wrong issuer"},
			"no issuer":                  {d.altered(t, "iss", nil), "wrong issuer"},
			"another API's":              {d.token(t, office, "api://payroll"), "wrong audience"},
			"audience in another case":   {d.altered(t, "aud", strings.ToUpper(claims["aud"].(string))), "wrong audience"},
			"one audience of two":        {d.altered(t, "aud", []any{claims["aud"], "api://payroll"}), "wrong audience"},
			"no audience":                {d.altered(t, "aud", nil), "wrong audience"},
			"expired":                    {d.altered(t, "exp", noon.Add(-time.Second).Unix()), "expired"},
			"never expires":              {d.altered(t, "exp", nil), "expired"},
			"not yet valid":              {d.altered(t, "nbf", noon.Add(6*time.Minute).Unix()), "not yet valid"},
			"algorithm none":             {d.headed(t, map[string]any{"alg": "none", "typ": "JWT"}, unsigned), "wrong algorithm"},
			"algorithm none, with a key": {d.headed(t, map[string]any{"alg": "none", "kid": id}, unsigned), "wrong algorithm"},
			"HS256 with the public key":  {d.headed(t, hs256, shared(asPEM)), "wrong algorithm"},
			"HS256 with its DER":         {d.headed(t, hs256, shared(der)), "wrong algorithm"},
			"RS512":                      {d.signed(t, map[string]any{"alg": "RS512"}, claims), "wrong algorithm"},
			"signed by somebody else":    {stranger.signed(t, map[string]any{"kid": id}, claims), "wrong signature"},
			"a key of its own in it":     {stranger.withOwnKey(t, id, claims), "wrong signature"},
			"a key that nobody has":      {stranger.signed(t, nil, claims), "unknown key"},
			"no key named":               {d.signed(t, map[string]any{"kid": ""}, claims), "unknown key"},
			"signature cut off":          {parts[0] + "." + parts[1] + ".", "wrong signature"},
			"claims of another token":    {parts[0] + "." + strings.Split(d.token(t, office, identifier), ".")[1] + "." + parts[2], "wrong signature"},
			"another tenant's":           {elsewhere.signed(t, nil, otherClaims), "wrong issuer"},
			"another tenant by our key":  {d.altered(t, "tid", "9c1e0f7a-2b3d-4e5f-8a6b-7c8d9e0f1a2b"), "wrong tenant"},
			"no tenant":                  {d.altered(t, "tid", nil), "wrong tenant"},
			"no version":                 {d.altered(t, "ver", nil), "no client"},
			"nobody's":                   {nobodys(t, d), "no client"},
			"roles in another shape":     {d.altered(t, "roles", "Callbacks.Admin"), "malformed"},
			"garbage":                    {"not.a.token", "malformed"},
			"garbage, long":              {strings.Repeat("A", 20_000) + ".A.A", "malformed"},
			"no JWT":                     {"0123456789abcdef0123456789abcdef", ""},
			"JSON serialization":         {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, ""},
			"encrypted":                  {strings.Repeat("A.", 4) + "A", ""},
		} {
			var log bytes.Buffer
			o := options(&backend{request: func(service.Request) (service.Receipt, error) { panic("it was let in") }})
			d.trusted(&o)
			o.Logger = logTo(&log)
			c := post(order(nil))
			c.token = test.token
			got := c.to(t, handler(t, o)).wants(t, http.StatusUnauthorized)
			if got.problem(t) != "unauthorized" || !strings.Contains(got.Header().Get("WWW-Authenticate"), `error="invalid_token"`) {
				t.Errorf("version %d, %s: %v %s", version, name, got.Header(), got.Body)
			}
			if want := `"refusal":"` + test.refusal + `"`; test.refusal != "" && !strings.Contains(log.String(), want) {
				t.Errorf("version %d, %s: the log has no %s: %s", version, name, want, &log)
			}
			for part := range strings.SplitSeq(test.token, ".") {
				if len(part) > 8 && strings.Contains(log.String()+got.Body.String(), part) {
					t.Errorf("version %d, %s: the log or the answer has a part of the token", version, name)
				}
			}
		}
	}
}

// signedLike is a token of this tenant with the claims of another's.
func (d *directory) signedLike(tb testing.TB, claims map[string]any) string {
	tb.Helper()
	const own = "9c1e0f7a-2b3d-4e5f-8a6b-7c8d9e0f1a2b"
	moved := map[string]any{}
	for name, value := range claims {
		if text, is := value.(string); is {
			value = strings.ReplaceAll(text, tenant, own)
		}
		moved[name] = value
	}
	return d.signed(tb, nil, moved)
}

// withOwnKey carries the key that it is signed with.
func (d *directory) withOwnKey(tb testing.TB, id string, claims map[string]any) string {
	tb.Helper()
	key, _ := d.published(tb)
	encode := base64.RawURLEncoding.EncodeToString
	return d.signed(tb, map[string]any{"kid": id, "jwk": map[string]any{
		"kty": "RSA", "kid": id, "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}}, claims)
}

// nobodys names no application.
func nobodys(tb testing.TB, d *directory) string {
	tb.Helper()
	claims := opened(tb, d.token(tb, desk, identifier))
	delete(claims, "azp")
	delete(claims, "appid")
	return d.signed(tb, nil, claims)
}

// What each role may do, over all that is served.
func TestRoles(t *testing.T) {
	t.Parallel()
	get, remove := call{method: "GET", path: "/v1/callbacks/c"}, call{method: "DELETE", path: "/v1/callbacks/c"}
	patch := call{method: "PATCH", path: "/v1/callbacks/c", body: `{"when":"asap"}`, header: map[string]string{"If-Match": "*", "Content-Type": "application/json"}}
	for _, version := range []int{1, 2} {
		d := enter(t, tenant, version)
		o := options(cancelled(adapter.Callback{State: adapter.StateCancelled}))
		d.trusted(&o)
		h := handler(t, o)
		for application, allowed := range map[string][]call{
			shop: {post(order(nil))}, desk: {post(order(nil)), get, remove, patch}, office: {post(order(nil)), get, remove, patch}, visitor: {},
		} {
			token := d.token(t, application, identifier)
			for _, c := range []call{post(order(nil)), get, remove, patch} {
				may := false
				for _, a := range allowed {
					may = may || a.method == c.method
				}
				c.token = token
				got := c.to(t, h)
				switch {
				case may && got.Code >= 300:
					t.Errorf("version %d, %s: %s is refused: %d %s", version, application, c.method, got.Code, got.Body)
				case !may && (got.Code != http.StatusForbidden || got.problem(t) != "forbidden"):
					t.Errorf("version %d, %s: %s is answered %d", version, application, c.method, got.Code)
				}
			}
		}
	}
}

// Applications do not meet each other's keys, and each follows its callbacks with
// their manage tokens.
func TestApplicationsHaveTheirOwnKeysOfRepeats(t *testing.T) {
	t.Parallel()
	d := enter(t, tenant, 2)
	h := build(t, d.trusted)
	made := map[string]answer{}
	for i, application := range []string{shop, desk} {
		c := keyed("same-key", map[string]any{"phone": []string{number, "+33155501235"}[i]})
		c.token = d.token(t, application, identifier)
		made[application] = c.to(t, h).wants(t, http.StatusCreated)
		if again := c.to(t, h).wants(t, http.StatusCreated); again.text("manageToken") != made[application].text("manageToken") {
			t.Errorf("%s: the repeat shows another token", application)
		}
	}
	if made[shop].text("id") == made[desk].text("id") {
		t.Error("one got the other's callback")
	}
	at("GET", made[shop], made[shop].text("manageToken")).to(t, h).wants(t, http.StatusOK)
	at("GET", made[shop], made[desk].text("manageToken")).to(t, h).wants(t, http.StatusNotFound)
	at("GET", made[desk], d.token(t, desk, identifier)).to(t, h).wants(t, http.StatusOK)
}

func TestRotatedKeysAreFoundAndWithdrawnOnesForgotten(t *testing.T) {
	t.Parallel()
	d := enter(t, tenant, 2)
	o := options(&backend{})
	d.trusted(&o)
	h := handler(t, o)
	asked := func(token string, status int) {
		t.Helper()
		c := post(order(nil))
		c.token = token
		c.to(t, h).wants(t, status)
	}
	before := d.altered(t, "exp", noon.Add(24*time.Hour).Unix())
	asked(before, http.StatusCreated)
	if err := d.Rotate(); err != nil {
		t.Fatal(err)
	}
	d.set(noon.Add(time.Minute))
	asked(d.token(t, desk, identifier), http.StatusCreated)
	asked(before, http.StatusCreated)
	d.Withdraw()
	d.set(noon.Add(2 * time.Hour))
	asked(before, http.StatusUnauthorized)
	asked(d.token(t, desk, identifier), http.StatusCreated)
}

// Without Entra its tokens wait, and nobody else does.
func TestEntraIsAway(t *testing.T) {
	t.Parallel()
	d := enter(t, tenant, 2)
	d.down.Store(true)
	o := options(&backend{})
	d.trusted(&o)
	h := handler(t, o)
	c := post(order(nil))
	c.to(t, h).wants(t, http.StatusCreated)
	c.token = d.token(t, desk, identifier)
	got := c.to(t, h).wants(t, http.StatusServiceUnavailable)
	if got.problem(t) != "unavailable" || got.Header().Get("Retry-After") != "5" {
		t.Errorf("%v %s", got.Header(), got.Body)
	}
	d.down.Store(false)
	d.set(noon.Add(5 * time.Second))
	c.to(t, h).wants(t, http.StatusCreated)
}

func TestNoTokenOfEntraIsGoodWithoutAnAudience(t *testing.T) {
	t.Parallel()
	d := enter(t, tenant, 2)
	o := options(&backend{})
	o.Now = d.clock
	c := post(order(nil))
	c.token = d.token(t, office, identifier)
	c.to(t, handler(t, o)).wants(t, http.StatusUnauthorized)
}
