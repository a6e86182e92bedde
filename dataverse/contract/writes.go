package contract

import (
	"net/http"
	"strings"

	"directcallback/dataverse"
)

const (
	pageCreate    = "Create a table row using the Web API"
	pageUpdate    = "Update and delete table rows using the Web API"
	pageUpsert    = "Use upsert to create or update a row"
	pageCondition = "Perform conditional operations using the Web API"
	pageAssociate = "Associate and disassociate table rows using the Web API"
	represent     = "return=representation"
)

// write is a check that makes rows.
func write(name, page string, run func(*session)) Check {
	return Check{Name: name, Page: page, Kind: Writes, run: run}
}

// openWrite is one with several allowed answers.
func openWrite(name, page string, run func(*session)) Check {
	return Check{Name: name, Page: page, Kind: Writes, Open: true, run: run}
}

func writeChecks() []Check {
	post := func(s *session, set, key string, columns dataverse.Row, headers ...string) reply {
		s.Helper()
		m := s.fresh(set, key)
		columns[key] = m.id
		return s.send(http.MethodPost, set, columns, headers...)
	}
	contact := func(s *session, columns dataverse.Row, headers ...string) reply {
		s.Helper()
		columns["lastname"] = s.tag
		return post(s, "contacts", "contactid", columns, headers...)
	}
	found := func(s *session, filter string) []dataverse.Row {
		s.Helper()
		return s.get("contacts?$select=lastname&$filter=" + escaped("lastname eq '"+s.tag+"' and "+filter)).is(http.StatusOK).rows()
	}
	finds := func(name, value string, filters ...string) Check {
		return write(name, pageFilter, func(s *session) {
			s.contact(dataverse.Row{"jobtitle": value})
			for _, filter := range filters {
				if len(found(s, filter)) != 1 {
					s.Errorf("not found by %s", filter)
				}
			}
		})
	}
	return []Check{
		write("a create is answered with nothing", pageCreate, func(s *session) {
			if r := contact(s, dataverse.Row{}).is(http.StatusNoContent); len(r.body) > 0 {
				r.fail("a body")
			}
		}),
		write("a create says where the row is", pageCreate, func(s *session) {
			r := contact(s, dataverse.Row{}).is(http.StatusNoContent)
			if at := r.header.Get("OData-EntityId"); !strings.HasPrefix(at, "http") || !strings.Contains(at, "/contacts(") {
				r.fail("OData-EntityId " + at)
			}
		}),
		write("a row has the id that its maker chose", pageCreate, func(s *session) {
			m := s.contact(nil)
			s.get(m.path()+"?$select=lastname").is(http.StatusOK).has("contactid", m.id)
		}),
		write("a create can answer with the row", pageCreate, func(s *session) {
			contact(s, dataverse.Row{"firstname": "Ada"}, "Prefer", represent).is(http.StatusCreated).has("firstname", "Ada")
		}),
		write("the row of a create can be of chosen columns", pageCreate, func(s *session) {
			m := s.fresh("contacts", "contactid")
			r := s.send(http.MethodPost, "contacts?$select=firstname", dataverse.Row{"contactid": m.id, "lastname": s.tag, "firstname": "Ada"}, "Prefer", represent).
				is(http.StatusCreated).has("firstname", "Ada")
			if _, there := r.json["createdon"]; there {
				r.fail("another column")
			}
		}),
		write("the same id twice is a duplicate", pageCreate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodPost, "contacts", dataverse.Row{"contactid": m.id, "lastname": s.tag}).is(http.StatusPreconditionFailed).code("0x80040237")
		}),
		write("an unknown column in a body is refused", pageCreate, func(s *session) {
			contact(s, dataverse.Row{"nosuchcolumn": 1}).is(http.StatusBadRequest).says("nosuchcolumn")
		}),
		write("a column of a body in another case is unknown", pageCreate, func(s *session) {
			contact(s, dataverse.Row{"FirstName": "Ada"}).is(http.StatusBadRequest).says("FirstName")
		}),
		write("a text that is too long is refused", pageCreate, func(s *session) {
			contact(s, dataverse.Row{"firstname": strings.Repeat("x", 200)}).is(http.StatusBadRequest).code("0x80044331")
		}),
		write("a value of another type is refused", pageCreate, func(s *session) {
			contact(s, dataverse.Row{"donotphone": "perhaps"}).is(http.StatusBadRequest)
		}),
		write("a choice that is none is refused", pageCreate, func(s *session) {
			contact(s, dataverse.Row{"statuscode": 4711}).is(http.StatusBadRequest)
		}),
		write("a body that is no JSON is refused", pageCreate, func(s *session) {
			s.send(http.MethodPost, "contacts", `{"lastname":`).is(http.StatusBadRequest)
		}),
		write("what was refused is not there", pageCreate, func(s *session) {
			m := s.fresh("contacts", "contactid")
			s.send(http.MethodPost, "contacts", dataverse.Row{"contactid": m.id, "lastname": s.tag, "nosuchcolumn": 1}).is(http.StatusBadRequest)
			s.get(m.path()).is(http.StatusNotFound)
		}),
		write("a row has who made it and when", pageCreate, func(s *session) {
			m := s.contact(nil)
			r := s.get(m.path() + "?$select=createdon,_createdby_value").is(http.StatusOK)
			if by, _ := r.json.Lookup("createdby"); by != s.me {
				r.fail("made by somebody else")
			}
		}),
		write("an empty column is null", pageSelect, func(s *session) {
			m := s.contact(nil)
			r := s.get(m.path() + "?$select=jobtitle")
			if value, there := r.json["jobtitle"]; !there || value != nil {
				r.fail("not null")
			}
		}),
		write("a deep insert makes rows together", pageCreate, func(s *session) {
			m, n := s.fresh("accounts", "accountid"), s.fresh("contacts", "contactid")
			s.send(http.MethodPost, "accounts", dataverse.Row{
				"accountid": m.id, "name": s.tag, "primarycontactid": dataverse.Row{"contactid": n.id, "lastname": s.tag},
			}).is(http.StatusNoContent)
			s.get(m.path()+"?$select=_primarycontactid_value").is(http.StatusOK).has("_primarycontactid_value", n.id)
		}),

		finds("a quote in a text is doubled in a filter", "O'Brien", "jobtitle eq 'O''Brien'", "contains(jobtitle,'''')"),
		finds("texts are compared without regard to case", "Analyst", "jobtitle eq 'aNALYST'", "startswith(jobtitle,'ANA')", "endswith(jobtitle,'LYST')"),
		finds("%2B is a plus", "+331", "jobtitle eq '+331'"),
		finds("a percent sign is a wildcard", "one two", "contains(jobtitle,'o%e')", "startswith(jobtitle,'%two')"),
		finds("an underscore is a wildcard", "one two", "contains(jobtitle,'o_e')"),
		finds("a wildcard in brackets is none", "50% of", "contains(jobtitle,'50[%]')"),
		finds("a semicolon and a parenthesis are text inside quotes", "a;b)c", "jobtitle eq 'a;b)c'"),
		finds("an ampersand and a hash are text", "R&D #1", "jobtitle eq 'R&D #1'"),
		finds("a letter beyond ASCII is text", "Zoë 日本", "jobtitle eq 'Zoë 日本'"),
		finds("null is found by null", "x", "firstname eq null", "jobtitle ne null"),

		write("an update changes its columns", pageUpdate, func(s *session) {
			m := s.contact(dataverse.Row{"firstname": "Ada", "jobtitle": "x"})
			s.send(http.MethodPatch, m.path(), dataverse.Row{"jobtitle": "y"}, "If-Match", "*").is(http.StatusNoContent)
			s.get(m.path()+"?$select=firstname,jobtitle").is(http.StatusOK).has("jobtitle", "y").has("firstname", "Ada")
		}),
		write("an update can answer with the row", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodPatch, m.path()+"?$select=jobtitle", dataverse.Row{"jobtitle": "y"}, "Prefer", represent, "If-Match", "*").is(http.StatusOK).has("jobtitle", "y")
		}),
		write("an update says where the row is", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodPatch, m.path(), dataverse.Row{"jobtitle": "y"}).is(http.StatusNoContent).head("OData-EntityId", "…")
		}),
		write("null empties a column", pageUpdate, func(s *session) {
			m := s.contact(dataverse.Row{"jobtitle": "x"})
			s.send(http.MethodPatch, m.path(), dataverse.Row{"jobtitle": nil}).is(http.StatusNoContent)
			s.get(m.path()+"?$select=jobtitle").has("jobtitle", nil)
		}),
		write("one column can be written", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodPut, m.path()+"/jobtitle", dataverse.Row{"value": "y"}).is(http.StatusNoContent)
			s.get(m.path()+"/jobtitle").is(http.StatusOK).has("value", "y")
		}),
		write("one column can be emptied", pageUpdate, func(s *session) {
			m := s.contact(dataverse.Row{"jobtitle": "x"})
			s.send(http.MethodDelete, m.path()+"/jobtitle", nil).is(http.StatusNoContent)
			s.get(m.path()+"?$select=jobtitle").has("jobtitle", nil)
		}),
		write("a row can be deactivated and activated", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodPatch, m.path(), dataverse.Row{"statecode": 1, "statuscode": 2}).is(http.StatusNoContent)
			s.get(m.path()+"?$select=statecode").has("statecode", "1")
			s.send(http.MethodPatch, m.path(), dataverse.Row{"statecode": 0, "statuscode": 1}).is(http.StatusNoContent)
		}),
		write("a delete is answered with nothing", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodDelete, m.path(), nil).is(http.StatusNoContent)
		}),
		write("what was deleted is not found", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodDelete, m.path(), nil).is(http.StatusNoContent)
			s.get(m.path()).is(http.StatusNotFound).code("0x80040217")
		}),
		write("a second delete is not found", pageUpdate, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodDelete, m.path(), nil).is(http.StatusNoContent)
			s.send(http.MethodDelete, m.path(), nil).is(http.StatusNotFound)
		}),

		write("an upsert makes what is missing", pageUpsert, func(s *session) {
			m := s.fresh("contacts", "contactid")
			s.send(http.MethodPatch, m.path(), dataverse.Row{"lastname": s.tag}).is(http.StatusNoContent)
			s.get(m.path()+"?$select=lastname").is(http.StatusOK).has("lastname", s.tag)
		}),
		write("an upsert that made the row says so with the row", pageUpsert, func(s *session) {
			m := s.fresh("contacts", "contactid")
			s.send(http.MethodPatch, m.path(), dataverse.Row{"lastname": s.tag}, "Prefer", represent).is(http.StatusCreated).has("lastname", s.tag)
		}),
		write("an upsert that changed the row says so with the row", pageUpsert, func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodPatch, m.path(), dataverse.Row{"jobtitle": "y"}, "Prefer", represent).is(http.StatusOK).has("jobtitle", "y")
		}),
	}
}

