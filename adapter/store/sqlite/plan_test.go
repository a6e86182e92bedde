package sqlite

import (
	"context"
	"path/filepath"
	"regexp"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/internal/record"
	"directcallback/adapter/store/storetest"
)

// What is asked of a large store looks at no table from end to end: time cannot tell
// that on a machine with other work, the plans of SQLite can.
func TestNoTableIsScanned(t *testing.T) {
	t.Parallel()
	store, err := Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	update := func(ctx context.Context, f func(service.Tx) error) error {
		return store.Update(ctx, func(tx *Tx) error { return f(tx) })
	}
	c := storetest.Crowd{Waiting: 1, Queues: 1}
	if _, err := c.Moves(t.Context(), update, 1); err != nil {
		t.Fatal(err)
	}
	for _, page := range c.Pages() {
		if _, err := page.Read(t.Context(), update, 1); err != nil {
			t.Fatal(err)
		}
	}
	scan := regexp.MustCompile(`\bSCAN (callbacks|calls|line|stretches|history|attempts|outbox|inbox|holds)\b(?: USING (?:COVERING )?INDEX (\S+))?`)
	err = store.Update(t.Context(), func(tx *Tx) error {
		if _, err := tx.Place("moving-1", c.Now()); err != nil {
			return err
		}
		day := adapter.Window{Start: c.Now(), End: c.Now().AddDate(0, 0, 1)}
		if _, err := tx.Booked(c.Queue(0), day); err != nil {
			return err
		}
		if _, err := tx.Holds(c.Queue(0), day, c.Now()); err != nil {
			return err
		}
		texts := []string{placeSQL, `SELECT count(*) FROM line WHERE in_line_from = 7`} // the last one must be caught
		for text := range tx.statements {
			texts = append(texts, text)
		}
		caught := 0
		for _, text := range texts {
			steps, err := list(tx, func(row record.Scanner) (detail string, err error) {
				var id, parent, unused int
				return detail, row.Scan(&id, &parent, &unused, &detail)
			}, "EXPLAIN QUERY PLAN "+text, make([]any, parameters(text))...)
			if err != nil {
				continue // BEGIN and the like have no plan
			}
			for _, step := range steps {
				if found := scan.FindStringSubmatch(step); found != nil && !inOrder[found[2]] {
					caught++
					t.Log(step, "in", text)
				}
			}
		}
		if caught != 1 {
			t.Errorf("%d statements look at whole tables, want the one that was put there", caught)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// inOrder are the indexes that are read from one end until a page is full, or that
// have only what is looked for.
var inOrder = map[string]bool{"callbacks_by_age": true, "callbacks_to_look": true, "calls_to_look": true, "attempts_to_poll": true}

// parameters counts those of a statement.
func parameters(text string) int {
	numbered := 0
	for _, n := range regexp.MustCompile(`\?(\d)`).FindAllStringSubmatch(text, -1) {
		numbered = max(numbered, int(n[1][0]-'0'))
	}
	if numbered > 0 {
		return numbered
	}
	return len(regexp.MustCompile(`\?`).FindAllString(text, -1))
}
