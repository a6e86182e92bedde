package sqlite_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/store/sqlite"
)

var errUndone = errors.New("undone")

// What a store remembers of calls must be what its file says, whatever was
// saved, undone or partly undone: a second store opened on the file decides.
func TestWhatIsRememberedIsWhatTheFileHas(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			path := filepath.Join(t.TempDir(), "state.db")
			store := open(t, path)
			for range 40 {
				_ = store.Update(t.Context(), func(tx *sqlite.Tx) error { // errUndone half of the times
					for range random.IntN(4) {
						if err := tx.Savepoint(func() error { return scribble(tx, random) }); err != nil && !errors.Is(err, errUndone) {
							t.Error(err)
						}
					}
					if random.IntN(2) == 0 {
						return errUndone
					}
					return nil
				})
			}
			remembered := calls(t, store)
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(calls(t, open(t, path)), remembered, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// scribble saves some calls and changes what it read, perhaps in vain.
func scribble(tx *sqlite.Tx, random *rand.Rand) error {
	for range random.IntN(4) {
		c := adapter.Call{
			ID: adapter.CallID(fmt.Sprint("call-", random.IntN(5))), Queue: adapter.QueueID(fmt.Sprint("q-", random.IntN(2))), Priority: random.IntN(2),
			State:    []adapter.CallState{adapter.CallWaiting, adapter.CallTaken, adapter.CallOver}[random.IntN(3)],
			QueuedAt: at.Add(time.Duration(random.IntN(3)) * 1234567891), NextOffer: at.Add(time.Duration(random.Int64N(1e9))),
			Attributes: map[string]string{"n": strconv.Itoa(random.IntN(100))},
		}
		if err := tx.SaveCall(c); err != nil {
			return err
		}
		c.Attributes["n"] = "changed after it was saved"
		read, err := tx.Call(c.ID)
		if err != nil {
			return err
		}
		read.Attributes["n"] = "changed after it was read"
	}
	if random.IntN(3) == 0 {
		return errUndone
	}
	return nil
}

// calls is every call with its place in line.
func calls(t *testing.T, store *sqlite.Store) map[string]any {
	t.Helper()
	all := map[string]any{}
	err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		for i := range 5 {
			id := adapter.CallID(fmt.Sprint("call-", i))
			c, err := tx.Call(id)
			if errors.Is(err, adapter.ErrNotFound) {
				continue
			}
			place, placeErr := tx.Place(string(id), at.Add(time.Hour))
			if err := errors.Join(err, placeErr); err != nil {
				return err
			}
			maps.Copy(all, map[string]any{string(id): c, string(id) + " place": place})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
