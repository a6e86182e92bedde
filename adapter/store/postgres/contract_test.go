package postgres_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/storetest"
)

// connections of each store.
const connections = 4

func TestMain(m *testing.M) { goleak.VerifyTestMain(postgrestest.Main(m)) }

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) service.Update {
		t.Helper()
		return updates(open(t, postgrestest.Open(t)))
	})
}

// open opens a database and closes it with the test.
func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), url, postgres.Options{Connections: connections})
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
func updates(store *postgres.Store) service.Update {
	return func(ctx context.Context, f func(service.Tx) error) error {
		return store.Update(ctx, func(tx *postgres.Tx) error { return f(tx) })
	}
}
