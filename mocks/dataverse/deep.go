package dataverse

import "slices"

// insertDeep creates the rows a body's lookups lead to, the row itself, then the rows of its collections. It runs
// inside the request's transaction, so that a refusal anywhere leaves none of them.
func (s *Server) insertDeep(rq *request, t *table, id string, p *payload) (*row, error) {
	if !p.shallow() && (t.elastic || slices.ContainsFunc(slices.Concat(p.parents, p.children), func(n nested) bool { return n.table.elastic })) {
		return nil, unsupported("a deep insert with elastic tables, which have no transactions")
	}
	for _, parent := range p.parents {
		r, err := s.insertDeep(rq, parent.table, "", parent.payload)
		if err != nil {
			return nil, err
		}
		p.set[parent.column] = ref{parent.table.name, r.id}
	}
	r, err := s.insert(rq, t, id, p.set)
	if err != nil {
		return nil, err
	}
	for _, child := range p.children {
		if err := s.insertChild(rq, t, r, child); err != nil {
			return nil, err
		}
	}
	for _, member := range p.members {
		if err := s.associate(rq, t, r, member.collection, member.row); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// insertChild creates one row of a collection of r.
func (s *Server) insertChild(rq *request, t *table, r *row, child nested) error {
	c := child.collection
	if c.far == "" {
		if err := child.table.point(child.payload, child.table.at(c.column), c.nav, ref{t.name, r.id}); err != nil {
			return err
		}
		_, err := s.insertDeep(rq, child.table, "", child.payload)
		return err
	}
	other, err := s.insertDeep(rq, child.table, "", child.payload)
	if err != nil {
		return err
	}
	return s.associate(rq, t, r, c, other)
}
