package contract

import (
	"encoding/json"
	"net/http"
	"strings"

	"directcallback/dataverse"
)

const (
	pageSelect = "Use OData to query data: select columns"
	pageFilter = "Use OData to query data: filter rows"
	pageOrder  = "Use OData to query data: order rows"
	pageCount  = "Use OData to query data: count rows"
	pageJoin   = "Use OData to query data: join tables"
	pagePages  = "Use OData to query data: page results"
	pageValues = "Use OData to query data: formatted values"
	formatted  = "@OData.Community.Display.V1.FormattedValue"
)

func queryChecks() []Check {
	const user = "systemusers({me})"
	return probes([]probe{
		{name: "$select gives its columns", page: pageSelect, path: user + "?$select=fullname", status: ok(), also: func(r reply) { hasColumns(r, "fullname") }},
		{name: "the primary key comes always", page: pageSelect, path: user + "?$select=fullname", status: ok(), also: func(r reply) { r.has("systemuserid", r.s.me) }},
		{name: "the version comes always", page: pageSelect, path: user + "?$select=fullname", status: ok(), also: func(r reply) {
			if !strings.HasPrefix(string(r.json.ETag()), `W/"`) {
				r.fail("no @odata.etag")
			}
		}},
		{name: "$select gives no other columns", page: pageSelect, path: user + "?$select=fullname", status: ok(), also: func(r reply) {
			if _, there := r.json["createdon"]; there {
				r.fail("another column")
			}
		}},
		{name: "without $select all columns come", page: pageSelect, path: user, status: ok(), also: func(r reply) {
			hasColumns(r, "fullname", "createdon", "isdisabled", "_businessunitid_value")
		}},
		{name: "a lookup is a column of another name", page: pageSelect, path: user + "?$select=_businessunitid_value", status: ok(), also: func(r reply) {
			if id, err := r.json.Lookup("businessunitid"); err != nil || id == "" {
				r.fail("no lookup")
			}
		}},
		{name: "an instant is UTC with seconds", page: pageSelect, path: user + "?$select=createdon", status: ok(), also: func(r reply) {
			if text, _ := r.json.String("createdon"); len(text) != len("2026-10-05T12:00:00Z") || !strings.HasSuffix(text, "Z") {
				r.fail("another form of an instant")
			}
		}},
		{name: "a row has a context of one entity", page: pageSelect, path: user + "?$select=fullname", status: ok(), also: func(r reply) { r.says("$metadata#systemusers(fullname)/$entity") }},
		{name: "a collection has a context", page: pageSelect, path: "systemusers?$select=fullname&$top=1", status: ok(), also: func(r reply) { r.says(`$metadata#systemusers(fullname)"`) }},
		{name: "$top bounds the rows", page: pagePages, path: "timezonedefinitions?$select=standardname&$top=3", status: ok(), also: func(r reply) { r.count(3) }},
		{name: "$top=1 gives one row", page: pagePages, path: "timezonedefinitions?$select=standardname&$top=1", status: ok(), also: func(r reply) { r.count(1) }},
		{name: "$count=true counts all matches", page: pageCount, path: "timezonedefinitions?$select=standardname&$count=true&$top=1", status: ok(), also: func(r reply) {
			if n, err := r.json.Int("@odata.count"); err != nil || n < 2 {
				r.fail("another count")
			}
		}},
		{name: "/$count is a number", page: pageCount, path: "timezonedefinitions/$count", headers: []string{"Accept", "text/plain"}, status: ok(), also: func(r reply) {
			if text := strings.TrimPrefix(string(r.body), "\ufeff"); text == "" || strings.Trim(text, "0123456789") != "" {
				r.fail("not a number")
			}
		}},
		{name: "$orderby sorts upwards", page: pageOrder, path: "timezonedefinitions?$select=timezonecode&$orderby=timezonecode&$top=20", status: ok(), also: func(r reply) { sorted(r, "timezonecode", 1) }},
		{name: "$orderby desc sorts downwards", page: pageOrder, path: "timezonedefinitions?$select=timezonecode&$orderby=timezonecode%20desc&$top=20", status: ok(), also: func(r reply) { sorted(r, "timezonecode", -1) }},
		{name: "formatted values come on request", page: pageValues, path: user + "?$select=isdisabled,createdon", headers: []string{"Prefer", `odata.include-annotations="OData.Community.Display.V1.FormattedValue"`}, status: ok(), also: func(r reply) { hasColumns(r, "isdisabled"+formatted, "createdon"+formatted) }},
		{name: "formatted values do not come unasked", page: pageValues, path: user + "?$select=isdisabled", status: ok(), also: func(r reply) {
			if _, there := r.json["isdisabled"+formatted]; there {
				r.fail("a formatted value")
			}
		}},
		{name: "a lookup's table comes on request", page: pageValues, path: user + "?$select=_businessunitid_value", headers: []string{"Prefer", `odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"`}, status: ok(), also: func(r reply) {
			r.has("_businessunitid_value@Microsoft.Dynamics.CRM.lookuplogicalname", "businessunit")
		}},
		{name: "annotations can be asked for by a wildcard", page: pageValues, path: user + "?$select=_businessunitid_value", headers: []string{"Prefer", `odata.include-annotations="Microsoft.Dynamics.CRM.*"`}, status: ok(), also: func(r reply) {
			hasColumns(r, "_businessunitid_value@Microsoft.Dynamics.CRM.lookuplogicalname", "_businessunitid_value@Microsoft.Dynamics.CRM.associatednavigationproperty")
			if _, there := r.json["_businessunitid_value"+formatted]; there {
				r.fail("an annotation of another kind")
			}
		}},
		{name: "all annotations can be asked for", page: pageValues, path: user + "?$select=_businessunitid_value,isdisabled", headers: []string{"Prefer", `odata.include-annotations="*"`}, status: ok(), also: func(r reply) {
			hasColumns(r, "_businessunitid_value@Microsoft.Dynamics.CRM.lookuplogicalname", "_businessunitid_value"+formatted, "isdisabled"+formatted)
		}},
		{name: "a preference that was applied is told", page: "Compose HTTP requests and handle errors: headers", path: user + "?$select=isdisabled", headers: []string{"Prefer", `odata.include-annotations="*"`}, status: ok(), also: func(r reply) { r.head("Preference-Applied", `odata.include-annotations="*"`) }},
		{name: "preferences may be joined by commas", page: "Compose HTTP requests and handle errors: headers", path: "timezonedefinitions?$select=timezonecode", headers: []string{"Prefer", `odata.maxpagesize=2,odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"`}, status: ok(), also: func(r reply) {
			if rows := r.count(2); rows[0].Formatted("timezonecode") == "" {
				r.fail("no formatted value")
			}
		}},
		{name: "preferences may stand in two headers", page: "Compose HTTP requests and handle errors: headers", path: "timezonedefinitions?$select=timezonecode", headers: []string{"Prefer", "odata.maxpagesize=2", "Prefer", `odata.include-annotations="OData.Community.Display.V1.FormattedValue"`}, status: ok(), also: func(r reply) {
			if rows := r.count(2); rows[0].Formatted("timezonecode") == "" {
				r.fail("no formatted value")
			}
		}},
		{name: "one column can be read", page: "Retrieve a table row", path: user + "/fullname", status: ok(), also: func(r reply) { hasColumns(r, "value") }},
		{name: "one column can be read bare", page: "Retrieve a table row", path: user + "/isdisabled/$value", status: ok(), open: true, also: func(r reply) {
			if text := strings.ToLower(strings.TrimPrefix(string(r.body), "\ufeff")); text != "false" {
				r.fail("not the bare value")
			}
		}},
		{name: "a lookup can be walked", page: "Retrieve a table row", path: user + "/businessunitid?$select=name", status: ok(), open: true, also: func(r reply) { hasColumns(r, "name", "businessunitid") }},
	})
}

