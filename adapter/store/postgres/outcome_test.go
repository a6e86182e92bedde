package postgres

import (
	"errors"
	"testing"
	"time"

	"directcallback/adapter/store/postgres/postgrestest"
)

// A commit without an answer is asked for under the transaction's own name, on
// another connection if need be.
func TestACommitWithoutAnAnswerIsAskedFor(t *testing.T) {
	t.Parallel()
	store, err := Open(t.Context(), postgrestest.Open(t), Options{Connections: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	refused := errors.New("refused by the test")
	named := func(end error) (name string) {
		err := store.Update(t.Context(), func(tx *Tx) error {
			if _, err := tx.FirstTime("pbx", "1", time.Now()); err != nil {
				return err
			}
			_, err := tx.NextWork() // a question after a change learns the name
			name = tx.name
			return errors.Join(err, end)
		})
		if !errors.Is(err, end) || name == "" {
			t.Fatalf("name %q, %v", name, err)
		}
		return name
	}
	aborted, committed := named(refused), named(nil)
	o := owner{store: store}
	defer o.hangUp(t.Context())
	if err := o.try(t.Context(), func(tx *Tx) error { _, err := tx.NextWork(); return err }, &locks{}); err != nil {
		t.Fatal(err)
	}
	if err := o.conn.Close(t.Context()); err != nil { // as it is after it broke
		t.Fatal(err)
	}
	if err := o.outcome(t.Context(), committed, errUnanswered); err != nil {
		t.Errorf("what was committed: %v", err)
	}
	if err := o.outcome(t.Context(), aborted, errUnanswered); !isAgain(err) {
		t.Errorf("what was not committed is not run again: %v", err)
	}
}
