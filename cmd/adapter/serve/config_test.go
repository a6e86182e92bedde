package serve

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"directcallback/proactive"
)

// needed are the variables without which nothing starts.
func needed(more ...string) []string {
	return append([]string{
		"DIRECTCALLBACK_DATAVERSE_URL=https://contoso.api.crm4.dynamics.com", "DIRECTCALLBACK_SERVICEBUS_NAMESPACE=contoso.servicebus.windows.net",
		"DIRECTCALLBACK_API_TOKEN=0123456789abcdef0123456789abcdef0123", "AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s",
	}, more...)
}

func TestWhoIsOfferedACallback(t *testing.T) {
	t.Parallel()
	c, err := FromEnvironment(needed())
	if err != nil || c.Dedup != "number" || c.Next != "offer" {
		t.Errorf("%q, %q, %v", c.Dedup, c.Next, err)
	}
	if c, err = FromEnvironment(needed("DIRECTCALLBACK_DEDUP=portal", "DIRECTCALLBACK_NEXT_IN_LINE=skip")); err != nil || c.Dedup != "portal" || c.Next != "skip" {
		t.Errorf("%q, %q, %v", c.Dedup, c.Next, err)
	}
	for _, wrong := range []string{"DEDUP=none", "NEXT_IN_LINE=off"} {
		if _, err := FromEnvironment(needed("DIRECTCALLBACK_" + wrong)); err == nil || !strings.Contains(err.Error(), "is none of") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestHowDynamicsIsAskedToPhone(t *testing.T) {
	t.Parallel()
	c, err := FromEnvironment(needed("DIRECTCALLBACK_DELIVERIES=task", "DIRECTCALLBACK_CONTACTS_AMBIGUOUS=refuse"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Engagement{proactive.APITask, proactive.EncodingString, proactive.ContactFindOrCreate, proactive.AmbiguousRefuse, 15}); c.Engagement != want {
		t.Errorf("%+v", c.Engagement)
	}
	for _, wrong := range []string{"DELIVERIES=both", "DELIVERY_ENCODING=xml", "CONTACTS=given-only", "CONTACTS_AMBIGUOUS=newest", "DELIVERY_RATE=0"} {
		name, value, _ := strings.Cut(wrong, "=")
		if _, err := FromEnvironment(needed("DIRECTCALLBACK_" + wrong)); err == nil || !strings.Contains(err.Error(), "DIRECTCALLBACK_"+name) || value != "0" && !strings.Contains(err.Error(), value) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	const tenant = "5b3d6f0e-3c0a-4c3f-9f0b-0a4f0e8c7d11"
	for name, test := range map[string]struct {
		variables []string
		wrong     string // the variable that is named; empty = nothing is wrong
	}{
		"nobody but the backend":      {nil, ""},
		"the tenant's tokens":         {[]string{"DIRECTCALLBACK_API_AUDIENCE=api://callbacks", "AZURE_TENANT_ID=" + tenant}, ""},
		"by two names":                {[]string{"DIRECTCALLBACK_API_AUDIENCE=api://callbacks," + tenant, "AZURE_TENANT_ID=" + tenant}, ""},
		"another issuer's":            {[]string{"DIRECTCALLBACK_API_AUDIENCE=api://callbacks", "DIRECTCALLBACK_API_ISSUER=https://sts.windows.net/" + tenant + "/"}, ""},
		"no tenant":                   {[]string{"DIRECTCALLBACK_API_AUDIENCE=api://callbacks", "AZURE_TENANT_ID="}, "AZURE_TENANT_ID"},
		"a tenant by domain":          {[]string{"DIRECTCALLBACK_API_AUDIENCE=api://callbacks", "AZURE_TENANT_ID=contoso.onmicrosoft.com"}, "AZURE_TENANT_ID"},
		"an issuer and no audience":   {[]string{"DIRECTCALLBACK_API_ISSUER=https://sts.windows.net/" + tenant + "/"}, "DIRECTCALLBACK_API_AUDIENCE"},
		"an issuer of all tenants":    {[]string{"DIRECTCALLBACK_API_AUDIENCE=a", "DIRECTCALLBACK_API_ISSUER=https://login.test/common/v2.0"}, "DIRECTCALLBACK_API_ISSUER"},
		"an issuer without TLS":       {[]string{"DIRECTCALLBACK_API_AUDIENCE=a", "DIRECTCALLBACK_API_ISSUER=http://login.test/" + tenant + "/v2.0"}, "DIRECTCALLBACK_API_ISSUER"},
		"a space between audiences":   {[]string{"DIRECTCALLBACK_API_AUDIENCE=a, b", "AZURE_TENANT_ID=" + tenant}, "DIRECTCALLBACK_API_AUDIENCE"},
		"nothing after the comma":     {[]string{"DIRECTCALLBACK_API_AUDIENCE=a,", "AZURE_TENANT_ID=" + tenant}, "DIRECTCALLBACK_API_AUDIENCE"},
		"and what else is wrong, too": {[]string{"DIRECTCALLBACK_API_ISSUER=x", "DIRECTCALLBACK_API_TOKEN=short"}, "DIRECTCALLBACK_API_TOKEN"},
	} {
		_, err := FromEnvironment(needed(test.variables...))
		if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "[]", "10.0.0.0/8": "[10.0.0.0/8]", "10.0.0.0/8, 192.0.2.7 ,2001:db8::/32,::1": "[10.0.0.0/8 192.0.2.7/32 2001:db8::/32 ::1/128]",
		"10.0.0.1/8": "", "10.0.0.0/33": "", "proxy.example": "", "10.0.0.0-10.0.0.9": "",
	} {
		c, err := FromEnvironment(needed("DIRECTCALLBACK_PROXIES=" + text))
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "Proxies") && !strings.Contains(err.Error(), "PROXIES") {
				t.Errorf("%q: %v", text, err)
			}
			continue
		}
		if got := fmt.Sprint([]netip.Prefix(c.Proxies)); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestWhetherThereIsADemonstration(t *testing.T) {
	t.Parallel()
	const queue, key = "DIRECTCALLBACK_DEMO_QUEUE=3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61", "DIRECTCALLBACK_DEMO_KEY=dck_example"
	for name, test := range map[string]struct {
		variables []string
		good      bool
	}{
		"none": {nil, true}, "queue and key": {[]string{queue, key}, true}, "a queue alone": {[]string{queue}, false}, "a key alone": {[]string{key}, false},
		"a queue's name": {[]string{"DIRECTCALLBACK_DEMO_QUEUE=Retail banking", key}, false}, "another token": {[]string{queue, "DIRECTCALLBACK_DEMO_KEY=0123456789abcdef"}, false},
	} {
		_, err := FromEnvironment(needed(test.variables...))
		if (err == nil) != test.good || err != nil && (!strings.Contains(err.Error(), "DIRECTCALLBACK_DEMO_KEY") || strings.Contains(err.Error(), "0123456789abcdef")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
