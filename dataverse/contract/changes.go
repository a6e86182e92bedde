package contract

import (
	"net/http"
	"strings"

	"directcallback/dataverse"
)

const (
	pageTracking = "Use change tracking to synchronize data with external systems"
	track        = "odata.track-changes"
)

func deltaChecks() []Check {
	const set = "accounts?$select=name"
	check := func(name string, kind Kind, run func(*session)) Check {
		return Check{Name: name, Page: pageTracking, Kind: kind, run: run}
	}
	refused := func(name, option string) Check {
		return check(name, Reads, func(s *session) {
			s.get(set+"&"+option, "Prefer", track).is(http.StatusBadRequest)
		})
	}
	// link walks the pages of an initial read to its end.
	link := func(s *session) string {
		s.Helper()
		for path := set; ; {
			r := s.get(path, "Prefer", track).is(http.StatusOK)
			if delta, _ := r.json.String("@odata.deltaLink"); delta != "" {
				return delta
			}
			if path, _ = r.json.String("@odata.nextLink"); path == "" {
				r.fail("neither a next nor a delta link")
			}
		}
	}
	changes := func(s *session, at string) (reply, []dataverse.Row) {
		s.Helper()
		r := s.get(at).is(http.StatusOK)
		return r, r.rows()
	}
	gone := func(row dataverse.Row) bool {
		context, _ := row.String("@odata.context")
		return strings.HasSuffix(context, "/$deletedEntity")
	}
	named := func(rows []dataverse.Row, key, id string) bool {
		for _, row := range rows {
			if got, _ := row.String(key); strings.EqualFold(got, id) {
				return true
			}
		}
		return false
	}
	return []Check{
		check("a tracked read says so", Reads, func(s *session) {
			s.get(set, "Prefer", track).is(http.StatusOK).head("Preference-Applied", track)
		}),
		check("a tracked read ends with a delta link", Reads, func(s *session) {
			if l := link(s); !strings.HasPrefix(l, "http") || !strings.Contains(l, "deltatoken=") {
				s.Errorf("link %q", l)
			}
		}),
		check("a read that is not tracked has no delta link", Reads, func(s *session) {
			if r := s.get(set + "&$top=1").is(http.StatusOK); r.json["@odata.deltaLink"] != nil {
				r.fail("a delta link")
			}
		}),
		check("a delta has a context of its own", Reads, func(s *session) {
			r, _ := changes(s, link(s))
			r.says("/$delta")
		}),
		check("a delta has a link to the next", Reads, func(s *session) {
			r, _ := changes(s, link(s))
			if next, _ := r.json.String("@odata.deltaLink"); next == "" && r.json["@odata.nextLink"] == nil {
				r.fail("no link")
			}
		}),
		refused("$filter and change tracking do not go together", "$filter=name%20eq%20'x'"),
		refused("$orderby and change tracking do not go together", "$orderby=name"),
		refused("$top and change tracking do not go together", "$top=1"),
		refused("$expand and change tracking do not go together", "$expand=primarycontactid($select=lastname)"),
		{Name: "a table that is not tracked says so", Page: pageTracking, Kind: Reads, Open: true, run: func(s *session) {
			if r := s.get("timezonedefinitions?$select=timezonecode", "Prefer", track); r.status < 400 || r.status >= 500 {
				r.fail("not refused")
			}
		}},
		{Name: "a spoilt $deltatoken is refused", Page: pageTracking, Kind: Reads, Open: true, run: func(s *session) {
			if r := s.get(set + "&$deltatoken=spoilt"); r.status < 400 || r.status >= 500 {
				r.fail("not refused")
			}
		}},
		check("a new row is in the delta", Writes, func(s *session) {
			at := link(s)
			m := s.account(nil)
			if r, rows := changes(s, at); !named(rows, "accountid", m.id) {
				r.fail("no new row")
			}
		}),
		check("a changed row is in the delta, with its new values", Writes, func(s *session) {
			m := s.account(nil)
			at := link(s)
			s.send(http.MethodPatch, m.path(), dataverse.Row{"name": s.tag + " new"}).is(http.StatusNoContent)
			r, _ := changes(s, at)
			r.says(s.tag + " new")
		}),
		check("a deleted row is in the delta, by its id", Writes, func(s *session) {
			m := s.account(nil)
			at := link(s)
			s.send(http.MethodDelete, m.path(), nil).is(http.StatusNoContent)
			r, rows := changes(s, at)
			for _, row := range rows {
				if id, _ := row.String("id"); gone(row) && strings.EqualFold(id, m.id) {
					if reason, _ := row.String("reason"); reason != "deleted" {
						r.fail("another reason")
					}
					return
				}
			}
			r.fail("no deleted row")
		}),
		check("deleted rows stand last", Writes, func(s *session) {
			first, second := s.account(nil), s.account(nil)
			at := link(s)
			s.send(http.MethodDelete, first.path(), nil).is(http.StatusNoContent)
			s.send(http.MethodPatch, second.path(), dataverse.Row{"name": s.tag}).is(http.StatusNoContent)
			r, rows := changes(s, at)
			seen := false
			for _, row := range rows {
				if seen && !gone(row) {
					r.fail("a change behind a deletion")
				}
				seen = seen || gone(row)
			}
			if !seen {
				r.fail("no deleted row")
			}
		}),
		check("what was in one delta is not in the next", Writes, func(s *session) {
			at := link(s)
			m := s.account(nil)
			r, _ := changes(s, at)
			next, _ := r.json.String("@odata.deltaLink")
			if next == "" {
				r.fail("no delta link")
			}
			if r, rows := changes(s, next); named(rows, "accountid", m.id) {
				r.fail("the row again")
			}
		}),
		check("a change that was rolled back is in no delta", Writes, func(s *session) {
			at := link(s)
			m := s.fresh("accounts", "accountid")
			s.batch(quoted, crlf(changeSet("POST accounts", `{"accountid":"`+m.id+`","name":"`+s.tag+`"}`, "POST accounts", `{"name":"x","nosuchcolumn":1}`)+end)).is(http.StatusBadRequest)
			if r, rows := changes(s, at); named(rows, "accountid", m.id) || named(rows, "id", m.id) {
				r.fail("the row")
			}
		}),
		check("the client follows changes", Writes, func(s *session) {
			tracked := dataverse.Tracked{Set: "accounts", Select: []string{"name"}}
			mirror := s.client.Mirror(tracked, "accountid")
			if _, err := mirror.Refresh(s.Context()); err != nil {
				s.Fatal(err)
			}
			m := s.account(nil)
			done, err := mirror.Refresh(s.Context())
			if err != nil || mirror.Rows()[m.id] == nil || done.Whole {
				s.Errorf("%v, %v", done, err)
			}
		}),
	}
}

