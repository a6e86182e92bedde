package dataverse

import (
	"net/http"
	"slices"
	"strings"
)

// address is a row's place as a URL names it. The row need not exist.
type address struct {
	row           *row
	id, partition string      // empty when an alternate key was used
	alternate     map[int]any // column index → value
}

// resolve reads the key predicate of the first segment, and for reads and deletions the partition behind it.
func (s *Server) resolve(rq *request, t *table) (address, error) {
	arguments := rq.segments[0].arguments
	partition, given := rq.partition()
	if !t.elastic || !given || rq.Method != http.MethodGet && rq.Method != http.MethodDelete {
		return s.resolveKey(t, arguments, rq)
	}
	a, err := s.resolveKey(t, arguments, rq)
	switch {
	case err != nil:
		return address{}, err
	case a.id == "" || a.partition != "" && a.partition != partition:
		return address{}, badKey(t)
	}
	a.partition, a.row = partition, s.db.get(t, a.id, partition, rq.now)
	return a, nil
}

func (s *Server) resolveKey(t *table, arguments string, rq *request) (address, error) {
	a, err := t.readKey(arguments)
	if err != nil {
		return address{}, err
	}
	switch {
	case a.id != "" && len(a.alternate) == 0:
		a.row = s.db.get(t, a.id, a.partition, rq.now)
	case a.id == "" && t.declared(a.alternate) >= 0:
		a.row = s.db.byKey(t, t.declared(a.alternate), a.alternate, rq.now)
	default:
		return address{}, badKey(t)
	}
	return a, nil
}

// readKey reads what stands in parentheses: an identifier alone, or name=literal, each name once.
func (t *table) readKey(arguments string) (address, error) {
	parts := parseKey(arguments)
	a := address{alternate: map[int]any{}}
	seen := map[int]bool{}
	for _, part := range parts {
		if strings.HasPrefix(part.literal, "@") {
			return address{}, unsupported("the parameter alias %s in a key", part.literal)
		}
		index, ok := t.keyColumn(part.name)
		if !ok || seen[index] || part.name == "" && len(parts) > 1 {
			return address{}, badKey(t)
		}
		seen[index] = true
		value, ok := t.columns[index].fromKey(part.literal)
		if !ok {
			return address{}, badKey(t)
		}
		switch text, _ := value.(string); {
		case index == 0:
			a.id = text
		case t.elastic && part.name == "partitionid":
			a.partition = text
		default:
			a.alternate[index] = value
		}
	}
	return a, nil
}

// keyColumn is the column a name inside parentheses means; no name is the primary key.
func (t *table) keyColumn(name string) (index int, ok bool) {
	switch {
	case name == "" || name == t.keyName():
		return 0, true
	case name == t.key().name:
		return 0, false // a principal's key has the other name
	}
	index, ok = t.byProperty[name]
	return index, ok
}

// keyName is what the primary key is called inside parentheses: of principals it is ownerid.
func (t *table) keyName() string {
	if t.isPrincipal() {
		return "ownerid"
	}
	return t.key().name
}

// isPrincipal: users and teams carry their key under two names.
func (t *table) isPrincipal() bool { return t.name == "systemuser" || t.name == "team" }

func badKey(t *table) error {
	return badRequest(codeCrmHTTP, "The key in the request URI is not valid for resource '%s'. "+
		"Ensure that the names and number of key properties match the declared or alternate key properties for the resource '%s'.",
		t.typeName(), t.typeName())
}

// fromKey reads a literal of a key predicate.
func (c *column) fromKey(literal string) (value any, ok bool) {
	l := lexer{source: literal}
	t, err := l.next()
	if err != nil || l.offset != len(literal) {
		return nil, false
	}
	if c.kind == kindKey && t.kind != tokenGUID {
		return nil, false // contacts('…') is not a row, though filters take quoted identifiers
	}
	return c.fromLiteral(&t)
}

// declared is the alternate key with exactly these columns, by number, or -1.
func (t *table) declared(columns map[int]any) int {
	return slices.IndexFunc(t.keys, func(k Key) bool {
		return len(k.Columns) == len(columns) && !slices.ContainsFunc(k.Columns, func(name string) bool {
			_, ok := columns[t.at(name)]
			return !ok
		})
	})
}

// existing is the row the URL names, or the documented 404.
func (s *Server) existing(rq *request, t *table) (*row, error) {
	a, err := s.resolve(rq, t)
	if err != nil {
		return nil, err
	}
	if a.row == nil {
		return nil, a.missing(t)
	}
	return a.row, nil
}

func (a address) missing(t *table) error {
	if a.id == "" {
		return fail(http.StatusNotFound, codeRecordNotFoundByKey,
			"A record with the specified key values does not exist in %s entity", t.name)
	}
	return notFoundRow(t, a.id)
}

// uniqueKeys refuses a row whose alternate key another row already has. A key with an empty column is not enforced.
func (s *Server) uniqueKeys(rq *request, t *table, r *row) error {
	for number, k := range t.keys {
		values := map[int]any{}
		for _, name := range k.Columns {
			values[t.at(name)] = r.cells[t.at(name)]
		}
		other := s.db.byKey(t, number, values, rq.now)
		if other != nil && (other.id != r.id || other.partition != r.partition) {
			return fail(http.StatusPreconditionFailed, codeDuplicateKey,
				"Entity Key %s violated. A record with the same value for %s already exists. A duplicate record cannot be created. Select one or more unique values and try again.",
				k.Name, strings.Join(k.Columns, ", "))
		}
	}
	return nil
}
