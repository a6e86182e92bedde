package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"directcallback/adapter/service"
)

var errRefused = errors.New("refused by the test")

func mark(tx service.Tx, id string) error {
	_, err := tx.FirstTime("test", id, start())
	return err
}

// marked tells whether an earlier transaction called mark with id.
func marked(t subject, id string) bool {
	t.Helper()
	return !get(t, func(tx service.Tx) (bool, error) { return tx.FirstTime("test", id, start()) })
}

func transactions() map[string]check {
	return map[string]check{
		"what a function did is there for the next one": func(t subject) {
			do(t, func(tx service.Tx) error { return mark(tx, "a") })
			if !marked(t, "a") {
				t.Error("it is gone")
			}
		},
		"a function that fails leaves nothing behind and its error comes back": func(t subject) {
			wantErr(t, errRefused, func(tx service.Tx) error { return errors.Join(mark(tx, "a"), errRefused) })
			if marked(t, "a") {
				t.Error("it stayed")
			}
		},
		"a function that panics is an error and leaves nothing behind": func(t subject) {
			err := t.update(t.Context(), func(tx service.Tx) error {
				if err := mark(tx, "a"); err != nil {
					return err
				}
				panic("by the test")
			})
			if err == nil {
				t.Error("no error")
			}
			if marked(t, "a") {
				t.Error("it stayed")
			}
		},
		"work whose context has ended is not done": func(t subject) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := t.update(ctx, func(tx service.Tx) error { return mark(tx, "a") }); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			if marked(t, "a") {
				t.Error("it was done")
			}
		},
		"a savepoint that fails takes back its own changes only": func(t subject) {
			do(t, func(tx service.Tx) error {
				if err := mark(tx, "before"); err != nil {
					return err
				}
				err := tx.Savepoint(func() error { return errors.Join(mark(tx, "inside"), errRefused) })
				if !errors.Is(err, errRefused) {
					t.Errorf("savepoint: %v", err)
				}
				return mark(tx, "after")
			})
			for id, want := range map[string]bool{"before": true, "inside": false, "after": true} {
				if got := marked(t, id); got != want {
					t.Errorf("%s: %v, want %v", id, got, want)
				}
			}
		},
		"savepoints nest": func(t subject) {
			do(t, func(tx service.Tx) error {
				return tx.Savepoint(func() error {
					err := tx.Savepoint(func() error { return errors.Join(mark(tx, "inner"), errRefused) })
					if !errors.Is(err, errRefused) {
						t.Errorf("savepoint: %v", err)
					}
					return mark(tx, "outer")
				})
			})
			if marked(t, "inner") || !marked(t, "outer") {
				t.Error("the outer savepoint does not stand alone")
			}
		},
		"a function that fails takes its finished savepoints with it": func(t subject) {
			wantErr(t, errRefused, func(tx service.Tx) error {
				return errors.Join(tx.Savepoint(func() error { return mark(tx, "a") }), errRefused)
			})
			if marked(t, "a") {
				t.Error("it stayed")
			}
		},
		"many goroutines may work at once, and a failing one does not touch the others": manyWriters,
	}
}

func manyWriters(t subject) {
	const writers = 64
	errs := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			errs[i] = t.update(t.Context(), func(tx service.Tx) error {
				err := mark(tx, strconv.Itoa(i))
				if i%3 == 0 {
					err = errors.Join(err, errRefused)
				}
				return err
			})
		})
	}
	group.Wait()
	for i, err := range errs {
		if refused := i%3 == 0; errors.Is(err, errRefused) != refused || marked(t, strconv.Itoa(i)) == refused {
			t.Errorf("writer %d: %v", i, err)
		}
	}
}
