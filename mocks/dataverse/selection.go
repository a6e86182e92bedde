package dataverse

import (
	"slices"
	"strconv"
	"strings"
)

// selection is what a request wants to see of a row.
type selection struct {
	columns []int    // by index; nil is all
	names   []string // as asked for, for the context URL
	expands []*expansion
}

// expansion is one item of $expand: a lookup's row, or the rows of a collection.
type expansion struct {
	nav        string
	lookup     int // column index, when collection is nil
	collection *collection
	table      *table
	reference  bool         // nav/$ref: the address instead of the row
	options    queryOptions // as asked for, for the collection's own address
	query
}

// ordering is one item of $orderby.
type ordering struct {
	read       func(f *frame) any
	descending bool
}

// query is everything that shapes a set of rows.
type query struct {
	selection
	filter predicate
	order  []ordering
	top    int // -1: all
	count  bool
}

const maxExpands = 15

// newQuery reads the options of a set.
func newQuery(s *schema, t *table, options queryOptions) (query, error) {
	q := query{top: -1}
	var err error
	if q.selection, err = newSelection(s, t, options); err != nil {
		return query{}, err
	}
	if source, ok := options.get("$filter"); ok {
		if q.filter, err = parseFilter(s, t, source, options); err != nil {
			return query{}, err
		}
	}
	if source, ok := options.get("$orderby"); ok {
		if q.order, err = parseOrder(s, t, source, options); err != nil {
			return query{}, err
		}
	}
	if text, ok := options.get("$top"); ok {
		if q.top, err = strconv.Atoi(text); err != nil || q.top < 0 {
			return query{}, badRequest(codeCrmHTTP, "Invalid value '%s' for $top query option found. The $top query option requires a non-negative integer value.", text)
		}
	}
	if text, ok := options.get("$count"); ok {
		if text != "true" && text != "false" {
			return query{}, badRequest(codeCrmHTTP, "Invalid value '%s' for $count query option found. Valid values are 'true' and 'false'.", text)
		}
		q.count = text == "true"
	}
	return q, nil
}

// newSelection reads $select and $expand.
func newSelection(s *schema, t *table, options queryOptions) (sel selection, err error) {
	if text, ok := options.get("$select"); ok && text != "*" {
		sel.columns = []int{}
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			index, known := t.byProperty[name]
			if !known {
				return selection{}, noProperty(name, t)
			}
			sel.columns, sel.names = append(sel.columns, index), append(sel.names, name)
		}
	}
	if text, ok := options.get("$expand"); ok {
		items := splitOutside(text, ',')
		if len(items) > maxExpands {
			return selection{}, badRequest(codeCrmHTTP, "The number of $expand options is more than %d.", maxExpands)
		}
		for _, item := range items {
			e, err := newExpansion(s, t, strings.TrimSpace(item))
			if err != nil {
				return selection{}, err
			}
			sel.expands = append(sel.expands, e)
		}
	}
	return sel, nil
}

func newExpansion(s *schema, t *table, item string) (*expansion, error) {
	name, inner, hasOptions := strings.Cut(item, "(")
	if hasOptions {
		if !strings.HasSuffix(inner, ")") {
			return nil, badRequest(codeCrmHTTP, "Found an unbalanced bracket expression.")
		}
		inner = strings.TrimSuffix(inner, ")")
	}
	e := &expansion{}
	e.nav, e.reference = strings.CutSuffix(name, "/$ref")
	options, err := nestedOptions(inner)
	if err != nil {
		return nil, err
	}
	e.options = options
	if c, ok := t.collectionByNav(e.nav); ok {
		return e.ofCollection(s, c, options)
	}
	index, ok := t.lookupByNav(e.nav)
	if !ok {
		return nil, noProperty(e.nav, t)
	}
	e.lookup = index
	return e.ofLookup(s, t, options)
}

// nestedOptions are separated by semicolons and already decoded.
func nestedOptions(inner string) (all queryOptions, err error) {
	for _, raw := range splitOutside(inner, ';') {
		name, value, ok := strings.Cut(raw, "=")
		if !ok {
			return nil, badRequest(codeCrmHTTP, "Invalid option '%s' inside $expand.", raw)
		}
		if strings.HasPrefix(value, "@") || slices.ContainsFunc(all, func(o option) bool { return o.name == name }) {
			return nil, badRequest(codeCrmHTTP, "Invalid option '%s' inside $expand.", raw)
		}
		all = append(all, option{name: strings.TrimSpace(name), value: value, raw: raw})
	}
	return all, nil
}

