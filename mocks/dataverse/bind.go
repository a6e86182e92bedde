package dataverse

import (
	"encoding/json"
	"strings"
)

// bind resolves nav@odata.bind: the address of a row, null to clear, or a list of addresses for a collection.
func (s *Server) bind(rq *request, t *table, p *payload, m member) error {
	if c, ok := t.collectionByNav(m.name); ok {
		return s.bindMembers(rq, t, p, c, m)
	}
	index, ok := t.lookupByNav(m.name)
	if !ok {
		return payloadError(t.set, "An undeclared property '%s' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.", m.name)
	}
	if m.value == nil {
		return t.point(p, index, m.name, nil)
	}
	link, ok := m.value.(string)
	if !ok {
		return payloadError(t.set, "The value of '%s@odata.bind' must be a string.", m.name)
	}
	target, err := s.resolveLink(rq, t, m.name, link)
	if err != nil {
		return err
	}
	return t.point(p, index, m.name, target)
}

func (s *Server) bindMembers(rq *request, t *table, p *payload, c collection, m member) error {
	var links []string
	list, ok := m.value.(json.RawMessage)
	if !ok || json.Unmarshal(list, &links) != nil {
		return payloadError(t.set, "The value of '%s@odata.bind' must be an array of strings.", m.name)
	}
	for _, link := range links {
		r, err := s.resolveMember(rq, c, link)
		if err != nil {
			return err
		}
		p.members = append(p.members, bound{c, r})
	}
	return nil
}

// resolveLink is the row an address names, which a navigation property may lead to.
func (s *Server) resolveLink(rq *request, t *table, nav, link string) (ref, error) {
	far, a, err := s.resolveAddress(rq, link)
	if err != nil {
		return ref{}, err
	}
	index, _ := t.lookupByNav(nav)
	switch {
	case !t.columns[index].leads(nav, far.name):
		return ref{}, payloadError(t.set, "A row of '%s' cannot be bound to '%s'.", far.name, nav)
	case a.row == nil:
		return ref{}, a.missing(far)
	}
	return ref{far.name, a.row.id}, nil
}

// resolveAddress reads "/set(key)", "set(key)", an absolute address, or the $n of an earlier part of the change set.
func (s *Server) resolveAddress(rq *request, link string) (*table, address, error) {
	path := strings.TrimPrefix(link, rq.base)
	path = strings.TrimPrefix(path[len(servicePath.FindString(path)):], "/")
	if strings.Contains(path, "://") {
		return nil, address{}, payloadError("", "The URL '%s' is not the address of a row of this organization.", link)
	}
	segments, err := parsePath(path)
	if err != nil {
		return nil, address{}, err
	}
	if err := rq.dereference(segments); err != nil {
		return nil, address{}, err
	}
	if len(segments) != 1 || !segments[0].called {
		return nil, address{}, payloadError("", "The URL '%s' is not the address of a row.", link)
	}
	far := s.schema.bySet[segments[0].name]
	if far == nil {
		if isUnbuilt(segments[0].name) {
			return nil, address{}, unsupported("%s", segments[0].name)
		}
		return nil, address{}, notFoundSegment(segments[0].name)
	}
	a, err := s.resolveKey(far, segments[0].arguments, rq)
	return far, a, err
}

// tables are those a navigation property of the column leads to.
func (c *column) tables(nav string) (names []string) {
	for _, t := range c.targets {
		if t.nav == nav {
			names = append(names, t.table)
		}
	}
	return names
}

func (c *column) leads(nav, table string) bool {
	for _, t := range c.targets {
		if t.nav == nav && t.table == table {
			return true
		}
	}
	return false
}

func (c *column) pointsAt(table string) bool {
	for _, t := range c.targets {
		if t.table == table {
			return true
		}
	}
	return false
}
