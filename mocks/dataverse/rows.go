package dataverse

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// emptyGUID asks Microsoft's SDKs for a new one; what the Web API makes of it is on no page.
const emptyGUID = "00000000-0000-0000-0000-000000000000"

// insert stores a new row. Called with the lock held, like everything below.
func (s *Server) insert(rq *request, t *table, id string, set changes) (*row, error) {
	if err := rq.rights.mayWrite(t, Create, set); err != nil {
		return nil, err
	}
	given, _ := set[0].(string)
	r := &row{id: cmp.Or(id, given), cells: make([]any, len(t.columns))}
	switch r.id {
	case "":
		r.id = s.newID()
	case emptyGUID:
		return nil, unsupported("the empty GUID as the key of a new row")
	}
	for i, c := range t.columns {
		r.cells[i] = c.initial
	}
	r.cells[0] = r.id
	if t.elastic {
		partition, _ := set[t.at("partitionid")].(string)
		r.partition = cmp.Or(partition, r.id)
		r.cells[t.at("partitionid")] = r.partition
		if err := checkPartition(r.partition); err != nil {
			return nil, err
		}
	}
	if s.db.get(t, r.id, r.partition, rq.now) != nil {
		return nil, fail(http.StatusPreconditionFailed, codeDuplicateRecord, "Cannot insert duplicate key.")
	}
	delete(set, 0)
	t.stamp(r, "createdon", rq.now.Truncate(time.Second))
	t.stamp(r, "createdby", s.userRef(rq))
	t.stamp(r, "createdonbehalfby", s.onBehalfRef(rq))
	t.stamp(r, "ownerid", s.userRef(rq))
	t.stamp(r, "owningbusinessunit", ref{"businessunit", s.organisation.businessUnit})
	return r, s.commit(rq, t, r, set)
}

// update stores a changed copy.
func (s *Server) update(rq *request, t *table, old *row, set changes) (*row, error) {
	if err := rq.rights.mayWrite(t, Write, set); err != nil {
		return nil, err
	}
	if err := t.keepFixed(old, set); err != nil {
		return nil, err
	}
	r := old.clone()
	return r, s.commit(rq, t, r, set)
}

// keepFixed drops what a body repeats of the columns that only creation can set. The key of the URL outweighs the
// body's, as documented; what Dataverse does with the others is not, so a change of them is refused loudly.
func (t *table) keepFixed(old *row, set changes) error {
	for index, cell := range set {
		c := t.columns[index]
		if c.access != createOnly {
			continue
		}
		if index > 0 && cell != old.cells[index] {
			return unsupported("changing the column %s, which is set on create only", c.name)
		}
		delete(set, index)
	}
	return nil
}

// replaceElastic is an upsert of an elastic row: what the body does not name is lost.
func (s *Server) replaceElastic(rq *request, t *table, old *row, set changes) (*row, error) {
	if err := rq.rights.mayWrite(t, Write, set); err != nil {
		return nil, err
	}
	if err := t.keepFixed(old, set); err != nil {
		return nil, err
	}
	r := &row{id: old.id, partition: old.partition, cells: make([]any, len(t.columns))}
	for i, c := range t.columns {
		r.cells[i] = c.initial
	}
	r.cells[0] = r.id
	for _, name := range []string{"createdon", "createdby", "ownerid", "owningbusinessunit", "partitionid"} {
		r.cells[t.at(name)] = old.cells[t.at(name)]
	}
	return r, s.commit(rq, t, r, set)
}

