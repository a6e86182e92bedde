package sqlite_test

import (
	"context"
	"database/sql"
	_ "embed"
	"io"
	"path/filepath"
	"testing"

	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
	"directcallback/adapter/store/storetest"
)

//go:embed migrations/00010_stretches.sql
var stretches string

func TestCrowded(t *testing.T) {
	t.Parallel()
	storetest.Crowded(t, func(t *testing.T) storetest.Site {
		t.Helper()
		return site(filepath.Join(t.TempDir(), "state.db"))
	})
}

// BenchmarkScale measures the largest store that is planned for, which takes a
// minute to make.
//
//	go test ./adapter/store/... -run - -bench Scale -benchtime 200x
func BenchmarkScale(b *testing.B) {
	storetest.Scale(b, func(b *testing.B) storetest.Site {
		b.Helper()
		return site(filepath.Join(b.TempDir(), "state.db"))
	})
}

func site(path string) storetest.Site {
	return storetest.Site{
		Joining: storetest.Joining(stretches),
		Open: func(ctx context.Context) (service.Update, io.Closer, error) {
			store, err := sqlite.Open(ctx, path)
			if err != nil {
				return nil, nil, err
			}
			return updates(store), store, nil
		},
		Database: func(context.Context) (storetest.Database, error) {
			db, err := sql.Open("sqlite", path)
			return storetest.SQLite(db), err
		},
	}
}

// BenchmarkBookings counts 10,000 bookings.
func BenchmarkBookings(b *testing.B) {
	update, store, err := site(filepath.Join(b.TempDir(), "state.db")).Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	storetest.BookedWeek(b, update)
}
