package dataverse_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/mocks/dataverse"
)

const check = "/Microsoft.Dynamics.CRM.TriggerServiceEndpointCheck"

func TestACheckedEndpointIsSentAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		for range 2 {
			if got := o.call(http.MethodPost, "serviceendpoints("+endpoint+")"+check, "").want(204); len(got.body) > 0 {
				t.Errorf("body %s", got.body)
			}
		}
		pass(10 * time.Second)
		got := box.take()
		if len(got) != 2 || got[0].Entity != "platform-events" || got[0].Namespace != "sb://bank.servicebus.windows.net/" {
			t.Fatalf("messages %v", got)
		}
		e := read(t, got[0])
		if e.MessageName != "TriggerServiceEndpointCheck" || e.PrimaryEntityName != "serviceendpoint" || e.PrimaryEntityId != endpoint ||
			len(e.InputParameters) != 1 || e.InputParameters[0].Key != "Entity" {
			t.Errorf("context %+v", e)
		}
		done := o.get("asyncoperations?$filter=statuscode eq 30 and messagename eq 'TriggerServiceEndpointCheck'").rows()
		if len(done) != 2 || done[0]["name"] != "adapter" || done[0]["primaryentitytype"] != "serviceendpoint" {
			t.Errorf("jobs %v", done)
		}
	})
}

func TestACheckThatFailsIsAJobThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		box.fail(errors.New("the key is wrong"))
		o.call(http.MethodPost, "serviceendpoints("+endpoint+")"+check, "{}").want(204)
		pass(10 * time.Second)
		waiting := o.get("asyncoperations?$filter=statuscode eq 10").rows()
		if len(waiting) != 1 || waiting[0]["message"] != "the key is wrong" || waiting[0]["retrycount"] != json.Number("1") {
			t.Errorf("waiting %v", waiting)
		}
	})
}

func TestWhatNoCheckIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		at := "serviceendpoints(" + endpoint + ")"
		o.call(http.MethodPost, "serviceendpoints("+chosen+")"+check, "").wantError(404, "0x80040217")
		o.call(http.MethodPost, at+check, `{"Entity":"x"}`).want(400)
		o.call(http.MethodPost, at+check, `[]`).want(400)
		o.call(http.MethodPost, at+check+"?$select=name", "").want(400)
		o.call(http.MethodPost, at+check, "", "If-Match: *").want(501)
		o.get(at + check).want(404)
		o.call(http.MethodPost, at+check+"()", "").want(501)
		o.call(http.MethodPost, at+check+"/x", "").want(501)
		o.call(http.MethodPost, "contacts("+o.demo.Contacts[0]+")"+check, "").want(501)
		o.call(http.MethodPost, "serviceendpoints"+check, "").want(501)
		pass(time.Minute)
		if got := box.take(); len(got) > 0 {
			t.Errorf("sent %v", got)
		}
	})
}

func TestACheckBelongsToItsChangeSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := &postbox{}
		o := newOrg(t, func(opts *dataverse.Options) { opts.Poster = box })
		endpoint := o.endpoint()
		good, bad := write("1", "POST /api/data/v9.2/serviceendpoints("+endpoint+")"+check, "{}"), write("2", "POST /api/data/v9.2/contacts", `{"nothing":1}`)
		o.batch(multi("b", changeSet(good, bad)))
		pass(time.Minute)
		if got := box.take(); len(got) > 0 {
			t.Errorf("sent %v", got)
		}
		o.batch(multi("b", changeSet(good)))
		pass(time.Minute)
		if got := box.take(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
	})
}

func TestACheckTakesTheRightToRead(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	endpoint := o.endpoint()
	o.call(http.MethodPost, "serviceendpoints("+endpoint+")"+check, "", asAdapter).want(204)
	o.define(dataverse.Role{Name: "blind", Tables: map[string]dataverse.Verbs{"queue": dataverse.Read}})
	o.setRoles(adapterApp, "blind")
	o.call(http.MethodPost, "serviceendpoints("+endpoint+")"+check, "", asAdapter).wantError(403, "0x80040220")
}
