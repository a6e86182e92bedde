package dataverse_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestElasticRowsOfOneKeyInTwoPartitions(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const set = "msdyn_proactive_delivery_attributes"
	const key = "msdyn_proactive_delivery_attributeid"
	for _, partition := range []string{"north", "it's"} {
		o.call(http.MethodPost, set, `{"`+key+`":"`+chosen+`","msdyn_keyword":"`+partition+`","partitionid":"`+partition+`"}`).want(204)
	}
	o.call(http.MethodPost, set, `{"`+key+`":"`+chosen+`","partitionid":"north"}`).wantError(412, "0x80040237")
	for _, address := range []string{
		set + "(" + key + "=" + chosen + ",partitionid='it''s')", set + "(" + chosen + ")?partitionId='it''s'", set + "(" + chosen + ")?partitionId=it's",
		set + "(" + key + "=" + chosen + ",partitionid='it''s')?partitionId=it%27s",
	} {
		if got := o.get(address).want(200).object()["msdyn_keyword"]; got != "it's" {
			t.Errorf("%s: %v", address, got)
		}
	}
	o.get(set + "(" + chosen + ")").want(404)
	o.get(set + "(" + key + "=" + chosen + ",partitionid='north')?partitionId='other'").want(400)
	if got := o.get(set + "?$select=msdyn_keyword&partitionId='north'").column("msdyn_keyword"); len(got) != 1 || got[0] != "north" {
		t.Errorf("rows of a partition: %v", got)
	}
	if got := o.get(set + "/$count?partitionId=it's").want(200); string(got.body) != "1" {
		t.Errorf("count %s", got.body)
	}
	o.get("contacts?partitionId='x'").wantError(501, "MockUnsupported")
	for _, name := range []string{"partitionid", "PartitionId", "PARTITIONID"} {
		for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
			body := map[string]string{http.MethodPatch: "{}"}[method]
			message := o.call(method, set+"("+chosen+")?"+name+"='north'", body).wantError(501, "MockUnsupported")
			if !strings.Contains(message, "query option "+name+" here: it is written partitionId") {
				t.Errorf("%s %s: %s", method, name, message)
			}
		}
	}

	// Ignored on PATCH: this is another row, whose partition is its own key.
	o.call(http.MethodPatch, set+"("+chosen+")?partitionId='north'", `{"msdyn_keyword":"own"}`).want(204)
	if got := o.get(set + "(" + chosen + ")").want(200).object()["partitionid"]; got != chosen {
		t.Errorf("partition %v", got)
	}
	o.call(http.MethodDelete, set+"("+chosen+")?partitionId='north'", "").want(204)
	o.call(http.MethodDelete, set+"("+chosen+")?partitionId='north'", "").want(404)
	if got := o.get(set + "/$count").want(200); string(got.body) != "2" {
		t.Errorf("count %s", got.body)
	}
}

func TestPartitionValues(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const set = "msdyn_proactive_delivery_attributes"
	for value, status := range map[string]int{
		strings.Repeat("x", 1024): 204, strings.Repeat("x", 1025): 400, strings.Repeat("é", 513): 400, "a b": 204,
		"a/b": 400, "a<b": 400, "a>b": 400, "a*b": 400, "a%b": 400, "a&b": 400, "a:b": 400, `a\\b`: 400, "a?b": 400,
	} {
		if a := o.call(http.MethodPost, set, `{"partitionid":"`+value+`"}`); a.status != status {
			t.Errorf("%.20s: %d, want %d: %s", value, a.status, status, a.body)
		}
	}
}

func TestWritesOfElasticRowsAnswerASession(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "msdyn_proactive_delivery_attributes(" + chosen + ")"
	for _, write := range []*answer{
		o.call(http.MethodPatch, row, `{"msdyn_keyword":"a"}`), o.call(http.MethodPatch, row, `{"msdyn_keyword":"a"}`, "If-Match: *"),
		o.call(http.MethodPut, row+"/msdyn_keyword", `{"value":"b"}`), o.call(http.MethodDelete, row+"/msdyn_value", ""),
	} {
		if session := write.want(204).one("x-ms-session-token"); !strings.HasPrefix(session, "240:8#") {
			t.Errorf("session %q", session)
		}
	}
	if a := o.call(http.MethodDelete, row, "").want(204); a.one("x-ms-session-token") != "" {
		t.Error("DELETE answers a session token")
	}
}
