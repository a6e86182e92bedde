package dataverse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// ledger keeps what a store's watcher was told.
type ledger struct{ lines []string }

func (l *ledger) watch(changes []change) {
	for _, c := range changes {
		what := "changed"
		switch {
		case c.before == nil:
			what = "added"
		case c.after == nil:
			what = "removed"
		}
		l.lines = append(l.lines, what+" "+c.table.name)
	}
}

func (l *ledger) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(l.lines, lines) {
		t.Errorf("told %q, want %q", l.lines, lines)
	}
	l.lines = nil
}

func newTestStore(t *testing.T) (*store, *ledger) {
	t.Helper()
	schema, err := newSchema(nil)
	if err != nil {
		t.Fatal(err)
	}
	db, told := newStore(schema), &ledger{}
	db.watch(told.watch)
	return db, told
}

func (s *store) blank(table, id string) (*table, *row) {
	t := s.schema.byName[table]
	return t, &row{id: id, cells: make([]any, len(t.columns))}
}

func TestWatchersSeeWhatStandsOnce(t *testing.T) {
	t.Parallel()
	db, told := newTestStore(t)
	contacts, first := db.blank("contact", "a")
	deliveries, elastic := db.blank("msdyn_proactive_delivery", "b")
	elastic.partition = "b"

	db.put(contacts, first, cause{})
	told.want(t, "added contact")
	failed := errors.New("failed")
	if err := db.transact(func() error {
		db.put(contacts, first.clone(), cause{})
		db.remove(contacts, first, cause{})
		db.remove(contacts, first, cause{}) // nothing is there any more
		db.put(deliveries, elastic, cause{})
		told.want(t)
		return failed
	}); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	told.want(t, "added msdyn_proactive_delivery") // elastic tables know no transactions
	if db.get(contacts, "a", "", time.Time{}) != first {
		t.Error("the row did not come back")
	}
	if err := db.transact(func() error {
		db.put(contacts, first.clone(), cause{})
		return db.transact(func() error { db.remove(contacts, first, cause{}); return nil })
	}); err != nil {
		t.Fatal(err)
	}
	told.want(t, "changed contact", "removed contact")
}

func TestWhatIsNotARowFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	db, _ := newTestStore(t)
	var steps []string
	note := func(s string) func() { return func() { steps = append(steps, s) } }
	work := func(end error) func() error {
		return func() error {
			for _, n := range []string{"1", "2"} {
				db.onRollback(note("undo " + n))
				db.afterCommit(note("after " + n))
			}
			return end
		}
	}
	db.afterCommit(note("at once"))
	_ = db.transact(work(errors.New("failed")))
	_ = db.transact(work(nil))
	if want := []string{"at once", "undo 2", "undo 1", "after 1", "after 2"}; !slices.Equal(steps, want) {
		t.Errorf("%q, want %q", steps, want)
	}
}

// TestAFailedTransactionLeavesNothing changes rows at random and compares everything with a copy made before.
func TestAFailedTransactionLeavesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		db, told := newTestStore(t)
		table := db.schema.byName["msdyn_proactive_engagement_config"]
		column := table.at("msdyn_queue")
		stir := func() {
			for range 100 {
				_, r := db.blank(table.name, fmt.Sprint("row", random.IntN(30)))
				r.cells[column] = ref{"queue", fmt.Sprint("queue", random.IntN(4))}
				if random.IntN(3) == 0 {
					db.remove(table, r, cause{})
				} else {
					db.put(table, r, cause{})
				}
			}
		}
		stir()
		rows, version := slices.Clone(db.rows[table]), db.version
		found := func() (all []*row) {
			for queue := range 4 {
				all = slices.AppendSeq(all, db.matching(table, column, fmt.Sprint("queue", queue), time.Time{}))
			}
			return all
		}
		indexed := found()
		told.lines = nil
		func() {
			defer func() { _ = recover() }()
			_ = db.transact(func() error { stir(); panic("a defect") })
		}()
		told.want(t)
		if !slices.Equal(db.rows[table], rows) || !slices.Equal(found(), indexed) {
			t.Errorf("seed %d: rows differ", seed)
		}
		if db.version <= version {
			t.Errorf("seed %d: versions are given out twice", seed)
		}
	}
}

func TestExpiredRowsAreRemovedOnce(t *testing.T) {
	t.Parallel()
	db, told := newTestStore(t)
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	deliveries, first := db.blank("msdyn_proactive_delivery", "a")
	first.partition, first.expires = "a", start.Add(time.Minute)
	db.put(deliveries, first, cause{})
	_, kept := db.blank("msdyn_proactive_delivery", "b")
	kept.partition, kept.expires = "b", start.Add(time.Second)
	db.put(deliveries, kept, cause{})
	longer := kept.clone()
	longer.expires = start.Add(time.Hour)
	db.put(deliveries, longer, cause{})
	told.lines = nil

	db.sweep(start.Add(59 * time.Second)) // the entry of the row that was replaced is stale
	told.want(t)
	if db.expiries.due(start.Add(59*time.Second)) || !db.expiries.due(start.Add(time.Minute)) {
		t.Error("due at the wrong time")
	}
	for range 2 {
		db.sweep(start.Add(time.Minute))
	}
	told.want(t, "removed msdyn_proactive_delivery")
	if len(db.rows[deliveries]) != 1 {
		t.Errorf("%d rows left", len(db.rows[deliveries]))
	}
}
