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
	anyTarget  bool         // of ownerid: users and teams alike
	paged      bool         // of a nested tree: the collection comes in pages
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
	seek   *seek // a condition of the filter that an index can answer, or nil
	order  []ordering
	top    int // -1: all
	count  bool
}

const maxExpands = 15

// newQuery reads the options of a set. Inside $expand there are no aliases.
func newQuery(s *schema, t *table, options, aliases queryOptions) (query, error) {
	q := query{top: -1}
	var err error
	if q.selection, err = newSelection(s, t, options); err != nil {
		return query{}, err
	}
	if source, ok := options.get("$filter"); ok {
		if q.filter, q.seek, err = parseFilter(s, t, source, aliases); err != nil {
			return query{}, err
		}
	}
	if source, ok := options.get("$orderby"); ok {
		if q.order, err = parseOrder(s, t, source, aliases); err != nil {
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
	if text, ok := options.get("$select"); ok {
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
		if len(items) == 0 {
			return selection{}, unsupported("an empty $expand")
		}
		if len(items) > maxExpands {
			return selection{}, badRequest(codeCrmHTTP, "The number of $expand options is more than %d.", maxExpands)
		}
		for _, item := range items {
			e, err := newExpansion(s, t, strings.TrimSpace(item))
			if err != nil {
				return selection{}, err
			}
			if slices.ContainsFunc(sel.expands, func(other *expansion) bool { return other.nav == e.nav }) {
				return selection{}, unsupported("%s twice in $expand", e.nav)
			}
			sel.expands = append(sel.expands, e)
		}
	}
	return sel, checkNesting(sel.expands)
}

// context is what stands in parentheses behind the set's name in the context URL.
func (s selection) context() string {
	if names := s.shown(); names != "" {
		return "(" + names + ")"
	}
	return ""
}

// shown are the columns and expansions, with theirs in parentheses.
func (s selection) shown() string {
	names := slices.Clone(s.names)
	for _, e := range s.expands {
		names = append(names, e.nav+"("+e.shown()+")")
	}
	return strings.Join(names, ",")
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