// commit applies the changes and everything that follows from them.
func (s *Server) commit(rq *request, t *table, r *row, set changes) error {
	why := rq.cause()
	why.named = slices.Sorted(maps.Keys(set)) // before the state adds its status
	if err := t.checkState(r, set); err != nil {
		return err
	}
	for index, cell := range set {
		r.cells[index] = cell
	}
	t.stamp(r, "modifiedon", rq.now.Truncate(time.Second))
	t.stamp(r, "modifiedby", s.userRef(rq))
	t.stamp(r, "modifiedonbehalfby", s.onBehalfRef(rq))
	if t.has("owninguser") {
		r.cells[t.at("owninguser")] = r.cells[t.at("ownerid")]
	}
	if t.has("fullname") {
		first, _ := r.cells[t.at("firstname")].(string)
		last, _ := r.cells[t.at("lastname")].(string)
		r.cells[t.at("fullname")] = strings.TrimSpace(first + " " + last)
	}
	for i, c := range t.columns {
		if c.tells != "" {
			r.cells[i] = r.cells[t.at(c.tells)] != nil
		}
	}
	if t.elastic {
		r.expires = time.Time{}
		if ttl, ok := r.cells[t.at("ttlinseconds")].(int64); ok && ttl > 0 {
			r.expires = rq.now.Add(time.Duration(ttl) * time.Second)
		}
	}
	if err := s.uniqueKeys(rq, t, r); err != nil {
		return err
	}
	if err := s.checkRegistration(t, r); err != nil {
		return err
	}
	s.db.put(t, r, why)
	return nil
}

// cause is what the store's watchers are told of the request.
func (rq *request) cause() cause {
	c := cause{user: rq.user, at: rq.now, upsert: rq.upserting}
	if rq.Request != nil {
		c.agent = rq.UserAgent()
	}
	return c
}

func (t *table) stamp(r *row, name string, cell any) {
	if t.has(name) {
		r.cells[t.at(name)] = cell
	}
}

// userRef is the caller as a lookup; before the organisation has users there is none.
func (s *Server) userRef(rq *request) any {
	if rq.user == "" {
		return nil
	}
	return ref{"systemuser", rq.user}
}

// onBehalfRef is the real caller of an impersonated request, elsewhere nobody.
func (s *Server) onBehalfRef(rq *request) any {
	if rq.onBehalfBy == "" {
		return nil
	}
	return ref{"systemuser", rq.onBehalfBy}
}

// checkState keeps state and status in step.
func (t *table) checkState(r *row, set changes) error {
	if !t.has("statecode") {
		return nil
	}
	code, status := t.at("statecode"), t.at("statuscode")
	for _, index := range []int{code, status} {
		if cell, given := set[index]; given && cell == nil {
			return badRequest(codeInvalidState, "The property '%s' cannot be null.", t.columns[index].name)
		}
	}
	newState, hasState := set[code].(int64)
	newStatus, hasStatus := set[status].(int64)
	if !hasState {
		newState, _ = r.cells[code].(int64)
	}
	switch c := t.columns[status]; {
	case hasState && !hasStatus:
		set[status] = c.firstOf(newState)
	case hasStatus && c.stateOf[newStatus] != newState:
		name, _ := t.columns[code].label(newState)
		return badRequest(codeInvalidState, "%d is not a valid status code for state code %s on %s with Id %s.",
			newStatus, name, t.name, r.id)
	}
	return nil
}

// firstOf is the status a row gets with a state when none is said: the first listed.
func (c *column) firstOf(state int64) any {
	for _, l := range c.labels {
		if c.stateOf[l.value] == state {
			return l.value
		}
	}
	return nil
}

// delete removes a row, with it the rows that cascade, and clears the lookups that point at it.
func (s *Server) delete(rq *request, t *table, gone *row) {
	s.db.remove(t, gone, rq.cause())
	for _, other := range s.schema.all {
		for index, c := range other.columns {
			points := c.kind == kindLookup && c.pointsAt(t.name)
			linked := c.kind == kindGUID && other.intersect != nil && c.name == t.key().name
			if !points && !linked {
				continue
			}
			for _, r := range s.pointing(other, index, t, gone, rq.now) {
				if r = s.db.get(other, r.id, r.partition, rq.now); r == nil {
					continue // a cascade was here before
				}
				if linked || c.cascade {
					s.delete(rq, other, r)
					continue
				}
				changed := r.clone()
				changed.cells[index] = nil
				s.db.put(other, changed, rq.cause())
			}
		}
	}
}

// pointing collects before anything is changed.
func (s *Server) pointing(other *table, index int, t *table, gone *row, now time.Time) (rows []*row) {
	for r := range s.db.pointingAt(other, index, gone.id, now) {
		if target, isRef := r.cells[index].(ref); !isRef || target.table == t.name {
			rows = append(rows, r)
		}
	}
	return rows
}
