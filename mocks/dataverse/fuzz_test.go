package dataverse_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

// FuzzFilter: whatever stands in $filter is answered 200, 400 or 501, never with a defect of the mock.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"name eq 'O''Bryan'", "not contains(name,'a%_[b]')", "msdyn_priority ge -1 and (statecode eq 0 or name ne null)",
		"queuemembership_association/any(u:u/lastname eq 'x')", "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=[\"a\",'b'])",
		"msdyn_decisionrulesetid/msdyn_name eq @p", "createdon gt 2026-10-01T12:34:56.7+02:00", "queueid eq 00000000-0000-4000-8000-000000000001",
		"contains(name,'[^')", "endswith(name,'[]')", "a/b/any(", "((((", "'", "Microsoft.Dynamics.CRM.LastXHours(PropertyName='createdon',PropertyValue=2147483647)", "a eq Microsoft.Dynamics.CRM.X'y'",
		"Microsoft.Dynamics.CRM.UnderOrEqual(PropertyName='ownerid',PropertyValue='00000000-0000-4000-8000-000000000001')",
		"Microsoft.Dynamics.CRM.NextXYears(PropertyName='modifiedon',PropertyValue='99999')", "[", "not not name", "startswith(name,'\xff[\\')",
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
		"queues?$expand=a(b(c;d)", "$metadata?annotations=true",
		"EntityDefinitions(LogicalName='queue')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)",
		"EntityDefinitions?$filter=OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned' and not IsIntersect", "EntityDefinitions('')/Attributes(x)/y",
		"RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')", "LocalTimeFromUtcTime(UtcTime=@p,TimeZoneCode=105)?@p=x",
		"queues?$expand=msdyn_decisionrulesetid($expand=msdyn_queue_decisionrulesetId($expand=owninguser))",
		"timezonedefinitions/Microsoft.Dynamics.CRM.GetAllTimeZonesWithDisplayName(LocaleId=1033)", "contacts(emailaddress1='a%27%27b%2F',firstname=null)/lastname/$value",
		"queues(_msdyn_prequeueoverflowrulesetid_value=00000000-0000-4000-8000-000000000001,msdyn_priority=-1)/name",
		"queues(00000000-0000-4000-8000-000000000001)/queuemembership_association(ownerid=x)/$ref?$id=systemusers(x)",
		"msdyn_proactive_deliveries(msdyn_proactive_deliveryid=00000000-0000-4000-8000-000000000001,partitionid='%2F''')?partitionId='", "queues?$top=9999999999999999999", "//", "queues%28%27", "queues?$select=,", "queues?$filter",
	} {
		f.Add(seed)
	}
	o := newOrg(f, func(opts *dataverse.Options) {
		opts.Keys = []dataverse.Key{
			{Table: "contact", Name: "Email", Columns: []string{"emailaddress1", "firstname"}},
			{Table: "queue", Name: "Place", Columns: []string{"msdyn_prequeueoverflowrulesetid", "msdyn_priority"}},
		}
	})
	f.Fuzz(func(t *testing.T, resource string) {
		if strings.ContainsAny(resource, " \r\n\x00") || strings.HasPrefix(resource, "http") || strings.HasPrefix(resource, "/") {
			return // cannot stand in a request line
		}
		for _, call := range []struct{ method, body string }{
			{http.MethodGet, ""},
			{http.MethodPatch, `{}`},
			{http.MethodPut, `{"value":null}`},
			{http.MethodPost, `{"@odata.id":"contacts(x)"}`},
			{http.MethodDelete, ""},
		} {
			if a := o.in(t).call(call.method, resource, call.body); a.status >= 500 && a.status != http.StatusNotImplemented {
				t.Fatalf("%s: %d: %s", call.method, a.status, a.body)
			}
		}
	})
}

// FuzzBody: and for bodies.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"name":"x"}`, `{"queuemembership_association":[{"lastname":"a"},{}],"msdyn_decisionrulesetid":{"ownerid@odata.bind":"$1"}}`,
		`{"queuemembership_association@odata.bind":["/systemusers(x)",5]}`, `{"msdyn_decisionrulesetid":{"msdyn_decisionrulesetid":{}}}`, `{"a":{"b":[[[{`,
		`{"@odata.id":"//"}`, `{"value":1e400}`, `{"a@odata.bind":"/queues(x)"}`, `{"msdyn_decisionrulesetid@odata.bind":"msdyn_decisionrulesets('')"}`, `[`, `{"name":1e9,"statecode":1.5}`, `{"@":1}`,
	} {
		f.Add(seed)
	}
	o := newOrg(f, nil)
	f.Fuzz(func(t *testing.T, body string) {
		o := o.in(t)
		row := "queues(" + o.demo.RetailQueue + ")"
		o.call(http.MethodPatch, row, body)
		o.call(http.MethodPut, row+"/name", body)
		o.call(http.MethodPut, row+"/msdyn_decisionrulesetid/$ref", body)
		for _, resource := range []string{"queues", createDelivery, createOperation} {
			if a := o.call(http.MethodPost, resource, body); a.status >= 500 && a.status != http.StatusNotImplemented {
				t.Fatalf("%d: %s", a.status, a.body)
			}
		}
	})
}

// FuzzBatch: and for batches. An answer in parts can be read in parts, as many at most as there were delimiters.
func FuzzBatch(f *testing.F) {
	get, post := single("GET "+root+"WhoAmI HTTP/1.1"), write("1", "POST "+root+"contacts", `{"lastname":"x"}`)
	for _, seed := range []string{
		multi("b", get), multi("b", get, changeSet(post, write("2", "PUT $1/lastname", `{"value":"y"}`))), multi("b", changeSet(changeSet(post))),
		multi("b", single("GET "+root+"$1 HTTP/1.1")), "--b\r\n\r\n\r\n--b--\r\n", "--b--\r\n", "--b\n\n--b--", "--b", "--b \t\r\nx: y\r\n--b--\r\n",
		strings.ReplaceAll(multi("b", get), "\r", ""), multi("b", single("POST "+root+"$batch HTTP/1.1", batchType, "", multi("b", get))),
	} {
		f.Add(seed, "multipart/mixed; boundary=b")
	}
	f.Add(multi("c(", get), "multipart/mixed; boundary=c(")
	o := newOrg(f, nil)
	f.Fuzz(func(t *testing.T, body, contentType string) {
		a := o.in(t).batch(body, "Content-Type: "+contentType)
		switch kind := a.one("Content-Type"); {
		case a.status >= 500 && a.status != http.StatusNotImplemented:
			t.Fatalf("%d: %s", a.status, a.body)
		case strings.HasPrefix(kind, "multipart/mixed"):
			if n := len(a.parts()); n == 0 || n > strings.Count(body, "--") {
				t.Fatalf("%d parts for %q", n, body)
			}
		default:
			_ = a.object()
		}
	})
}
