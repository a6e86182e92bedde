package dataverse

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// changes are the columns a body sets, by index.
type changes map[int]any

// payload is a body understood: what it sets on its own row, and the rows around it.
type payload struct {
	set      changes
	parents  []nested // new rows its lookups lead to; created first
	children []nested // new rows of its collections; created afterwards
	members  []bound  // existing rows of its collections; associated afterwards
}

// nested is a row inside a row: a deep insert.
type nested struct {
	nav        string
	column     int        // of a parent
	collection collection // of a child
	table      *table
	payload    *payload
}

// bound is a row that exists.
type bound struct {
	collection collection
	row        *row
}

func newPayload() *payload { return &payload{set: changes{}} }

// shallow says whether the body is about its own row alone.
func (p *payload) shallow() bool { return len(p.parents)+len(p.children)+len(p.members) == 0 }

// maxNesting of a deep insert. It bounds how often the innermost row is read over.
const maxNesting = 16

// readPayload checks a body against the table. What Dataverse would silently ignore, such as a column only the server
// writes, is refused loudly: a client that sends it expects something else.
func (s *Server) readPayload(rq *request, t *table, body []byte) (*payload, error) {
	return s.readNested(rq, t, body, maxNesting)
}

func (s *Server) readNested(rq *request, t *table, body []byte, depth int) (*payload, error) {
	if depth == 0 {
		return nil, unsupported("a deep insert of more than %d levels", maxNesting)
	}
	if t.fixed {
		return nil, notSupported(rq.Method, t)
	}
	members, problem := readObject(body)
	if problem != "" {
		return nil, payloadError(t.set, "%s", problem)
	}
	p := newPayload()
	for _, m := range members {
		property, annotation, annotated := strings.Cut(m.name, "@")
		var err error
		switch {
		case annotated && annotation == "odata.bind":
			err = s.bind(rq, t, p, member{property, m.value})
		case m.name == "@odata.type":
			err = t.checkType(m.value)
		case annotated:
			err = checkAnnotation(t, property, annotation)
		default:
			err = s.readMember(rq, t, p, m, depth)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, t.check(p.set)
}

// check holds what a body sets against lengths, ranges and options.
func (t *table) check(set changes) error {
	for _, index := range slices.Sorted(maps.Keys(set)) {
		if err := t.columns[index].check(t, set[index]); err != nil {
			return err
		}
	}
	return nil
}

// checkType holds what a client says a row is against where it puts it.
func (t *table) checkType(value any) error {
	name, _ := value.(string)
	if strings.TrimPrefix(name, "#") != t.typeName() {
		return payloadError(t.set, "A resource with type '%s' was found, but it is not assignable to the expected type '%s'.", name, t.typeName())
	}
	return nil
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

// readMember reads a column, or the rows inside a navigation property.
func (s *Server) readMember(rq *request, t *table, p *payload, m member, depth int) error {
	inner := nested{nav: m.name}
	var isCollection, isLookup bool
	if inner.collection, isCollection = t.collectionByNav(m.name); isCollection {
		inner.table = s.farTable(inner.collection)
		return s.readChildren(rq, t, p, inner, m, depth)
	}
	if inner.column, isLookup = t.lookupByNav(m.name); isLookup {
		return s.readParent(rq, t, p, inner, m, depth)
	}
	return t.assign(p, m)
}

func (s *Server) readParent(rq *request, t *table, p *payload, inner nested, m member, depth int) error {
	if m.value == nil { // documented as a way to clear a lookup
		return t.point(p, inner.column, m.name, nil)
	}
	object, ok := m.value.(json.RawMessage)
	if !ok || object[0] != '{' {
		return payloadError(t.set, "A row or null was expected for the navigation property '%s'.", m.name)
	}
	tables := t.columns[inner.column].tables(m.name)
	if len(tables) == 1 {
		inner.table = s.schema.byName[tables[0]]
	}
	if inner.table == nil {
		return unsupported("deep insert into %s", m.name)
	}
	// The place is taken now, the identifier is known when the row exists.
	if err := t.point(p, inner.column, m.name, nil); err != nil {
		return err
	}
	var err error
	inner.payload, err = s.readNested(rq, inner.table, object, depth-1)
	p.parents = append(p.parents, inner)
	return err
}

func (s *Server) readChildren(rq *request, t *table, p *payload, inner nested, m member, depth int) error {
	var objects []json.RawMessage
	list, ok := m.value.(json.RawMessage)
	if !ok || json.Unmarshal(list, &objects) != nil {
		return payloadError(t.set, "An array of rows was expected for the navigation property '%s'.", m.name)
	}
	for _, object := range objects {
		var err error
		if inner.payload, err = s.readNested(rq, inner.table, object, depth-1); err != nil {
			return err
		}
		p.children = append(p.children, inner)
	}
	return nil
}

func (t *table) assign(p *payload, m member) error {
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
	p.set[index] = cell
	return nil
}

// point sets a lookup, once.
func (t *table) point(p *payload, index int, nav string, cell any) error {
	if t.columns[index].access == readOnly {
		return unsupported("writing the lookup %s, which only the server sets", nav)
	}
	if _, twice := p.set[index]; twice {
		return unsupported("setting the lookup %s twice", t.columns[index].name)
	}
	p.set[index] = cell
	return nil
}
