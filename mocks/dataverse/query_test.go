package dataverse_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

// people gives the organisation contacts that differ in the ways filters can see.
func people(o *org) {
	o.tb.Helper()
	for i, row := range []map[string]any{
		{"firstname": "Sean", "lastname": "O'Bryan", "emailaddress1": "sean@a.example", "donotphone": true, "address1_city": "Cork"},
		{"firstname": "Ada", "lastname": "Lovelace+Byron", "emailaddress1": "ADA@a.example", "donotphone": false},
		{"firstname": "Zoë", "lastname": "Null", "donotphone": nil, "address1_city": "100%"},
	} {
		row["contactid"] = fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", i+1)
		if _, err := o.mock.Insert("contact", row); err != nil {
			o.tb.Fatal(err)
		}
	}
}

func TestFilterReturnsTheRowsThatAreTrue(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	people(o)
	all := "Ada Sean Zoë Camille Lukas"
	for filter, want := range map[string]string{
		"lastname eq 'O''Bryan'":                    "Sean",
		"lastname eq 'o''bryan'":                    "Sean",
		"firstname eq 'ada' or firstname eq 'SEAN'": "Ada Sean",
		"lastname eq 'Lovelace%2BByron'":            "Ada",
		"contains(emailaddress1,'a.EXAMPLE')":       "Ada Sean",
		"startswith(firstname,'Z')":                 "Zoë",
		"endswith(lastname,'yan')":                  "Sean",
		"contains(firstname,'o%C3%AB')":             "Zoë",
		"contains(lastname,'N_ll')":                 "Zoë",
		"startswith(lastname,'[LN]')":               "Ada Zoë",
		"startswith(lastname,'[^LN]')":              "Sean Camille Lukas",
		"contains(lastname,'O%25n')":                "Ada Sean",
		"donotphone eq true":                        "Sean",
		"donotphone":                                "Sean",
		"not donotphone":                            "Ada Camille Lukas",
		"donotphone eq null":                        "Zoë",
		"address1_city ne null":                     "Sean Zoë",
		"address1_city ne 'Cork'":                   "Zoë",
		"not (address1_city eq 'Cork')":             "Zoë",
		"null eq address1_city":                     "Ada Camille Lukas",
		"'Ada' eq firstname":                        "Ada",
		"firstname gt 'r'":                          "Sean Zoë",
		"'r' gt firstname":                          "Ada Camille Lukas",
		"firstname lt lastname and firstname ne null and not contains(lastname,'amp')": "Ada",
		"statecode eq 0":                                               all,
		"statecode ne 0":                                               "",
		"statecode ge 0 and statecode le 0":                            all,
		"contactid eq 00000000-0000-4000-8000-000000000002":            "Ada",
		"contactid eq '00000000-0000-4000-8000-000000000002'":          "Ada",
		"createdon gt 2001-01-01":                                      all,
		"createdon lt 2001-01-01T00:00:00Z":                            "",
		"_ownerid_value ne null":                                       all,
		"createdby/lastname eq 'Administrator' and firstname eq 'Ada'": "Ada",
		"Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=[\"Ada\",\"Sean\"])":                     "Ada Sean",
		"Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=['Ada','Zoë'])":                          "Ada Zoë",
		"Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=[\"O'Bryan\"])":                           "Sean",
		"Microsoft.Dynamics.CRM.NotIn(PropertyName='statecode',PropertyValues=['0'])":                               "",
		"Microsoft.Dynamics.CRM.Between(PropertyName='statuscode',PropertyValues=['1','2']) and firstname eq 'Ada'": "Ada",
		"Microsoft.Dynamics.CRM.Today(PropertyName='createdon')":                                                    all,
		"Microsoft.Dynamics.CRM.OnOrAfter(PropertyName='createdon',PropertyValue='2001-01-01')":                     all,
		"Microsoft.Dynamics.CRM.EqualUserId(PropertyName='createdby/systemuserid') and startswith(firstname,'Lu')":  "Lukas",
		"firstname eq @who&@who='Ada'": "Ada",
		"address1_city eq @unset":      "Ada Camille Lukas",
		"@p eq 'Ada'&@p=firstname":     "Ada",
	} {
		got := o.get("contacts?$select=firstname&$filter=" + strings.ReplaceAll(filter, `"`, "%22")).column("firstname")
		wanted := []any{}
		for name := range strings.FieldsSeq(want) {
			wanted = append(wanted, name)
		}
		sortNames(got)
		sortNames(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%s: %v, want %v", filter, got, wanted)
		}
	}
}

