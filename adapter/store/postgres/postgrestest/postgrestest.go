package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// runner is the *testing.M that goleak knows too.
type runner interface{ Run() int }

// Main wraps the tests of a binary so that its server, if they started one, is
// stopped after them.
func Main(m runner) interface{ Run() int } { return stopping{m} }

type stopping struct{ tests runner }

func (s stopping) Run() int {
	code := s.tests.Run()
	if err := server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return max(code, 1)
	}
	return code
}

// errNone says that there is no PostgreSQL here.
var errNone = errors.New("no PostgreSQL here: set TEST_POSTGRES_URL, or install the package postgresql")

// server is the one of this test binary.
var server cluster //nolint:gochecknoglobals // starting one takes a second, and TestMain cannot hand it to the tests

// cluster is a server with an address.
type cluster struct {
	once sync.Once
	url  *url.URL
	err  error
	end  func() error // nil = not ours

	schemas atomic.Int64
}

func (c *cluster) start() error {
	c.once.Do(func() {
		address := os.Getenv("TEST_POSTGRES_URL")
		if address == "" {
			address, c.end, c.err = launch()
		}
		if c.err == nil {
			c.url, c.err = url.Parse(address)
		}
	})
	return c.err
}

func (c *cluster) stop() error {
	if c.end == nil {
		return nil
	}
	return c.end()
}

// Open makes an empty schema and returns the URL that leads to it. It is removed
// with the test.
func Open(tb testing.TB) string {
	tb.Helper()
	switch err := server.start(); {
	case errors.Is(err, errNone) && os.Getenv("CI_REQUIRE_POSTGRES") != "1":
		tb.Skip("SKIPPED, NOT TESTED: ", err)
	case err != nil:
		tb.Fatal(err)
	}
	schema := fmt.Sprintf("test_%d_%d", os.Getpid(), server.schemas.Add(1))
	Exec(tb, server.url.String(), "CREATE SCHEMA "+schema)
	tb.Cleanup(func() { Exec(tb, server.url.String(), "DROP SCHEMA "+schema+" CASCADE") })
	address := *server.url
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// Empty removes every row that a test left in its schema, but for the schema's own.
func Empty(tb testing.TB, address string) {
	tb.Helper()
	Exec(tb, address, `DO $$ DECLARE name TEXT; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN ('goose_db_version', 'compatible') LOOP
			EXECUTE format('TRUNCATE %I', name);
		END LOOP; END $$`)
}

// Exec executes SQL on a connection of its own.
func Exec(tb testing.TB, address, text string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		tb.Fatal(err)
	}
	_, err = conn.Exec(ctx, text)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		tb.Fatal(err)
	}
}

// Durable makes a server of our own write to disk, for measurements. Tests that
// only want right answers do without.
func Durable(tb testing.TB) {
	tb.Helper()
	if err := server.start(); err == nil && server.end != nil {
		Exec(tb, server.url.String(), "ALTER SYSTEM SET fsync = on")
		Exec(tb, server.url.String(), "ALTER SYSTEM SET full_page_writes = on")
		Exec(tb, server.url.String(), "SELECT pg_reload_conf()")
	}
}
