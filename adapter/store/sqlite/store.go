package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"sync"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite" // the driver "sqlite", without cgo
	codes "modernc.org/sqlite/lib"
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
	alone bool            // not in a transaction
	ctx   context.Context //nolint:containedctx // the job is the call: it lives as long as its caller waits
	run   func(*Tx) error
	reply chan error
}

// ErrClosed is returned for work that comes after Close.
var ErrClosed = errors.New("store is closed")

// ErrInUse is returned by Open for a file that another Store has open, mostly
// that of another process.
var ErrInUse = errors.New("another process has the file open, and one adapter alone may; stop it, or use another file")

// Open opens or creates the file at path and brings its schema up to date. Until
// Close the file is locked: nobody else can open it, not even to read. The
// context bounds the opening only.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := create(path, 0); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	s, err := start(ctx, db)
	if err != nil {
		if isBusy(err) {
			err = ErrInUse
		}
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), db.Close())
	}
	return s, nil
}

// create makes an empty file that only its owner may read, unless there is one:
// it will hold telephone numbers. What SQLite puts beside it gets the same rights.
func create(path string, flags int) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|flags, 0o600) //nolint:gosec // the operator's own path
	if err != nil {
		return err
	}
	return file.Close()
}

// isBusy tells whether SQLite found the file locked.
func isBusy(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code()&0xff == codes.SQLITE_BUSY // the rest are details
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

// dsn sets every pragma where each new connection gets it. The lock is taken by
// the first access and is the file's own, so that a killed process leaves none
// behind. Nobody is waited for: who has the file does not give it back. What is deleted
// is overwritten, so that what was erased is not found in the file either.
func dsn(path string) string {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(0)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(ON)", "cache_size(-65536)", "temp_store(MEMORY)", "secure_delete(ON)",
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
	return s.ask(job{ctx: ctx, run: f})
}

func (s *Store) ask(j job) error {
	j.reply = make(chan error, 1)
	select {
	case s.jobs <- j:
	case <-s.quit:
		return ErrClosed
	case <-j.ctx.Done():
		return j.ctx.Err()
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
