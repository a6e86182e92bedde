package dataverse_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/dataverse"
)

// loaded is an organisation with a scenario alone.
func loaded(t *testing.T, text []byte) (*org, map[string]map[string]string) {
	t.Helper()
	mock, err := dataverse.New(dataverse.Options{StaticToken: token, URL: host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	scenario, err := dataverse.ParseScenario(text)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := mock.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return &org{tb: t, mock: mock}, ids
}

func TestInsurerScenario(t *testing.T) {
	t.Parallel()
	o, ids := loaded(t, dataverse.InsurerScenario())
	queues := ids["queue"]
	if got := o.get("queues?$filter=_msdyn_prequeueoverflowrulesetid_value eq " + ids["msdyn_decisionruleset"]["busy"] + "&$orderby=name").column("name"); !cmp.Equal(got, []any{"Claims", "Policies"}) {
		t.Errorf("queues of the shared ruleset: %v", got)
	}
	claims := o.get("queues(" + queues["claims"] + ")?$expand=queuemembership_association($select=fullname),msdyn_inqueueoverflowrulesetid($select=msdyn_rulesetdefinition,msdyn_name)").want(200).object()
	if members, _ := claims["queuemembership_association"].([]any); len(members) != 3 {
		t.Errorf("members %v", members)
	}
	ruleset, _ := claims["msdyn_inqueueoverflowrulesetid"].(map[string]any)
	definition, _ := ruleset["msdyn_rulesetdefinition"].(string)
	if ruleset["msdyn_name"] != "queue_inqueue_Claims" || !strings.Contains(definition, `unit="seconds">90<`) ||
		!strings.Contains(definition, "{"+ids["msdyn_overflowactionconfig"]["claims-overflow"]+"}") {
		t.Errorf("%v", ruleset)
	}
	transfer := o.get("msdyn_overflowactionconfigs(" + ids["msdyn_overflowactionconfig"]["claims-overflow"] + ")").object()
	if got, want := transfer["msdyn_overflowactiondata"], "{"+strings.ToUpper(queues["claims-overflow"])+"}"; got != want {
		t.Errorf("data %v, want %v", got, want)
	}
	if o.get("queues(" + queues["archive"] + ")?$select=statuscode").object()["statuscode"] == nil {
		t.Error("no status beside the state")
	}
}

// The calendars are those of the portal: outer rules say on which days, inner ones from when to when.
func TestScenarioHours(t *testing.T) {
	t.Parallel()
	o, ids := loaded(t, []byte(`
hours:
  h:
    name: Hours
    week:
      zone: 105
      open: [{days: MO FR, from: "22:00", to: "06:30"}]
      closed: [{name: Off, on: 2026-12-25}]
`))
	calendar, _ := o.get("msdyn_operatinghours(" + ids["msdyn_operatinghour"]["h"] + ")").object()["msdyn_calendarid"].(string)
	rules := o.get("calendars(" + calendar + ")?$expand=calendar_calendar_rules").want(200).object()["calendar_calendar_rules"].([]any)
	if len(rules) != 2 {
		t.Fatalf("%d rules", len(rules))
	}
	for _, r := range rules {
		outer := r.(map[string]any)
		inner, _ := outer["_innercalendarid_value"].(string)
		leaf := o.get("calendars(" + inner + ")?$expand=calendar_calendar_rules").want(200).object()["calendar_calendar_rules"].([]any)[0].(map[string]any)
		got := strings.Join([]string{text(outer["pattern"]), text(outer["timezonecode"]), text(leaf["offset"]), text(leaf["duration"]), text(leaf["timecode"])}, " ")
		if want := []string{"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,FR 105 1320 510 0", "FREQ=DAILY;INTERVAL=1;COUNT=1 105 0 1440 2"}; !slices.Contains(want, got) {
			t.Errorf("%q is none of %q", got, want)
		}
	}
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case interface{ String() string }:
		return v.String()
	default:
		return ""
	}
}

func TestDemoHasItsThresholds(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for id, want := range map[string][]string{
		o.demo.RetailPrequeue:   {`"staticvalue">3<`, `"staticvalue">2<`, "{" + o.demo.DirectCallback + "}"},
		o.demo.RetailInqueue:    {`unit="seconds">60<`},
		o.demo.MortgagePrequeue: {`operator="=="><lhs type="attribute">queue_prequeue.iswithinoperatinghour</lhs><rhs type="staticvalue">false<`, `"staticvalue">3<`, `"staticvalue">4<`, "{" + o.demo.QueueTransfer + "}", "{" + o.demo.Voicemail + "}"},
	} {
		definition := text(o.get("msdyn_decisionrulesets(" + id + ")").object()["msdyn_rulesetdefinition"])
		for _, part := range want {
			if !strings.Contains(definition, part) {
				t.Errorf("no %s in %s", part, definition)
			}
		}
	}
	if dataverse.DemoQueueSize != 3 || dataverse.DemoEstimatedMinutes != 2 || dataverse.DemoElapsedSeconds != 60 || dataverse.DemoMortgageQueueSize != 3 {
		t.Error("the constants are not the file's")
	}
}

func TestScenarioRows(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	o, ids := loaded(t, []byte(`
queues:
  a: {id: `+id+`, name: A, columns: {description: null, msdyn_isdefaultqueue: true, msdyn_priority: 7}}
people:
  p: {last: P, login: p@x.example}
rows:
  queuemembership:
    m: {queueid: a, systemuserid: p}
  contact:
    c: {lastname: "C", createdon: 2026-01-02T03:04:05Z, ownerid: p, mobilephone: +33155500001}
`))
	if ids["queue"]["a"] != id {
		t.Errorf("ids %v", ids)
	}
	queue := o.get("queues(" + id + ")").want(200).object()
	if queue["msdyn_isdefaultqueue"] != true || text(queue["msdyn_priority"]) != "7" || queue["description"] != nil {
		t.Errorf("%v", queue)
	}
	contact := o.get("contacts(" + ids["contact"]["c"] + ")").want(200).object()
	if contact["_ownerid_value"] != ids["systemuser"]["p"] || contact["mobilephone"] != "+33155500001" {
		t.Errorf("%v", contact)
	}
	if got := o.get("queues(" + id + ")/queuemembership_association?$select=lastname").column("lastname"); !cmp.Equal(got, []any{"P"}) {
		t.Errorf("members %v", got)
	}
}

func TestScenarioComplaintsNameLineAndField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no YAML":              {"queues: [", "scenario: line 1: "},
		"nothing":              {"", "scenario: one YAML document"},
		"two documents":        {"contacts: {}\n---\ncontacts: {}", "scenario: one YAML document"},
		"list":                 {"- a", "scenario: line 1: the document: a mapping"},
		"unknown section":      {"\nqueue: {}", "line 2: queue: there is no such section"},
		"unknown word":         {"queues:\n  a:\n    name: A\n    chanel: Voice", "line 4: queues.a.chanel: unknown: name, channel"},
		"key twice":            {"queues:\n  a: {name: A}\n  a: {name: B}", "line 3: "},
		"missing word":         {"queues:\n  a: {channel: Voice}", "line 2: queues.a: name is missing"},
		"unknown choice":       {"queues:\n  a: {name: A, channel: Voce}", `line 2: queues.a.channel: msdyn_queuetype has no choice "Voce": it has Messaging, Entity, Voice`},
		"choice out of range":  {"queues:\n  a: {name: A, channel: 5}", "line 2: queues.a.channel: "},
		"unknown reference":    {"queues:\n  a:\n    name: A\n    hours: none", `line 4: queues.a.hours: there is no row "none" of the table msdyn_operatinghour`},
		"unknown member":       {"queues:\n  a:\n    name: A\n    members:\n      - nobody", `line 5: queues.a.members[0]: there is no row "nobody" of the table systemuser`},
		"members no list":      {"queues:\n  a: {name: A, members: b}", "line 2: queues.a.members: a list is wanted"},
		"unknown condition":    {"queues:\n  a:\n    name: A\n    before:\n      - {when: elapsed wait, reaches: 1, do: x}", `line 5: queues.a.before[0].when: "elapsed wait" is not looked at here: queue size, estimated wait, out of hours`},
		"hours that reach":     {"rulesets:\n  a:\n    name: A\n    before:\n      - {when: out of hours, reaches: 1, do: x}", "line 5: rulesets.a.before[0]: out of hours is or is not"},
		"incomplete rule":      {"rulesets:\n  a:\n    name: A\n    waiting:\n      - {when: elapsed wait}", "line 5: rulesets.a.waiting[0]: a rule needs when, reaches and do"},
		"threshold no number":  {"rulesets:\n  a:\n    name: A\n    waiting: [{when: elapsed wait, reaches: soon, do: x}]", "line 4: rulesets.a.waiting[0].reaches: a number"},
		"two definitions":      {"rulesets:\n  a: {name: A, before: [], waiting: []}", "line 2: rulesets.a.waiting: a ruleset has one of"},
		"unknown table":        {"rows:\n  nothing: {}", "line 2: rows.nothing: the mock has no table"},
		"unknown column":       {"rows:\n  contact:\n    a: {surname: A}", "line 3: rows.contact.a.surname: the table contact has no column surname"},
		"column twice":         {"contacts:\n  a: {last: A, columns: {lastname: B}}", "line 2: contacts.a.columns.lastname: the column lastname is given twice"},
		"too long":             {"contacts:\n  a: {last: A, first: " + strings.Repeat("x", 51) + "}", "line 2: contacts.a.first: A validation error occurred.  The length"},
		"no identifier":        {"contacts:\n  a: {id: b, last: A}", "line 2: contacts.a.id: contactid wants a value of type Edm.Guid"},
		"no yes or no":         {"contacts:\n  a: {last: A, columns: {donotphone: maybe}}", "line 2: contacts.a.columns.donotphone: donotphone wants true or false"},
		"no whole number":      {"queues:\n  a: {name: A, priority: 1.5}", "line 2: queues.a.priority: msdyn_priority wants a whole number"},
		"a mapping for a text": {"contacts:\n  a: {last: {}}", "line 2: contacts.a.last: a text or a number is wanted, not a mapping"},
		"anchor":               {"contacts:\n  a: &x {last: A}\n  b: *x", "line 2: contacts.a: "},
		"merge":                {"contacts:\n  a: {<<: {last: A}}", "line 2: contacts.a: "},
		"clock":                {"hours:\n  h:\n    name: H\n    week:\n      open:\n        - {days: MO, from: 9, to: \"10:00\"}", "line 6: hours.h.week.open[0].from: a time of the form 09:30"},
		"day":                  {"hours:\n  h:\n    name: H\n    week: {open: [{days: MON, from: \"09:00\", to: \"10:00\"}]}", `line 4: hours.h.week.open[0].days: "MON" is none of`},
		"deep":                 {strings.Repeat("[", 101), "nested deeper than 100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dataverse.ParseScenario([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want …%s…", err, c.want)
			}
		})
	}
}

