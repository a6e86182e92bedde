package dataverse_test

import (
	"net/http"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

// Each of these was once answered as if it had not been said.
func TestHeadersThatAskForSomethingElseAreRefused(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, header := range []string{
		"Accept: application/json;odata.metadata=full", "Accept: application/json; odata.metadata=none", "Accept: application/xml",
		"Accept: application/json;odata=verbose", "Accept: application/json;IEEE754Compatible=true", "Accept: nonsense",
		"OData-MaxVersion: 3.0", "X-HTTP-Method: DELETE", "X-HTTP-Method-Override: PATCH",
	} {
		o.get("queues", header).wantError(http.StatusNotImplemented, "MockUnsupported")
	}
}

func TestEveryWayToAskForWhatComesIsTaken(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, tc := range []struct{ resource, header string }{
		{"queues", "Accept: */*"},
		{"queues", "Accept: application/*"},
		{"queues", "Accept: text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"},
		{"queues", "Accept: Application/JSON; odata.metadata=minimal; charset=utf-8"},
		{"queues", `Accept: application/json;odata.metadata="minimal";odata.streaming=true`},
		{"queues", "OData-MaxVersion: 4.01"},
		{"queues/$count", "Accept: text/plain"},
		{"queues/$count", "Accept: application/json"},
		{"$metadata", "Accept: application/xml"},
		{"$metadata", "Accept: application/json"},
	} {
		o.get(tc.resource, tc.header).want(http.StatusOK)
	}
}

func TestTheSchemeOfATokenIsReadWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
		o.get("WhoAmI", "Authorization: "+scheme+token).want(http.StatusOK)
	}
	for _, authorization := range []string{"Bearer" + token, "Bearer " + token + " ", "Bearers " + token} {
		o.get("WhoAmI", "Authorization: "+authorization).want(http.StatusUnauthorized)
	}
}

