package dataverse

import (
	"slices"
	"strings"
)

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
	if t.columns[index].secret {
		return operand{}, unsupported("asking for rows by the column %s, which can be written and never read", name)
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

// step follows one lookup to one table.
type step struct {
	column int
	table  *table
}

// navigate follows lookups from a row in scope.
func (b *binder) navigate(position int, names []string) (walk func(*frame) *row, t *table, err error) {
	t = b.tables[position]
	var steps []step
	for _, name := range names {
		reached, ok := t.byNav[name]
		if !ok {
			return nil, nil, noProperty(name, t)
		}
		index := reached.column
		if t.elastic {
			return nil, nil, badRequest(codeElasticJoin, "Link entities are not supported")
		}
		next := b.schema.byName[t.columns[index].targets[reached.target].table]
		if next == nil || t.columns[index].attribute == "Owner" {
			return nil, nil, unsupported("the path through %s", name)
		}
		if err := b.schema.reader.may(next, Read); err != nil {
			return nil, nil, err
		}
		steps, t = append(steps, step{index, next}), next
	}
	return func(f *frame) *row {
		r := f.rows[position]
		for _, s := range steps {
			if r == nil {
				return nil
			}
			var at *table
			if at, r = f.db.follow(r.cells[s.column], f.now); at != s.table {
				return nil // a lookup with several targets points elsewhere
			}
		}
		return r
	}, t, nil
}

// lambda is nav/any(x:…) or nav/all(x:…).
func (b *binder) lambda(n *node) (predicate, error) {
	if err := b.count(); err != nil {
		return nil, err
	}
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
	if err := b.schema.reader.may(far, Read); err != nil {
		return nil, err
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
		_, rows := f.db.related(f.rows[position], nav, f.now)
		for _, r := range rows {
			inner := frame{f.db, f.now, f.user, append(slices.Clip(f.rows), r)}
			if truthOf(condition(&inner) == yes) == stop {
				return stop
			}
		}
		return yes - stop
	}, nil
}
