package dataverse

import (
	"net/http"
	"slices"
)

// A reference is a relationship seen from one row: set(key)/navigation/$ref.

// retrieveReference is GET set(key)/lookup/$ref.
func (s *Server) retrieveReference(rq *request, at resource) (*response, error) {
	r, err := s.readable(rq, at)
	if err != nil {
		return nil, err
	}
	far, target, err := s.behind(rq, at, r)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return newResponse(http.StatusNoContent, nil), nil
	}
	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#$ref")
	w.member("@odata.id", rq.view(s).address(far, target))
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// behind is the row a lookup leads to by the navigation property in use: a lookup of several tables has one each.
func (s *Server) behind(rq *request, at resource, r *row) (*table, *row, error) {
	target, ok := r.cells[at.column].(ref)
	if !ok || !at.table.columns[at.column].leads(at.nav, target.table) {
		return nil, nil, nil
	}
	far, found := s.db.follow(target, rq.now)
	if found == nil {
		return nil, nil, unsupported("the path %s: its table is not served", rq.resource)
	}
	return far, found, rq.rights.may(far, Read)
}

// listReferences is GET set(key)/collection/$ref.
func (s *Server) listReferences(rq *request, at resource) (*response, error) {
	r, err := s.readable(rq, at)
	if err != nil {
		return nil, err
	}
	far, rows := s.db.related(r, at.collection, rq.now)
	if err := rq.rights.may(far, Read); err != nil {
		return nil, err
	}
	if len(rows) > maxPage || rq.prefer.pageSize > 0 {
		return nil, unsupported("pages of %s", rq.resource)
	}
	w, v := &jsonWriter{}, rq.view(s)
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#Collection($ref)")
	w.name("value")
	w.open('[')
	for _, other := range rows {
		w.open('{')
		w.member("@odata.id", v.address(far, other))
		w.close('}')
	}
	w.close(']')
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// putReference is PUT set(key)/lookup/$ref.
func (s *Server) putReference(rq *request, at resource) (*response, error) {
	r, err := s.changeable(rq, at.table)
	if err != nil {
		return nil, err
	}
	link, err := rq.readReference(at.table)
	if err != nil {
		return nil, err
	}
	target, err := s.resolveLink(rq, at.table, at.nav, link)
	if err != nil {
		return nil, err
	}
	return s.point(rq, at, r, target)
}

// clearReference is DELETE set(key)/lookup/$ref.
func (s *Server) clearReference(rq *request, at resource) (*response, error) {
	r, err := s.changeable(rq, at.table)
	if err != nil {
		return nil, err
	}
	return s.point(rq, at, r, nil)
}

// point sets one lookup to a ref, or to nil.
func (s *Server) point(rq *request, at resource, r *row, cell any) (*response, error) {
	p := newPayload()
	if err := at.table.point(p, at.column, at.nav, cell); err != nil {
		return nil, err
	}
	if _, err := s.update(rq, at.table, r, p.set); err != nil {
		return nil, err
	}
	return s.done(at.table), nil
}

// addReference is POST set(key)/collection/$ref.
func (s *Server) addReference(rq *request, at resource) (*response, error) {
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	r, err := s.changeable(rq, at.table)
	if err != nil {
		return nil, err
	}
	link, err := rq.readReference(at.table)
	if err != nil {
		return nil, err
	}
	other, err := s.resolveMember(rq, at.collection, link)
	if err != nil {
		return nil, err
	}
	if err := s.associate(rq, at.table, r, at.collection, other); err != nil {
		return nil, err
	}
	return s.done(at.table), nil
}

// removeReference is DELETE set(key)/collection(key)/$ref and DELETE set(key)/collection/$ref?$id=<address>.
func (s *Server) removeReference(rq *request, at resource) (*response, error) {
	if err := rq.options.allow("$id"); err != nil {
		return nil, err
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	r, err := s.existing(rq, at.table)
	if err != nil {
		return nil, err
	}
	link, given := rq.options.get("$id")
	if given == (at.shape == shapeMemberRef) {
		return nil, badRequest(codeCrmHTTP, "The row to disassociate is named either in parentheses or by $id.")
	}
	if !given {
		link = s.farTable(at.collection).set + "(" + at.member + ")"
	}
	other, err := s.resolveMember(rq, at.collection, link)
	if err != nil {
		return nil, err
	}
	return s.done(at.table), s.disassociate(rq, at.table, r, at.collection, other)
}

// readReference reads {"@odata.id":"address"}.
func (rq *request) readReference(t *table) (link string, err error) {
	members, problem := readObject(rq.body)
	if problem != "" {
		return "", payloadError(t.set, "%s", problem)
	}
	members = slices.DeleteFunc(members, func(m member) bool { return m.name == "@odata.context" })
	if len(members) == 1 && members[0].name == "@odata.id" {
		if link, ok := members[0].value.(string); ok {
			return link, nil
		}
	}
	return "", payloadError(t.set, "An object with the one property '@odata.id', a text, was expected.")
}

// farTable is the table of a collection's rows.
func (s *Server) farTable(c collection) *table {
	if c.far != "" {
		return s.schema.byName[c.farTable]
	}
	return s.schema.byName[c.table]
}

// resolveMember is the existing row that may stand in a collection.
func (s *Server) resolveMember(rq *request, c collection, link string) (*row, error) {
	t, a, err := s.resolveAddress(rq, link)
	switch {
	case err != nil:
		return nil, err
	case t != s.farTable(c):
		return nil, payloadError(t.set, "A row of '%s' cannot stand in '%s'.", t.name, c.nav)
	case a.row == nil:
		return nil, a.missing(t)
	}
	return a.row, nil
}

// associate adds a row to a collection of r: the row's lookup points at r from now on, or an intersect row joins them.
func (s *Server) associate(rq *request, t *table, r *row, c collection, other *row) error {
	many := s.schema.byName[c.table]
	if many.fixed {
		return notSupported(rq.Method, many)
	}
	if c.far == "" {
		p := newPayload()
		if err := many.point(p, many.at(c.column), c.nav, ref{t.name, r.id}); err != nil {
			return err
		}
		_, err := s.update(rq, many, other, p.set)
		return err
	}
	if s.joined(rq, c, r, other) != nil {
		return fail(http.StatusPreconditionFailed, codeDuplicateRecord, "Cannot insert duplicate key.")
	}
	_, err := s.insert(rq, many, "", changes{many.at(c.column): r.id, many.at(c.far): other.id})
	return err
}

// disassociate is the opposite. What is not associated stays so: a repeated request succeeds.
func (s *Server) disassociate(rq *request, t *table, r *row, c collection, other *row) error {
	many := s.schema.byName[c.table]
	if many.fixed {
		return notSupported(rq.Method, many)
	}
	if c.far != "" {
		if err := rq.rights.may(many, Delete); err != nil {
			return err
		}
		if link := s.joined(rq, c, r, other); link != nil {
			s.db.remove(many, link, rq.cause())
		}
		return nil
	}
	index := many.at(c.column)
	switch other.cells[index] {
	case nil:
		return nil
	case any(ref{t.name, r.id}):
	default: // another row's: nobody documents whether that one loses it
		return unsupported("removing %s %s from a %s it is not in", many.name, other.id, c.nav)
	}
	p := newPayload()
	if err := many.point(p, index, c.nav, nil); err != nil {
		return err
	}
	_, err := s.update(rq, many, other, p.set)
	return err
}

// joined is the intersect row between two rows, or nil.
func (s *Server) joined(rq *request, c collection, r, other *row) *row {
	many := s.schema.byName[c.table]
	far := many.at(c.far)
	for link := range s.db.pointingAt(many, many.at(c.column), r.id, rq.now) {
		if link.cells[far] == any(other.id) {
			return link
		}
	}
	return nil
}
