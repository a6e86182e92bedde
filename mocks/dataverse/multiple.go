package dataverse

import (
	"encoding/json"
	"net/http"
	"strings"
)

// The bulk operations: POST set/Microsoft.Dynamics.CRM.CreateMultiple and its like. Of standard tables they are one
// transaction; rows of elastic tables stand one by one, and the first that fails is the answer.
type multiple struct {
	run     func(s *Server, rq *request, t *table, p *payload) (*row, error)
	elastic bool // only for elastic tables
	ids     bool // answers the identifiers of the rows
}

func multiples() map[string]multiple {
	return map[string]multiple{
		queryNamespace + "CreateMultiple": {run: (*Server).createOne, ids: true},
		queryNamespace + "UpdateMultiple": {run: (*Server).updateOne},
		queryNamespace + "UpsertMultiple": {run: (*Server).upsertOne},
		queryNamespace + "DeleteMultiple": {run: (*Server).deleteOne, elastic: true},
	}
}

// multiple runs the operation the path names on every target of the body.
func (s *Server) multiple(rq *request, at resource) (*response, error) {
	operation, known := multiples()[at.nav]
	t := at.table
	switch {
	case !known:
		return nil, unsupported("the path %s", rq.resource)
	case operation.elastic && !t.elastic:
		return nil, notSupported(strings.TrimPrefix(at.nav, queryNamespace), t)
	}
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	targets, err := rq.readTargets(t)
	if err != nil {
		return nil, err
	}
	ids, err := s.each(rq, t, targets, operation)
	if err != nil {
		return nil, err
	}
	answer := s.done(t)
	if operation.ids {
		answer.status, answer.body = http.StatusOK, idsBody(rq, strings.TrimPrefix(at.nav, queryNamespace), ids)
		answer.set("Content-Type", "application/json; odata.metadata=minimal")
	}
	return answer, nil
}

func idsBody(rq *request, operation string, ids []string) []byte {
	w := rq.operationResponse(operation)
	w.name("Ids")
	w.open('[')
	for _, id := range ids {
		w.separate()
		w.string(id)
	}
	w.close(']')
	w.close('}')
	return w.buf
}

// each runs the targets one after the other; the first failure ends it where there is a transaction to roll back.
func (s *Server) each(rq *request, t *table, targets []json.RawMessage, operation multiple) (ids []string, failed error) {
	for _, target := range targets {
		p, err := s.readPayload(rq, t, target)
		var r *row
		if err == nil {
			r, err = operation.run(s, rq, t, p)
		}
		switch {
		case err != nil && !t.elastic:
			return nil, err
		case err != nil && failed == nil:
			failed = err
		case err == nil:
			ids = append(ids, r.id)
		}
	}
	return ids, failed
}

// readTargets reads {"Targets":[…]}. Each says of which table it is.
func (rq *request) readTargets(t *table) (targets []json.RawMessage, err error) {
	members, problem := readObject(rq.body)
	if problem != "" {
		return nil, payloadError(t.set, "%s", problem)
	}
	if len(members) != 1 || members[0].name != "Targets" {
		return nil, payloadError(t.set, "The one parameter 'Targets' was expected.")
	}
	list, ok := members[0].value.(json.RawMessage)
	if !ok || json.Unmarshal(list, &targets) != nil || len(targets) == 0 {
		return nil, payloadError(t.set, "'Targets' is not an array of rows.")
	}
	for _, target := range targets {
		inner, problem := readObject(target)
		if problem != "" {
			return nil, payloadError(t.set, "%s", problem)
		}
		if !saysType(inner, t) {
			return nil, payloadError(t.set, `Each of 'Targets' needs "@odata.type":"%s".`, t.typeName())
		}
	}
	return targets, nil
}

func saysType(members []member, t *table) bool {
	for _, m := range members {
		if m.name == "@odata.type" {
			text, _ := m.value.(string)
			return strings.TrimPrefix(text, "#") == t.typeName()
		}
	}
	return false
}

func (s *Server) createOne(rq *request, t *table, p *payload) (*row, error) {
	return s.insertDeep(rq, t, "", p)
}

// targeted is the row whose key and partition a target carries, and that key. Both are taken out of the target.
func (s *Server) targeted(rq *request, t *table, p *payload) (*row, string, error) {
	id, _ := p.set[0].(string)
	if id == "" {
		return nil, "", unsupported("a target without %s", t.key().name)
	}
	if !p.shallow() {
		return nil, "", unsupported("rows of other tables inside an update")
	}
	partition := ""
	if t.elastic {
		partition, _ = p.set[t.at("partitionid")].(string)
	}
	delete(p.set, 0)
	return s.db.get(t, id, partition, rq.now), id, nil
}

func (s *Server) updateOne(rq *request, t *table, p *payload) (*row, error) {
	r, id, err := s.targeted(rq, t, p)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, notFoundRow(t, id)
	}
	return s.update(rq, t, r, p.set)
}

func (s *Server) upsertOne(rq *request, t *table, p *payload) (*row, error) {
	rq.upserting = t.elastic
	r, id, err := s.targeted(rq, t, p)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return s.insertDeep(rq, t, id, p)
	case t.elastic:
		return s.replaceElastic(rq, t, r, p.set)
	}
	return s.update(rq, t, r, p.set)
}

func (s *Server) deleteOne(rq *request, t *table, p *payload) (*row, error) {
	if err := rq.rights.may(t, Delete); err != nil {
		return nil, err
	}
	r, id, err := s.targeted(rq, t, p)
	switch {
	case err != nil:
		return nil, err
	case r == nil:
		return nil, notFoundRow(t, id)
	}
	s.delete(rq, t, r)
	return r, nil
}
