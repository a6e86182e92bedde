package dataverse

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// changes are the columns a body sets, by index.
type changes map[int]any

// readChanges checks a body against the table. What Dataverse would silently ignore, such as a column only the server
// writes, is refused loudly: a client that sends it expects something else.
func (s *Server) readChanges(rq *request, t *table) (changes, error) {
	members, problem := readObject(rq.body)
	if problem != "" {
		return nil, payloadError(t.set, "%s", problem)
	}
	set := changes{}
	for _, m := range members {
		property, annotation, annotated := strings.Cut(m.name, "@")
		var err error
		switch {
		case annotated && annotation == "odata.bind":
			err = s.bind(rq, t, set, property, m.value)
		case annotated:
			err = checkAnnotation(t, property, annotation)
		default:
			err = t.assign(set, m)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, index := range slices.Sorted(maps.Keys(set)) {
		if err := t.columns[index].check(t, set[index]); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// checkAnnotation lets a client send back what it read.
func checkAnnotation(t *table, property, annotation string) error {
	if !strings.Contains(annotation, ".") {
		return payloadError(t.set, "The annotation '%s@%s' is an invalid instance annotation name.", property, annotation)
	}
	if _, known := t.byProperty[property]; property != "" && !known {
		return payloadError(t.set, "An undeclared property '%s' which only has property annotations in the payload but no property value was found in the payload.", property)
	}
	return nil
}

func (t *table) assign(set changes, m member) error {
	if index, ok := t.lookupByNav(m.name); ok {
		if m.value != nil {
			return unsupported("deep insert: %s", m.name)
		}
		set[index] = nil // documented as a way to clear a lookup
		return nil
	}
	index, ok := t.byProperty[m.name]
	if !ok {
		return badRequest(codeNone, "An error occurred while validating input parameters: Microsoft.OData.ODataException: "+
			"Invalid property '%s' was found in entity '%s'. ---> Microsoft.OData.ODataException: "+
			"The property '%s' does not exist on type '%s'.", m.name, t.typeName(), m.name, t.typeName())
	}
	c := t.columns[index]
	switch {
	case c.kind == kindLookup:
		return badRequest(codeCrmHTTP, "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.")
	case c.access == readOnly:
		return unsupported("writing the column %s, which only the server sets", m.name)
	}
	cell, ok := c.fromJSON(m.value)
	if !ok {
		return payloadError(t.set, "Cannot convert the value of '%s' to the expected type '%s'.", m.name, c.kind.edm())
	}
	set[index] = cell
	return nil
}

// bind resolves nav@odata.bind: "/set(key)", "set(key)" or an absolute address; null clears.
func (s *Server) bind(rq *request, t *table, set changes, nav string, value any) error {
	index, ok := t.lookupByNav(nav)
	if !ok {
		if _, isCollection := t.collectionByNav(nav); isCollection {
			return unsupported("binding the collection %s", nav)
		}
		return payloadError(t.set, "An undeclared property '%s' which only has property annotations in the payload but no property value was found in the payload. In OData, only declared navigation properties and declared named streams can be represented as properties without values.", nav)
	}
	if value == nil {
		set[index] = nil
		return nil
	}
	link, ok := value.(string)
	if !ok {
		return payloadError(t.set, "The value of '%s@odata.bind' must be a string.", nav)
	}
	target, err := s.resolveLink(rq, t.columns[index], link)
	if err != nil {
		return err
	}
	set[index] = target
	return nil
}

func (s *Server) resolveLink(rq *request, c *column, link string) (ref, error) {
	segments, err := parsePath(strings.TrimPrefix(strings.TrimPrefix(link, rq.root), "/"))
	if err != nil {
		return ref{}, err
	}
	if len(segments) != 1 || !segments[0].called {
		return ref{}, payloadError(c.name, "The URL '%s' is not the address of a row.", link)
	}
	far := s.schema.bySet[segments[0].name]
	if far == nil {
		if isUnbuilt(segments[0].name) {
			return ref{}, unsupported("%s", segments[0].name)
		}
		return ref{}, notFoundSegment(segments[0].name)
	}
	if c.nav(far.name) == c.name && !c.pointsAt(far.name) {
		return ref{}, payloadError(far.set, "A row of '%s' cannot be bound to '%s'.", far.name, c.name)
	}
	a, err := s.resolveKey(far, segments[0].arguments, rq)
	if err != nil {
		return ref{}, err
	}
	if a.row == nil {
		return ref{}, a.missing(far)
	}
	return ref{far.name, a.row.id}, nil
}

func (c *column) pointsAt(table string) bool {
	for _, t := range c.targets {
		if t.table == table {
			return true
		}
	}
	return false
}

// preconditionFailed is the answer to an ETag that is not the row's any more.
func preconditionFailed() error {
	return fail(http.StatusPreconditionFailed, codeVersionMismatch,
		"The version of the existing record doesn't match the RowVersion property provided.")
}
