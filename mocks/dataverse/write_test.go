package dataverse_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

const (
	chosen  = "11111111-2222-4333-8444-555555555555"
	missing = "99999999-2222-4333-8444-555555555555"
)

func TestPostAnswersTheAddress(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.call(http.MethodPost, "contacts", `{"firstname":"A","lastname":"B"}`).want(http.StatusNoContent)
	address := a.one("OData-EntityId")
	if len(a.all("OData-EntityId")) != 1 || a.one("Location") != address || !strings.HasPrefix(address, root+"contacts(") {
		t.Fatalf("headers %v", a.header)
	}
	row := o.get(address).want(http.StatusOK).object()
	if row["fullname"] != "A B" || row["createdon"] == nil || row["_createdby_value"] == nil || row["donotphone"] != false {
		t.Errorf("row %v", row)
	}
}

func TestPostWithRepresentationAnswersTheRow(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.call(http.MethodPost, "contacts?$select=lastname", `{"contactid":"`+chosen+`","lastname":"B"}`, "Prefer: return=representation").want(http.StatusCreated)
	if a.one("OData-EntityId") != "" || a.one("Preference-Applied") != "return=representation" {
		t.Errorf("headers %v", a.header)
	}
	row := a.object()
	if row["contactid"] != chosen || row["lastname"] != "B" || len(row) != 4 || a.one("ETag") != row["@odata.etag"] {
		t.Errorf("row %v, ETag %s", row, a.one("ETag"))
	}
	if row["@odata.context"] != root+"$metadata#contacts(lastname)/$entity" {
		t.Errorf("context %v", row["@odata.context"])
	}
}

func TestClientChosenIdTwiceIsADuplicate(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	body := `{"contactid":"` + strings.ToUpper(chosen) + `","lastname":"B"}`
	o.call(http.MethodPost, "contacts", body).want(http.StatusNoContent)
	text := o.call(http.MethodPost, "contacts", body).wantError(http.StatusPreconditionFailed, "0x80040237")
	if text != "Cannot insert duplicate key." {
		t.Error(text)
	}
}

func TestARefusedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.call(http.MethodPost, "contacts?$select=nope", `{"contactid":"`+chosen+`","lastname":"B"}`).want(http.StatusBadRequest)
	o.call(http.MethodPost, "contacts", `{"contactid":"`+chosen+`","lastname":"B","nope":1}`).want(http.StatusBadRequest)
	o.get("contacts(" + chosen + ")").want(http.StatusNotFound)
}

func TestBindInEveryDocumentedForm(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) {
		opts.Keys = []dataverse.Key{{Table: "msdyn_decisionruleset", Name: "Name", Columns: []string{"msdyn_name"}}}
	})
	queue := "queues(" + o.demo.MessagingQueue + ")"
	for _, link := range []string{
		"/msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")", "msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")",
		root + "msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")", "/msdyn_decisionrulesets(msdyn_name='queue_prequeue_Retail banking')",
	} {
		o.call(http.MethodPatch, queue, `{"msdyn_decisionrulesetid@odata.bind":"`+link+`"}`).want(http.StatusNoContent)
		if got := o.get(queue).object()["_msdyn_prequeueoverflowrulesetid_value"]; got != o.demo.RetailPrequeue {
			t.Errorf("%s: %v", link, got)
		}
		clearing := `{"msdyn_decisionrulesetid":null}`
		if strings.HasPrefix(link, "/") {
			clearing = `{"msdyn_decisionrulesetid@odata.bind":null}`
		}
		o.call(http.MethodPatch, queue, clearing).want(http.StatusNoContent)
		if got := o.get(queue).object()["_msdyn_prequeueoverflowrulesetid_value"]; got != nil {
			t.Errorf("%s leaves %v", clearing, got)
		}
	}
}

