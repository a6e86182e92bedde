package dataverse_test

import (
	"net/http"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

// withKeys is an organisation with a key of one text, one of two texts, one of a lookup and a number.
func withKeys(t *testing.T) *org {
	t.Helper()
	return newOrg(t, func(opts *dataverse.Options) {
		opts.Keys = []dataverse.Key{
			{Table: "contact", Name: "Email", Columns: []string{"emailaddress1"}},
			{Table: "contact", Name: "Name", Columns: []string{"firstname", "lastname"}},
			{Table: "queue", Name: "Place", Columns: []string{"msdyn_prequeueoverflowrulesetid", "msdyn_priority"}},
		}
	})
}

func TestAlternateKeysInEveryEncoding(t *testing.T) {
	t.Parallel()
	o := withKeys(t)
	for value, forms := range map[string][]string{
		"a@b":      {"'a@b'", "'a%40b'", "%27a@b%27", "'A@B'", " 'a@b' "},
		"O'Brien":  {"'O''Brien'", "'O%27%27Brien'", "%27O%27%27Brien%27"},
		"A//1":     {"'A//1'", "'A%2F%2F1'"},
		"a b+c":    {"'a%20b+c'", "'a%20b%2Bc'"},
		"(x),y=z":  {"'(x),y=z'", "'%28x%29%2Cy%3Dz'"},
		"100%25":   {"'100%2525'"},
		"é straße": {"'%C3%A9%20stra%C3%9Fe'"},
	} {
		o.call(http.MethodPost, "contacts", `{"lastname":"x","emailaddress1":"`+value+`"}`).want(204)
		for _, form := range forms {
			if got := o.get("contacts(emailaddress1=" + form + ")").want(200).object()["emailaddress1"]; got != value {
				t.Errorf("%s: %v, want %q", form, got, value)
			}
		}
	}
}

func TestAlternateKeysOfSeveralColumnsAndLookups(t *testing.T) {
	t.Parallel()
	o := withKeys(t)
	o.get("contacts(lastname='sample',firstname='CAMILLE')").want(200)
	place := "queues(_msdyn_prequeueoverflowrulesetid_value=" + o.demo.RetailPrequeue + ",msdyn_priority=7)"
	o.get(place).wantError(404, "0x80060891")
	o.call(http.MethodPatch, place, `{"name":"by key"}`, "If-Match: *").wantError(404, "0x80060891")
	o.call(http.MethodPatch, place, `{"name":"by key"}`, "If-None-Match: *").want(204)
	o.call(http.MethodPatch, place, `{"name":"by key"}`, "If-None-Match: *").wantError(412, "")
	row := o.get(place).want(200).object()
	if row["_msdyn_prequeueoverflowrulesetid_value"] != o.demo.RetailPrequeue || row["name"] != "by key" {
		t.Errorf("row %v", row)
	}
	// The key of the URL is dropped from the body of an update.
	o.call(http.MethodPatch, place, `{"name":"again","msdyn_priority":8}`).want(204)
	if got := o.get(place).want(200).object()["name"]; got != "again" {
		t.Errorf("name %v", got)
	}
	o.call(http.MethodPut, place+"/name", `{"value":"once more"}`).want(204)
	o.call(http.MethodDelete, place, "").want(204)
	o.get(place).want(404)
}

func TestBindByAlternateKey(t *testing.T) {
	t.Parallel()
	o := withKeys(t)
	o.call(http.MethodPatch, "contacts(firstname='Camille',lastname='Sample')", `{"ownerid@odata.bind":"/systemusers(`+o.demo.Representatives[0]+`)"}`).want(204)
	o.call(http.MethodPost, "queues", `{"queueid":"`+chosen+`","msdyn_priority":9,"msdyn_decisionrulesetid@odata.bind":"/msdyn_decisionrulesets(`+o.demo.RetailPrequeue+`)"}`).want(204)
	link := "/queues(_msdyn_prequeueoverflowrulesetid_value=" + o.demo.RetailPrequeue + ",msdyn_priority=9)"
	o.call(http.MethodPost, "msdyn_proactive_engagement_configs", `{"msdyn_name":"x","msdyn_queue@odata.bind":"`+link+`"}`).want(204)
	if got := o.get("msdyn_proactive_engagement_configs?$filter=msdyn_name eq 'x'").column("_msdyn_queue_value"); len(got) != 1 || got[0] != chosen {
		t.Errorf("queue %v", got)
	}
	o.call(http.MethodPost, "msdyn_proactive_engagement_configs", `{"msdyn_queue@odata.bind":"`+strings.Replace(link, "=9", "=7", 1)+`"}`).want(404)
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	o := withKeys(t)
	for _, key := range []string{
		"", "emailaddress1='a',emailaddress1='b'", "emailaddress1=null", "emailaddress1=5", "emailaddress1", "firstname='a'", "telephone1='1'",
		"firstname='a',lastname='b',emailaddress1='c'", "contactid=" + chosen + ",emailaddress1='c'", "contactid='" + chosen + "'",
		"'" + chosen + "'", chosen + "," + chosen, "emailaddress1='a", "emailaddress1='a''", "emailaddress1=a'b'", "=", ",", "contactid=",
		"contactid=" + chosen + ",contactid=" + chosen, "{" + chosen + "}",
	} {
		text := o.get("contacts("+key+")").wantError(400, "0x80060888")
		if !strings.HasPrefix(text, "The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.contact'.") && !strings.Contains(text, "syntax") {
			t.Errorf("%s: %s", key, text)
		}
	}
	o.get("contacts(emailaddress1=@p)?@p='a'").wantError(501, "MockUnsupported")
	o.get("contacts(contactid=" + o.demo.Contacts[0] + ")").want(200)
	o.get("systemusers(systemuserid=" + o.demo.Representatives[0] + ")").want(400)
	o.get("systemusers(ownerid=" + o.demo.Representatives[0] + ")").want(200)
}

func TestDuplicatesOfKeys(t *testing.T) {
	t.Parallel()
	o := withKeys(t)
	o.call(http.MethodPost, "contacts", `{"contactid":"`+chosen+`","emailaddress1":"a@b"}`).want(204)
	o.call(http.MethodPost, "contacts", `{"contactid":"`+chosen+`"}`).wantError(412, "0x80040237")
	o.call(http.MethodPost, "contacts", `{"emailaddress1":"A@B"}`).wantError(412, "0x80060892")
	o.call(http.MethodPatch, "contacts("+o.demo.Contacts[0]+")", `{"emailaddress1":"a@b"}`).wantError(412, "0x80060892")
	o.call(http.MethodPut, "contacts("+o.demo.Contacts[0]+")/emailaddress1", `{"value":"a@b"}`).wantError(412, "0x80060892")
	o.call(http.MethodPatch, "contacts("+chosen+")", `{"emailaddress1":"A@B"}`).want(204) // its own
	o.call(http.MethodDelete, "contacts("+chosen+")", "").want(204)
	o.call(http.MethodPost, "contacts", `{"emailaddress1":"a@b"}`).want(204) // free again
	o.call(http.MethodPost, "contacts", `{"firstname":"x"}`).want(204)
	o.call(http.MethodPost, "contacts", `{"firstname":"x"}`).want(204) // an empty column: not enforced
}
