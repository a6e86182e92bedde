package dataverse_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

const (
	adapterApp = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
	otherApp   = "1f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
)

// guarded is an organisation with two application users beside the administrator.
func guarded(tb testing.TB) *org {
	tb.Helper()
	return newOrg(tb, func(opts *dataverse.Options) {
		opts.Tokens = verifier{"adapter": adapterApp, "other": otherApp}
		opts.Applications = []string{adapterApp, otherApp}
	})
}

const (
	asAdapter = "Authorization: Bearer adapter"
	asOther   = "Authorization: Bearer other"
)

func (o *org) userID(as string) string {
	o.tb.Helper()
	id, _ := o.get("WhoAmI", as).want(200).object()["UserId"].(string)
	return id
}

func (o *org) define(r dataverse.Role) {
	o.tb.Helper()
	if err := o.mock.DefineRole(r); err != nil {
		o.tb.Fatal(err)
	}
}

func (o *org) setRoles(application string, names ...string) {
	o.tb.Helper()
	if err := o.mock.SetRoles(application, names...); err != nil {
		o.tb.Fatal(err)
	}
}

func TestTheAdaptersRoleIsWhatTheAdapterNeeds(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	o.get("queues?$expand=msdyn_prequeueoverflowrulesetid_missing", asAdapter).want(400)
	o.get("queues?$expand=msdyn_decisionrulesetid($select=msdyn_name)", asAdapter).want(200)
	o.call(http.MethodPost, createDelivery, o.deliveryBody(), asAdapter).want(200)
	o.call(http.MethodPost, "contacts", `{"lastname":"New"}`, asAdapter).want(204)
	o.call(http.MethodPatch, "contacts("+o.demo.Contacts[0]+")", `{"lastname":"New"}`, asAdapter).want(204)
	for _, refused := range [][3]string{
		{http.MethodPost, "queues", `{"name":"x"}`},
		{http.MethodPatch, "queues(" + o.demo.RetailQueue + ")", `{"name":"x"}`},
		{http.MethodPatch, "queues(" + missing + ")", `{"name":"x"}`},
		{http.MethodDelete, "queues(" + o.demo.RetailQueue + ")", ""},
		{http.MethodDelete, "contacts(" + o.demo.Contacts[0] + ")", ""},
		{http.MethodPost, "systemusers", `{"domainname":"x"}`},
	} {
		o.call(refused[0], refused[1], refused[2], asAdapter).wantError(http.StatusForbidden, "0x80040220")
	}
	if name := o.get("queues("+o.demo.RetailQueue+")?$select=name", asAdapter).object()["name"]; name != "Retail banking" {
		t.Errorf("a refused write changed the name to %v", name)
	}
}

