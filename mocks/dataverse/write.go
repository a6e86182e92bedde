package dataverse

import (
	"net/http"
	"slices"
	"strconv"
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
	set, err := s.readChanges(rq, t)
	if err != nil {
		return nil, err
	}
	r, err := s.insert(rq, t, "", set)
	if err != nil {
		return nil, err
	}
	return s.written(rq, t, r, http.StatusCreated, sel, rq.view(s).address(t, r)), nil
}

// wanted reads what a write shall answer, before anything is written.
func (s *Server) wanted(rq *request, t *table) (sel selection, err error) {
	if err := rq.options.allow("$select", "$expand"); err != nil {
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
	match, noneMatch := rq.condition("If-Match"), rq.condition("If-None-Match")
	switch {
	case noneMatch != "" && noneMatch != "*":
		return nil, unsupported("If-None-Match: %s on PATCH", noneMatch)
	case noneMatch == "*" && a.row != nil:
		return nil, fail(http.StatusPreconditionFailed, "", "A record with matching key values already exists.")
	case match != "" && a.row == nil:
		return nil, a.missing(t)
	case match != "" && match != "*" && match != etag(a.row):
		return nil, preconditionFailed()
	}
	set, err := s.readChanges(rq, t)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	rq.upserting = t.elastic && match == ""
	switch {
	case a.row == nil:
		status = http.StatusCreated
		a.row, err = s.insertAt(rq, t, a, set)
	case rq.upserting:
		a.row, err = s.replaceElastic(rq, t, a.row, set)
	default:
		a.row, err = s.update(rq, t, a.row, set)
	}
	if err != nil {
		return nil, err
	}
	return s.written(rq, t, a.row, status, sel, rq.base+rq.path), nil
}

// insertAt creates the row a PATCH names. Alternate key values of the URL are copied unless the body has its own.
func (s *Server) insertAt(rq *request, t *table, a address, set changes) (*row, error) {
	for index, value := range a.alternate {
		if _, given := set[index]; given {
			continue
		}
		if c := t.columns[index]; c.kind == kindLookup {
			id, _ := value.(string)
			value = ref{c.targets[0].table, id}
		}
		set[index] = value
	}
	if a.partition != "" {
		set[t.at("partitionid")] = a.partition
	}
	delete(set, 0)
	return s.insert(rq, t, a.id, set)
}

// remove is DELETE set(key).
func (s *Server) remove(rq *request, t *table) (*response, error) {
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	if rq.condition("If-None-Match") != "" {
		return nil, unsupported("If-None-Match on DELETE")
	}
	r, err := s.existing(rq, t)
	if err != nil {
		return nil, err
	}
	if match := rq.condition("If-Match"); match != "" && match != "*" && match != etag(r) {
		return nil, preconditionFailed()
	}
	s.delete(rq, t, r)
	return newResponse(http.StatusNoContent, nil), nil
}
