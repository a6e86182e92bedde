package dataverse_test

import (
	"net/http"
	"testing"
)

func TestConditionsThatAreNone(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "contacts(" + o.demo.Contacts[0] + ")"
	for header, status := range map[string]int{
		"If-Match: 5": 400, `If-Match: W/5`: 400, `If-Match: "a`: 400, `If-Match: W/"1", W/"2"`: 400,
		`If-Match: "1"`:  412, // a strong tag, well formed, is not the row's
		`If-Match: null`: 204,
	} {
		if a := o.call(http.MethodPatch, row, `{"firstname":"x"}`, header); a.status != status {
			t.Errorf("%s: %d, want %d: %s", header, a.status, status, a.body)
		}
	}
	o.call(http.MethodPatch, row, `{}`, "If-Match: *", "If-None-Match: *").wantError(501, "MockUnsupported")
	o.get(row, "If-None-Match: *").wantError(501, "MockUnsupported")
	o.call(http.MethodDelete, row, "", "If-None-Match: *").wantError(501, "MockUnsupported")
	o.call(http.MethodPost, "contacts", `{}`, "If-None-Match: *").wantError(501, "MockUnsupported")
	o.call(http.MethodDelete, row, "", "If-Match: *").want(204)
	o.call(http.MethodDelete, row, "", "If-Match: *").want(404)
}

func TestTablesWithoutOptimisticConcurrency(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	id, _ := o.get("queuememberships?$top=1").rows()[0]["queuemembershipid"].(string)
	row := "queuememberships(" + id + ")"
	tag := o.get(row).one("ETag")
	o.get(row, "If-None-Match: "+tag).want(200)
	o.call(http.MethodPatch, row, `{}`, "If-Match: "+tag).wantError(400, "0x8006088d")
	o.call(http.MethodDelete, row, "", "If-Match: "+tag).wantError(400, "0x8006088d")
	o.call(http.MethodDelete, row, "", "If-Match: *").want(204)
}