func TestBodiesAreRefusedAsDocumented(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, tc := range []struct {
		body   string
		status int
		code   string
		text   string
	}{
		{`{"Name":"x"}`, 400, "0x0", "Invalid property 'Name' was found in entity 'Microsoft.Dynamics.CRM.queue'."},
		{`{"msdyn_prequeueoverflowrulesetid@odata.bind":"/msdyn_decisionrulesets(` + missing + `)"}`, 400, "0x80048d19", "An undeclared property 'msdyn_prequeueoverflowrulesetid' which only has property annotations"},
		{`{"msdyn_decisionrulesetid@odata.bind":"/msdyn_decisionrulesets(` + missing + `)"}`, 404, "0x80040217", "msdyn_decisionruleset With Id = " + missing + " Does Not Exist"},
		{`{"msdyn_decisionrulesetid@odata.bind":"/contacts(` + missing + `)"}`, 400, "0x80048d19", "cannot be bound"},
		{`{"msdyn_decisionrulesetid@odata.bind":"/nothing(` + missing + `)"}`, 404, "0x8006088a", "nothing"},
		{`{"msdyn_decisionrulesetid@odata.bind":"/contacts"}`, 400, "0x80048d19", "not the address"},
		{`{"msdyn_decisionrulesetid@odata.bind":5}`, 400, "0x80048d19", "must be a string"},
		{`{"queuemembership_association@odata.bind":"/systemusers(` + missing + `)"}`, 400, "0x80048d19", "must be an array of strings"},
		{`{"queuemembership_association@odata.bind":["/systemusers(` + missing + `)"]}`, 404, "0x80040217", missing},
		{`{"queuemembership_association@odata.bind":["/contacts(` + missing + `)"]}`, 400, "0x80048d19", "cannot stand in"},
		{`{"createdby@odata.bind":"/systemusers(` + missing + `)"}`, 404, "0x80040217", ""},
		{`{"msdyn_intentfamilyid@odata.bind":"/msdyn_intentfamilies(` + missing + `)"}`, 501, "MockUnsupported", ""},
		{`{"_msdyn_operatinghourid_value":"` + missing + `"}`, 400, "0x80060888", "Use Navigation properties"},
		{`{"msdyn_decisionrulesetid":{"msdyn_name":5}}`, 400, "0x80048d19", "msdyn_name"},
		{`{"msdyn_decisionrulesetid":[{"msdyn_name":"deep"}]}`, 400, "0x80048d19", "A row or null was expected"},
		{`{"msdyn_decisionrulesetid":null,"msdyn_decisionrulesetid@odata.bind":null}`, 501, "MockUnsupported", "twice"},
		{`{"msdyn_intentfamilyid":{"msdyn_name":"deep"}}`, 501, "MockUnsupported", "deep insert into msdyn_intentfamilyid"},
		{`{"ownerid":{"lastname":"deep"}}`, 501, "MockUnsupported", "deep insert into ownerid"},
		{`{"queuemembership_association":{"lastname":"x"}}`, 400, "0x80048d19", "An array of rows was expected"},
		{`{"queuemembership_association":["x"]}`, 400, "0x80048d19", "A JSON object was expected"},
		{`{"createdon":"2026-01-01T00:00:00Z"}`, 501, "MockUnsupported", "createdon"},
		{`{"name@odata":"x"}`, 400, "0x80048d19", "is an invalid instance annotation name"},
		{`{"nope@OData.Community.Display.V1.FormattedValue":"x"}`, 400, "0x80048d19", "An undeclared property 'nope'"},
		{`{"name":"` + strings.Repeat("x", 201) + `"}`, 400, "0x80044331", "A validation error occurred.  The length of the 'name' attribute of the 'queue' entity exceeded the maximum allowed length of '200'."},
		{`{"name":5}`, 400, "0x80048d19", "expected type 'Edm.String'"},
		{`{"msdyn_priority":"5"}`, 400, "0x80048d19", "expected type 'Edm.Int32'"},
		{`{"msdyn_priority":5.5}`, 400, "0x80048d19", "Edm.Int32"},
		{`{"msdyn_priority":0}`, 400, "0x80040203", "outside the valid range"},
		{`{"msdyn_isomnichannelqueue":1}`, 400, "0x80048d19", "Edm.Boolean"},
		{`{"msdyn_queuetype":7}`, 400, "0x8004431a", "msdyn_queuetype"},
		{`{"statecode":null}`, 400, "0x80048408", "cannot be null"},
		{`{"statuscode":5}`, 400, "0x8004431a", ""},
		{`{"statuscode":2}`, 400, "0x80048408", "2 is not a valid status code for state code Active"},
		{`{"name":"a","name":"b"}`, 400, "0x80048d19", "Multiple properties with the name 'name'"},
		{`{"name":"a"`, 400, "0x80048d19", "Invalid JSON"},
		{`{"name":}`, 400, "0x80048d19", "Invalid JSON"},
		{`{"name":"a"} {}`, 400, "0x80048d19", "Invalid JSON"},
		{`["a"]`, 400, "0x80048d19", "Invalid JSON"},
	} {
		text := o.call(http.MethodPost, "queues", tc.body).wantError(tc.status, tc.code)
		if !strings.Contains(text, tc.text) {
			t.Errorf("%.60s: %q lacks %q", tc.body, text, tc.text)
		}
	}
	o.call(http.MethodPost, "queues", "").wantError(400, "0x80048d19")
	// What was read may be sent back.
	o.call(http.MethodPost, "queues", `{"@odata.type":"Microsoft.Dynamics.CRM.queue","name@OData.Community.Display.V1.FormattedValue":"x","name":"back"}`).want(204)
}