func TestAMissingPrivilegeIsNamed(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	user := o.userID(asOther)
	const contact, queue = dataverse.Create | dataverse.Read, dataverse.Read
	for _, tc := range []struct {
		tables                 map[string]dataverse.Verbs
		method, resource, body string
		missing                string // empty: allowed
	}{
		{nil, http.MethodGet, "contacts", "", "prvReadContact"},
		{nil, http.MethodGet, "contacts/$count", "", "prvReadContact"},
		{nil, http.MethodGet, "systemusers", "", "prvReadUser"},
		{nil, http.MethodGet, "msdyn_overflowactionconfigs", "", "prvReadmsdyn_overflowactionconfig"},
		{map[string]dataverse.Verbs{"*": dataverse.Read}, http.MethodGet, "contacts", "", ""},
		{map[string]dataverse.Verbs{"queue": queue}, http.MethodGet, "queues?$expand=msdyn_decisionrulesetid", "", "prvReadmsdyn_decisionruleset"},
		{map[string]dataverse.Verbs{"queue": queue}, http.MethodGet, "queues(" + o.demo.RetailQueue + ")/msdyn_decisionrulesetid", "", "prvReadmsdyn_decisionruleset"},
		{map[string]dataverse.Verbs{"queue": queue}, http.MethodGet, "queues(" + o.demo.RetailQueue + ")/queuemembership_association", "", "prvReadUser"},
		{map[string]dataverse.Verbs{"queue": queue}, http.MethodGet, "queues?$filter=msdyn_decisionrulesetid/msdyn_name eq 'x'", "", "prvReadmsdyn_decisionruleset"},
		{map[string]dataverse.Verbs{"queue": queue}, http.MethodGet, "queues/$count?$filter=queuemembership_association/any()", "", "prvReadUser"},
		{map[string]dataverse.Verbs{"queue": queue}, http.MethodGet, "queues?$orderby=msdyn_decisionrulesetid/msdyn_name", "", "prvReadmsdyn_decisionruleset"},
		{map[string]dataverse.Verbs{"contact": contact}, http.MethodPost, "contacts", `{"lastname":"a"}`, ""},
		{map[string]dataverse.Verbs{"contact": contact}, http.MethodPost, "contacts", `{"lastname":"a","ownerid@odata.bind":"systemusers(` + user + `)"}`, "prvAppendContact"},
		{map[string]dataverse.Verbs{"contact": contact | dataverse.Append}, http.MethodPost, "contacts", `{"lastname":"a","ownerid@odata.bind":"systemusers(` + user + `)"}`, "prvAppendToUser"},
		{map[string]dataverse.Verbs{"contact": contact | dataverse.Append, "systemuser": dataverse.AppendTo}, http.MethodPost, "contacts", `{"lastname":"a","ownerid@odata.bind":"systemusers(` + user + `)"}`, ""},
		{map[string]dataverse.Verbs{"contact": contact}, http.MethodPatch, "contacts(" + o.demo.Contacts[0] + ")", `{"lastname":"a"}`, "prvWriteContact"},
		{map[string]dataverse.Verbs{"contact": contact}, http.MethodPatch, "contacts(" + missing + ")", `{"lastname":"a"}`, ""},
		{map[string]dataverse.Verbs{"contact": contact}, http.MethodDelete, "contacts(" + o.demo.Contacts[0] + ")", "", "prvDeleteContact"},
	} {
		o.define(dataverse.Role{Name: "tried", Tables: tc.tables})
		o.setRoles(otherApp, "tried")
		a := o.call(tc.method, tc.resource, tc.body, asOther)
		if tc.missing == "" {
			if a.status >= 300 {
				t.Errorf("%s %s: %s", tc.method, tc.resource, a.body)
			}
			continue
		}
		text := a.wantError(http.StatusForbidden, "0x80040220")
		if !strings.HasPrefix(text, "Principal user (Id="+user+", type=8, roleCount=1), is missing "+tc.missing+" privilege (Id=") {
			t.Errorf("%s %s: %s", tc.method, tc.resource, text)
		}
	}
}

func TestWhoHasNoRolesMayNothingButAskWhoHeIs(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	o.setRoles(otherApp)
	o.userID(asOther)
	for _, set := range []string{"queues", "roles", "privileges", "msdyn_proactive_deliveries"} {
		o.get(set, asOther).wantError(http.StatusForbidden, "0x80040220")
	}
	o.call(http.MethodPost, createDelivery, o.deliveryBody(), asOther).wantError(http.StatusForbidden, "0x80040220")
	o.call(http.MethodPost, createOperation, `{}`, asOther).wantError(http.StatusForbidden, "0x80040220")
	if got := o.mock.Deliveries(); len(got) > 0 {
		t.Errorf("refused, yet accepted: %v", got)
	}
	if err := o.mock.SetRoles(otherApp, "no such role"); !errors.Is(err, dataverse.ErrUnknownRole) {
		t.Error(err)
	}
	if err := o.mock.SetRoles(missing); !errors.Is(err, dataverse.ErrUnknownApplication) {
		t.Error(err)
	}
	if err := o.mock.DefineRole(dataverse.Role{Name: "x", Tables: map[string]dataverse.Verbs{"nosuchtable": dataverse.Read}}); err == nil {
		t.Error("a role for a table that does not exist")
	}
}

func TestADisabledUserIsTurnedAway(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	id := o.userID(asOther)
	if err := o.mock.Update("systemuser", id, map[string]any{"isdisabled": true}); err != nil {
		t.Fatal(err)
	}
	text := o.get("WhoAmI", asOther).wantError(http.StatusForbidden, "0x80040225")
	if !strings.Contains(text, id) {
		t.Error(text)
	}
	o.get("WhoAmI", "MSCRMCallerID: "+id).wantError(http.StatusForbidden, "0x80040225")
}

