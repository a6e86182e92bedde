package dataverse

import "time"

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

func parseFilter(s *schema, t *table, source string, aliases queryOptions) (predicate, *seek, error) {
	tree, err := parseExpression(source, aliases)
	if err != nil {
		return nil, nil, err
	}
	filter, err := newBinder(s, t, source).condition(tree)
	return filter, findSeek(t, tree), err
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
	if err := b.count(); err != nil {
		return nil, err
	}
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