func TestAQuestionMarkInATextStaysThere(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	if _, err := o.mock.Insert("contact", map[string]any{"firstname": "Ada", "lastname": "who?@where"}); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"$filter=lastname eq 'who?@where'", "$filter=lastname eq %27who?@where%27",
		"$filter=lastname eq @p?@p='who?@where'", "$filter=contains(lastname,'o?@') and firstname eq @p&@p='Ada'",
	} {
		if got := o.get("contacts?$select=lastname&" + query).column("lastname"); len(got) != 1 {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestAnEmptyOptionIsNotNoOption(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, option := range []string{"$orderby=", "$orderby=%20", "$orderby=name,"} {
		o.get("queues?"+option).wantError(http.StatusBadRequest, "0x80060888")
	}
	o.get("queues?$expand=").wantError(http.StatusNotImplemented, "MockUnsupported")
}

func TestExpandRefusesWhatItWouldHalfAnswer(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const members = "accounts?$select=name&$expand=contact_customer_accounts($select=lastname;"
	o.get(members+"$filter=lastname eq @p)&@p='x'").wantError(http.StatusBadRequest, "0x80060888")
	o.get(members+"$orderby=@p)&@p=lastname").wantError(http.StatusBadRequest, "0x80060888")
	o.get(members + "$filter=lastname eq '@p')&@p='x'").want(http.StatusOK)
	o.get("accounts?$expand=primarycontactid,primarycontactid").wantError(http.StatusNotImplemented, "MockUnsupported")
}

func TestABodyOfAnotherTypeIsRefused(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, kind := range []string{"Microsoft.Dynamics.CRM.contact", "#Microsoft.Dynamics.CRM.contact"} {
		o.call(http.MethodPost, "contacts", `{"@odata.type":"`+kind+`"}`).want(http.StatusNoContent)
	}
	for _, kind := range []string{`"Microsoft.Dynamics.CRM.account"`, `"contact"`, `""`, `1`, `null`} {
		o.call(http.MethodPost, "contacts", `{"@odata.type":`+kind+`}`).wantError(http.StatusBadRequest, "0x80048d19")
	}
	o.call(http.MethodPost, "accounts", `{"name":"a","primarycontactid":{"@odata.type":"Microsoft.Dynamics.CRM.account","lastname":"b"}}`).
		wantError(http.StatusBadRequest, "0x80048d19")
}

// The empty GUID means "give me one" in Microsoft's SDKs; a mock that stores it would hide a client that forgot its id.
func TestTheEmptyGUIDIsNoKeyOfANewRow(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const none = "00000000-0000-0000-0000-000000000000"
	o.call(http.MethodPost, "contacts", `{"contactid":"`+none+`"}`).wantError(http.StatusNotImplemented, "MockUnsupported")
	o.call(http.MethodPatch, "contacts("+none+")", `{"lastname":"a"}`).wantError(http.StatusNotImplemented, "MockUnsupported")
	o.get("contacts(" + none + ")").want(http.StatusNotFound)
}

// An empty If-Match would make a guarded write an unguarded one.
func TestAnEmptyConditionIsNotNone(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.call(http.MethodPatch, "queues("+o.demo.RetailQueue+")", `{"name":"a"}`, "If-Match: ").wantError(http.StatusBadRequest, "0x80060888")
}

func TestVerbsNoPageRefusesAre501(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, method := range []string{http.MethodHead, http.MethodOptions} {
		o.call(method, "queues", "").want(http.StatusNotImplemented)
		o.call(method, "WhoAmI", "").want(http.StatusNotImplemented)
	}
	o.call(http.MethodPost, "queues("+o.demo.RetailQueue+")/queuemembership_association", `{}`).want(http.StatusNotImplemented)
}

func TestARowOfAnotherOrganisationIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	body := `{"parentcustomerid_account@odata.bind":"https://other.example/api/data/v9.2/accounts(7dd8cac4-1d78-4c70-9de3-a87c1c6ea90a)"}`
	if text := o.call(http.MethodPost, "contacts", body).wantError(http.StatusBadRequest, "0x80048d19"); !strings.Contains(text, "https://other.example/") {
		t.Error(text)
	}
}

func TestANumberOfAnotherTypeIsCalledByItsType(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	text := o.get("queues?$filter=msdyn_priority eq 1.5").wantError(http.StatusBadRequest, "0x80060888")
	if !strings.Contains(text, "'Edm.Int32' and 'Edm.Decimal'") {
		t.Error(text)
	}
	text = o.get("queues?$filter=createdon gt 2020-01-01T00:00:00").wantError(http.StatusBadRequest, "0x80060888")
	if strings.Contains(text, "'Edm.DateTimeOffset' and 'Edm.DateTimeOffset'") {
		t.Error(text)
	}
}

// A fault for a method that nobody sends would never strike, and its test would pass.
func TestAFaultForAnUnknownMethodIsRefused(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, method := range []string{"get", "FETCH", "PUT "} {
		if err := o.mock.Inject(dataverse.Fault{Status: 503, Method: method}); err == nil {
			t.Errorf("method %q", method)
		}
	}
}

// What can be written and never read must not be found out by asking whether it begins with an a.
func TestASecretCannotBeGuessedByFilters(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.call(http.MethodPost, "serviceendpoints", `{"name":"e","contract":6,"authtype":2,"messageformat":2,"connectionmode":1,"userclaim":1,
		"namespaceaddress":"sb://x.servicebus.windows.net/","solutionnamespace":"x","path":"q","saskeyname":"k","saskey":"`+strings.Repeat("a", 44)+`"}`).want(http.StatusNoContent)
	for _, option := range []string{
		"$filter=startswith(saskey,'a')", "$filter=saskey ne null", "$orderby=saskey",
		"$filter=Microsoft.Dynamics.CRM.In(PropertyName='saskey',PropertyValues=['a'])",
	} {
		o.get("serviceendpoints?"+option).wantError(http.StatusNotImplemented, "MockUnsupported")
	}
	if got := o.get("serviceendpoints?$filter=issaskeyset eq true").rows(); len(got) != 1 {
		t.Errorf("%d endpoints with a key", len(got))
	}
}

func TestTablesThatEveryOrganisationHasAreNot404(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, set := range []string{"tasks", "incidents", "emails", "leads", "activitypointers", "savedqueries"} {
		o.get(set).wantError(http.StatusNotImplemented, "MockUnsupported")
	}
}

// Who deletes the user he is, or the organisation, would find nothing afterwards that answers.
func TestWhatTheOrganisationStandsOnStays(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	me := o.get("WhoAmI").object()
	for set, member := range map[string]string{"systemusers": "UserId", "businessunits": "BusinessUnitId", "organizations": "OrganizationId"} {
		if status := o.call(http.MethodDelete, set+"("+fmtAny(me[member])+")", "").status; status < 400 {
			t.Errorf("%s: %d", set, status)
		}
	}
	o.get("WhoAmI").want(http.StatusOK)
}
