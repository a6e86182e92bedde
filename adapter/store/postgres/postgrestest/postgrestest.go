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
			var own *instance
			if own, c.err = launch(); c.err != nil {
				return
			}
			address, c.end = own.address(), own.remove
		}
		c.url, c.err = url.Parse(address)
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
	need(tb, server.start())
	schema := fmt.Sprintf("test_%d_%d", os.Getpid(), server.schemas.Add(1))
	Exec(tb, server.url.String(), "CREATE SCHEMA "+schema)
	tb.Cleanup(func() { Exec(tb, server.url.String(), "DROP SCHEMA "+schema+" CASCADE") })
	address := *server.url
	query := address.Query()
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	return address.String()
}

// need ends a test that has no server.
func need(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case errors.Is(err, errNone) && os.Getenv("CI_REQUIRE_POSTGRES") != "1":
		tb.Skip("SKIPPED, NOT TESTED: ", err)
	case err != nil:
		tb.Fatal(err)
	}
}

// Server is one test's own, which it may stop and start again.
type Server struct {
	URL string
	own *instance
}

// Own starts a server that is removed with the test.
func Own(tb testing.TB) *Server {
	tb.Helper()
	own, err := launch()
	need(tb, err)
	tb.Cleanup(func() {
		if err := own.remove(); err != nil {
			tb.Error(err)
		}
	})
	return &Server{own.address(), own}
}

// Crash ends the server at once and cuts all connections.
func (s *Server) Crash(tb testing.TB) {
	tb.Helper()
	if err := s.own.halt(); err != nil {
		tb.Fatal(err)
	}
}

// Start starts it again and waits until it answers.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	if err := s.own.start(); err != nil {
		tb.Fatal(err)
	}
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