func hasColumns(r reply, names ...string) {
	r.s.Helper()
	for _, name := range names {
		if _, there := r.json[name]; !there {
			r.fail("no " + name)
		}
	}
}

// sorted asserts that a column grows (1) or falls (-1).
func sorted(r reply, column string, direction int) {
	r.s.Helper()
	rows := r.rows()
	for i := 1; i < len(rows); i++ {
		a, errA := rows[i-1].Int(column)
		b, errB := rows[i].Int(column)
		if errA != nil || errB != nil || (b-a)*direction < 0 {
			r.fail("not in order")
		}
	}
	if len(rows) < 2 {
		r.fail("too few rows to be in an order")
	}
}

func filterChecks() []Check {
	const mine = "systemusers?$select=fullname&$filter="
	one := func(r reply) { r.count(1) }
	none := func(r reply) { r.count(0) }
	filter := func(name, expression string, also func(reply)) probe {
		return probe{name: name, page: pageFilter, path: mine + escaped("systemuserid eq {me} and "+expression), status: ok(), also: also}
	}
	refused := func(name, expression string) probe {
		return probe{name: name, page: pageFilter, path: mine + escaped(expression), status: bad()}
	}
	all := []probe{
		{name: "a GUID is compared without quotes", page: pageFilter, path: mine + "systemuserid%20eq%20{me}", status: ok(), also: one},
		{name: "a GUID may be quoted", page: pageFilter, path: mine + "systemuserid%20eq%20'{me}'", status: ok(), also: one, open: true},
		{name: "a plus is a space", page: pageFilter, path: mine + "systemuserid+eq+{me}", status: ok(), also: one},
		{name: "an alias may stand for a value", page: pageFilter, path: mine + "systemuserid%20eq%20@id&@id={me}", status: ok(), also: one},
		filter("ne", "isdisabled ne true", one),
		filter("gt and lt of instants", "createdon gt 1990-01-01T00:00:00Z and createdon lt 2090-01-01T00:00:00Z", one),
		filter("ge and le of instants", "createdon ge 1990-01-01T00:00:00Z and createdon le 2090-01-01T00:00:00Z", one),
		filter("an instant with an offset", "createdon gt 1990-01-01T00:00:00%2B02:00", one),
		filter("null equals null", "isdisabled ne null", one),
		filter("a lookup is compared by its column", "_businessunitid_value ne null", one),
		filter("a path leads through a lookup", "businessunitid/name ne null", one),
		filter("parentheses group", "(isdisabled eq true or isdisabled eq false)", one),
		filter("and binds more than or", "isdisabled eq true or isdisabled eq true and isdisabled eq false", none),
		filter("not turns round", "not (isdisabled eq true)", one),
		filter("two columns are compared", "createdon le modifiedon", one),
		filter("contains of nothing like it", "contains(fullname,'no such name at all')", none),
		filter("startswith", "startswith(fullname,'no such name at all')", none),
		filter("endswith", "endswith(fullname,'no such name at all')", none),
		filter("a quote is doubled", "fullname ne 'O''Brien, nobody of that name'", one),
		filter("In takes an array", `Microsoft.Dynamics.CRM.In(PropertyName='systemuserid',PropertyValues=["{me}"])`, one),
		filter("NotIn takes an array", `Microsoft.Dynamics.CRM.NotIn(PropertyName='systemuserid',PropertyValues=["00000000-0000-0000-0000-0000000000ff"])`, one),
		filter("EqualUserId is who asks", "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='systemuserid')", one),
		filter("LastXDays counts back", "Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=36500)", func(r reply) { r.rows() }),
		refused("a literal without an end is refused", "fullname eq 'O'Brien'"),
		refused("an operand without a partner is refused", "fullname eq"),
		refused("an unknown operator is refused", "fullname like 'x'"),
		refused("a number is no text", "fullname eq 5"),
		{name: "a function of OData alone is refused", page: pageFilter, path: mine + escaped("tolower(fullname) eq 'x'"), status: []int{400, 501}, open: true},
		{name: "in of OData 4.01 is refused", page: pageFilter, path: mine + escaped("fullname in ('x','y')"), status: []int{400, 501}, open: true},
		refused("not stands before no condition of Dynamics", "not Microsoft.Dynamics.CRM.In(PropertyName='systemuserid',PropertyValues=['{me}'])"),
		{name: "any of a collection", page: pageFilter, path: "businessunits?$select=name&$filter=" + escaped("business_unit_system_users/any(u:u/systemuserid eq {me})"), status: ok(), also: one},
		{name: "any without a condition", page: pageFilter, path: "businessunits?$select=name&$filter=" + escaped("business_unit_system_users/any()"), status: ok(), also: func(r reply) {
			if len(r.rows()) == 0 {
				r.fail("no business unit has a user")
			}
		}},
		{name: "all of a collection", page: pageFilter, path: "businessunits?$select=name&$filter=" + escaped("business_unit_system_users/all(u:u/systemuserid eq 00000000-0000-0000-0000-0000000000ff) and business_unit_system_users/any(u:u/systemuserid eq {me})"), status: ok(), also: none},
	}
	for i := range all {
		all[i].path = strings.ReplaceAll(strings.ReplaceAll(all[i].path, "%7Bme%7D", "{me}"), "%252B", "%2B")
	}
	return probes(all)
}