func metadataChecks() []Check {
	const page = "Query table definitions using the Web API"
	const contact = "EntityDefinitions(LogicalName='contact')"
	return append(probes([]probe{
		{name: "a table is described by its name", page: page, path: contact + "?$select=LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute", status: ok(), also: func(r reply) {
			r.has("EntitySetName", "contacts").has("PrimaryIdAttribute", "contactid").has("PrimaryNameAttribute", "fullname")
		}},
		{name: "a description has its MetadataId", page: page, path: contact + "?$select=LogicalName", status: ok(), also: func(r reply) { hasColumns(r, "MetadataId") }},
		{name: "an unknown table is not described", page: page, path: "EntityDefinitions(LogicalName='nosuchtable')", status: notFound()},
		{name: "columns are described", page: page, path: contact + "/Attributes?$select=LogicalName,AttributeType", status: ok(), also: func(r reply) { r.says(`"lastname"`) }},
		{name: "choices come by their kind", page: page, path: contact + "/Attributes/Microsoft.Dynamics.CRM.StateAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)", status: ok(), also: func(r reply) {
			r.says(`"statecode"`).says(`"Options"`)
		}},
		{name: "a table without choices of a kind has none", page: page, path: "EntityDefinitions(LogicalName='timezonedefinition')/Attributes/Microsoft.Dynamics.CRM.MultiSelectPicklistAttributeMetadata?$select=LogicalName", status: ok(), also: func(r reply) { r.count(0) }},
		{name: "tables are found by a property", page: page, path: "EntityDefinitions?$select=LogicalName&$filter=LogicalName%20eq%20'contact'", status: ok(), also: func(r reply) { r.count(1) }},
		{name: "the service has a schema", page: "Web API service documents", path: "$metadata", headers: []string{"Accept", "application/xml"}, status: ok(), also: func(r reply) { r.says("edmx:Edmx") }},
	}), Check{Name: "the client reads descriptions", Page: page, Kind: Reads, run: func(s *session) {
		table, err := s.client.Table(s.Context(), "account")
		if err != nil {
			s.notBuilt(0, err.Error())
			s.Fatal(err)
		}
		if table.Set != "accounts" || table.Key != "accountid" || table.Label != "name" || table.Elastic {
			s.Errorf("%+v", table)
		}
	}})
}
