package dataverse_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/dataverse"
)

var update = flag.Bool("update", false, "write the golden files anew")

// postbox is a Service Bus that keeps what it gets, or refuses it.
type postbox struct {
	mu       sync.Mutex
	messages []dataverse.Message
	refuse   error
}

func (p *postbox) Post(_ context.Context, m dataverse.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		return p.refuse
	}
	p.messages = append(p.messages, m)
	return nil
}

func (p *postbox) take() []dataverse.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.messages
	p.messages = nil
	return all
}

func (p *postbox) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = err
}

// posting is an organisation with an endpoint for the queue platform-events.
func posting(tb testing.TB) (*org, *postbox, string) {
	tb.Helper()
	box := &postbox{}
	o := newOrg(tb, func(opts *dataverse.Options) { opts.Poster = box })
	return o, box, o.endpoint()
}

const endpointBody = `{"serviceendpointid":"40000000-0000-4000-8000-000000000001","name":"adapter","contract":6,"authtype":2,"messageformat":2,` +
	`"connectionmode":1,"userclaim":1,"namespaceformat":2,"namespaceaddress":"sb://bank.servicebus.windows.net/","solutionnamespace":"bank",` +
	`"path":"platform-events","saskeyname":"send","saskey":"` + "0123456789012345678901234567890123456789012=" + `"}`

func (o *org) endpoint() string {
	o.tb.Helper()
	location := o.call(http.MethodPost, "serviceendpoints", endpointBody).want(204).one("OData-EntityId")
	return strings.TrimSuffix(location[strings.LastIndexByte(location, '(')+1:], ")")
}

// step registers one for a message and a table; extra is more JSON members.
func (o *org) step(endpoint, message, table, extra string) string {
	o.tb.Helper()
	filter := o.get("sdkmessagefilters?$select=sdkmessagefilterid,_sdkmessageid_value&$filter=primaryobjecttypecode eq '" + table +
		"' and sdkmessageid/name eq '" + message + "' and iscustomprocessingstepallowed eq true").rows()[0]
	location := o.call(http.MethodPost, "sdkmessageprocessingsteps", `{"name":"adapter: `+message+` of `+table+`","stage":40,"mode":1,"rank":1,"supporteddeployment":0,`+
		`"eventhandler_serviceendpoint@odata.bind":"/serviceendpoints(`+endpoint+`)","sdkmessageid@odata.bind":"/sdkmessages(`+filter["_sdkmessageid_value"].(string)+`)",`+
		`"sdkmessagefilterid@odata.bind":"/sdkmessagefilters(`+filter["sdkmessagefilterid"].(string)+`)"`+extra+`}`).want(204).one("OData-EntityId")
	return strings.TrimSuffix(location[strings.LastIndexByte(location, '(')+1:], ")")
}

// event is what the tests read of a message's body.
type remoteEvent struct {
	MessageName, PrimaryEntityName, PrimaryEntityId, OperationId string
	Stage, Mode                                                  int
	InputParameters                                              []struct {
		Key   string
		Value struct {
			Type       string `json:"__type"`
			Attributes []struct {
				Key   string
				Value any
			}
		}
	}
	PreEntityImages, PostEntityImages []struct {
		Key   string
		Value struct {
			Attributes []struct {
				Key   string
				Value any
			}
		}
	}
	OwningExtension struct{ Id string }
}

func read(tb testing.TB, m dataverse.Message) (e remoteEvent) {
	tb.Helper()
	if err := json.Unmarshal(m.Body, &e); err != nil {
		tb.Fatalf("%v in %s", err, m.Body)
	}
	return e
}

