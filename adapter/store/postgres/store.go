package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter/store/internal/record"
)

// Options of a store. The zero value is for production.
type Options struct {
	// Connections that this process holds, each with one transaction at a time;
	// 0 = 8.
	Connections int

	migrations fs.FS // nil = those of this program
}

// Store is a database that may be shared with other processes. Its methods may
// be called from any goroutine.
type Store struct {
	config *pgx.ConnConfig
	space  int64 // keeps the locks of this schema apart from others'
	jobs   chan job
	quit   chan struct{} // closed by Close

	owners  sync.WaitGroup
	closing sync.Once
}

type job struct {
	ctx   context.Context //nolint:containedctx // the job is the call: it lives as long as its caller waits
	run   func(*Tx) error
	reply chan error
}

// ErrClosed is returned for work that comes after Close.
var ErrClosed = errors.New("store is closed")

// ErrUnavailable is returned for work that the database could not be asked to do.
var ErrUnavailable = errors.New("the database cannot be reached")

// Open brings the schema in a database up to date. The database is named by a
// URL, postgres://user:password@host:5432/name?sslmode=verify-full, and its tables
// are in the first schema of the user's search_path. The context bounds the
// opening only.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if o.Connections == 0 {
		o.Connections = 8
	}
	config, err := configure(url)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{config: config, jobs: make(chan job), quit: make(chan struct{})}
	if err := s.prepare(ctx, o.migrations); err != nil {
		return nil, fmt.Errorf("open store %s on %s: %w", config.Database, config.Host, err)
	}
	for range o.Connections {
		o := owner{store: s}
		s.owners.Go(func() { o.work(context.WithoutCancel(ctx)) })
	}
	return s, nil
}

// configure reads a URL and adds what every connection needs. What the URL says
// itself counts.
func configure(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url) // its errors mask the password
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"application_name":   "directcallback",
		"timezone":           "UTC",
		"synchronous_commit": "on", // what was reported as done is on disk
		// No function waits for anything but the database, so one that holds locks and
		// says nothing is gone, or as good as gone.
		"idle_in_transaction_session_timeout": "10s",
		"lock_timeout":                        "10s",
		"statement_timeout":                   "30s",
	} {
		if _, said := config.RuntimeParams[name]; !said {
			config.RuntimeParams[name] = value
		}
	}
	config.RuntimeParams["default_transaction_isolation"] = "read committed" // see the package's documentation
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	return config, nil
}

// Update runs f in a transaction. When Update returns nil, what f did is
// durable; otherwise none of it happened. f may be run several times, because
// others work on the same database; only what the last one did counts.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	j := job{ctx: ctx, run: f, reply: make(chan error, 1)}
	select {
	case s.jobs <- j:
	case <-s.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// From here on an owner answers, so waiting is bounded by the database.
	return <-j.reply
}

// Ready tells whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	return s.Update(ctx, func(tx *Tx) error {
		var one int
		return tx.one("SELECT 1", nil, &one)
	})
}

// Now is the time by the database's clock, for those who correct their own by it.
// What is decided is decided by the caller's.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var now int64
	err := s.Update(ctx, func(tx *Tx) error {
		return tx.one("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", nil, &now)
	})
	return record.Instant(now), err
}

// Close waits for the work at hand and closes the connections.
func (s *Store) Close() error {
	s.closing.Do(func() { close(s.quit) })
	s.owners.Wait()
	return nil
}