func TestPatchMatrixOfConditions(t *testing.T) {
	t.Parallel()
	const change = `{"lastname":"changed"}`
	for _, tc := range []struct {
		header         string
		exists, absent int
	}{
		{"", 204, 204},
		{"If-Match: *", 204, 404},
		{"If-None-Match: *", 412, 204},
		{"If-None-Match: null", 204, 204},
		{"If-Match: current", 204, 404},
		{`If-Match: W/"1"`, 412, 404},
		{`If-None-Match: W/"1"`, 501, 501},
	} {
		t.Run(tc.header, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, nil)
			row := "contacts(" + o.demo.Contacts[0] + ")"
			header := strings.Replace(tc.header, "current", o.get(row).one("ETag"), 1)
			headers := []string{}
			if header != "" {
				headers = append(headers, header)
			}
			if a := o.call(http.MethodPatch, row, change, headers...); a.status != tc.exists {
				t.Errorf("row exists: %d, want %d: %s", a.status, tc.exists, a.body)
			}
			changed := o.get(row).object()["lastname"] == "changed"
			if changed != (tc.exists == 204) {
				t.Errorf("answered %d, changed %v", tc.exists, changed)
			}
			if a := o.call(http.MethodPatch, "contacts("+missing+")", change, headers...); a.status != tc.absent {
				t.Errorf("row absent: %d, want %d: %s", a.status, tc.absent, a.body)
			}
		})
	}
}

func TestConcurrencyErrorsCarryTheirCodes(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	text := o.call(http.MethodPatch, row, `{}`, `If-Match: W/"1"`).wantError(412, "0x80060882")
	if text != "The version of the existing record doesn't match the RowVersion property provided." {
		t.Error(text)
	}
	text = o.call(http.MethodPatch, row, `{}`, "If-None-Match: *").wantError(412, "")
	if text != "A record with matching key values already exists." {
		t.Error(text)
	}
	o.call(http.MethodDelete, row, "", `If-Match: W/"1"`).wantError(412, "0x80060882")
	o.call(http.MethodDelete, row, "", "If-Match: "+o.get(row).one("ETag")).want(204)
	o.call(http.MethodDelete, row, "").wantError(404, "0x80040217")
}

