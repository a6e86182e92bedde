package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/store/sqlite"
)

// A backup that is made while others write holds together: each of them writes
// two calls at a time, and the copy has both of a pair or none.
func TestABackupMadeMeanwhileHoldsTogether(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "state.db"))
	pair := func(n int, of string) adapter.CallID { return adapter.CallID(fmt.Sprint("call-", n, of)) }
	write := func(n int) error {
		return store.Update(t.Context(), func(tx *sqlite.Tx) error {
			for _, of := range []string{"a", "b"} {
				c := adapter.Call{ID: pair(n, of), State: adapter.CallWaiting, QueuedAt: at, Attributes: map[string]string{"long": fmt.Sprintf("%02000d", n)}}
				if err := tx.SaveCall(c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for n := range 1000 { // more than one step of the copying
		if err := write(n); err != nil {
			t.Fatal(err)
		}
	}
	var group errgroup.Group
	stop := make(chan struct{})
	written := 0
	group.Go(func() error {
		for n := 1000; ; n++ {
			select {
			case <-stop:
				written = n
				return nil
			default:
			}
			if err := write(n); err != nil {
				return err
			}
		}
	})
	copied := filepath.Join(t.TempDir(), "copy.db")
	err := store.Backup(t.Context(), copied)
	close(stop)
	if waited := group.Wait(); err != nil || waited != nil {
		t.Fatal(err, waited)
	}
	for _, file := range []string{copied, copied + "-wal"} {
		if info, err := os.Stat(file); err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("others may read %s: %v", file, info.Mode())
		}
	}
	count := 0
	err = open(t, copied).Update(t.Context(), func(tx *sqlite.Tx) error {
		for n := range written {
			_, a := tx.Call(pair(n, "a"))
			_, b := tx.Call(pair(n, "b"))
			if (a == nil) != (b == nil) {
				t.Errorf("pair %d is torn: %v, %v", n, a, b)
			}
			if a == nil {
				count++
			}
		}
		return nil
	})
	if err != nil || count < 1000 {
		t.Errorf("%d pairs in the copy, %v", count, err)
	}
	t.Logf("%d pairs, %d of them in the copy", written, count)
}

func TestABackupToNowhereFailsAndHarmsNothing(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "state.db"))
	there := filepath.Join(t.TempDir(), "there.db")
	if err := os.WriteFile(there, []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{there, filepath.Join(t.TempDir(), "no", "such", "folder.db")} {
		if err := store.Backup(t.Context(), file); err == nil {
			t.Error("it was made: ", file)
		}
	}
	if body, err := os.ReadFile(there); err != nil || string(body) != "dear" {
		t.Errorf("%q, %v", body, err)
	}
	want := adapter.Call{ID: "1", State: adapter.CallWaiting}
	err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		if err := tx.SaveCall(want); err != nil {
			return err
		}
		got, err := tx.Call("1")
		if got.ID != want.ID || got.State != want.State {
			t.Errorf("got %+v", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
