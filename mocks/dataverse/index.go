package dataverse

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// index finds rows by the identifier in one column, or by one alternate key, so that following collections and
// deliveries does not take longer the more rows there are. It changes which rows are looked at, never which are found.
type index struct {
	table  *table
	column int // alternate keys are numbered downwards from -1
}

// indexes hold rows by value, sorted by key.
type indexes map[index]map[string][]*row

// key of a cell; only identifiers are indexed, whose case needs no more than lowering.
func indexed(cell any) (value string, ok bool) {
	switch v := cell.(type) {
	case string:
		return strings.ToLower(v), true
	case ref:
		return v.id, true
	default:
		return "", false
	}
}

// entries are the values a row is found by.
func (t *table) entries(r *row) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for _, column := range t.indexed {
			if value, ok := indexed(r.cells[column]); ok && !yield(column, value) {
				return
			}
		}
		for number := range t.keys {
			value, ok := t.keyValue(number, func(column int) any { return r.cells[column] })
			if ok && !yield(-1-number, value) {
				return
			}
		}
	}
}

func (x indexes) add(t *table, r *row) {
	for column, value := range t.entries(r) {
		rows := x.of(t, column)
		i, _ := search(rows[value], r.id, r.partition)
		rows[value] = slices.Insert(rows[value], i, r)
	}
}

func (x indexes) remove(t *table, r *row) {
	for column, value := range t.entries(r) {
		rows := x.of(t, column)
		if i, found := search(rows[value], r.id, r.partition); found {
			rows[value] = slices.Delete(rows[value], i, i+1)
		}
		if len(rows[value]) == 0 {
			delete(rows, value)
		}
	}
}

// keyValue joins the cells of an alternate key into one text, equal for equal keys; none when a cell is empty.
func (t *table) keyValue(number int, cell func(column int) any) (value string, ok bool) {
	var joined []byte
	for _, name := range t.keys[number].Columns {
		column := t.at(name)
		part := cell(column)
		if part == nil {
			return "", false
		}
		joined = strconv.AppendQuote(joined, folded(t.columns[column].bare(part)))
	}
	return string(joined), true
}

// folded is one and the same text for all texts strings.EqualFold takes for equal.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, s)
}

// byKey is the row with the values, by column, of an alternate key.
func (s *store) byKey(t *table, number int, values map[int]any, now time.Time) *row {
	value, ok := t.keyValue(number, func(column int) any { return values[column] })
	if !ok {
		return nil
	}
	for r := range s.matching(t, -1-number, value, now) {
		return r
	}
	return nil
}

func (x indexes) of(t *table, column int) map[string][]*row {
	key := index{t, column}
	if x[key] == nil {
		x[key] = map[string][]*row{}
	}
	return x[key]
}

// matching yields the rows with a value in an indexed column, by key.
func (s *store) matching(t *table, column int, value string, now time.Time) iter.Seq[*row] {
	return living(s.indexes[index{t, column}][value], now)
}

// candidates yields at least the rows a query can find.
func (s *store) candidates(t *table, q query, now time.Time) iter.Seq[*row] {
	if q.seek != nil {
		return s.matching(t, q.seek.column, q.seek.value, now)
	}
	return s.all(t, now)
}

// seek is a comparison every row found must satisfy.
type seek struct {
	column int
	value  string
}

// findSeek looks for "indexed column eq literal" that stands alone or among conditions joined by and.
func findSeek(t *table, n *node) *seek {
	if n.kind != nodeBinary {
		return nil
	}
	left, right := n.arguments[0], n.arguments[1]
	switch {
	case n.text == "and":
		if found := findSeek(t, left); found != nil {
			return found
		}
		return findSeek(t, right)
	case n.text != "eq" || left.kind != nodePath || len(left.names) != 1 || right.kind != nodeLiteral:
		return nil
	}
	column, known := t.byProperty[left.names[0]]
	if !known || !slices.Contains(t.indexed, column) {
		return nil
	}
	cell, ok := t.columns[column].fromLiteral(&right.token)
	value, isText := indexed(cell)
	if !ok || !isText {
		return nil
	}
	return &seek{column, value}
}
