package dataverse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// changelog remembers what the rows themselves do not show. Server.mu guards it.
type changelog struct {
	keep    time.Duration         // how long deletions are remembered
	deleted map[*table][]deletion // oldest first
	recent  []change              // of elastic tables, oldest first
}

// deletion has a version of its own: where among the changes it happened.
type deletion struct {
	id      string
	version int64
	at      time.Time
}

// longestLag is how far back elastic tables can be read.
const longestLag = time.Hour

// follow sees every change that stands.
func (l *changelog) follow(db *store, changes []change) {
	for _, c := range changes {
		if c.after == nil && !c.table.untracked {
			db.version++
			l.deleted[c.table] = append(l.deleted[c.table], deletion{c.before.id, db.version, c.at})
			l.deleted[c.table] = since(l.deleted[c.table], c.at.Add(-l.keep), func(d deletion) time.Time { return d.at })
		}
		if c.table.elastic {
			l.recent = since(append(l.recent, c), c.at.Add(-longestLag), func(c change) time.Time { return c.at })
		}
	}
}

// since drops what is older, from the front.
func since[T any](all []T, oldest time.Time, at func(T) time.Time) []T {
	old := 0
	for old < len(all) && at(all[old]).Before(oldest) {
		old++
	}
	return all[old:]
}

// asOf calls f with the rows of elastic tables as they were then. The write lock is held.
func (s *store) asOf(recent []change, then time.Time, f func()) {
	known := len(recent)
	for known > 0 && recent[known-1].at.After(then) {
		known--
		s.revert(recent[known])
	}
	defer func() {
		for _, c := range recent[known:] {
			if c.after != nil {
				s.place(c.table, c.after)
			} else {
				s.displace(c.table, c.before)
			}
		}
	}()
	f()
}

// tracked is an item of a change-tracking answer: a row, or the identifier of one that is gone.
type tracked struct {
	key  string // order among the items, and where a later page goes on
	row  *row
	gone string
}

// everything is what a client that knows nothing is told.
func (s *store) everything(t *table, now time.Time) (items []tracked) {
	for r := range s.all(t, now) {
		items = append(items, tracked{key: r.id + "/" + r.partition, row: r})
	}
	return items
}

// changed is what happened between two versions: rows by version, then what is gone.
func (s *store) changed(l *changelog, t *table, at position, now time.Time) (items []tracked) {
	within := func(version int64) bool { return at.since < version && version <= at.until }
	for r := range s.all(t, now) {
		if within(r.version) {
			items = append(items, tracked{key: trackedKey(0, r.version), row: r})
		}
	}
	for _, d := range l.deleted[t] {
		if within(d.version) && !s.has(t, d.id, now) {
			items = append(items, tracked{key: trackedKey(1, d.version), gone: d.id})
		}
	}
	for _, r := range s.rows[t] {
		if r.gone(now) && !r.expires.Before(at.from) {
			items = append(items, tracked{key: "2" + r.id + "/" + r.partition, gone: r.id})
		}
	}
	slices.SortFunc(items, func(a, b tracked) int { return cmp.Compare(a.key, b.key) })
	return items
}

// trackedKey sorts as its numbers do.
func trackedKey(phase int, version int64) string {
	const digits = "00000000000000000000"
	number := strconv.FormatInt(version, 10)
	return strconv.Itoa(phase) + digits[:len(digits)-len(number)] + number
}

// has says whether a row of that identifier is there, in any partition.
func (s *store) has(t *table, id string, now time.Time) bool {
	i, _ := slices.BinarySearchFunc(s.rows[t], id, func(r *row, id string) int { return strings.Compare(r.id, id) })
	for ; i < len(s.rows[t]) && s.rows[t][i].id == id; i++ {
		if !s.rows[t][i].gone(now) {
			return true
		}
	}
	return false
}
