package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"directcallback/adapter"
	"directcallback/adapter/service"
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
			"place":  explain(t, tx, placeOf("$1"), "item", int64(1)),
			"places": explain(t, tx, placesOf(), []string{"item"}, int64(1)),
			"size":   explain(t, tx, sizeOf("$1", "$2"), "queue", int64(1)),
			"booked": explain(t, tx, bookedSQL, "queue", int64(1), int64(2), int64(3)),
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

// The place of the first in a long line is found without reading the line: an index
// scan between two bounds of several columns reads on to the end of it.
func TestAPlaceReadsItsOwnStretchAlone(t *testing.T) {
	t.Parallel()
	crowd := storetest.Crowd{Waiting: 10_000, Queues: 1}
	url := postgrestest.Open(t)
	store, err := Open(t.Context(), url, Options{Connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := crowd.Fill(t.Context(), storetest.Site{
		Open: func(context.Context) (service.Update, io.Closer, error) {
			return func(ctx context.Context, f func(service.Tx) error) error {
				return store.Update(ctx, func(tx *Tx) error { return f(tx) })
			}, io.NopCloser(nil), nil
		},
		Database: func(context.Context) (storetest.Database, error) {
			db, err := sql.Open("pgx", url)
			return storetest.Postgres(db), err
		},
	}); err != nil {
		t.Fatal(err)
	}
	err = store.Update(t.Context(), func(tx *Tx) error {
		tx.queue("SET LOCAL enable_seqscan = off")
		for _, i := range []int{1, crowd.Waiting / 2, crowd.Waiting} {
			const most = 80 // pages; the whole line has some 170 in its index
			if n := pages(t, tx, placeOf("$1"), string(crowd.WaitingID(i)), record.Micros(crowd.Now())); n == 0 || n > most {
				t.Errorf("the place of number %d reads %d pages, at most %d are wanted", i, n, most)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// pages counts the pages that a statement reads when it is run.
func pages(t *testing.T, tx *Tx, text string, args ...any) int {
	t.Helper()
	report, err := first(tx, func(row record.Scanner) (body []byte, err error) { return body, row.Scan(&body) }, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	var run []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	if err := json.Unmarshal(report, &run); err != nil || len(run) != 1 {
		t.Fatalf("%s: %v", report, err)
	}
	return run[0].Plan.Hit + run[0].Plan.Read
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