func TestImpersonationNeedsThePrivilegeAndGivesTheIntersection(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	representative := o.demo.Representatives[0]
	const object = "2f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
	if err := o.mock.Update("systemuser", representative, map[string]any{"azureactivedirectoryobjectid": object}); err != nil {
		t.Fatal(err)
	}
	const header = "MSCRMCallerID: "
	text := o.get("WhoAmI", asOther, header+representative).wantError(http.StatusForbidden, "0x80040220")
	if !strings.Contains(text, "prvActOnBehalfOfAnotherUser") {
		t.Error(text)
	}
	o.define(dataverse.Role{Name: "proxy", ActOnBehalf: true, Tables: map[string]dataverse.Verbs{"contact": dataverse.Read | dataverse.Create, "queue": dataverse.Read}})
	o.setRoles(otherApp, "proxy")
	if got := o.get("WhoAmI", asOther, header+strings.ToUpper(representative)).want(200).object()["UserId"]; got != representative {
		t.Errorf("UserId %v", got)
	}
	if got := o.get("WhoAmI", asOther, "CallerObjectId: "+object).want(200).object()["UserId"]; got != representative {
		t.Errorf("UserId %v", got)
	}
	// The representative has no role at all: the proxy's own privileges do not help.
	o.get("contacts", asOther, header+representative).wantError(http.StatusForbidden, "0x80040220")
	// The adapter may read rulesets, the proxy may not.
	adapter := o.userID(asAdapter)
	o.get("queues", asOther, header+adapter).want(200)
	o.get("msdyn_decisionrulesets", asOther, header+adapter).wantError(http.StatusForbidden, "0x80040220")

	location := o.call(http.MethodPost, "contacts", `{"lastname":"a"}`, asOther, header+adapter).want(204).one("OData-EntityId")
	row := o.get(location).object()
	if row["_createdby_value"] != adapter || row["_createdonbehalfby_value"] != o.userID(asOther) {
		t.Errorf("createdby %v, createdonbehalfby %v", row["_createdby_value"], row["_createdonbehalfby_value"])
	}
	for _, bad := range []string{header + missing, header + "x", "CallerObjectId: " + missing, "CallerObjectId: x"} {
		o.get("WhoAmI", asOther, bad).wantError(http.StatusForbidden, "0x80072560")
	}
	o.get("WhoAmI", asOther, header+adapter, "CallerObjectId: "+object).want(501)
}

func TestRolesAreRows(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	rows := o.get("roles?$select=name&$orderby=name").column("name")
	want := []any{"Callback adapter", "Omnichannel administrator", "Omnichannel agent", "Omnichannel supervisor", "System Administrator"}
	if len(rows) != len(want) {
		t.Fatalf("roles %v", rows)
	}
	for i := range want {
		if rows[i] != want[i] {
			t.Errorf("roles %v", rows)
		}
	}
	held := o.get("systemusers(ownerid=" + o.userID(asAdapter) + ")/systemuserroles_association?$select=name&$orderby=name").column("name")
	if len(held) != 2 || held[0] != dataverse.RoleAdapter || held[1] != dataverse.RoleAgent {
		t.Errorf("the adapter holds %v", held)
	}
	if rows := o.get("privileges?$filter=name eq 'prvReadQueue'").rows(); len(rows) != 1 {
		t.Errorf("prvReadQueue: %v", rows)
	}
}

// TestABatchGivesNobodyMoreRights: each part is looked at by itself, and a refused one takes its change set back.
func TestABatchGivesNobodyMoreRights(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	lines := []string{
		"--batch_a", `Content-Type: multipart/mixed; boundary="changeset_b"`, "",
		"--changeset_b", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "Content-ID: 1", "",
		"POST /api/data/v9.2/contacts HTTP/1.1", "Content-Type: application/json", "", `{"lastname":"Allowed"}`,
		"--changeset_b", "Content-Type: application/http", "Content-Transfer-Encoding: binary", "Content-ID: 2", "",
		"PATCH /api/data/v9.2/queues(" + o.demo.RetailQueue + ") HTTP/1.1", "Content-Type: application/json", "", `{"name":"Refused"}`,
		"--changeset_b--", "--batch_a--", "",
	}
	a := o.call(http.MethodPost, "$batch", strings.Join(lines, "\r\n"), asAdapter, `Content-Type: multipart/mixed; boundary="batch_a"`)
	if !strings.Contains(string(a.body), "403 Forbidden") || !strings.Contains(string(a.body), "prvWriteQueue") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if rows := o.get("contacts?$filter=lastname eq 'Allowed'").rows(); len(rows) > 0 {
		t.Error("the change set was not taken back")
	}
}

// The address is wrong whoever asks: a set is not deleted, and a privilege to do so would help nobody.
func TestAWrongVerbOnASetIsNoQuestionOfRights(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	for _, method := range []string{http.MethodDelete, http.MethodPatch, http.MethodPut} {
		o.call(method, "accounts", "", asAdapter).want(http.StatusMethodNotAllowed)
	}
}
