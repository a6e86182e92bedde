package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sync"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite", without cgo
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is an open file. Its methods may be called from any goroutine.
type Store struct {
	db   *sql.DB
	jobs chan job
	done chan struct{} // closed when the owner goroutine has ended
	quit chan struct{} // closed by Close

	closing sync.Once
}

type job struct {
	ctx   context.Context //nolint:containedctx // the job is the call: it lives as long as its caller waits
	run   func(*Tx) error
	reply chan error
}

// ErrClosed is returned for work that comes after Close.
var ErrClosed = errors.New("store is closed")

// Open opens or creates the file at path and brings its schema up to date. The
// context bounds the opening only.
func Open(ctx context.Context, path string) (*Store, error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db.SetMaxOpenConns(1)
	s, err := start(ctx, db)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	return s, nil
}

func start(ctx context.Context, db *sql.DB) (*Store, error) {
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	// The owner works on after the opening context ended, until Close.
	conn, err := db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, jobs: make(chan job), done: make(chan struct{}), quit: make(chan struct{})}
	go s.own(context.WithoutCancel(ctx), conn)
	return s, nil
}

// dsn sets every pragma where each new connection gets it.
func dsn(path string) string {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(ON)", "cache_size(-65536)", "temp_store(MEMORY)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}).String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("schema: the file has version %d, this program knows up to %d: use the newer program", have, newest)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return nil
}

// Update runs f in a transaction. When Update returns nil, what f did is
// durable; otherwise none of it happened.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	j := job{ctx: ctx, run: f, reply: make(chan error, 1)}
	select {
	case s.jobs <- j:
	case <-s.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// From here on the owner answers, so waiting is bounded by the database.
	return <-j.reply
}

// Close waits for the work at hand and closes the file.
func (s *Store) Close() error {
	s.closing.Do(func() { close(s.quit) })
	<-s.done
	return s.db.Close()
}
