package serve

import (
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
