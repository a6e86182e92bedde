package service_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/sqlite"
)

// disk is where promises survive a process.
type disk interface {
	// open opens the store as a process does.
	open(context.Context) (store, error)
	// crash makes what processes have open worthless, as after kill -9: what is
	// durable at this moment stays, and they can change nothing any more.
	crash() error
	// another is used from now on, with nothing on it.
	another(*testing.T)
}

type store interface {
	Update(context.Context, func(service.Tx) error) error
	Close() error
}

// disks are the stores that there are.
func disks() map[string]func(*testing.T) disk {
	return map[string]func(*testing.T) disk{
		"sqlite":   func(t *testing.T) disk { t.Helper(); return newFile(t.TempDir()) },
		"postgres": func(t *testing.T) disk { t.Helper(); return &database{url: postgrestest.Open(t)} },
	}
}

// file is a SQLite file. It crashes by going on with a copy of what is on disk.
type file struct {
	folder string
	path   string
	files  int
}

func newFile(folder string) *file {
	return &file{folder: folder, path: filepath.Join(folder, "state.db")}
}

func (f *file) next() string {
	f.files++
	return filepath.Join(f.folder, fmt.Sprintf("state-%d.db", f.files))
}

func (f *file) open(ctx context.Context) (store, error) {
	s, err := sqlite.Open(ctx, f.path)
	return sqliteStore{s}, err
}

func (f *file) crash() error {
	copied := f.next()
	for _, suffix := range []string{"", "-wal"} {
		body, err := os.ReadFile(f.path + suffix)
		if err != nil {
			return err
		}
		if err := os.WriteFile(copied+suffix, body, 0o600); err != nil {
			return err
		}
	}
	f.path = copied
	return nil
}

func (f *file) another(*testing.T) { f.path = f.next() }

type sqliteStore struct{ *sqlite.Store }

func (s sqliteStore) Update(ctx context.Context, f func(service.Tx) error) error {
	return s.Store.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
}

// database is a PostgreSQL schema. It crashes by cutting its processes off.
type database struct {
	url string

	mu     sync.Mutex
	opened []*postgresStore // guarded by mu
}

func (d *database) open(ctx context.Context) (store, error) {
	s, err := postgres.Open(ctx, d.url, postgres.Options{Connections: 3})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	opened := &postgresStore{Store: s}
	d.opened = append(d.opened, opened)
	return opened, nil
}

func (d *database) crash() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.opened {
		s.cut()
	}
	d.opened = nil
	return nil
}

func (d *database) another(t *testing.T) {
	t.Helper()
	postgrestest.Empty(t, d.url)
}

type postgresStore struct {
	*postgres.Store
	mu   sync.Mutex
	gone bool // guarded by mu
}

var errGone = errors.New("this process was killed")

func (s *postgresStore) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
}

func (s *postgresStore) dead() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

func (s *postgresStore) Update(ctx context.Context, f func(service.Tx) error) error {
	if s.dead() {
		return errGone
	}
	return s.Store.Update(ctx, func(tx *postgres.Tx) error {
		if err := f(tx); err != nil || !s.dead() {
			return err
		}
		return errGone
	})
}
