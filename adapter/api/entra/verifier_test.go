package entra_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter/api/entra"
)

func TestBothFormsOfTokenAreGood(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version  int
		resource string
	}{
		"1.0 for the identifier": {1, identifier},
		"1.0 for the client id":  {1, api},
		"2.0":                    {2, identifier},
	} {
		d := open(t, test.version)
		got, err := d.verifier(t).Check(t.Context(), d.token(t, test.resource))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(entra.Access{Client: shop, Roles: []string{"Callbacks.Request"}}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOneIssuerInPlaceOfTheTenantsOwn(t *testing.T) {
	t.Parallel()
	v1, v2 := open(t, 1), open(t, 2)
	const only = authority + "/" + tenant + "/v2.0"
	for _, test := range []struct {
		of   *directory
		want error
	}{{v2, nil}, {v1, entra.ErrIssuer}} {
		o := test.of.options()
		o.Tenant, o.Authority, o.Issuer = "", "", only
		v, err := entra.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Check(t.Context(), test.of.token(t, identifier)); !errors.Is(err, test.want) {
			t.Errorf("%v, want %v", err, test.want)
		}
	}
}

func TestOptionsThatWouldLetTooManyIn(t *testing.T) {
	t.Parallel()
	d := open(t, 1)
	for name, change := range map[string]func(*entra.Options){
		"no audience":           func(o *entra.Options) { o.Audiences = nil },
		"an empty audience":     func(o *entra.Options) { o.Audiences = []string{identifier, ""} },
		"no tenant":             func(o *entra.Options) { o.Tenant = "" },
		"every tenant":          func(o *entra.Options) { o.Tenant = "common" },
		"a tenant by domain":    func(o *entra.Options) { o.Tenant = "contoso.onmicrosoft.com" },
		"authority without TLS": func(o *entra.Options) { o.Authority = "http://login.test" },
		"issuer without TLS":    func(o *entra.Options) { o.Issuer = "http://login.test/" + tenant + "/v2.0" },
		"issuer without tenant": func(o *entra.Options) { o.Tenant, o.Issuer = "", "https://login.test/common/v2.0" },
		"no clock":              func(o *entra.Options) { o.Now = nil },
		"no client":             func(o *entra.Options) { o.Client = nil },
		"no logger":             func(o *entra.Options) { o.Logger = nil },
	} {
		o := d.options()
		change(&o)
		if _, err := entra.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTenantOf(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://login.microsoftonline.com/" + tenant + "/v2.0": tenant,
		"https://sts.windows.net/" + tenant + "/":               tenant,
		"https://login.test/" + tenant:                          tenant,
		"https://" + tenant + ".ciamlogin.com/x":                "",
		"https://login.test/x" + tenant + "/":                   "",
		"https://login.test/common/v2.0":                        "",
	} {
		if got := entra.TenantOf(issuer); got != want {
			t.Errorf("%s: %q, want %q", issuer, got, want)
		}
	}
}

// The issuers of version 1.0 tokens in the clouds that there are.
func TestTokenServiceOfACloud(t *testing.T) {
	t.Parallel()
	d := open(t, 1)
	for cloud, good := range map[string]bool{
		"https://login.test": true, "https://login.microsoftonline.us/": true, "https://login.chinacloudapi.cn": false, "https://login.partner.microsoftonline.cn": false,
	} {
		o := d.options()
		o.Authority = cloud
		v, err := entra.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Check(t.Context(), d.token(t, identifier)); errors.Is(err, entra.ErrIssuer) == good {
			t.Errorf("%s: %v", cloud, err)
		}
	}
}

func TestDiscoveryOfSomebodyElseIsNotBelieved(t *testing.T) {
	t.Parallel()
	d := open(t, 2)
	token := d.token(t, identifier)
	for name, body := range map[string]string{
		"another issuer":     `{"issuer":"https://elsewhere.test","jwks_uri":"https://login.test/` + tenant + `/discovery/v2.0/keys"}`,
		"keys without TLS":   `{"issuer":"https://login.test/` + tenant + `/v2.0","jwks_uri":"http://login.test/` + tenant + `/discovery/v2.0/keys"}`,
		"no document at all": `<html>`,
	} {
		d.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
		if _, err := d.verifier(t).Check(t.Context(), token); !errors.Is(err, entra.ErrAway) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCheck wants a refusal for whatever is no token, and nobody asked for keys that no
// token of ours could need.
func FuzzCheck(f *testing.F) {
	d := open(f, 2)
	v := d.verifier(f)
	good := d.token(f, identifier)
	parts := strings.Split(good, ".")
	for _, token := range []string{"", "..", "a.b.c", good, parts[0] + "." + parts[1] + ".", parts[0] + ".e30." + parts[2], "eyJhbGciOiJub25lIn0." + parts[1] + ".", good + "." + good, strings.Repeat("A", 20_000) + ".A.A"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		access, err := v.Check(t.Context(), token)
		if _, refused := errors.AsType[entra.RefusedError](err); !refused && token != good {
			t.Errorf("%q gives %v, %v", token, access, err)
		}
		if text := err; text != nil && len(token) > 20 && strings.Contains(text.Error(), token) {
			t.Errorf("the error quotes the token: %v", err)
		}
		if d.keysAsked() > 1 {
			t.Errorf("keys were asked for %d times", d.keysAsked())
		}
	})
}
