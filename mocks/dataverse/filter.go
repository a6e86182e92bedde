package dataverse

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// frame is what a predicate is asked about: the current row of the table, followed by those of the enclosing lambdas.
type frame struct {
	db   *store
	now  time.Time
	user string // systemuserid of the caller
	rows []*row
}

type predicate func(f *frame) truth

// binder turns a syntax tree into a predicate, checking names and types against the table: what the parser lets
// through and Dataverse would not is refused here.
type binder struct {
	schema     *schema
	source     string
	names      []string // lambda variables; the first is the row itself and has none
	tables     []*table
	conditions int
}

const maxConditions = 500

func newBinder(s *schema, t *table, source string) *binder {
	return &binder{schema: s, source: source, names: []string{""}, tables: []*table{t}}
}

func parseFilter(s *schema, t *table, source string, aliases queryOptions) (predicate, error) {
	tree, err := parseExpression(source, aliases)
	if err != nil {
		return nil, err
	}
	return newBinder(s, t, source).condition(tree)
}

func (b *binder) condition(n *node) (predicate, error) {
	switch n.kind {
	case nodeBinary:
		if n.text == "and" || n.text == "or" {
			return b.junction(n)
		}
		return b.comparison(n)
	case nodeNot:
		return b.negation(n.arguments[0])
	case nodeCall:
		return b.call(n)
	case nodeNamed:
		return b.named(n)
	case nodeLambda:
		return b.lambda(n)
	case nodePath:
		return b.booleanColumn(n)
	default:
		return nil, badRequest(codeCrmHTTP, "The $filter expression must evaluate to a single boolean value.")
	}
}

func (b *binder) junction(n *node) (predicate, error) {
	left, err := b.condition(n.arguments[0])
	if err != nil {
		return nil, err
	}
	right, err := b.condition(n.arguments[1])
	if err != nil {
		return nil, err
	}
	if n.text == "and" {
		return func(f *frame) truth {
			if l := left(f); l != no {
				return min(l, right(f))
			}
			return no
		}, nil
	}
	return func(f *frame) truth {
		if l := left(f); l != yes {
			return max(l, right(f))
		}
		return yes
	}, nil
}

func (b *binder) negation(n *node) (predicate, error) {
	if n.kind == nodeNamed {
		return nil, badRequest(codeCrmHTTP, "Not operator along with the Custom Named Condition operators is not allowed")
	}
	inner, err := b.condition(n)
	if err != nil {
		return nil, err
	}
	return func(f *frame) truth { return yes - inner(f) }, nil
}

// booleanColumn is a yes/no column standing alone.
func (b *binder) booleanColumn(n *node) (predicate, error) {
	column, err := b.path(n)
	if err != nil {
		return nil, err
	}
	if column.kind != kindBoolean {
		return nil, badRequest(codeCrmHTTP, "The $filter expression must evaluate to a single boolean value.")
	}
	return func(f *frame) truth {
		if v, ok := column.read(f).(bool); ok {
			return truthOf(v)
		}
		return unknown
	}, nil
}

// operand is one side of a comparison: a column reached by a path, or a literal.
type operand struct {
	kind    kind
	column  *column
	literal *token
	read    func(f *frame) any
}

func (b *binder) operand(n *node) (operand, error) {
	switch n.kind {
	case nodePath:
		return b.path(n)
	case nodeLiteral:
		return operand{literal: &n.token}, nil
	case nodeCall:
		return operand{}, b.unknownFunction(n)
	default:
		return operand{}, syntaxError(n.at, b.source, "Syntax error: a column or a literal is expected")
	}
}

func (b *binder) comparison(n *node) (predicate, error) {
	if err := b.count(); err != nil {
		return nil, err
	}
	left, err := b.operand(n.arguments[0])
	if err != nil {
		return nil, err
	}
	right, err := b.operand(n.arguments[1])
	if err != nil {
		return nil, err
	}
	operator := n.text
	if left.column == nil {
		left, right, operator = right, left, mirrored(operator)
	}
	if left.column == nil {
		return nil, badRequest(codeCrmHTTP, "A comparison needs a column on one side in '%s'.", b.source)
	}
	if right.column != nil {
		if left.kind.edm() != right.kind.edm() {
			return nil, incompatible(left.kind.edm(), right.kind.edm(), operator)
		}
		return compare(operator, left.read, right.read), nil
	}
	if isNull(right.literal) {
		return againstNull(operator, left.read), nil
	}
	value, ok := left.column.fromLiteral(right.literal)
	if !ok {
		return nil, incompatible(left.kind.edm(), literalType(right.literal), operator)
	}
	return compare(operator, left.read, func(*frame) any { return value }), nil
}

