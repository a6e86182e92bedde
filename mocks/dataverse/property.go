package dataverse

import (
	"net/http"
	"strings"
)

// retrieveColumn is GET set(key)/column; an empty column has no content.
func (s *Server) retrieveColumn(rq *request, at resource) (*response, error) {
	cell, r, err := s.readCell(rq, at)
	if err != nil {
		return nil, err
	}
	if cell == nil {
		return newResponse(http.StatusNoContent, nil), nil
	}
	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#"+at.table.set+"("+r.id+")/"+at.nav)
	w.member("value", at.table.columns[at.column].wire(cell))
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// retrieveValue is GET set(key)/column/$value: the bare value.
func (s *Server) retrieveValue(rq *request, at resource) (*response, error) {
	cell, _, err := s.readCell(rq, at)
	if err != nil {
		return nil, err
	}
	if cell == nil {
		return newResponse(http.StatusNoContent, nil), nil
	}
	return newResponse(http.StatusOK, []byte(at.table.columns[at.column].bare(cell))).set("Content-Type", "text/plain"), nil
}

// bare is a cell outside JSON.
func (c *column) bare(cell any) string {
	if text, ok := cell.(string); ok {
		return text
	}
	w := &jsonWriter{}
	w.value(c.wire(cell))
	return strings.Trim(string(w.buf), `"`)
}

// readCell is the cell a path names; what may never be read is empty.
func (s *Server) readCell(rq *request, at resource) (cell any, r *row, err error) {
	if r, err = s.readable(rq, at); err != nil {
		return nil, nil, err
	}
	if at.table.columns[at.column].secret {
		return nil, r, nil
	}
	return r.cells[at.column], r, nil
}

// readable is the row a path below it reads from; such paths take nothing that shapes their answer.
func (s *Server) readable(rq *request, at resource) (*row, error) {
	if err := rq.options.allow(at.table.placing()...); err != nil {
		return nil, err
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	if rq.prefer.annotations != nil {
		return nil, unsupported("odata.include-annotations on %s", rq.resource)
	}
	return s.existing(rq, at.table)
}

// putColumn is PUT set(key)/column with {"value":…}.
func (s *Server) putColumn(rq *request, at resource) (*response, error) {
	members, problem := readObject(rq.body)
	if problem != "" {
		return nil, payloadError(at.table.set, "%s", problem)
	}
	if len(members) != 1 || members[0].name != "value" {
		return nil, payloadError(at.table.set, "An object with the one property 'value' was expected.")
	}
	return s.writeColumn(rq, at, members[0].value)
}

// clearColumn is DELETE set(key)/column.
func (s *Server) clearColumn(rq *request, at resource) (*response, error) {
	return s.writeColumn(rq, at, nil)
}

func (s *Server) writeColumn(rq *request, at resource, value any) (*response, error) {
	t := at.table
	if at.column == 0 {
		return nil, badRequest(codeCrmHTTP, "The key property '%s' cannot be changed.", t.key().name)
	}
	r, err := s.changeable(rq, t)
	if err != nil {
		return nil, err
	}
	p := newPayload()
	if err := t.assign(p, member{at.nav, value}); err != nil {
		return nil, err
	}
	if err := t.check(p.set); err != nil {
		return nil, err
	}
	if _, err := s.update(rq, t, r, p.set); err != nil {
		return nil, err
	}
	return s.done(t), nil
}

// changeable is the existing row that a change of a part of it is about.
func (s *Server) changeable(rq *request, t *table) (*row, error) {
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	if rq.prefer.representation {
		return nil, unsupported("return=representation on %s", rq.resource)
	}
	given, err := rq.conditions()
	if err != nil {
		return nil, err
	}
	r, err := s.existing(rq, t)
	if err != nil {
		return nil, err
	}
	return r, given.onRow(t, r)
}

// done is success without content.
func (s *Server) done(t *table) *response {
	answer := newResponse(http.StatusNoContent, nil)
	if t.elastic {
		answer.set("x-ms-session-token", s.sessionToken())
	}
	return answer
}