func expandChecks() []Check {
	single := func(r reply) dataverse.Row {
		unit, ok := r.json["businessunitid"].(map[string]any)
		if !ok {
			r.fail("not expanded")
		}
		return unit
	}
	return probes([]probe{
		{name: "a lookup is expanded to an object", page: pageJoin, path: "systemusers({me})?$select=fullname&$expand=businessunitid($select=name)", status: ok(), also: func(r reply) { single(r) }},
		{name: "an expanded row has its key", page: pageJoin, path: "systemusers({me})?$select=fullname&$expand=businessunitid($select=name)", status: ok(), also: func(r reply) {
			if id, _ := single(r).ID("businessunitid"); id == "" {
				r.fail("no key")
			}
		}},
		{name: "an expanded row has the chosen columns only", page: pageJoin, path: "systemusers({me})?$select=fullname&$expand=businessunitid($select=name)", status: ok(), also: func(r reply) {
			if _, there := single(r)["createdon"]; there {
				r.fail("another column")
			}
		}},
		{name: "an empty lookup is expanded to null", page: pageJoin, path: "businessunits?$select=name&$filter=_parentbusinessunitid_value%20eq%20null&$expand=parentbusinessunitid($select=name)", status: ok(), also: func(r reply) {
			for _, row := range r.rows() {
				if value, there := row["parentbusinessunitid"]; !there || value != nil {
					r.fail("not null")
				}
			}
		}},
		{name: "a collection is expanded to an array", page: pageJoin, path: "businessunits?$select=name&$expand=business_unit_system_users($select=fullname)&$top=1", status: ok(), also: func(r reply) {
			if _, ok := r.count(1)[0]["business_unit_system_users"].([]any); !ok {
				r.fail("not an array")
			}
		}},
		{name: "options inside $expand are separated by semicolons", page: pageJoin, path: "businessunits?$select=name&$expand=business_unit_system_users($select=fullname;$filter=systemuserid%20eq%20{me};$top=1)&$filter=business_unit_system_users/any(u:u/systemuserid%20eq%20{me})", status: ok(), also: func(r reply) {
			users, _ := r.count(1)[0]["business_unit_system_users"].([]any)
			if len(users) != 1 {
				r.fail("the nested filter was not applied")
			}
		}},
		{name: "a lookup's reference can be expanded", page: pageJoin, path: "systemusers({me})?$select=fullname&$expand=businessunitid/$ref", status: ok(), also: func(r reply) {
			if link, _ := single(r).String("@odata.id"); !strings.Contains(link, "businessunits(") {
				r.fail("no reference")
			}
		}},
		{name: "$filter inside $expand of a lookup is refused", page: pageJoin, path: "systemusers({me})?$expand=businessunitid($filter=name%20eq%20'x')", status: bad(), open: true},
		{name: "two lookups are expanded at once", page: pageJoin, path: "systemusers({me})?$select=fullname&$expand=businessunitid($select=name),createdby($select=fullname)", status: ok(), also: func(r reply) { hasColumns(r, "businessunitid", "createdby") }},
	})
}