func mirrored(operator string) string {
	swaps := map[string]string{"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
	if swap, ok := swaps[operator]; ok {
		return swap
	}
	return operator
}

func isNull(t *token) bool { return t.kind == tokenName && t.text == "null" }

func againstNull(operator string, read func(*frame) any) predicate {
	switch operator {
	case "eq":
		return func(f *frame) truth { return truthOf(read(f) == nil) }
	case "ne":
		return func(f *frame) truth { return truthOf(read(f) != nil) }
	default:
		return func(*frame) truth { return unknown }
	}
}

// compare follows SQL: with a null on either side the answer is unknown, for ne too.
func compare(operator string, left, right func(*frame) any) predicate {
	decide := map[string]func(int) bool{
		"eq": func(c int) bool { return c == 0 }, "ne": func(c int) bool { return c != 0 },
		"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
	}[operator]
	return func(f *frame) truth {
		l, r := left(f), right(f)
		if l == nil || r == nil {
			return unknown
		}
		return truthOf(decide(compareCells(l, r)))
	}
}

// fromLiteral converts a literal of the expression language for a column.
func (c *column) fromLiteral(t *token) (value any, ok bool) {
	switch c.kind {
	case kindKey, kindGUID, kindLookup:
		if t.kind == tokenGUID || t.kind == tokenString { // quoted ones are printed in Microsoft's pages too
			return parsed(parseGUID(t.text))
		}
	case kindString:
		return t.text, t.kind == tokenString
	case kindInteger, kindBigInt, kindChoice:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return n, err == nil && t.kind == tokenNumber
	case kindBoolean:
		return t.text == "true", t.kind == tokenName && (t.text == "true" || t.text == "false")
	case kindDateTime:
		if t.kind == tokenTime {
			return parsed(parseTime(t.text))
		}
	}
	return nil, false
}

func literalType(t *token) string {
	switch t.kind {
	case tokenGUID:
		return "Edm.Guid"
	case tokenTime:
		return "Edm.DateTimeOffset"
	case tokenNumber:
		return "Edm.Int32"
	case tokenName:
		return "Edm.Boolean"
	default:
		return "Edm.String"
	}
}

func incompatible(left, right, operator string) error {
	names := map[string]string{
		"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual", "lt": "LessThan", "le": "LessThanOrEqual",
	}
	return badRequest(codeCrmHTTP,
		"A binary operator with incompatible types was detected. Found operand types '%s' and '%s' for operator kind '%s'.",
		left, right, names[operator])
}

func (b *binder) count() error {
	if b.conditions++; b.conditions > maxConditions {
		return badRequest(codeTooManyConditions, "Number of conditions in query exceeded maximum limit.")
	}
	return nil
}

// path resolves a/b/c: lookups to follow, then a column.
func (b *binder) path(n *node) (operand, error) {
	position, names := b.scope(n.names)
	if len(names) == 0 {
		return operand{}, syntaxError(n.at, b.source, "Syntax error: a column is expected")
	}
	walk, t, err := b.navigate(position, names[:len(names)-1])
	if err != nil {
		return operand{}, err
	}
	name := names[len(names)-1]
	index, ok := t.byProperty[name]
	if !ok {
		if _, isNav := t.lookupByNav(name); isNav {
			return operand{}, unsupported("the navigation property %s as a value in a filter", name)
		}
		return operand{}, noProperty(name, t)
	}
	return operand{kind: t.columns[index].kind, column: t.columns[index], read: func(f *frame) any {
		r := walk(f)
		if r == nil {
			return nil
		}
		if target, isRef := r.cells[index].(ref); isRef {
			return target.id
		}
		return r.cells[index]
	}}, nil
}

// scope finds which row a path starts at.
func (b *binder) scope(names []string) (position int, rest []string) {
	if i := slices.Index(b.names, names[0]); i > 0 {
		return i, names[1:]
	}
	return 0, names
}

// navigate follows lookups from a row in scope.
func (b *binder) navigate(position int, names []string) (walk func(*frame) *row, t *table, err error) {
	t = b.tables[position]
	var steps []int
	for _, name := range names {
		index, ok := t.lookupByNav(name)
		if !ok {
			return nil, nil, noProperty(name, t)
		}
		if t.elastic {
			return nil, nil, badRequest(codeElasticJoin, "Link entities are not supported")
		}
		next := b.schema.byName[t.columns[index].targets[0].table]
		if next == nil || len(t.columns[index].targets) > 1 {
			return nil, nil, unsupported("the path through %s", name)
		}
		steps, t = append(steps, index), next
	}
	return func(f *frame) *row {
		r := f.rows[position]
		for _, index := range steps {
			if r == nil {
				return nil
			}
			_, r = f.db.follow(r.cells[index], f.now)
		}
		return r
	}, t, nil
}

// lambda is nav/any(x:…) or nav/all(x:…).
func (b *binder) lambda(n *node) (predicate, error) {
	position, names := b.scope(n.names)
	if len(names) != 1 {
		return nil, unsupported("a lambda behind the path %s", strings.Join(n.names, "/"))
	}
	t := b.tables[position]
	nav, ok := t.collectionByNav(names[0])
	if !ok {
		return nil, noProperty(names[0], t)
	}
	if t.elastic {
		return nil, badRequest(codeElasticJoin, "Link entities are not supported")
	}
	far := b.schema.byName[nav.table]
	if nav.far != "" {
		far = b.schema.byName[nav.farTable]
	}
	condition := func(*frame) truth { return yes }
	if len(n.arguments) > 0 {
		if slices.Contains(b.names, n.variable) {
			return nil, syntaxError(n.at, b.source, "The variable '%s' is already in use", n.variable)
		}
		b.names, b.tables = append(b.names, n.variable), append(b.tables, far)
		inner, err := b.condition(n.arguments[0])
		b.names, b.tables = b.names[:len(b.names)-1], b.tables[:len(b.tables)-1]
		if err != nil {
			return nil, err
		}
		condition = inner
	}
	stop := yes // any: the first yes decides; all: the first that is not
	if n.text == "all" {
		stop = no
	}
	return func(f *frame) truth {
		_, rows := f.db.related(t, f.rows[position], nav, f.now)
		for _, r := range rows {
			inner := frame{f.db, f.now, f.user, append(slices.Clip(f.rows), r)}
			if truthOf(condition(&inner) == yes) == stop {
				return stop
			}
		}
		return yes - stop
	}, nil
}
