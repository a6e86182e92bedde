package dataverse_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestStepsAreRegisteredThroughTheWebAPI(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	filters := o.get("sdkmessagefilters?$select=sdkmessagefilterid,_sdkmessageid_value&$filter=primaryobjecttypecode eq 'queue'" +
		" and sdkmessageid/name eq 'Update' and iscustomprocessingstepallowed eq true").rows()
	if len(filters) != 1 {
		t.Fatalf("filters %v", filters)
	}
	if none := o.get("sdkmessagefilters?$filter=primaryobjecttypecode eq 'calendarrule'").rows(); len(none) != 0 {
		t.Errorf("calendarrule raises no events, and has %v", none)
	}
	const endpoint, step = "11111111-2222-4333-8444-000000000001", "11111111-2222-4333-8444-000000000002"
	o.call(http.MethodPatch, "serviceendpoints("+endpoint+")", `{"name":"adapter","contract":6,"authtype":2,"messageformat":2,
		"connectionmode":1,"userclaim":1,"namespaceaddress":"sb://x.servicebus.windows.net/","solutionnamespace":"x","path":"platform-events",
		"saskeyname":"send","saskey":"secret"}`).want(http.StatusNoContent)
	row := o.get("serviceendpoints(" + endpoint + ")")
	if got := row.object(); got["saskey"] != nil || got["issaskeyset"] != true || got["issastokenset"] != false {
		t.Errorf("endpoint %s", row.body)
	}
	message, _ := filters[0]["_sdkmessageid_value"].(string)
	filter, _ := filters[0]["sdkmessagefilterid"].(string)
	o.call(http.MethodPost, "sdkmessageprocessingsteps", `{"sdkmessageprocessingstepid":"`+step+`","name":"Update of queue","stage":40,"mode":1,
		"rank":1,"supporteddeployment":0,"asyncautodelete":true,"filteringattributes":"name,statecode",
		"eventhandler_serviceendpoint@odata.bind":"/serviceendpoints(`+endpoint+`)","sdkmessageid@odata.bind":"/sdkmessages(`+message+`)",
		"sdkmessagefilterid@odata.bind":"/sdkmessagefilters(`+filter+`)"}`).want(http.StatusNoContent)
	o.call(http.MethodPost, "sdkmessageprocessingsteps", `{"eventhandler@odata.bind":"/serviceendpoints(`+endpoint+`)"}`).want(http.StatusBadRequest)
	steps := o.get("serviceendpoints(" + endpoint + ")/serviceendpoint_sdkmessageprocessingstep?$select=name,_eventhandler_value").rows()
	if len(steps) != 1 || steps[0]["_eventhandler_value"] != endpoint {
		t.Errorf("steps %v", steps)
	}
	o.call(http.MethodPatch, "sdkmessageprocessingsteps("+step+")", `{"statecode":1,"statuscode":2}`).want(http.StatusNoContent)
	o.call(http.MethodDelete, "serviceendpoints("+endpoint+")", "").want(http.StatusNoContent)
	o.get("sdkmessageprocessingsteps("+step+")").wantError(http.StatusNotFound, "0x80040217")
}

func TestRowsOfDataverseItselfCannotBeWritten(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, set := range []string{"sdkmessages", "sdkmessagefilters", "timezonedefinitions", "privileges"} {
		o.call(http.MethodPost, set, `{}`).wantError(http.StatusMethodNotAllowed, "0x80040800")
	}
	id, _ := o.get("sdkmessages?$filter=name eq 'Update'").rows()[0]["sdkmessageid"].(string)
	text := o.call(http.MethodDelete, "sdkmessages("+id+")", "").wantError(http.StatusMethodNotAllowed, "0x80040800")
	if text != "The 'Delete' method does not support entities of type 'sdkmessage'." {
		t.Error(text)
	}
}

func TestALookupWithSeveralTargetsHasOneNavigationPropertyEach(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	account, err := o.mock.Insert("account", map[string]any{"name": "Contoso", "revenue": 20000, "numberofemployees": 3})
	if err != nil {
		t.Fatal(err)
	}
	contact := "contacts(" + o.demo.Contacts[0] + ")"
	o.call(http.MethodPatch, contact, `{"parentcustomerid_account@odata.bind":"/accounts(`+account+`)","birthdate":"1990-02-28"}`).want(204)
	a := o.get(contact+"?$select=_parentcustomerid_value,birthdate&$expand=parentcustomerid_account($select=name,revenue),parentcustomerid_contact($select=fullname)",
		`Prefer: odata.include-annotations="*"`)
	row := a.object()
	company, _ := row["parentcustomerid_account"].(map[string]any)
	if row["_parentcustomerid_value"] != account || company["name"] != "Contoso" || row["parentcustomerid_contact"] != nil || row["birthdate"] != "1990-02-28" ||
		row["_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"] != "parentcustomerid_account" {
		t.Errorf("%s", a.body)
	}
	if !strings.Contains(string(a.body), `"revenue":20000.0000`) {
		t.Errorf("money has no four decimals: %s", a.body)
	}
	for filter, want := range map[string]int{
		"parentcustomerid_account/name eq 'Contoso'": 1, "parentcustomerid_contact/fullname eq 'Contoso'": 0,
		"birthdate eq 1990-02-28": 1, "birthdate gt 1990-02-28": 0, "parentcustomerid_account/revenue ge 20000": 1, "parentcustomerid_account/revenue lt 0.5": 0,
	} {
		if got := o.get("contacts?$filter=" + filter).rows(); len(got) != want {
			t.Errorf("%s: %d rows, want %d", filter, len(got), want)
		}
	}
	if got := o.get("accounts(" + account + ")/contact_customer_accounts").rows(); len(got) != 1 {
		t.Errorf("contacts of the account: %v", got)
	}
}

func TestTheOrganisationIsARowOfItsOwn(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	me := o.get("WhoAmI").object()
	rows := o.get("organizations?$select=name,expirechangetrackingindays").rows()
	if len(rows) != 1 || rows[0]["organizationid"] != me["OrganizationId"] || rows[0]["expirechangetrackingindays"] == nil {
		t.Errorf("organizations %v", rows)
	}
	unit, _ := me["BusinessUnitId"].(string)
	if got := o.get("businessunits(" + unit + ")/organizationid").object(); got["organizationid"] != me["OrganizationId"] {
		t.Errorf("the business unit is part of %v", got)
	}
	zone := o.get("timezonedefinitions?$filter=timezonecode eq 105&$select=standardname,bias").rows()
	if len(zone) != 1 || zone[0]["standardname"] != "Romance Standard Time" || fmtAny(zone[0]["bias"]) != "-60" {
		t.Errorf("zone %v", zone)
	}
}
