package dataverse

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// row is one stored row. It never changes once stored: a write stores a new row in its place, so that whoever holds
// one may go on reading it.
type row struct {
	id        string
	partition string // of an elastic table; elsewhere empty
	version   int64  // versionnumber and ETag
	cells     []any  // by column index
	expires   time.Time
}

// store is every table's rows. It does no locking; Server.mu guards it.
type store struct {
	schema  *schema
	rows    map[*table][]*row // sorted by id, then partition
	indexes indexes
	version int64 // last row version given out

	expiries expiries

	transaction *transaction     // nil: none is open
	watchers    []func([]change) // see watch
}

// firstVersion is where a fresh organisation's row versions start here: large enough that a client which reads them
// as small integers, or sorts them as text, shows it.
const firstVersion = 998_000

func newStore(s *schema) *store {
	return &store{schema: s, rows: map[*table][]*row{}, indexes: indexes{}, version: firstVersion}
}

// search finds a key among rows sorted by it.
func search(rows []*row, id, partition string) (index int, found bool) {
	return slices.BinarySearchFunc(rows, id, func(r *row, id string) int {
		return cmp.Or(cmp.Compare(r.id, id), cmp.Compare(r.partition, partition))
	})
}

// get is the row with that key at that time, or nil. An elastic row that was given no partition is its own.
func (s *store) get(t *table, id, partition string, now time.Time) *row {
	if t.elastic {
		partition = cmp.Or(partition, id)
	}
	i, found := search(s.rows[t], id, partition)
	if !found || s.rows[t][i].gone(now) {
		return nil
	}
	return s.rows[t][i]
}

// follow is the row a lookup points at, or nil.
func (s *store) follow(cell any, now time.Time) (*table, *row) {
	r, ok := cell.(ref)
	if !ok {
		return nil, nil
	}
	t := s.schema.byName[r.table]
	if t == nil {
		return nil, nil
	}
	return t, s.get(t, r.id, "", now)
}

// all yields a table's rows by key.
func (s *store) all(t *table, now time.Time) iter.Seq[*row] {
	return living(s.rows[t], now)
}

// living leaves out what has expired.
func living(rows []*row, now time.Time) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		for _, r := range rows {
			if !r.gone(now) && !yield(r) {
				return
			}
		}
	}
}

// put stores a row under a new version, replacing the one with its key.
func (s *store) put(t *table, r *row, why cause) {
	s.version++
	r.version = s.version
	r.cells[t.at("versionnumber")] = r.version
	s.record(change{table: t, before: s.place(t, r), after: r, cause: why})
	s.expiries.add(t, r)
}

// remove takes a row away, if it is there.
func (s *store) remove(t *table, r *row, why cause) {
	if old := s.displace(t, r); old != nil {
		s.record(change{table: t, before: old, cause: why})
	}
}

// place keeps a row as it stands and says which one had its key before.
func (s *store) place(t *table, r *row) (before *row) {
	i, found := search(s.rows[t], r.id, r.partition)
	if found {
		before = s.rows[t][i]
		s.indexes.remove(t, before)
		s.rows[t][i] = r
	} else {
		s.rows[t] = slices.Insert(s.rows[t], i, r)
	}
	s.indexes.add(t, r)
	return before
}

// displace undoes place.
func (s *store) displace(t *table, r *row) (before *row) {
	i, found := search(s.rows[t], r.id, r.partition)
	if !found {
		return nil
	}
	before = s.rows[t][i]
	s.indexes.remove(t, before)
	s.rows[t] = slices.Delete(s.rows[t], i, i+1)
	return before
}

// related are the rows of a collection-valued navigation property of r, with their table.
func (s *store) related(r *row, c collection, now time.Time) (far *table, rows []*row) {
	many := s.schema.byName[c.table]
	pointing := s.pointingAt(many, many.at(c.column), r.id, now)
	if c.far == "" {
		return many, slices.Collect(pointing)
	}
	far = s.schema.byName[c.farTable]
	farColumn := many.at(c.far)
	for link := range pointing {
		if id, ok := link.cells[farColumn].(string); ok {
			if other := s.get(far, id, "", now); other != nil {
				rows = append(rows, other)
			}
		}
	}
	return far, rows
}

// pointingAt yields the rows with an identifier in a column, through its index when it has one.
func (s *store) pointingAt(t *table, column int, id string, now time.Time) iter.Seq[*row] {
	if slices.Contains(t.indexed, column) {
		return s.matching(t, column, id, now)
	}
	return func(yield func(*row) bool) {
		for r := range s.all(t, now) {
			if value, ok := indexed(r.cells[column]); ok && value == id && !yield(r) {
				return
			}
		}
	}
}

func (r *row) gone(now time.Time) bool { return !r.expires.IsZero() && !now.Before(r.expires) }

// clone is a copy to change.
func (r *row) clone() *row {
	c := *r
	c.cells = slices.Clone(r.cells)
	return &c
}
