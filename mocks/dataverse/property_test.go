package dataverse_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestOneColumnIsReadWrittenAndCleared(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	tag := o.get(row).one("ETag")
	o.call(http.MethodPut, row+"/lastname", `{"value":"O'Neil \u00e9"}`).want(204)
	a := o.get(row + "/lastname").want(200)
	if got := a.object(); len(got) != 2 || got["value"] != "O'Neil é" || got["@odata.context"] != root+"$metadata#"+row+"/lastname" {
		t.Errorf("column %s", a.body)
	}
	if raw := o.get(row + "/lastname/$value").want(200); string(raw.body) != "O'Neil é" || raw.one("Content-Type") != "text/plain" {
		t.Errorf("value %q as %s", raw.body, raw.one("Content-Type"))
	}
	if now := o.get(row); now.one("ETag") == tag || now.object()["fullname"] != "Camille O'Neil é" {
		t.Errorf("row %s", now.body)
	}
	o.call(http.MethodDelete, row+"/lastname", "").want(204)
	for _, empty := range []string{"/lastname", "/lastname/$value"} {
		if a := o.get(row + empty).want(204); len(a.body) > 0 {
			t.Errorf("%s: %s", empty, a.body)
		}
	}
}

func TestBareValuesOfEveryKind(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "queues(" + o.demo.RetailQueue + ")"
	o.call(http.MethodPatch, row, `{"msdyn_priority":1234}`).want(204)
	for path, want := range map[string]string{
		"msdyn_priority": "1234", "msdyn_isomnichannelqueue": "true", "queueid": o.demo.RetailQueue,
		"_msdyn_prequeueoverflowrulesetid_value": o.demo.RetailPrequeue,
	} {
		if got := o.get(row + "/" + path + "/$value").want(200); string(got.body) != want {
			t.Errorf("%s: %q, want %q", path, got.body, want)
		}
	}
	if got := string(o.get(row + "/createdon/$value").want(200).body); len(got) != len("2026-10-01T12:34:56Z") || !strings.HasSuffix(got, "Z") {
		t.Errorf("createdon %q", got)
	}
}

func TestOneColumnIsRefusedLikeTheWholeRow(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	for _, tc := range []struct {
		method, path, body string
		header             string
		status             int
		code               string
	}{
		{"PUT", "/lastname", `{"value":5}`, "", 400, "0x80048d19"},
		{"PUT", "/lastname", `{"Value":"x"}`, "", 400, "0x80048d19"},
		{"PUT", "/lastname", `{"value":"x","more":1}`, "", 400, "0x80048d19"},
		{"PUT", "/lastname", `"x"`, "", 400, "0x80048d19"},
		{"PUT", "/lastname", `{"value":"` + strings.Repeat("x", 51) + `"}`, "", 400, "0x80044331"},
		{"PUT", "/lastname", `{"value":"x"}`, `If-Match: W/"1"`, 412, "0x80060882"},
		{"PUT", "/lastname", `{"value":"x"}`, `If-None-Match: *`, 501, "MockUnsupported"},
		{"PUT", "/lastname", `{"value":"x"}`, "Prefer: return=representation", 501, "MockUnsupported"},
		{"DELETE", "/lastname", "", `If-Match: W/"1"`, 412, "0x80060882"},
		{"PUT", "/contactid", `{"value":"` + chosen + `"}`, "", 400, "0x80060888"},
		{"DELETE", "/contactid", "", "", 400, "0x80060888"},
		{"PUT", "/createdon", `{"value":"2026-01-01T00:00:00Z"}`, "", 501, "MockUnsupported"},
		{"PUT", "/_ownerid_value", `{"value":"` + chosen + `"}`, "", 400, "0x80060888"},
		{"PUT", "/statecode", `{"value":null}`, "", 400, "0x80048408"},
		{"PUT", "/Lastname", `{"value":"x"}`, "", 404, "0x8006088a"},
		{"PUT", "/lastname?$select=lastname", `{"value":"x"}`, "", 400, "0x80060888"},
		{"GET", "/lastname?$select=lastname", "", "", 400, "0x80060888"},
		{"GET", "/lastname", "", `If-None-Match: W/"1"`, 501, "MockUnsupported"},
		{"GET", "/lastname", "", `Prefer: odata.include-annotations="*"`, 501, "MockUnsupported"},
		{"GET", "/lastname/$count", "", "", 501, "MockUnsupported"},
	} {
		headers := []string{}
		if tc.header != "" {
			headers = append(headers, tc.header)
		}
		o.in(t).call(tc.method, row+tc.path, tc.body, headers...).wantError(tc.status, tc.code)
	}
	if got := o.get(row).object()["lastname"]; got != "Sample" {
		t.Errorf("lastname %v", got)
	}
	o.call(http.MethodPut, row+"/lastname", `{"value":"x"}`, "If-Match: "+o.get(row).one("ETag")).want(204)
	o.call(http.MethodPut, "contacts("+missing+")/lastname", `{"value":"x"}`).wantError(404, "0x80040217")
	o.call(http.MethodPut, row+"/statecode", `{"value":1}`).want(204)
}