func pageChecks() []Check {
	const zones = "timezonedefinitions?$select=timezonecode&$orderby=timezonecode"
	pages := func(s *session, size string) (all []dataverse.Row, sizes []int) {
		s.Helper()
		for path := zones; path != ""; {
			r := s.get(path, "Prefer", "odata.maxpagesize="+size).is(http.StatusOK)
			all, sizes = append(all, r.rows()...), append(sizes, len(r.rows()))
			path, _ = r.json.String("@odata.nextLink")
			if len(sizes) > 200 {
				s.Fatal("pages without end")
			}
		}
		return all, sizes
	}
	link := func(s *session) string {
		s.Helper()
		link, _ := s.get(zones, "Prefer", "odata.maxpagesize=2").is(http.StatusOK).json.String("@odata.nextLink")
		return link
	}
	check := func(name string, run func(*session)) Check {
		return Check{Name: name, Page: pagePages, Kind: Reads, run: run}
	}
	return []Check{
		check("a page has as many rows as asked for", func(s *session) {
			s.get(zones, "Prefer", "odata.maxpagesize=2").is(http.StatusOK).count(2)
		}),
		check("the page size that was applied is told", func(s *session) {
			s.get(zones, "Prefer", "odata.maxpagesize=2").head("Preference-Applied", "odata.maxpagesize=2")
		}),
		check("the next link is absolute", func(s *session) {
			if l := link(s); !strings.HasPrefix(l, "http") {
				s.Errorf("link %q", l)
			}
		}),
		check("the next link has a $skiptoken", func(s *session) {
			if l := link(s); !strings.Contains(l, "$skiptoken=") && !strings.Contains(l, "%24skiptoken=") {
				s.Errorf("link %q", l)
			}
		}),
		check("the pages together are all rows, each once", func(s *session) {
			all, sizes := pages(s, "50")
			seen := map[string]bool{}
			for _, row := range all {
				id, _ := row.ID("timezonedefinitionid")
				if seen[id] {
					s.Errorf("row %s twice", id)
				}
				seen[id] = true
			}
			n, err := s.client.Count(s.Context(), "timezonedefinitions", dataverse.Filter{})
			if err != nil || n != len(all) || len(sizes) < 1 {
				s.Errorf("%d rows of %d in %v, %v", len(all), n, sizes, err)
			}
		}),
		check("the last page has no next link", func(s *session) {
			// pages ends there, or never.
			if _, sizes := pages(s, "40"); sizes[len(sizes)-1] > 40 {
				s.Errorf("pages of %v", sizes)
			}
		}),
		check("$top counts for nothing beside a page size", func(s *session) {
			s.get(zones+"&$top=1", "Prefer", "odata.maxpagesize=3").is(http.StatusOK).count(3)
		}),
		check("without a page size there is one page", func(s *session) {
			if _, there := s.get(zones).is(http.StatusOK).json["@odata.nextLink"]; there {
				s.Error("a next link")
			}
		}),
		check("a spoilt $skiptoken is refused", func(s *session) {
			before, _, _ := strings.Cut(strings.ReplaceAll(link(s), "%24skiptoken", "$skiptoken"), "$skiptoken=")
			if r := s.get(before+"$skiptoken=spoilt", "Prefer", "odata.maxpagesize=2"); r.status < 400 || r.status >= 500 {
				r.fail("not refused")
			}
		}),
		check("$count goes along with pages", func(s *session) {
			r := s.get(zones+"&$count=true", "Prefer", "odata.maxpagesize=2").is(http.StatusOK)
			if n, _ := r.json["@odata.count"].(json.Number); n == "" {
				r.fail("no count")
			}
		}),
	}
}