func conditionChecks() []Check {
	tag := func(s *session, m made) string {
		s.Helper()
		r := s.get(m.path() + "?$select=lastname").is(http.StatusOK)
		t := string(r.json.ETag())
		if !strings.HasPrefix(t, `W/"`) {
			r.fail("no @odata.etag")
		}
		return t
	}
	patch := func(s *session, m made, headers ...string) reply {
		s.Helper()
		return s.send(http.MethodPatch, m.path(), dataverse.Row{"lastname": s.tag}, headers...)
	}
	check := func(name string, run func(*session)) Check { return write(name, pageCondition, run) }
	const mismatch = "0x80060882"
	return []Check{
		check("the ETag header is the row's version", func(s *session) {
			m := s.account(nil)
			r := s.get(m.path() + "?$select=name").is(http.StatusOK)
			if r.header.Get("ETag") != string(r.json.ETag()) {
				r.fail("ETag " + r.header.Get("ETag"))
			}
		}),
		check("every write gives a new version", func(s *session) {
			m := s.contact(nil)
			before := tag(s, m)
			patch(s, m).is(http.StatusNoContent)
			if tag(s, m) == before {
				s.Error("the same version")
			}
		}),
		check("If-Match: * updates what is there", func(s *session) { patch(s, s.contact(nil), "If-Match", "*").is(http.StatusNoContent) }),
		check("If-Match: * makes no row", func(s *session) {
			m := s.fresh("contacts", "contactid")
			patch(s, m, "If-Match", "*").is(http.StatusNotFound)
			s.get(m.path()).is(http.StatusNotFound)
		}),
		check("If-None-Match: * makes a row", func(s *session) {
			patch(s, s.fresh("contacts", "contactid"), "If-None-Match", "*").is(http.StatusNoContent)
		}),
		check("If-None-Match: * changes no row", func(s *session) {
			patch(s, s.contact(nil), "If-None-Match", "*").is(http.StatusPreconditionFailed)
		}),
		check("If-Match of the version updates", func(s *session) {
			m := s.account(nil)
			version := string(s.get(m.path() + "?$select=name").json.ETag())
			s.send(http.MethodPatch, m.path(), dataverse.Row{"name": s.tag}, "If-Match", version).is(http.StatusNoContent)
		}),
		check("If-Match of another version does not update", func(s *session) {
			m := s.contact(nil)
			before := tag(s, m)
			patch(s, m).is(http.StatusNoContent)
			patch(s, m, "If-Match", before).is(http.StatusPreconditionFailed).code(mismatch)
		}),
		check("If-Match of another version does not delete", func(s *session) {
			m := s.contact(nil)
			before := tag(s, m)
			patch(s, m).is(http.StatusNoContent)
			s.send(http.MethodDelete, m.path(), nil, "If-Match", before).is(http.StatusPreconditionFailed).code(mismatch)
			s.get(m.path()).is(http.StatusOK)
		}),
		check("If-Match of the version deletes", func(s *session) {
			m := s.contact(nil)
			s.send(http.MethodDelete, m.path(), nil, "If-Match", tag(s, m)).is(http.StatusNoContent)
		}),
		openWrite("If-Match of a version makes no row", pageCondition, func(s *session) {
			patch(s, s.fresh("contacts", "contactid"), "If-Match", `W/"1"`).is(http.StatusNotFound, http.StatusPreconditionFailed)
		}),
		check("a row that was not modified is not sent", func(s *session) {
			m := s.contact(nil)
			if r := s.get(m.path()+"?$select=lastname", "If-None-Match", tag(s, m)).is(http.StatusNotModified); len(r.body) > 0 {
				r.fail("a body")
			}
		}),
		check("a row that was modified is sent", func(s *session) {
			m := s.contact(nil)
			before := tag(s, m)
			patch(s, m).is(http.StatusNoContent)
			s.get(m.path()+"?$select=lastname", "If-None-Match", before).is(http.StatusOK)
		}),
		check("with annotations a row is sent always", func(s *session) {
			m := s.contact(nil)
			s.get(m.path()+"?$select=lastname", "If-None-Match", tag(s, m), "Prefer", `odata.include-annotations="*"`).is(http.StatusOK)
		}),
		check("with $expand a row is sent always", func(s *session) {
			m := s.account(nil)
			version := string(s.get(m.path() + "?$select=name").json.ETag())
			s.get(m.path()+"?$select=name&$expand=primarycontactid($select=lastname)", "If-None-Match", version).is(http.StatusOK)
		}),
	}
}

