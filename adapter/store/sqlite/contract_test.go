package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
	"directcallback/adapter/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) service.Update {
		t.Helper()
		return updates(open(t, filepath.Join(t.TempDir(), "state.db")))
	})
}

// open opens a file and closes it with the test.
func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// updates shows a store as the service sees it.
func updates(store *sqlite.Store) service.Update {
	return func(ctx context.Context, f func(service.Tx) error) error {
		return store.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
	}
}
