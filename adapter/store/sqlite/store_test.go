package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/sqlite"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestWhatWasReportedDoneSurvivesReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a name with ? # % in it.db")
	first := open(t, path)
	want := adapter.Call{ID: "call-1", Source: "pbx", Queue: "q", State: adapter.CallWaiting, QueuedAt: at}
	if err := first.Update(t.Context(), func(tx *sqlite.Tx) error { return tx.SaveCall(want) }); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	err := open(t, path).Update(t.Context(), func(tx *sqlite.Tx) error { _, err := tx.Call(want.ID); return err })
	if err != nil {
		t.Error(err)
	}
}

func TestTheFileIsInWriteAheadMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, path, "PRAGMA journal_mode"); got != "wal" {
		t.Errorf("journal mode %s", got)
	}
}

func TestAFileOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	query(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1) RETURNING version_id")
	store, err := sqlite.Open(t.Context(), path)
	if err == nil {
		t.Fatal(errors.Join(errors.New("it was opened"), store.Close()))
	}
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	store, err := sqlite.Open(t.Context(), path)
	if err == nil {
		t.Fatal(errors.Join(errors.New("a directory was opened"), store.Close()))
	}
	if !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not name the file: %v", err)
	}
}

// In a bubble, because a refusal that waited would show as time that passed.
func TestAFileIsOpenOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		first, began := open(t, path), time.Now()
		for range 2 {
			store, err := sqlite.Open(t.Context(), path)
			if err == nil {
				t.Fatal(errors.Join(errors.New("it was opened twice"), store.Close()))
			}
			if !errors.Is(err, sqlite.ErrInUse) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v", err)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("refused after %v", waited)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		open(t, path)
	})
}

// Another process is this test once more; it tells by its exit code.
func TestAnotherProcessIsRefused(t *testing.T) {
	const variable = "SQLITE_TEST_OTHER_PROCESS"
	if path := os.Getenv(variable); path != "" {
		store, err := sqlite.Open(t.Context(), path)
		if err == nil {
			err = store.Close()
		}
		if !errors.Is(err, sqlite.ErrInUse) {
			t.Fatalf("error %v", err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "state.db")
	open(t, path)
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	other.Env = append(os.Environ(), variable+"="+path)
	if output, err := other.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}

func TestWorkAfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "state.db"))
	var group sync.WaitGroup
	for range 4 { // closing twice, even at once, is closing
		group.Go(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := store.Update(t.Context(), func(*sqlite.Tx) error { return nil }); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

func TestClosingWhileWorkArrivesLosesNothingThatWasReportedDone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	store := open(t, path)
	const writers = 32
	var (
		group sync.WaitGroup
		done  [writers]bool
	)
	for i := range writers {
		group.Go(func() {
			err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
				_, err := tx.FirstTime("test", string(rune('a'+i)), at)
				return err
			})
			if done[i] = err == nil; err != nil && !errors.Is(err, sqlite.ErrClosed) {
				t.Error(err)
			}
		})
	}
	group.Go(func() { _ = store.Close() })
	group.Wait()
	again := open(t, path)
	for i := range writers {
		var isNew bool
		err := again.Update(t.Context(), func(tx *sqlite.Tx) (err error) {
			isNew, err = tx.FirstTime("test", string(rune('a'+i)), at)
			return err
		})
		if err != nil || isNew == done[i] {
			t.Errorf("writer %d: done %v, kept %v, %v", i, done[i], !isNew, err)
		}
	}
}

// Work that waits for its turn can still be given up; work under way cannot.
func TestWaitingForTheStoreEndsWithTheContext(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "state.db"))
	busy, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := store.Update(t.Context(), func(*sqlite.Tx) error { close(busy); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Update(ctx, func(*sqlite.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(release)
	group.Wait()
}

// query runs one statement on a connection of its own and scans its one value.
func query(t *testing.T, path, text string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var value string
	if err := db.QueryRowContext(t.Context(), text).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