func relationChecks() []Check {
	bind := func(name string, reference func(*session, made) string) Check {
		return write(name, pageAssociate, func(s *session) {
			c := s.contact(nil)
			m := s.fresh("accounts", "accountid")
			s.send(http.MethodPost, "accounts", dataverse.Row{"accountid": m.id, "name": s.tag, "primarycontactid@odata.bind": reference(s, c)}).is(http.StatusNoContent)
			s.get(m.path()+"?$select=_primarycontactid_value").has("_primarycontactid_value", c.id)
		})
	}
	absolute := func(s *session, m made) string { return strings.TrimRight(s.target.URL, "/") + root + m.path() }
	id := func(s *session, m made) dataverse.Row { return dataverse.Row{"@odata.id": absolute(s, m)} }
	customers := func(s *session, a made) int {
		s.Helper()
		return len(s.get(a.path() + "/contact_customer_accounts?$select=contactid").is(http.StatusOK).rows())
	}
	return []Check{
		bind("a lookup is bound by a path", func(_ *session, m made) string { return "/" + m.path() }),
		bind("a lookup is bound by a path without a slash", func(_ *session, m made) string { return m.path() }),
		bind("a lookup is bound by a URL", absolute),
		openWrite("a lookup is bound to no missing row", pageAssociate, func(s *session) {
			m := s.fresh("accounts", "accountid")
			s.send(http.MethodPost, "accounts", dataverse.Row{"accountid": m.id, "name": s.tag, "primarycontactid@odata.bind": "/contacts(00000000-0000-0000-0000-0000000000ff)"}).
				is(http.StatusNotFound, http.StatusBadRequest)
		}),
		write("an unknown navigation is bound to nothing", pageAssociate, func(s *session) {
			m := s.fresh("accounts", "accountid")
			s.send(http.MethodPost, "accounts", dataverse.Row{"accountid": m.id, "name": s.tag, "nosuchnavigation@odata.bind": "/contacts(" + s.contact(nil).id + ")"}).
				is(http.StatusBadRequest)
		}),
		write("a lookup to several tables is bound by its table", pageAssociate, func(s *session) {
			a, m := s.account(nil), s.fresh("contacts", "contactid")
			s.send(http.MethodPost, "contacts", dataverse.Row{"contactid": m.id, "lastname": s.tag, "parentcustomerid_account@odata.bind": "/" + a.path()}).is(http.StatusNoContent)
			s.get(m.path()+"?$select=_parentcustomerid_value").has("_parentcustomerid_value", a.id)
		}),
		write("a lookup to several tables says which", pageValues, func(s *session) {
			a := s.account(nil)
			m := s.contact(dataverse.Row{"parentcustomerid_account@odata.bind": "/" + a.path()})
			s.get(m.path()+"?$select=_parentcustomerid_value", "Prefer", `odata.include-annotations="*"`).
				has("_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname", "account").
				has("_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty", "parentcustomerid_account")
		}),
		write("a lookup is set by reference", pageAssociate, func(s *session) {
			a, c := s.account(nil), s.contact(nil)
			s.send(http.MethodPut, a.path()+"/primarycontactid/$ref", id(s, c)).is(http.StatusNoContent)
			s.get(a.path()+"?$select=_primarycontactid_value").has("_primarycontactid_value", c.id)
		}),
		write("a lookup is cleared by reference", pageAssociate, func(s *session) {
			a := s.account(dataverse.Row{"primarycontactid@odata.bind": "/" + s.contact(nil).path()})
			s.send(http.MethodDelete, a.path()+"/primarycontactid/$ref", nil).is(http.StatusNoContent)
			s.get(a.path()+"?$select=_primarycontactid_value").has("_primarycontactid_value", nil)
		}),
		write("a lookup is cleared by null", pageAssociate, func(s *session) {
			a := s.account(dataverse.Row{"primarycontactid@odata.bind": "/" + s.contact(nil).path()})
			s.send(http.MethodPatch, a.path(), dataverse.Row{"primarycontactid@odata.bind": nil}).is(http.StatusNoContent)
			s.get(a.path()+"?$select=_primarycontactid_value").has("_primarycontactid_value", nil)
		}),
		write("a row is added to a collection", pageAssociate, func(s *session) {
			a, c := s.account(nil), s.contact(nil)
			s.send(http.MethodPost, a.path()+"/contact_customer_accounts/$ref", id(s, c)).is(http.StatusNoContent)
			if n := customers(s, a); n != 1 {
				s.Errorf("%d rows", n)
			}
		}),
		write("a row is taken out of a collection", pageAssociate, func(s *session) {
			a, c := s.account(nil), s.contact(nil)
			s.send(http.MethodPost, a.path()+"/contact_customer_accounts/$ref", id(s, c)).is(http.StatusNoContent)
			s.send(http.MethodDelete, a.path()+"/contact_customer_accounts("+c.id+")/$ref", nil).is(http.StatusNoContent)
			if n := customers(s, a); n != 0 {
				s.Errorf("%d rows", n)
			}
		}),
		write("a row is taken out of a collection by URL", pageAssociate, func(s *session) {
			a, c := s.account(nil), s.contact(nil)
			s.send(http.MethodPost, a.path()+"/contact_customer_accounts/$ref", id(s, c)).is(http.StatusNoContent)
			s.send(http.MethodDelete, a.path()+"/contact_customer_accounts/$ref?$id="+escaped(absolute(s, c)), nil).is(http.StatusNoContent)
			if n := customers(s, a); n != 0 {
				s.Errorf("%d rows", n)
			}
		}),
		write("a collection of a row takes options", pageJoin, func(s *session) {
			a := s.account(nil)
			for range 2 {
				s.contact(dataverse.Row{"parentcustomerid_account@odata.bind": "/" + a.path()})
			}
			s.get(a.path() + "/contact_customer_accounts?$select=lastname&$top=1").is(http.StatusOK).count(1)
		}),
	}
}
