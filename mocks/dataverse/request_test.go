package dataverse_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

// verifier knows one token an application.
type verifier map[string]string

func (v verifier) Verify(token, audience string) (string, error) {
	if app, ok := v[token]; ok && audience == host {
		return app, nil
	}
	return "", errors.New("refused")
}

func TestWithoutAValidTokenComesA401WithChallenge(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) { opts.Challenge = "https://localhost/tenant/oauth2/authorize" })
	for _, authorization := range []string{"", "Bearer ", "Bearer wrong", "Basic " + token} {
		a := o.get("WhoAmI", "Authorization: "+authorization).want(http.StatusUnauthorized)
		const want = "Bearer authorization_uri=https://localhost/tenant/oauth2/authorize, resource_id=" + host + "/"
		if got := a.one("WWW-Authenticate"); got != want || len(a.body) > 0 {
			t.Errorf("%q: challenge %q, body %q", authorization, got, a.body)
		}
	}
}

func TestTokensAreMappedToApplicationUsers(t *testing.T) {
	t.Parallel()
	const app, stranger = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22", "7f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
	o := newOrg(t, func(opts *dataverse.Options) {
		*opts = dataverse.Options{URL: host, Tokens: verifier{"good": app, "stranger": stranger}, Applications: []string{app}}
	})
	user, _ := o.get("WhoAmI", "Authorization: Bearer good").want(200).object()["UserId"].(string)
	if got := o.get("systemusers("+user+")?$select=applicationid", "Authorization: Bearer good").object()["applicationid"]; got != app {
		t.Errorf("applicationid %v", got)
	}
	o.get("WhoAmI", "Authorization: Bearer bad").want(401)
	o.get("WhoAmI", "Authorization: Bearer "+token).want(401)
	text := o.get("WhoAmI", "Authorization: Bearer stranger").wantError(http.StatusForbidden, "0x80072560")
	if text != "The user is not a member of the organization." {
		t.Error(text)
	}
	if _, err := dataverse.New(dataverse.Options{}); err == nil {
		t.Error("a server without any authentication")
	}
}

func TestWhoAmIWithAndWithoutParentheses(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a, b := o.get("WhoAmI").want(200), o.get("WhoAmI()").want(200)
	if string(a.body) != string(b.body) {
		t.Errorf("%s\n%s", a.body, b.body)
	}
	object := a.object()
	if object["@odata.context"] != root+"$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse" || len(object) != 4 {
		t.Errorf("object %v", object)
	}
	text := o.call(http.MethodPost, "WhoAmI", `{}`).wantError(404, "")
	if text != "No HTTP resource was found that matches the request URI '"+root+"WhoAmI'." {
		t.Error(text)
	}
	o.get("whoami").want(404)
	o.get("WhoAmI(x=1)").want(501)
	o.get("WhoAmI/x").want(501)
}

func TestNamesAreCaseSensitive(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	text := o.get("Queues").wantError(http.StatusNotFound, "0x8006088a")
	if text != "Resource not found for the segment 'Queues'." {
		t.Error(text)
	}
	o.get("queue").wantError(http.StatusNotFound, "0x8006088a")
}

func TestWhatOnlyTheMockLacksIs501(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, resource := range []string{
		"annotations",
		"CCaaS_GetPresence", "/api/data/v8.2/queues", "/XRMServices/2011/Organization.svc", "/", "queues(x)/name/b",
		"queues(x)/queuemembership_association/$count", "queues/name",
	} {
		a := o.get(resource)
		a.wantError(http.StatusNotImplemented, "MockUnsupported")
		if a.one("X-Mock-Unsupported") == "" {
			t.Errorf("%s: no X-Mock-Unsupported", resource)
		}
	}
	for _, header := range []string{
		"Prefer: respond-async", "Prefer: odata.continue-on-error", "Prefer: return=nothing",
		`Prefer: odata.include-annotations="-OData.*"`, "MSCRM.SolutionUniqueName: x",
		"MSCRM.Something: x", "MSCRM.SuppressDuplicateDetection: false",
	} {
		o.get("queues", header).wantError(http.StatusNotImplemented, "MockUnsupported")
	}
	o.get("queues("+o.demo.RetailQueue+")", "If-Match: *").want(501)
	o.get("queues", "Prefer: odata.maxpagesize=x").want(400)
	o.get("queues", "OData-Version: 3.0").want(400)
}

