package dataverse_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzFilter: whatever stands in $filter is answered 200, 400 or 501, never with a defect of the mock.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"name eq 'O''Bryan'", "not contains(name,'a%_[b]')", "msdyn_priority ge -1 and (statecode eq 0 or name ne null)",
		"queuemembership_association/any(u:u/lastname eq 'x')", "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=[\"a\",'b'])",
		"msdyn_decisionrulesetid/msdyn_name eq @p", "createdon gt 2026-10-01T12:34:56.7+02:00", "queueid eq 00000000-0000-4000-8000-000000000001",
		"contains(name,'[^')", "endswith(name,'[]')", "a/b/any(", "((((", "'", "[", "not not name", "startswith(name,'\xff[\\')",
	} {
		f.Add(seed)
	}
	o := newOrg(f, nil)
	f.Fuzz(func(t *testing.T, filter string) {
		o := o.in(t)
		a := o.get("queues?$filter=" + url.QueryEscape(filter) + "&@p='x'")
		switch a.status {
		case http.StatusOK, http.StatusBadRequest, http.StatusNotImplemented, http.StatusRequestURITooLong:
		default:
			t.Fatalf("%d: %s", a.status, a.body)
		}
		_ = a.object() // always JSON
	})
}

// FuzzTarget: the same for everything behind the service root.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"queues?$select=name&$expand=msdyn_decisionrulesetid($select=msdyn_name;$expand=createdby)", "queues(x)/y(z)", "queues('a/b''c')",
		"contacts(firstname='J',lastname=@x)?@x='y'", "queues/$count?$filter=name eq 'a?b'", "queues?$orderby=name desc,_ownerid_value",
		"queues?$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22AAAA%22%20/%3E", "WhoAmI()", "?$a", "queues?a=b;c=d&=&&",
		"queues?$expand=a(b(c;d)", "queues?$top=9999999999999999999", "//", "queues%28%27", "queues?$select=,", "queues?$filter",
	} {
		f.Add(seed)
	}
	o := newOrg(f, nil)
	f.Fuzz(func(t *testing.T, resource string) {
		if strings.ContainsAny(resource, " \r\n\x00") || strings.HasPrefix(resource, "http") || strings.HasPrefix(resource, "/") {
			t.Skip() // cannot stand in a request line
		}
		if a := o.in(t).get(resource); a.status >= 500 && a.status != http.StatusNotImplemented {
			t.Fatalf("%d: %s", a.status, a.body)
		}
	})
}

// FuzzBody: and for bodies.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"name":"x"}`, `{"a@odata.bind":"/queues(x)"}`, `{"msdyn_decisionrulesetid@odata.bind":"msdyn_decisionrulesets('')"}`, `[`, `{"name":1e9,"statecode":1.5}`, `{"@":1}`} {
		f.Add(seed)
	}
	o := newOrg(f, nil)
	f.Fuzz(func(t *testing.T, body string) {
		o := o.in(t)
		for _, resource := range []string{"queues", createDelivery, createOperation} {
			if a := o.call(http.MethodPost, resource, body); a.status >= 500 && a.status != http.StatusNotImplemented {
				t.Fatalf("%d: %s", a.status, a.body)
			}
		}
	})
}