func TestAChangeIsPostedAsRemoteExecutionContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		step := o.step(endpoint, "Update", "msdyn_overflowactionconfig", `,"filteringattributes":"msdyn_overflowactiontype"`)
		o.call(http.MethodPatch, "msdyn_overflowactionconfigs("+o.demo.Voicemail+")", `{"msdyn_overflowactiontype":192350003,"msdyn_name":"Callback on wait"}`,
			"User-Agent: Mozilla/5.0").want(204)
		if got := box.take(); len(got) > 0 {
			t.Fatalf("sent at once: %v", got)
		}
		pass(5 * time.Second)
		got := box.take()
		if len(got) != 1 {
			t.Fatalf("%d messages, want 1", len(got))
		}
		m := got[0]
		const prefix = "http://schemas.microsoft.com/xrm/2011/Claims/"
		user := o.get("WhoAmI").object()["UserId"]
		if m.Entity != "platform-events" || m.Namespace != "sb://bank.servicebus.windows.net/" || m.ContentType != "application/json" ||
			m.Properties[prefix+"EntityLogicalName"] != "msdyn_overflowactionconfig" || m.Properties[prefix+"RequestName"] != "Update" ||
			m.Properties[prefix+"InitiatingUser"] != user || m.Properties[prefix+"User"] != user || m.Properties[prefix+"Organization"] == nil {
			t.Errorf("message %+v", m)
		}
		if e := read(t, m); e.PrimaryEntityId != o.demo.Voicemail || e.OwningExtension.Id != step || e.Stage != 40 || e.Mode != 1 {
			t.Errorf("event %+v", e)
		}
		if strings.Contains(strings.ReplaceAll(string(m.Body), `\/`, ""), "/") {
			t.Error("a slash that is not escaped")
		}
		golden(t, "remotecontext.json", m.Body)
	})
}

// golden compares with a file, identifiers and times aside: they depend on how much was made before.
func golden(tb testing.TB, name string, body []byte) {
	tb.Helper()
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		tb.Fatal(err)
	}
	text, err := json.MarshalIndent(steady(tree, map[string]string{}), "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
		tb.Error(diff)
	}
}

// steady replaces each identifier by the order in which it was met, and what counts.
func steady(tree any, met map[string]string) any {
	switch v := tree.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(keysOf(v)) {
			v[name] = steady(v[name], met)
		}
		if v["RowVersion"] != nil {
			v["RowVersion"] = "a version"
		}
	case []any:
		for i := range v {
			v[i] = steady(v[i], met)
		}
	case string:
		if len(v) == 36 && strings.Count(v, "-") == 4 && v != "00000000-0000-0000-0000-000000000000" {
			if met[v] == "" {
				met[v] = "guid " + string(rune('a'+len(met)))
			}
			return met[v]
		}
		if strings.HasPrefix(v, "unq") {
			return "unq…"
		}
	}
	return tree
}

func keysOf(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

func TestWhichChangesArePosted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		for _, message := range []string{"Create", "Update", "Delete"} {
			o.step(endpoint, message, "contact", `,"filteringattributes":"lastname, MobilePhone"`)
		}
		contact := "contacts(" + o.demo.Contacts[0] + ")"
		for _, tc := range []struct {
			name, method, resource, body string
			want                         string // message, or none
		}{
			{"create", http.MethodPost, "contacts", `{"lastname":"New"}`, "Create"},
			{"create by PATCH", http.MethodPatch, "contacts(" + missing + ")", `{"firstname":"New"}`, "Create"},
			{"update of a filtering attribute", http.MethodPatch, contact, `{"lastname":"Other"}`, "Update"},
			{"named, not changed", http.MethodPatch, contact, `{"lastname":"Other"}`, "Update"},
			{"update of another attribute", http.MethodPatch, contact, `{"firstname":"Other"}`, ""},
			{"refused", http.MethodPatch, contact, `{"lastname":"` + strings.Repeat("x", 51) + `"}`, ""},
			{"another table", http.MethodPatch, "queues(" + o.demo.RetailQueue + ")", `{"name":"x"}`, ""},
			{"delete", http.MethodDelete, contact, "", "Delete"},
			{"read", http.MethodGet, "contacts", "", ""},
		} {
			o.call(tc.method, tc.resource, tc.body)
			pass(10 * time.Second)
			var got []string
			for _, m := range box.take() {
				e := read(t, m)
				got = append(got, e.MessageName)
				wantType := "Entity:http://schemas.microsoft.com/xrm/2011/Contracts"
				if e.MessageName == "Delete" {
					wantType = "EntityReference:http://schemas.microsoft.com/xrm/2011/Contracts"
				}
				if e.InputParameters[0].Key != "Target" || e.InputParameters[0].Value.Type != wantType {
					t.Errorf("%s: %+v", tc.name, e.InputParameters)
				}
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%s: posted %q, want %q", tc.name, got, tc.want)
			}
		}
		if rows := o.get("asyncoperations?$filter=statuscode eq 30").rows(); len(rows) != 5 {
			t.Errorf("%d jobs done, want 5", len(rows))
		}
	})
}

func TestImagesShowTheRowBeforeAndAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		for _, message := range []string{"Create", "Update", "Delete"} {
			step := o.step(endpoint, message, "contact", "")
			for kind, alias := range []string{"before", "after", "both"} {
				o.call(http.MethodPost, "sdkmessageprocessingstepimages", `{"name":"i","entityalias":"`+alias+`","imagetype":`+string(rune('0'+kind))+
					`,"messagepropertyname":"Target","attributes":"lastname,mobilephone","sdkmessageprocessingstepid@odata.bind":"/sdkmessageprocessingsteps(`+step+`)"}`).want(204)
			}
		}
		contact := "contacts(" + o.demo.Contacts[0] + ")"
		o.call(http.MethodPost, "contacts", `{"lastname":"New"}`)
		o.call(http.MethodPatch, contact, `{"lastname":"Other"}`)
		o.call(http.MethodDelete, contact, "")
		pass(10 * time.Second)
		shown := map[string][]string{}
		for _, m := range box.take() {
			e := read(t, m)
			for _, images := range [][]struct {
				Key   string
				Value struct {
					Attributes []struct {
						Key   string
						Value any
					}
				}
			}{e.PreEntityImages, e.PostEntityImages} {
				for _, image := range images {
					if name, ok := image.Value.Attributes[0].Value.(string); ok {
						shown[e.MessageName] = append(shown[e.MessageName], image.Key+"="+name)
					}
				}
			}
			slices.Sort(shown[e.MessageName])
		}
		want := map[string][]string{
			"Create": {"AsynchronousStepPrimaryName=New", "after=New", "both=New"},
			"Update": {"AsynchronousStepPrimaryName=Camille Other", "after=Other", "before=Sample", "both=Other", "both=Sample"},
			"Delete": {"before=Other", "both=Other"},
		}
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Error(diff)
		}
	})
}

func TestADisabledStepAndADeletedEndpointAreSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		step := o.step(endpoint, "Create", "contact", `,"asyncautodelete":true`)
		create := func() int {
			o.call(http.MethodPost, "contacts", `{"lastname":"New"}`).want(204)
			pass(10 * time.Second)
			return len(box.take())
		}
		if n := create(); n != 1 {
			t.Errorf("enabled: %d", n)
		}
		if rows := o.get("asyncoperations").rows(); len(rows) != 0 {
			t.Errorf("a job that deletes itself is still there: %v", rows)
		}
		o.call(http.MethodPatch, "sdkmessageprocessingsteps("+step+")", `{"statecode":1,"statuscode":2}`).want(204)
		if n := create(); n != 0 {
			t.Errorf("disabled: %d", n)
		}
		o.call(http.MethodPatch, "sdkmessageprocessingsteps("+step+")", `{"statecode":0,"statuscode":1}`).want(204)
		o.call(http.MethodDelete, "serviceendpoints("+endpoint+")", "").want(204)
		if n := create(); n != 0 {
			t.Errorf("endpoint deleted: %d", n)
		}
		o.get("sdkmessageprocessingsteps(" + step + ")").want(404)
	})
}

func TestAFailedPostIsTriedAgainAndGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		step := o.step(endpoint, "Create", "contact", "")
		failed := "asyncoperations?$filter=statuscode eq 31 and _owningextensionid_value eq " + step
		box.fail(errors.New("the bus is away"))
		o.call(http.MethodPost, "contacts", `{"lastname":"New"}`).want(204)
		pass(10 * time.Second)
		waiting := o.get("asyncoperations?$filter=statuscode eq 10").rows()
		if len(waiting) != 1 || waiting[0]["message"] != "the bus is away" || waiting[0]["retrycount"] != json.Number("1") {
			t.Errorf("waiting %v", waiting)
		}
		box.fail(nil)
		pass(time.Minute)
		first := box.take()
		if len(first) != 1 || len(o.get("asyncoperations?$filter=statuscode eq 30").rows()) != 1 {
			t.Errorf("after the second attempt: %d messages", len(first))
		}
		box.fail(errors.New("the bus is gone"))
		o.call(http.MethodPost, "contacts", `{"lastname":"New"}`).want(204)
		pass(24 * time.Hour)
		rows := o.get(failed).rows()
		if len(rows) != 1 || rows[0]["message"] != "the bus is gone" || rows[0]["errorcode"] == nil {
			t.Errorf("failed jobs %v", rows)
		}
	})
}

func TestABigMessageLosesItsContent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, box, endpoint := posting(t)
		o.step(endpoint, "Update", "msdyn_decisionruleset", "")
		for _, tc := range []struct {
			size    int
			dropped bool
		}{{180 << 10, false}, {193 << 10, true}} {
			o.call(http.MethodPatch, "msdyn_decisionrulesets("+o.demo.RetailPrequeue+")", `{"msdyn_rulesetdefinition":"`+strings.Repeat("x", tc.size)+`"}`).want(204)
			pass(10 * time.Second)
			m := box.take()[0]
			var tree map[string]any
			if err := json.Unmarshal(m.Body, &tree); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"InputParameters", "PreEntityImages", "PostEntityImages", "ParentContext"} {
				if _, has := tree[name]; has == tc.dropped {
					t.Errorf("%d bytes: %s there: %v", tc.size, name, has)
				}
			}
			if (m.Properties["MessageMaxSizeExceeded"] == true) != tc.dropped || tree["PrimaryEntityId"] != o.demo.RetailPrequeue {
				t.Errorf("%d bytes: properties %v", tc.size, m.Properties)
			}
		}
	})
}

func TestRegistrationsTheMockCannotHonourAreRefused(t *testing.T) {
	t.Parallel()
	o, _, endpoint := posting(t)
	for change, status := range map[string]int{
		`"contract":6|"contract":8`:           501,
		`"messageformat":2|"messageformat":1`: 501,
		`"path":"platform-events"|"path":""`:  400,
		`"contract":6|"contract":5`:           204,
	} {
		old, replacement, _ := strings.Cut(change, "|")
		another := strings.Replace(endpointBody, `"serviceendpointid":"40000000-0000-4000-8000-000000000001",`, "", 1)
		if a := o.call(http.MethodPost, "serviceendpoints", strings.Replace(another, old, replacement, 1)); a.status != status {
			t.Errorf("%s: %d, want %d: %s", change, a.status, status, a.body)
		}
	}
	row := o.get("serviceendpoints(" + endpoint + ")").object()
	if row["saskey"] != nil || row["issaskeyset"] != true {
		t.Errorf("saskey %v, issaskeyset %v", row["saskey"], row["issaskeyset"])
	}
	step := o.step(endpoint, "Create", "contact", "")
	for body, status := range map[string]int{
		`{"mode":0}`:   501,
		`{"stage":20}`: 400,
		`{"eventhandler_serviceendpoint@odata.bind":null}`: 501,
		`{"sdkmessageid@odata.bind":null}`:                 400,
		`{"rank":2}`:                                       204,
	} {
		if a := o.call(http.MethodPatch, "sdkmessageprocessingsteps("+step+")", body); a.status != status {
			t.Errorf("%s: %d, want %d: %s", body, a.status, status, a.body)
		}
	}
}