func TestEveryWriteGivesANewETag(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	first := o.get(row)
	if first.one("ETag") != first.object()["@odata.etag"] || !strings.HasPrefix(first.one("ETag"), `W/"`) {
		t.Fatalf("ETag %s", first.one("ETag"))
	}
	a := o.call(http.MethodPatch, row, `{"lastname":"x"}`, "Prefer: return=representation").want(http.StatusOK)
	if a.one("ETag") == first.one("ETag") || a.object()["lastname"] != "x" {
		t.Errorf("ETag %s, row %s", a.one("ETag"), a.body)
	}
	if version := fmt.Sprint(a.object()["versionnumber"]); !strings.Contains(a.one("ETag"), version) {
		t.Errorf("versionnumber %s, ETag %s", version, a.one("ETag"))
	}
}

func TestConditionalGet(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	tag := "If-None-Match: " + o.get(row).one("ETag")
	o.get(row, tag).want(http.StatusNotModified)
	o.get(row, "If-None-Match: null").want(http.StatusOK)
	o.get(row, tag, `Prefer: odata.include-annotations="*"`).want(http.StatusOK)
	o.get(row+"?$expand=createdby", tag).want(http.StatusOK)
	o.call(http.MethodPatch, row, `{"lastname":"x"}`).want(http.StatusNoContent)
	o.get(row, tag).want(http.StatusOK)
	o.get("contacts", tag).want(http.StatusNotImplemented)
}

func TestPatchCreatesWithRepresentation201(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.call(http.MethodPatch, "contacts("+chosen+")?$expand=createdby", `{"lastname":"B"}`, "Prefer: return=representation").want(http.StatusCreated)
	if a.object()["contactid"] != chosen || a.object()["createdby"] != nil {
		t.Errorf("row %s", a.body)
	}
	a = o.call(http.MethodPatch, "contacts("+chosen+")", `{"contactid":"`+missing+`","lastname":"C"}`).want(http.StatusNoContent)
	if a.one("OData-EntityId") != root+"contacts("+chosen+")" {
		t.Errorf("OData-EntityId %s", a.one("OData-EntityId"))
	}
}

func TestAlternateKeyUpsertBodyWinsOnCreate(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) {
		opts.Keys = []dataverse.Key{{Table: "contact", Name: "Email", Columns: []string{"emailaddress1"}}}
	})
	byKey := "contacts(emailaddress1='a@b')"
	a := o.call(http.MethodPatch, byKey, `{"lastname":"B"}`).want(http.StatusNoContent)
	if a.one("OData-EntityId") != root+byKey {
		t.Errorf("OData-EntityId %s", a.one("OData-EntityId"))
	}
	id := o.get(byKey).want(200).object()["contactid"]
	o.call(http.MethodPatch, byKey, `{"lastname":"C"}`).want(http.StatusNoContent)
	if row := o.get(byKey).object(); row["contactid"] != id || row["lastname"] != "C" {
		t.Errorf("row %v", row)
	}
	o.call(http.MethodPatch, "contacts(emailaddress1='c@d')", `{"lastname":"D","emailaddress1":"other@d"}`).want(http.StatusNoContent)
	o.get("contacts(emailaddress1='other@d')").want(200)
	o.get("contacts(emailaddress1='c@d')").want(404)
	text := o.call(http.MethodPost, "contacts", `{"lastname":"E","emailaddress1":"A@B"}`).wantError(412, "0x80060892")
	if !strings.HasPrefix(text, "Entity Key Email violated.") {
		t.Error(text)
	}
}

func TestColumnsSetOnCreateOnlyStay(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "queues(" + o.demo.RetailQueue + ")"
	o.call(http.MethodPatch, row, `{"msdyn_uniquename":"other"}`).wantError(501, "MockUnsupported")
	o.call(http.MethodPatch, row, `{"msdyn_uniquename":null,"queueid":"`+missing+`"}`).want(204)
	elastic := "msdyn_proactive_delivery_attributes(" + chosen + ")"
	o.call(http.MethodPatch, elastic, `{"partitionid":"`+chosen+`"}`).want(204)
	o.call(http.MethodPatch, elastic, `{"partitionid":"`+missing+`"}`).wantError(501, "MockUnsupported")
}