const onlySelect = "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship."

func (e *expansion) ofLookup(s *schema, t *table, options queryOptions) (*expansion, error) {
	targets := t.columns[e.lookup].targets
	if e.table = s.byName[targets[0].table]; e.table == nil {
		return nil, unsupported("$expand of %s: the table %s is not served", e.nav, targets[0].table)
	}
	for _, o := range options {
		if o.name != "$select" && o.name != "$expand" {
			return nil, badRequest(codeCrmHTTP, "%s", onlySelect)
		}
	}
	var err error
	if e.selection, err = newSelection(s, e.table, options); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(e.expands, func(inner *expansion) bool { return inner.collection != nil }) {
		return nil, unsupported("a collection inside the $expand of %s", e.nav)
	}
	return e, nil
}

func (e *expansion) ofCollection(s *schema, c collection, options queryOptions) (*expansion, error) {
	if e.reference {
		return nil, badRequest(codeCrmHTTP, "Expand with $ref is only supported on lookup type navigation property.")
	}
	if _, nested := options.get("$expand"); nested {
		return nil, unsupported("$expand inside the collection %s", e.nav)
	}
	if err := options.allow("$select", "$filter", "$orderby", "$top"); err != nil {
		return nil, err
	}
	e.collection, e.table = &c, s.byName[c.table]
	if c.far != "" {
		e.table = s.byName[c.farTable]
	}
	var err error
	e.query, err = newQuery(s, e.table, options)
	return e, err
}

// parseOrder reads "a desc,b/c".
func parseOrder(s *schema, t *table, source string, aliases queryOptions) (all []ordering, err error) {
	for _, item := range splitOutside(source, ',') {
		fields := strings.Fields(item)
		direction := "asc"
		switch len(fields) {
		case 1:
		case 2:
			direction = fields[1]
		default:
			return nil, syntaxError(0, source, "Syntax error: '%s' is not expected", item)
		}
		if direction != "asc" && direction != "desc" {
			return nil, syntaxError(strings.Index(source, direction), source, "Syntax error: '%s' is not expected", direction)
		}
		tree, err := parseExpression(fields[0], aliases)
		if err != nil {
			return nil, err
		}
		if tree.kind != nodePath {
			return nil, badRequest(codeCrmHTTP, "The $orderby expression must be a column: '%s'.", fields[0])
		}
		column, err := newBinder(s, t, source).path(tree)
		if err != nil {
			return nil, err
		}
		all = append(all, ordering{read: column.sortValue(s), descending: direction == "desc"})
	}
	return all, nil
}

// sortValue: a lookup sorts by the name of the row it points at.
func (o operand) sortValue(s *schema) func(*frame) any {
	if o.kind != kindLookup {
		return o.read
	}
	t := s.byName[o.column.targets[0].table]
	if t == nil || t.primaryName == "" {
		return o.read
	}
	name := t.at(t.primaryName)
	return func(f *frame) any {
		id, ok := o.read(f).(string)
		if !ok {
			return nil
		}
		if r := f.db.get(t, id, "", f.now); r != nil {
			return r.cells[name]
		}
		return nil
	}
}

// context is what stands in parentheses behind the set's name in the context URL.
func (s selection) context() string {
	names := slices.Clone(s.names)
	for _, e := range s.expands {
		names = append(names, e.nav+"("+strings.Join(e.names, ",")+")")
	}
	if len(names) == 0 {
		return ""
	}
	return "(" + strings.Join(names, ",") + ")"
}

// apply filters, sorts and limits rows. Rows come by key, and sorting is stable: the key breaks ties.
func (q query) apply(f frame, rows func(func(*row) bool)) []*row {
	var kept []*row
	f.rows = []*row{nil}
	for r := range rows {
		f.rows[0] = r
		if q.filter == nil || q.filter(&f) == yes {
			kept = append(kept, r)
		}
	}
	if len(q.order) > 0 {
		slices.SortStableFunc(kept, func(a, b *row) int { return q.compare(f, a, b) })
	}
	return kept
}

func (q query) compare(f frame, a, b *row) int {
	for _, o := range q.order {
		f.rows[0] = a
		left := o.read(&f)
		f.rows[0] = b
		c := compareCells(left, o.read(&f))
		if o.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