func TestHeadersThatChangeNothingAreTaken(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.get("queues", "OData-Version: 4.0", "OData-MaxVersion: 4.0", "Accept: application/json", "If-None-Match: null",
		"Consistency: Strong", "MSCRM.SuppressDuplicateDetection: true", "MSCRM.BypassCustomPluginExecution: true",
		"MSCRM.MergeLabels: true", "MSCRM.SessionToken: 1", "x-ms-client-request-id: 1", "Prefer: ,").want(200)
}

func TestUnsupportedIsRememberedWithoutTheQuery(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.get("contacts?fetchXml=%2B33155501234").want(501)
	got := o.mock.Unsupported()
	if len(got) != 1 || !strings.HasPrefix(got[0], "GET /api/data/v9.2/contacts: ") || strings.Contains(got[0], "33155501234") {
		t.Errorf("remembered %v", got)
	}
}

func TestResponseHeadersOfARealOrganisation(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.get("queues").want(200)
	if got := a.all("x-ms-service-request-id"); len(got) != 2 || got[0] != got[1] {
		t.Errorf("x-ms-service-request-id %v", got)
	}
	for name, want := range map[string]string{
		"OData-Version": "4.0", "Content-Type": "application/json; odata.metadata=minimal",
		"x-ms-ratelimit-time-remaining-xrm-requests": "1,200.00", "Cache-Control": "no-cache",
	} {
		if got := a.one(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestServiceDocumentListsTheSets(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, resource := range []string{"/api/data/v9.2/", "/api/data/v9.2", "/api/data/v9.1/"} {
		names := o.get(resource).column("name")
		for _, set := range []string{
			"queues", "msdyn_decisionrulesets", "msdyn_overflowactionconfigs", "msdyn_ocsystemmessages", "contacts", "systemusers",
			"msdyn_proactive_engagement_configs", "msdyn_proactive_deliveries", "msdyn_proactive_delivery_attributes",
			"msdyn_operatinghours", "msdyn_proactive_callback_profiles", "queuememberships",
		} {
			if !slices.Contains(names, any(set)) {
				t.Errorf("%s lacks %s", resource, set)
			}
		}
	}
	o.call(http.MethodPost, "/api/data/v9.2/", `{}`).want(404)
}

func TestLimitsOfURLAndBody(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.get("queues?$filter=name eq '" + strings.Repeat("x", 32_000) + "'").want(200)
	o.get("queues?$filter=name eq '" + strings.Repeat("x", 33_000) + "'").want(http.StatusRequestURITooLong)
	o.call(http.MethodPost, "contacts", strings.Repeat(" ", 32<<20+1)).want(http.StatusRequestEntityTooLarge)
}

func TestBodyNeedsJSON(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for mediaType, status := range map[string]int{
		"application/json": 204, "application/json; charset=utf-8": 204, "application/json;type=entry": 204,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, ";": 415,
	} {
		if a := o.call(http.MethodPost, "contacts", `{"lastname":"x"}`, "Content-Type: "+mediaType); a.status != status {
			t.Errorf("%s: %d, want %d", mediaType, a.status, status)
		}
	}
}

func TestPathsAreNotCleaned(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.get("queues//x").want(400)
	o.get("queues%ZZ").want(400)
	o.get("queues(x").want(400)
	o.get(root + "queues").want(200) // absolute form
}

// TestOverTheWire shows that names keep their case on HTTP/1.1 and that the base follows the Host when no URL is set.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	mock, err := dataverse.New(dataverse.Options{StaticToken: token})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(mock.Handler())
	t.Cleanup(srv.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/api/data/v9.2/contacts", strings.NewReader(`{"lastname":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("OData-EntityId"); resp.StatusCode != 204 || !strings.HasPrefix(got, srv.URL+"/api/data/v9.2/contacts(") {
		t.Errorf("%s, OData-EntityId %q", resp.Status, got)
	}
}
