package postgres

import (
	"strings"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/storetest"
)

// What is asked of a large store can be answered by indexes alone: time cannot tell
// that on a machine with other work, the plans of PostgreSQL can.
func TestNoTableIsScanned(t *testing.T) {
	t.Parallel()
	store, err := Open(t.Context(), postgrestest.Open(t), Options{Connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	err = store.Update(t.Context(), func(tx *Tx) error {
		tx.queue("SET LOCAL enable_seqscan = off")
		if plan := explain(t, tx, `SELECT count(*) FROM line WHERE is_callback`); !strings.Contains(plan, "Seq Scan on") {
			t.Errorf("a statement without an index is not told:\n%s", plan)
		}
		explained := map[string]string{
			"place":  explain(t, tx, placeOf("$1", "$2"), "item", int64(1)),
			"places": explain(t, tx, placesOf(), []string{"item"}, int64(1)),
			"size":   explain(t, tx, sizeOf("$1", "$2"), "queue", int64(1)),
		}
		for _, page := range (storetest.Crowd{Waiting: 1, Queues: 1}).Pages() {
			text, args := listSQL(page.Query)
			plan := explain(t, tx, text, args...)
			explained[page.Name] = plan
			if want := indexOf(page.Query); !strings.Contains(plan, want) {
				t.Errorf("%s is not read by %s:\n%s", page.Name, want, plan)
			}
		}
		for _, of := range []string{"place", "places", "size"} {
			if !strings.Contains(explained[of], "line_later") {
				t.Errorf("%s looks for those who hold no place yet among all:\n%s", of, explained[of])
			}
		}
		for name, plan := range explained {
			if strings.Contains(plan, "Seq Scan on") {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// indexOf has the callbacks of a query in the order of its pages.
func indexOf(q adapter.CallbackQuery) string {
	switch {
	case q.Queue != "" && len(q.States) > 0:
		return "callbacks_by_queue_and_state"
	case q.Queue != "":
		return "callbacks_by_queue"
	case len(q.States) > 0:
		return "callbacks_by_state"
	default:
		return "callbacks_by_age"
	}
}

func explain(t *testing.T, tx *Tx, text string, args ...any) string {
	t.Helper()
	lines, err := list(tx, func(row record.Scanner) (line string, err error) { return line, row.Scan(&line) }, "EXPLAIN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
