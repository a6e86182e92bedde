package dataverse_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestDeepInsertCreatesTheRowsAround(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.call(http.MethodPost, "queues?$select=name&$expand=msdyn_decisionrulesetid($select=msdyn_name),queuemembership_association($select=lastname)", `{
		"name":"deep",
		"msdyn_decisionrulesetid":{"msdyn_name":"inner","ownerid@odata.bind":"/systemusers(`+o.demo.Representatives[0]+`)"},
		"queuemembership_association":[{"lastname":"One","domainname":"one@contoso.example"},{"lastname":"Two","domainname":"two@contoso.example"}],
		"msdyn_proactive_engagement_config_queue_queue":[{"msdyn_name":"child","msdyn_workstream":{"msdyn_name":"grandchild"}}]
	}`, "Prefer: return=representation").want(http.StatusCreated)
	row := a.object()
	ruleset, _ := row["msdyn_decisionrulesetid"].(map[string]any)
	users, _ := row["queuemembership_association"].([]any)
	if ruleset["msdyn_name"] != "inner" || len(users) != 2 {
		t.Errorf("answer %s", a.body)
	}
	id, _ := row["queueid"].(string)
	children := o.get("queues(" + id + ")/msdyn_proactive_engagement_config_queue_queue?$expand=msdyn_workstream($select=msdyn_name)").rows()
	if len(children) != 1 || children[0]["msdyn_workstream"].(map[string]any)["msdyn_name"] != "grandchild" {
		t.Errorf("children %v", children)
	}
	existing := o.get(`msdyn_decisionrulesets?$filter=msdyn_name eq 'inner'`).rows()
	if len(existing) != 1 || existing[0]["_ownerid_value"] != o.demo.Representatives[0] {
		t.Errorf("ruleset %v", existing)
	}
}

func TestDeepInsertIsAllOrNothing(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	before := o.census()
	for _, body := range []string{
		`{"name":"x","msdyn_decisionrulesetid":{"msdyn_name":"y"},"queuemembership_association":[{"systemuserid":"` + chosen + `"},{"systemuserid":"` + chosen + `"}]}`,
		`{"queueid":"` + o.demo.RetailQueue + `","msdyn_decisionrulesetid":{"msdyn_name":"y"}}`,
		`{"name":"x","queuemembership_association@odata.bind":["/systemusers(` + o.demo.Representatives[0] + `)","/systemusers(` + o.demo.Representatives[0] + `)"]}`,
	} {
		o.call(http.MethodPost, "queues", body).wantError(412, "0x80040237")
		if after := o.census(); after != before {
			t.Errorf("%s: %s, were %s", body, after, before)
		}
	}
}

// census counts the rows a deep insert can touch.
func (o *org) census() string {
	o.tb.Helper()
	var all []string
	for _, set := range []string{"queues", "queuememberships", "systemusers", "msdyn_decisionrulesets", "msdyn_proactive_engagement_configs", "contacts"} {
		all = append(all, string(o.get(set+"/$count").want(200).body)+" "+set)
	}
	return strings.Join(all, ", ")
}

func TestCollectionsBindExistingRows(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.call(http.MethodPost, "queues", `{"name":"bound",
		"queuemembership_association@odata.bind":["/systemusers(`+o.demo.Representatives[0]+`)","`+root+`systemusers(`+o.demo.Representatives[1]+`)"],
		"msdyn_proactive_engagement_config_queue_queue@odata.bind":["msdyn_proactive_engagement_configs(`+o.demo.RetailEngagement+`)"]}`).want(204)
	if got := o.get(a.one("OData-EntityId") + "/queuemembership_association").rows(); len(got) != 2 {
		t.Errorf("%d members", len(got))
	}
	if got := o.get("msdyn_proactive_engagement_configs(" + o.demo.RetailEngagement + ")/msdyn_queue/$ref").object()["@odata.id"]; got != a.one("OData-EntityId") {
		t.Errorf("queue %v", got)
	}
}

func TestWhatADeepInsertCannotDo(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	before := o.census()
	queue := "queues(" + o.demo.RetailQueue + ")"
	o.call(http.MethodPatch, queue, `{"msdyn_decisionrulesetid":{"msdyn_name":"x"}}`).wantError(501, "MockUnsupported")
	o.call(http.MethodPatch, queue, `{"queuemembership_association@odata.bind":["/systemusers(`+o.demo.Representatives[0]+`)"]}`).wantError(501, "MockUnsupported")
	o.call(http.MethodPost, "msdyn_proactive_deliveries", `{"msdyn_proactive_delivery_attribute_msdyn_proactive_delivery_msdyn_proactive_delivery":[{"msdyn_keyword":"x"}]}`).wantError(501, "MockUnsupported")
	// A child that says itself whom it belongs to.
	o.call(http.MethodPost, "queues", `{"name":"x","msdyn_proactive_engagement_config_queue_queue":[{"msdyn_queue":null}]}`).wantError(501, "MockUnsupported")
	nested := strings.Repeat(`{"msdyn_decisionrulesetid":`, 1) + strings.Repeat(`{"ownerid":`, 2000) + "1" + strings.Repeat("}", 2001)
	if a := o.call(http.MethodPost, "queues", nested); a.status != 501 && a.status != 400 {
		t.Errorf("%d: %s", a.status, a.body)
	}
	if after := o.census(); after != before {
		t.Errorf("%s, were %s", after, before)
	}
	// An upsert that creates may be deep.
	o.call(http.MethodPatch, "queues("+chosen+")", `{"name":"x","msdyn_decisionrulesetid":{"msdyn_name":"x"}}`).want(204)
}
