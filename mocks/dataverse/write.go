package dataverse

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// create is POST set.
func (s *Server) create(rq *request, t *table) (*response, error) {
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	sel, err := s.wanted(rq, t)
	if err != nil {
		return nil, err
	}
	p, err := s.readPayload(rq, t, rq.body)
	if err != nil {
		return nil, err
	}
	r, err := s.insertDeep(rq, t, "", p)
	if err != nil {
		return nil, err
	}
	return s.written(rq, t, r, http.StatusCreated, sel, rq.view(s).address(t, r)), nil
}

// wanted reads what a write shall answer, before anything is written.
func (s *Server) wanted(rq *request, t *table) (sel selection, err error) {
	// partitionId is documented as ignored here: the partition of a write stands in its key or its body.
	if err := rq.options.allow(append(t.placing(), "$select", "$expand")...); err != nil {
		return selection{}, err
	}
	options := rq.options
	if rq.Method == http.MethodPatch { // documented: PATCH ignores $expand
		options = slices.DeleteFunc(slices.Clone(options), func(o option) bool { return o.name == "$expand" })
	}
	sel, err = newSelection(s.schema, t, options)
	if err == nil && rq.prefer.representation {
		err = rq.rights.mayRead(t, sel)
	}
	return sel, err
}

// written answers a create or an update: with the row when asked for, with its address otherwise.
func (s *Server) written(rq *request, t *table, r *row, status int, sel selection, address string) *response {
	answer := newResponse(http.StatusNoContent, nil).set("OData-EntityId", address).set("Location", address)
	if rq.prefer.representation {
		answer = newResponse(status, rq.view(s).single(t, r, sel)).set("ETag", etag(r))
	}
	if t.elastic {
		answer.set("x-ms-session-token", s.sessionToken())
	}
	answer.row = t.segment(r)
	return rq.applied(answer)
}

// sessionToken names a point in the elastic store's history; this mock has one partition range and never lags.
func (s *Server) sessionToken() string {
	return "240:8#" + strconv.FormatInt(s.db.version, 10) + "#7=-1"
}

// upsert is PATCH set(key): the matrix of conditions, in the order of Microsoft's page.
func (s *Server) upsert(rq *request, t *table) (*response, error) {
	sel, err := s.wanted(rq, t)
	if err != nil {
		return nil, err
	}
	a, err := s.resolve(rq, t)
	if err != nil {
		return nil, err
	}
	given, err := rq.conditions()
	if err != nil {
		return nil, err
	}
	if err := given.onUpsert(t, a); err != nil {
		return nil, err
	}
	p, err := s.readPayload(rq, t, rq.body)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	rq.upserting = t.elastic && given.match == ""
	if a.row == nil {
		status = http.StatusCreated
		a.row, err = s.insertAt(rq, t, a, p)
	} else {
		a.row, err = s.updateAt(rq, t, a, p)
	}
	if err != nil {
		return nil, err
	}
	address := rq.base + rq.path
	if strings.HasPrefix(rq.resource, "$") {
		address = rq.view(s).address(t, a.row)
	}
	return s.written(rq, t, a.row, status, sel, address), nil
}

// updateAt changes the row a PATCH found. Columns of the alternate key it was found by are the URL's, not the body's.
func (s *Server) updateAt(rq *request, t *table, a address, p *payload) (*row, error) {
	if !p.shallow() {
		return nil, unsupported("rows of other tables inside an update")
	}
	for index := range a.alternate {
		delete(p.set, index)
	}
	if rq.upserting {
		return s.replaceElastic(rq, t, a.row, p.set)
	}
	return s.update(rq, t, a.row, p.set)
}

// insertAt creates the row a PATCH names. Alternate key values of the URL are copied unless the body has its own.
func (s *Server) insertAt(rq *request, t *table, a address, p *payload) (*row, error) {
	for index, value := range a.alternate {
		if _, given := p.set[index]; given {
			continue
		}
		if c := t.columns[index]; c.kind == kindLookup {
			id, _ := value.(string)
			value = ref{c.targets[0].table, id}
		}
		p.set[index] = value
	}
	if a.partition != "" {
		p.set[t.at("partitionid")] = a.partition
	}
	delete(p.set, 0)
	return s.insertDeep(rq, t, a.id, p)
}

// remove is DELETE set(key).
func (s *Server) remove(rq *request, t *table) (*response, error) {
	if err := rq.options.allow(t.placing()...); err != nil {
		return nil, err
	}
	given, err := rq.conditions()
	if err != nil {
		return nil, err
	}
	r, err := s.existing(rq, t)
	if err != nil {
		return nil, err
	}
	if err := given.onRow(t, r); err != nil {
		return nil, err
	}
	switch t.name {
	case "organization":
		return nil, notSupported(rq.Method, t)
	case "businessunit", "systemuser": // both must be disabled first, and neither may be the last
		return nil, unsupported("deleting a row of %s", t.name)
	}
	s.delete(rq, t, r)
	return newResponse(http.StatusNoContent, nil), nil
}
