package dataverse_test

import (
	"net/http"
	"slices"
	"testing"
)

func TestLookupReferences(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	queue := "queues(" + o.demo.MessagingQueue + ")"
	path := queue + "/msdyn_decisionrulesetid/$ref"
	o.get(path).want(204)
	for _, link := range []string{
		root + "msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")", "/api/data/v9.2/msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")",
		"/msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")", "msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")",
	} {
		o.call(http.MethodPut, path, `{"@odata.id":"`+link+`"}`).want(204)
		a := o.get(path).want(200).object()
		if a["@odata.id"] != root+"msdyn_decisionrulesets("+o.demo.RetailPrequeue+")" || a["@odata.context"] != root+"$metadata#$ref" {
			t.Errorf("%s: %v", link, a)
		}
		if got := o.get(queue).object()["_msdyn_prequeueoverflowrulesetid_value"]; got != o.demo.RetailPrequeue {
			t.Errorf("%s: lookup %v", link, got)
		}
		o.call(http.MethodDelete, path, "").want(204)
		o.get(path).want(204)
	}
	o.call(http.MethodDelete, path, "").want(204) // a repeat
}

func TestReferencesAreRefused(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	queue := "queues(" + o.demo.RetailQueue + ")"
	ruleset := `{"@odata.id":"/msdyn_decisionrulesets(` + o.demo.RetailPrequeue + `)"}`
	user := "systemusers(" + o.demo.Representatives[0] + ")"
	members := queue + "/queuemembership_association"
	for _, tc := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", `{"@odata.id":"/contacts(` + o.demo.Contacts[0] + `)"}`, 400, "0x80048d19"},
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", `{"@odata.id":"/msdyn_decisionrulesets(` + missing + `)"}`, 404, "0x80040217"},
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", `{"@odata.id":"/msdyn_decisionrulesets"}`, 400, "0x80048d19"},
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", `{"@odata.id":"https://elsewhere.example/msdyn_decisionrulesets(` + missing + `)"}`, 400, "0x80048d19"},
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", `{"@odata.id":null}`, 400, "0x80048d19"},
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", `{"id":"x"}`, 400, "0x80048d19"},
		{"PUT", queue + "/msdyn_decisionrulesetid/$ref", ``, 400, "0x80048d19"},
		{"PUT", queue + "/createdby/$ref", `{"@odata.id":"/` + user + `"}`, 501, "MockUnsupported"},
		{"PUT", "queues(" + missing + ")/msdyn_decisionrulesetid/$ref", ruleset, 404, "0x80040217"},
		{"POST", members + "/$ref", `{"@odata.id":"/` + user + `"}`, 412, "0x80040237"},
		{"POST", members + "/$ref", ruleset, 400, "0x80048d19"},
		{"DELETE", members + "/$ref", "", 400, "0x80060888"},
		{"DELETE", members + "(" + o.demo.Representatives[0] + ")/$ref?$id=" + root + user, "", 400, "0x80060888"},
		{"DELETE", members + "(x)/$ref", "", 400, "0x80060888"},
		{"DELETE", members + "(" + missing + ")/$ref", "", 404, "0x80040217"},
	} {
		o.in(t).call(tc.method, tc.path, tc.body).wantError(tc.status, tc.code)
	}
	if got := o.get(members).rows(); len(got) != 3 {
		t.Errorf("%d members", len(got))
	}
	if got := o.get(queue).object()["_msdyn_prequeueoverflowrulesetid_value"]; got != o.demo.RetailPrequeue {
		t.Errorf("lookup %v", got)
	}
}

func TestManyToManyReferences(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	members := "queues(" + o.demo.MessagingQueue + ")/queuemembership_association"
	user := root + "systemusers(" + o.demo.Representatives[1] + ")"
	listed := func() []any { return o.get(members + "/$ref").column("@odata.id") }
	for _, removal := range []string{
		members + "(" + o.demo.Representatives[1] + ")/$ref", members + "/$ref?$id=" + user,
		members + "/$ref?$id=systemusers(ownerid=" + o.demo.Representatives[1] + ")",
	} {
		o.call(http.MethodPost, members+"/$ref", `{"@odata.id":"`+user+`"}`).want(204)
		if got := listed(); !slices.Equal(got, []any{user}) {
			t.Errorf("members %v", got)
		}
		o.call(http.MethodDelete, removal, "").want(204)
		if got := listed(); len(got) > 0 {
			t.Errorf("%s leaves %v", removal, got)
		}
		o.call(http.MethodDelete, removal, "").want(204) // a repeat
	}
}

func TestOneToManyReferencesSetTheLookupBehind(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	configurations := "queues(" + o.demo.MessagingQueue + ")/msdyn_proactive_engagement_config_queue_queue"
	one := "msdyn_proactive_engagement_configs(" + o.demo.RetailEngagement + ")"
	o.call(http.MethodDelete, configurations+"("+o.demo.RetailEngagement+")/$ref", "").wantError(501, "MockUnsupported") // another queue's
	o.call(http.MethodPost, configurations+"/$ref", `{"@odata.id":"/`+one+`"}`).want(204)
	if got := o.get(one).object()["_msdyn_queue_value"]; got != o.demo.MessagingQueue {
		t.Errorf("queue %v", got)
	}
	for range 2 {
		o.call(http.MethodDelete, configurations+"("+o.demo.RetailEngagement+")/$ref", "").want(204)
		if got := o.get(one).object()["_msdyn_queue_value"]; got != nil {
			t.Errorf("queue %v", got)
		}
	}
}
