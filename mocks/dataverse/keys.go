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

// resolve reads the key predicate of the first segment.
func (s *Server) resolve(rq *request, t *table) (address, error) {
	return s.resolveKey(t, rq.segments[0].arguments, rq)
}

func (s *Server) resolveKey(t *table, arguments string, rq *request) (address, error) {
	parts := parseKey(arguments)
	a := address{alternate: map[int]any{}}
	for _, part := range parts {
		name := part.name
		if name == "" || name == t.keyName() {
			name = t.key().name
		} else if name == t.key().name && t.keyName() != t.key().name {
			return address{}, badKey(t)
		}
		index, ok := t.byProperty[name]
		if !ok || part.name == "" && len(parts) > 1 {
			return address{}, badKey(t)
		}
		value, ok := t.columns[index].fromKey(part.literal)
		if !ok {
			return address{}, badKey(t)
		}
		switch text, _ := value.(string); {
		case index == 0:
			a.id = text
		case t.elastic && name == "partitionid":
			a.partition = text
		default:
			a.alternate[index] = value
		}
	}
	switch {
	case a.id != "" && len(a.alternate) == 0:
		a.row = s.db.get(t, a.id, a.partition, rq.now)
	case a.id == "" && t.declares(a.alternate):
		a.row = s.byAlternateKey(t, a.alternate, rq)
	default:
		return address{}, badKey(t)
	}
	return a, nil
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

// declares says whether an alternate key has exactly these columns.
func (t *table) declares(columns map[int]any) bool {
	return slices.ContainsFunc(t.keys, func(k Key) bool {
		return len(k.Columns) == len(columns) && !slices.ContainsFunc(k.Columns, func(name string) bool {
			_, ok := columns[t.at(name)]
			return !ok
		})
	})
}

func (s *Server) byAlternateKey(t *table, values map[int]any, rq *request) *row {
	for r := range s.db.all(t, rq.now) {
		if t.matches(r.cells, values) {
			return r
		}
	}
	return nil
}

func (t *table) matches(cells []any, values map[int]any) bool {
	for index, want := range values {
		have := cells[index]
		if target, ok := have.(ref); ok {
			have = target.id
		}
		if have == nil || !sameCell(have, want) {
			return false
		}
	}
	return true
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

// uniqueKeys refuses a row whose alternate key another row already has.
func (s *Server) uniqueKeys(rq *request, t *table, r *row) error {
	for _, k := range t.keys {
		values := map[int]any{}
		for _, name := range k.Columns {
			index := t.at(name)
			if target, ok := r.cells[index].(ref); ok {
				values[index] = target.id
			} else if r.cells[index] != nil {
				values[index] = r.cells[index]
			}
		}
		if len(values) < len(k.Columns) {
			continue // a key with an empty column is not enforced
		}
		if other := s.byAlternateKey(t, values, rq); other != nil && other.id != r.id {
			return fail(http.StatusPreconditionFailed, codeDuplicateKey,
				"Entity Key %s violated. A record with the same value for %s already exists. A duplicate record cannot be created. Select one or more unique values and try again.",
				k.Name, strings.Join(k.Columns, ", "))
		}
	}
	return nil
}