// What the organisation refuses, such as a key twice, leaves nothing behind.
func TestScenarioIsLoadedWhollyOrNotAtAll(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	scenario, err := dataverse.ParseScenario([]byte("contacts:\n  new: {last: New}\n  old: {id: " + o.demo.Contacts[0] + ", last: Old}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.mock.Load(scenario); err == nil || !strings.Contains(err.Error(), "line 3: contacts.old: ") {
		t.Errorf("%v", err)
	}
	if got := o.get("contacts?$filter=lastname eq 'New'").rows(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func FuzzScenario(f *testing.F) {
	f.Add(string(dataverse.DemoScenario()))
	f.Add(string(dataverse.InsurerScenario()))
	f.Add("rows: {contact: {a: {lastname: [1], ownerid: null}}}")
	f.Add("queues: {a: {name: A, before: b, members: [], columns: {queueid: 1}}}")
	f.Add("hours:\n  h: {name: H, week: {zone: -1, open: [], closed: [{name: x, on: 2026-02-30}]}}")
	f.Add("a: !!binary x\n? [b]\n: c")
	f.Fuzz(func(t *testing.T, text string) {
		scenario, err := dataverse.ParseScenario([]byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "scenario: ") {
				t.Errorf("complaint %v", err)
			}
			return
		}
		mock, err := dataverse.New(dataverse.Options{StaticToken: token, URL: host})
		if err != nil {
			t.Fatal(err)
		}
		defer mock.Close()
		_, _ = mock.Load(scenario) // may be refused
		o := &org{tb: t, mock: mock}
		o.get("queues?$expand=queuemembership_association").want(http.StatusOK)
	})
}
