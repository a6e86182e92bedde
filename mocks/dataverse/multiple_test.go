package dataverse_test

import (
	"fmt"
	"net/http"
	"testing"
)

// target is one row of a bulk operation.
func target(table, members string) string {
	return `{"@odata.type":"Microsoft.Dynamics.CRM.` + table + `",` + members + `}`
}

func (o *org) bulk(set, operation, targets string) *answer {
	o.tb.Helper()
	return o.call(http.MethodPost, set+"/Microsoft.Dynamics.CRM."+operation, `{"Targets":[`+targets+`]}`)
}

func TestBulkOperations(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.bulk("contacts", "CreateMultiple", target("contact", `"lastname":"A"`)+","+target("contact", `"contactid":"`+chosen+`","lastname":"B"`)).want(200).object()
	ids, _ := a["Ids"].([]any)
	if len(ids) != 2 || ids[1] != chosen || a["@odata.context"] != root+"$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse" {
		t.Fatalf("answer %v", a)
	}
	first := fmt.Sprint(ids[0])
	o.bulk("contacts", "UpdateMultiple", target("contact", `"contactid":"`+first+`","lastname":"C"`)+","+target("contact", `"contactid":"`+chosen+`","firstname":"D"`)).want(204)
	o.bulk("contacts", "UpsertMultiple", target("contact", `"contactid":"`+missing+`","lastname":"E"`)+","+target("contact", `"contactid":"`+chosen+`","lastname":"F"`)).want(204)
	for id, want := range map[string]string{first: "C", chosen: "D F", missing: "E"} {
		if got := o.get("contacts(" + id + ")").want(200).object()["fullname"]; got != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func TestBulkOperationsOnStandardTablesAreAllOrNothing(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	before := o.census()
	known := o.demo.Contacts[0]
	o.bulk("contacts", "CreateMultiple", target("contact", `"lastname":"A"`)+","+target("contact", `"contactid":"`+known+`"`)).wantError(412, "0x80040237")
	o.bulk("contacts", "UpdateMultiple", target("contact", `"contactid":"`+known+`","lastname":"A"`)+","+target("contact", `"contactid":"`+missing+`"`)).wantError(404, "0x80040217")
	o.bulk("contacts", "UpsertMultiple", target("contact", `"contactid":"`+missing+`"`)+","+target("contact", `"contactid":"`+known+`","lastname":5`)).wantError(400, "0x80048d19")
	if after := o.census(); after != before {
		t.Errorf("%s, were %s", after, before)
	}
	if got := o.get("contacts(" + known + ")").object()["lastname"]; got != "Sample" {
		t.Errorf("lastname %v", got)
	}
}

func TestBulkOperationsOnElasticTablesSucceedInPart(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const set, table, key = "msdyn_proactive_delivery_attributes", "msdyn_proactive_delivery_attribute", "msdyn_proactive_delivery_attributeid"
	one, two := `"`+key+`":"`+chosen+`"`, `"`+key+`":"`+missing+`","partitionid":"p"`
	o.bulk(set, "CreateMultiple", target(table, one+`,"msdyn_keyword":"a"`)+","+target(table, one)+","+target(table, two)).wantError(412, "0x80040237")
	o.get(set + "(" + chosen + ")").want(200)
	o.get(set + "(" + missing + ")?partitionId=p").want(200)
	o.bulk(set, "UpsertMultiple", target(table, one+`,"msdyn_value":"b"`)).want(204)
	if row := o.get(set + "(" + chosen + ")").object(); row["msdyn_keyword"] != nil || row["msdyn_value"] != "b" {
		t.Errorf("an upsert replaces the row, got %v", row)
	}
	o.bulk(set, "DeleteMultiple", target(table, one)+","+target(table, `"`+key+`":"`+missing+`"`)+","+target(table, two)).wantError(404, "0x80040217")
	if got := o.get(set + "/$count"); string(got.body) != "0" {
		t.Errorf("%s left", got.body)
	}
}

func TestBulkOperationsThatAreNone(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	path := "contacts/Microsoft.Dynamics.CRM.CreateMultiple"
	for body, status := range map[string]int{
		`{}`: 400, `{"targets":[]}`: 400, `{"Targets":{}}`: 400, `{"Targets":[]}`: 400, `{"Targets":["x"]}`: 400, `{"Targets":[{"lastname":"x"}]}`: 400,
		`{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.queue"}]}`: 400, `[`: 400,
	} {
		if a := o.call(http.MethodPost, path, body); a.status != status {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	o.get(path).wantError(404, "")
	o.call(http.MethodPost, "contacts/Microsoft.Dynamics.CRM.Nothing", `{}`).wantError(501, "MockUnsupported")
	o.bulk("contacts", "DeleteMultiple", target("contact", `"contactid":"`+chosen+`"`)).wantError(405, "0x80040800")
	o.bulk("contacts", "UpdateMultiple", target("contact", `"lastname":"x"`)).wantError(501, "MockUnsupported")
	o.call(http.MethodPost, "CreateMultiple", `{}`).want(404)
}
