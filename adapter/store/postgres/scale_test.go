package postgres_test

import (
	"context"
	"database/sql"
	_ "embed"
	"io"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/storetest"
)

//go:embed migrations/00007_stretches.sql
var stretches string

func TestCrowded(t *testing.T) {
	t.Parallel()
	storetest.Crowded(t, func(t *testing.T) storetest.Site {
		t.Helper()
		return site(postgrestest.Open(t))
	})
}

// BenchmarkScale measures the largest store that is planned for, which takes a
// minute to make.
//
//	go test ./adapter/store/... -run - -bench Scale -benchtime 200x
func BenchmarkScale(b *testing.B) {
	storetest.Scale(b, func(b *testing.B) storetest.Site {
		b.Helper()
		url := postgrestest.Open(b)
		postgrestest.Durable(b)
		return site(url)
	})
}

func site(url string) storetest.Site {
	return storetest.Site{
		Joining: storetest.Joining(stretches),
		Open: func(ctx context.Context) (service.Update, io.Closer, error) {
			store, err := postgres.Open(ctx, url, postgres.Options{})
			if err != nil {
				return nil, nil, err
			}
			return updates(store), store, nil
		},
		Database: func(context.Context) (storetest.Database, error) {
			db, err := sql.Open("pgx", url)
			return storetest.Postgres(db), err
		},
	}
}

// BenchmarkBookings counts 10,000 bookings.
func BenchmarkBookings(b *testing.B) {
	update, store, err := site(postgrestest.Open(b)).Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	storetest.BookedWeek(b, update)
}