func TestStateAndStatusStayInStep(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	o.call(http.MethodPatch, row, `{"statecode":1}`).want(204)
	if got := o.get(row).object(); fmt.Sprint(got["statuscode"]) != "2" {
		t.Errorf("statuscode %v", got["statuscode"])
	}
	o.call(http.MethodPatch, row, `{"statecode":0,"statuscode":1}`).want(204)
}

func TestDeleteClearsLookupsAndMemberships(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.call(http.MethodDelete, "msdyn_decisionrulesets("+o.demo.RetailPrequeue+")", "").want(204)
	if got := o.get("queues(" + o.demo.RetailQueue + ")").object()["_msdyn_prequeueoverflowrulesetid_value"]; got != nil {
		t.Errorf("lookup %v", got)
	}
	before := len(o.get("queuememberships").rows())
	o.call(http.MethodDelete, "queues("+o.demo.MortgageQueue+")", "").want(204)
	if after := len(o.get("queuememberships").rows()); after != before-3 {
		t.Errorf("%d memberships, were %d", after, before)
	}
}

func TestElasticRows(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.call(http.MethodPost, "msdyn_proactive_deliveries", `{"msdyn_proactive_deliveryid":"`+chosen+`","partitionid":"p1","msdyn_status":"Pending","msdyn_delivery_id":"d"}`).want(204)
	if a.one("x-ms-session-token") == "" || a.one("OData-EntityId") != root+"msdyn_proactive_deliveries(msdyn_proactive_deliveryid="+chosen+",partitionid='p1')" {
		t.Errorf("headers %v", a.header)
	}
	o.get("msdyn_proactive_deliveries(" + chosen + ")").want(404) // another partition
	place := "msdyn_proactive_deliveries(msdyn_proactive_deliveryid=" + chosen + ",partitionid='p1')"
	o.get(place).want(200)
	o.call(http.MethodPatch, place, `{"msdyn_status":"InProcess"}`, "If-Match: *").want(204)
	if row := o.get(place).object(); row["msdyn_delivery_id"] != "d" || row["msdyn_status"] != "InProcess" {
		t.Errorf("after an update %v", row)
	}
	o.call(http.MethodPatch, place, `{"msdyn_status":"Complete"}`).want(204)
	if row := o.get(place).object(); row["msdyn_delivery_id"] != nil || row["msdyn_status"] != "Complete" || row["partitionid"] != "p1" {
		t.Errorf("an upsert replaces the whole row, got %v", row)
	}
	o.get("msdyn_proactive_deliveries?$filter=msdyn_proactive_callback_profileId/msdyn_name eq 'x'").wantError(400, "0x80048d0b")
	if a := o.call(http.MethodDelete, place, "").want(204); a.one("x-ms-session-token") != "" {
		t.Error("DELETE answers a session token")
	}
}

func TestElasticRowsExpire(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, clock.drive)
	o.call(http.MethodPost, "msdyn_proactive_delivery_attributes", `{"msdyn_proactive_delivery_attributeid":"`+chosen+`","ttlinseconds":60}`).want(204)
	o.get("msdyn_proactive_delivery_attributes(" + chosen + ")").want(200)
	clock.advance(60e9)
	o.get("msdyn_proactive_delivery_attributes(" + chosen + ")").want(404)
}

func TestCollectionsRefusePatchAndDelete(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.call(http.MethodPatch, "contacts", `{}`).want(405)
	o.call(http.MethodDelete, "contacts", "").want(405)
	o.call(http.MethodPost, "contacts("+chosen+")", `{}`).want(405)
	o.call(http.MethodPost, "contacts("+chosen+")/Microsoft.Dynamics.CRM.X", `{}`).want(501)
	o.call(http.MethodPatch, "contacts("+chosen+")/lastname", `{"value":"x"}`).want(405)
	o.call(http.MethodPost, "contacts("+chosen+")/ownerid/$ref", `{}`).want(405)
	o.call(http.MethodPut, "queues("+chosen+")/queuemembership_association/$ref", `{}`).want(405)
	o.get("contacts/lastname").want(501)
}