func sortNames(names []any) {
	slices.SortFunc(names, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

func TestFilterRefusesWhatDataverseRefuses(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, tc := range []struct{ filter, code, text string }{
		{"Name eq 'x'", "0x0", "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.contact'."},
		{"lastname eq 'O'Bryan'", "0x80060888", "There is an unterminated literal at position 21 in 'lastname eq 'O'Bryan''."},
		{"statecode eq '0'", "0x80060888", "incompatible types was detected. Found operand types 'Edm.Int32' and 'Edm.String' for operator kind 'Equal'"},
		{"firstname eq 5", "0x80060888", "'Edm.String' and 'Edm.Int32'"},
		{"firstname eq statecode", "0x80060888", "'Edm.String' and 'Edm.Int32'"},
		{"createdon eq 2026-13-99", "0x80060888", "incompatible"},
		{"createdon eq lastname", "0x80060888", "incompatible"},
		{"contactid gt true", "0x80060888", "'GreaterThan'"},
		{"statecode in (0,1)", "0x80060888", "'in' is not expected"},
		{"length(firstname) eq 3", "0x80060888", "An unknown function with name 'length'"},
		{"tolower(firstname) eq 'ada'", "0x80060888", "An unknown function with name 'tolower'"},
		{"substringof('a',firstname)", "0x80060888", "An unknown function"},
		{"contains('a',firstname)", "0x80060888", "No function signature"},
		{"contains(statecode,'a')", "0x80060888", "No function signature"},
		{"contains(firstname)", "0x80060888", "No function signature"},
		{"not firstname eq 'Ada'", "0x80060888", "a column or a literal"},
		{"not Microsoft.Dynamics.CRM.Today(PropertyName='createdon')", "0x80060888", "Not operator along with the Custom Named Condition operators is not allowed"},
		{"Microsoft.Dynamics.CRM.Today(PropertyName=createdon)", "0x80060888", "No function signature"},
		{"Microsoft.Dynamics.CRM.Today(PropertyName='firstname')", "0x80060888", "No function signature"},
		{"Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValue='1')", "0x80060888", "No function signature"},
		{"Microsoft.Dynamics.CRM.Between(PropertyName='statecode',PropertyValues=['1'])", "0x80060888", "No function signature"},
		{"Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValues=['x'])", "0x80060888", "No function signature"},
		{"firstname", "0x80060888", "single boolean"},
		{"true", "0x80060888", "single boolean"},
		{"1 eq 1", "0x80060888", "needs a column"},
		{"()", "0x80060888", "not expected"},
		{"(firstname eq 'a'", "0x80060888", "not expected"},
		{"firstname eq 'a' firstname", "0x80060888", "not expected"},
		{"firstname eq", "0x80060888", "Expression expected"},
		{"", "0x80060888", "Expression expected"},
		{"firstname eq 'a' eq 'b'", "0x80060888", "a column or a literal"},
		{"firstname EQ 'a'", "0x80060888", "not expected"},
		{"firstname eq ['a'", "0x80060888", "unterminated array"},
		{"firstname eq \"a\"", "0x80060888", "is not valid"},
		{"nowhere/lastname eq 'x'", "0x0", "nowhere"},
		{"nowhere/any(x:x/name eq 'y')", "0x0", "nowhere"},
		{strings.Repeat("(", 1000) + "firstname eq 'a'" + strings.Repeat(")", 1000), "0x80060888", "recursion limit"},
		{strings.TrimSuffix(strings.Repeat("firstname eq 'a' or ", 501), " or "), "0x8004430c", "Number of conditions"},
	} {
		text := o.get("contacts?$filter="+url.QueryEscape(tc.filter)).wantError(http.StatusBadRequest, tc.code)
		if !strings.Contains(text, tc.text) {
			t.Errorf("%.80s: %q lacks %q", tc.filter, text, tc.text)
		}
	}
}

func TestFilterFollowsLookupsAndCollections(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for filter, want := range map[string][]any{
		"msdyn_decisionrulesetid/msdyn_name eq 'queue_prequeue_Mortgages'":                              {"Mortgages"},
		"contains(msdyn_inqueueoverflowrulesetid/msdyn_name,'Retail')":                                  {"Retail banking"},
		"_msdyn_prequeueoverflowrulesetid_value eq " + o.demo.RetailPrequeue:                            {"Retail banking"},
		"queuemembership_association/any()":                                                             {"Mortgages", "Retail banking"},
		"not queuemembership_association/any()":                                                         {"Chat"},
		"queuemembership_association/any(u:u/lastname eq 'Two' and msdyn_queuetype eq 192350002)":       {"Mortgages", "Retail banking"},
		"queuemembership_association/all(u:u/isdisabled eq false) and msdyn_queuetype ne 192350000":     {"Mortgages", "Retail banking"},
		"queuemembership_association/any(u:u/queuemembership_association/any(q:q/name eq 'Mortgages'))": {"Mortgages", "Retail banking"},
		"msdyn_proactive_engagement_config_queue_queue/any(c:c/msdyn_dialmode_type eq 100000002)":       {"Mortgages", "Retail banking"},
	} {
		if got := o.get("queues?$select=name&$orderby=name&$filter=" + filter).column("name"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}

func TestPlusIsASpaceAndPercentPlusAPlus(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	people(o)
	if got := o.get("contacts?$select=firstname&$filter=lastname+eq+'Lovelace%2BByron'").column("firstname"); !slices.Equal(got, []any{"Ada"}) {
		t.Errorf("got %v", got)
	}
	if got := o.get("contacts?$filter=lastname+eq+'Lovelace+Byron'").rows(); len(got) != 0 {
		t.Errorf("a plus in a literal was not read as a space: %v", got)
	}
}

func TestSecondQuestionMarkSeparatesAnAlias(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	if got := o.get("queues?$select=name&$filter=name eq @n?@n='Chat'").column("name"); !slices.Equal(got, []any{"Chat"}) {
		t.Errorf("got %v", got)
	}
}

func TestSelectReturnsKeyAndETagBesideWhatWasAsked(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := o.get("queues?$select=name&$filter=name eq 'Chat'").rows()[0]
	if len(row) != 3 || row["queueid"] != o.demo.MessagingQueue || row["name"] != "Chat" || row["@odata.etag"] == nil {
		t.Errorf("row %v", row)
	}
	context := o.get("queues?$select=name,_ownerid_value").object()["@odata.context"]
	if context != root+"$metadata#queues(name,_ownerid_value)" {
		t.Errorf("context %v", context)
	}
	o.get("queues?$select=Name").wantError(http.StatusBadRequest, "0x0")
	o.get("queues?$select=msdyn_operatinghourid").wantError(http.StatusBadRequest, "0x0")
}

func TestEmptyColumnsAreNullWhenNothingIsSelected(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := o.get("queues(" + o.demo.MessagingQueue + ")").object()
	for _, name := range []string{"_msdyn_prequeueoverflowrulesetid_value", "msdyn_maxqueuesize", "description"} {
		if value, present := row[name]; !present || value != nil {
			t.Errorf("%s = %v, present %v", name, value, present)
		}
	}
}

func TestOrderByIgnoresCasePutsNullsFirstAndSortsLookupsByName(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	people(o)
	for order, want := range map[string]string{
		"$orderby=firstname":                    "Ada Camille Lukas Sean Zoë",
		"$orderby=firstname desc":               "Zoë Sean Lukas Camille Ada",
		"$orderby=emailaddress1 desc,firstname": "Sean Ada Camille Lukas Zoë",
		"$orderby=donotphone,firstname desc":    "Zoë Lukas Camille Ada Sean",
		"$orderby=@o&@o=firstname":              "Ada Camille Lukas Sean Zoë",
		"$orderby=createdby/fullname,firstname": "Ada Camille Lukas Sean Zoë",
	} {
		if got := fmt.Sprint(o.get("contacts?$select=firstname&" + order).column("firstname")); got != "["+want+"]" {
			t.Errorf("%s: %s, want %s", order, got, want)
		}
	}
	got := o.get("queues?$select=name&$orderby=_msdyn_prequeueoverflowrulesetid_value desc").column("name")
	if !slices.Equal(got, []any{"Retail banking", "Mortgages", "Chat"}) {
		t.Errorf("by lookup: %v", got)
	}
	for _, bad := range []string{"Name", "name up", "name asc desc", "'name'", "contains(name,'x')"} {
		o.get("queues?$orderby=" + bad).want(http.StatusBadRequest)
	}
}

func TestTopLimitsAndIsIgnoredTogetherWithMaxPageSize(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	if got := o.get("queues?$top=2").rows(); len(got) != 2 {
		t.Errorf("%d rows, want 2", len(got))
	}
	if got := o.get("queues?$top=1", "Prefer: odata.maxpagesize=2").rows(); len(got) != 2 {
		t.Errorf("%d rows beside maxpagesize, want 2", len(got))
	}
	o.get("queues?$top=x").want(http.StatusBadRequest)
	o.get("queues?$top=-1").want(http.StatusBadRequest)
}

func TestCountIsOfAllMatchesAndCapped(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	if got := o.get("queues?$count=true&$top=1").object()["@odata.count"]; fmt.Sprint(got) != "3" {
		t.Errorf("@odata.count = %v, want 3", got)
	}
	a := o.get("queues/$count?$filter=msdyn_queuetype eq 192350002").want(http.StatusOK)
	if string(a.body) != "2" || a.one("Content-Type") != "text/plain" {
		t.Errorf("%s %s", a.one("Content-Type"), a.body)
	}
	o.get("queues?$count=maybe").want(http.StatusBadRequest)

	for i := range 600 {
		if _, err := o.mock.Insert("msdyn_proactive_delivery_attribute", map[string]any{"msdyn_keyword": strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	body := o.get("msdyn_proactive_delivery_attributes?$count=true&$top=1", `Prefer: odata.include-annotations="*"`).object()
	if fmt.Sprint(body["@odata.count"]) != "500" || body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] != true {
		t.Errorf("elastic count %v, exceeded %v", body["@odata.count"], body["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"])
	}
}

func TestPagingFollowsAbsoluteOpaqueNextLinksToTheEnd(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	var names []any
	link, pages := "queues?$select=name&$orderby=name desc&$count=true", 0
	for link != "" {
		a := o.get(link, "Prefer: odata.maxpagesize=1")
		names = append(names, a.column("name")...)
		if pages++; fmt.Sprint(a.object()["@odata.count"]) != "3" {
			t.Errorf("page %d counts %v", pages, a.object()["@odata.count"])
		}
		next, _ := a.object()["@odata.nextLink"].(string)
		if next != "" && (!strings.HasPrefix(next, root+"queues?$select=name&") || !strings.Contains(next, "&$skiptoken=%3Ccookie%20pagenumber")) {
			t.Fatalf("next link %s", next)
		}
		link = next
	}
	if !slices.Equal(names, []any{"Retail banking", "Mortgages", "Chat"}) || pages != 3 {
		t.Errorf("%d pages: %v", pages, names)
	}
}

func TestPagingGoesOnBehindARowThatWasDeleted(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	first := o.get("contacts?$select=lastname", "Prefer: odata.maxpagesize=1")
	id, _ := first.rows()[0]["contactid"].(string)
	o.call(http.MethodDelete, "contacts("+id+")", "").want(http.StatusNoContent)
	next, _ := first.object()["@odata.nextLink"].(string)
	// One of two rows was given and is gone: what is left begins with the second of one, so there is nothing.
	if got := o.get(next, "Prefer: odata.maxpagesize=1").rows(); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestPagingRefusesAForeignCookieAndAnotherPageSize(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	next, _ := o.get("queues?$select=name", "Prefer: odata.maxpagesize=1").object()["@odata.nextLink"].(string)
	o.get(strings.Replace(next, "select=name", "select=queueid", 1), "Prefer: odata.maxpagesize=1").wantError(http.StatusBadRequest, "0x80060888")
	o.get(strings.Replace(next, "MQ", "Mg", 1)+"x", "Prefer: odata.maxpagesize=1").wantError(http.StatusBadRequest, "0x80060888")
	o.get(next).wantError(http.StatusNotImplemented, "MockUnsupported")
}

func TestAnnotationsComeOnRequestBeforeTheirProperty(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const formatted, lookup, nav = "@OData.Community.Display.V1.FormattedValue", "@Microsoft.Dynamics.CRM.lookuplogicalname", "@Microsoft.Dynamics.CRM.associatednavigationproperty"
	const rule = "_msdyn_prequeueoverflowrulesetid_value"
	resource := "queues(" + o.demo.RetailQueue + ")?$select=msdyn_queuetype,msdyn_isomnichannelqueue," + rule
	for prefer, want := range map[string][]bool{
		"":                                    {false, false, false},
		`odata.include-annotations="*"`:       {true, true, true},
		`odata.include-annotations=*`:         {true, true, true},
		`odata.include-annotations="OData.*"`: {true, false, false},
		`odata.include-annotations="Microsoft.Dynamics.CRM.*"`:                                                           {false, true, true},
		`odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"`: {true, true, false},
	} {
		headers := []string{}
		if prefer != "" {
			headers = append(headers, "Prefer: "+prefer)
		}
		a := o.get(resource, headers...)
		row := a.object()
		for i, name := range []string{rule + formatted, rule + lookup, rule + nav} {
			if _, present := row[name]; present != want[i] {
				t.Errorf("%s: %s present %v", prefer, name, present)
			}
		}
		if prefer != "" && a.one("Preference-Applied") != prefer {
			t.Errorf("Preference-Applied %q, want %q", a.one("Preference-Applied"), prefer)
		}
	}
	row := o.get(resource, `Prefer: odata.include-annotations="*"`)
	for name, want := range map[string]any{
		"msdyn_queuetype" + formatted: "Voice", "msdyn_isomnichannelqueue" + formatted: "Yes",
		rule + formatted: "queue_prequeue_Retail banking", rule + lookup: "msdyn_decisionruleset", rule + nav: "msdyn_decisionrulesetid",
	} {
		if got := row.object()[name]; got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	text := string(row.body)
	if strings.Index(text, rule+formatted) > strings.Index(text, `"`+rule+`":`) {
		t.Error("annotation stands behind its property")
	}
}

func TestPreferInOneHeaderOrSeveral(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	one := o.get("queues", `Prefer: odata.maxpagesize=1, odata.include-annotations="OData.*,Microsoft.*"`)
	two := o.get("queues", `Prefer: odata.maxpagesize=1`, `Prefer: odata.include-annotations="OData.*,Microsoft.*"`)
	if string(one.body) != string(two.body) || len(one.rows()) != 1 {
		t.Errorf("differ:\n%s\n%s", one.body, two.body)
	}
	for _, a := range []*answer{one, two} {
		if got := a.header["Preference-Applied"]; len(got) != 2 {
			t.Errorf("Preference-Applied %v", got)
		}
	}
}

func TestExpandSingleValued(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := o.get("queues(" + o.demo.RetailQueue + ")?$select=name&$expand=msdyn_decisionrulesetid($select=msdyn_name),msdyn_operatinghourid,createdby($select=fullname)").object()
	ruleset, _ := row["msdyn_decisionrulesetid"].(map[string]any)
	if len(ruleset) != 2 || ruleset["msdyn_decisionrulesetid"] != o.demo.RetailPrequeue || ruleset["msdyn_name"] != "queue_prequeue_Retail banking" {
		t.Errorf("ruleset %v", ruleset)
	}
	if hours, present := row["msdyn_operatinghourid"]; !present || hours != nil {
		t.Errorf("empty lookup expands to %v", hours)
	}
	if user, _ := row["createdby"].(map[string]any); user["ownerid"] != user["systemuserid"] || user["ownerid"] == nil {
		t.Errorf("user %v", user)
	}
	if got := row["@odata.context"]; got != root+"$metadata#queues(name,msdyn_decisionrulesetid(msdyn_name),msdyn_operatinghourid(),createdby(fullname))/$entity" {
		t.Errorf("context %v", got)
	}
	ref := o.get("queues(" + o.demo.RetailQueue + ")?$select=name&$expand=msdyn_decisionrulesetid/$ref").object()["msdyn_decisionrulesetid"]
	if address, _ := ref.(map[string]any); address["@odata.id"] != root+"msdyn_decisionrulesets("+o.demo.RetailPrequeue+")" {
		t.Errorf("reference %v", ref)
	}
	nested := o.get("msdyn_proactive_engagement_configs(" + o.demo.RetailEngagement + ")?$select=msdyn_name&$expand=msdyn_queue($select=name;$expand=msdyn_decisionrulesetid($select=msdyn_name))")
	if !strings.Contains(string(nested.want(200).body), `"msdyn_decisionrulesetid":{"msdyn_decisionrulesetid":`) {
		t.Errorf("nested %s", nested.body)
	}
}

func TestExpandCollectionHasETagsBackReferenceAndItsOwnAddress(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const nav = "msdyn_proactive_engagement_config_queue_queue"
	row := o.get("queues(" + o.demo.RetailQueue + ")?$select=name&$expand=" + nav + "($select=msdyn_name;$filter=contains(msdyn_name,'retail;b)c') or msdyn_type eq 100000000;$orderby=msdyn_name desc;$top=5)").object()
	items, _ := row[nav].([]any)
	if len(items) != 1 {
		t.Fatalf("rows %v", row)
	}
	item, _ := items[0].(map[string]any)
	if item["_msdyn_queue_value"] != o.demo.RetailQueue || item["@odata.etag"] == nil || item["msdyn_name"] != "Callback retail" || len(item) != 4 {
		t.Errorf("item %v", item)
	}
	link, _ := row[nav+"@odata.nextLink"].(string)
	if got := o.get(link).column("msdyn_name"); !slices.Equal(got, []any{"Callback retail"}) {
		t.Errorf("%s: %v", link, got)
	}
	members := o.get("queues(" + o.demo.RetailQueue + ")/queuemembership_association?$select=lastname&$orderby=lastname&$filter=lastname ne 'Three'")
	if got := members.column("lastname"); !slices.Equal(got, []any{"One", "Two"}) {
		t.Errorf("members %v", got)
	}
}

func TestExpandRefusals(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for expand, status := range map[string]int{
		"Nowhere": 400,
		"msdyn_decisionrulesetid($filter=a eq 1)":                                              400,
		"msdyn_decisionrulesetid($top=1)":                                                      400,
		"msdyn_decisionrulesetid($select=x)":                                                   400,
		"msdyn_decisionrulesetid($select=@p)":                                                  400,
		"msdyn_decisionrulesetid($select)":                                                     400,
		"msdyn_decisionrulesetid($select=msdyn_name":                                           400,
		"queuemembership_association/$ref":                                                     400,
		"queuemembership_association($skip=1)":                                                 400,
		"queuemembership_association($levels=1)":                                               400,
		"queuemembership_association($expand=createdby)":                                       400, // many to many, and nested
		"queuemembership_association,createdby($expand=createdby)":                             400,
		"msdyn_proactive_engagement_config_queue_queue($expand=createdby;$top=1)":              400,
		"msdyn_proactive_engagement_config_queue_queue($expand=createdby;$orderby=msdyn_name)": 400,
		"msdyn_intentfamilyid":                                                                 501, // its table is not served
	} {
		if a := o.get("queues?$expand=" + expand); a.status != status {
			t.Errorf("%s: %d, want %d: %s", expand, a.status, status, a.body)
		}
	}
	o.get("queues?$expand=" + strings.TrimSuffix(strings.Repeat("createdby,", 16), ",")).want(http.StatusBadRequest)
}

func TestLookupPathReadsTheRowBehind(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := o.get("queues(" + o.demo.RetailQueue + ")/msdyn_decisionrulesetid?$select=msdyn_name").want(200).object()
	if row["msdyn_decisionrulesetid"] != o.demo.RetailPrequeue {
		t.Errorf("row %v", row)
	}
	o.get("queues(" + o.demo.RetailQueue + ")/msdyn_operatinghourid").want(http.StatusNoContent)
	o.get("queues("+o.demo.RetailQueue+")/nothing").wantError(404, "0x8006088a")
}

func TestUnsupportedQueryOptions(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for option, status := range map[string]int{
		"$skip=1": 400, "$search=x": 400, "$format=json": 400, "$compute=x": 400, "$Filter=name eq 'x'": 400,
		"$apply=aggregate($count as n)": 501, "$deltatoken=1": 400, "fetchXml=<fetch/>": 501, "savedQuery=x": 501, "partitionId='x'": 501,
		"$filter=Microsoft.Dynamics.CRM.ThisFiscalYear(PropertyName='createdon')": 501,
		"$filter=msdyn_operatinghourid eq null":                                   501,
		"$top=1&$top=2":                                                           400,
		"$filter=%ZZ":                                                             400,
	} {
		a := o.get("queues?" + option)
		if a.status != status {
			t.Errorf("%s: %d, want %d: %s", option, a.status, status, a.body)
		}
		if loud := a.one("X-Mock-Unsupported") != ""; loud != (status == 501) {
			t.Errorf("%s: X-Mock-Unsupported %q", option, a.one("X-Mock-Unsupported"))
		}
	}
	if len(o.mock.Unsupported()) != 6 {
		t.Errorf("remembered %v", o.mock.Unsupported())
	}
}

func TestAlternateKeyReads(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) {
		opts.Keys = []dataverse.Key{
			{Table: "contact", Name: "Email", Columns: []string{"emailaddress1"}},
			{Table: "contact", Name: "Name", Columns: []string{"firstname", "lastname"}},
			{Table: "queue", Name: "Ruleset", Columns: []string{"msdyn_prequeueoverflowrulesetid"}},
		}
	})
	people(o)
	for key, status := range map[string]int{
		"emailaddress1='sean@a.example'":                 200,
		"emailaddress1='nobody@a.example'":               404,
		"firstname='Sean',lastname='O''Bryan'":           200,
		"lastname='O%27%27Bryan',firstname='Sean'":       200,
		"firstname='Sean'":                               400,
		"contactid=00000000-0000-4000-8000-000000000001": 200,
		"00000000-0000-4000-8000-000000000001":           200,
		"00000000-0000-4000-8000-00000000000A":           404,
		"'00000000-0000-4000-8000-000000000001'":         400,
		"telephone1='1'":                                 400,
		"":                                               400,
		"1":                                              400,
		"emailaddress1='a//b@x'":                         404,
		"emailaddress1='a%2Fb@x'":                        404,
		"Emailaddress1='x'":                              400,
		"emailaddress1=5":                                400,
	} {
		a := o.get("contacts(" + key + ")?$select=firstname")
		if a.status != status {
			t.Errorf("contacts(%s): %d, want %d: %s", key, a.status, status, a.body)
		}
	}
	o.get("contacts(emailaddress1='nobody')").wantError(404, "0x80060891")
	o.get("contacts(00000000-0000-4000-8000-0000000000ff)").wantError(404, "0x80040217")
	text := o.get("contacts(telephone1='1')").wantError(400, "0x80060888")
	if !strings.HasPrefix(text, "The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.contact'.") {
		t.Error(text)
	}
	o.get("queues(_msdyn_prequeueoverflowrulesetid_value=" + o.demo.RetailPrequeue + ")").want(200)
	user := o.demo.Representatives[0]
	o.get("systemusers(ownerid=" + user + ")").want(200)
	o.get("systemusers(systemuserid=" + user + ")").want(400)
	if _, err := dataverse.New(dataverse.Options{StaticToken: "x", Keys: []dataverse.Key{{Table: "contact", Columns: []string{"x"}}}}); err == nil {
		t.Error("a key on an unknown column was accepted")
	}
}
