package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/sqlite"
)

// Database is the path of a SQLite file or the URL of a PostgreSQL database,
// which may hold a password and so does not print it.
type Database string

// IsURL tells a URL from a path.
func (d Database) IsURL() bool {
	return strings.HasPrefix(string(d), "postgres://") || strings.HasPrefix(string(d), "postgresql://")
}

// String masks a password, and the query, which may hold one too.
func (d Database) String() string {
	if !d.IsURL() {
		return string(d)
	}
	u, err := url.Parse(string(d))
	if err != nil {
		return "postgres://****"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Format masks under every verb.
func (d Database) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, d.String()) }

// LogValue masks in logs.
func (d Database) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText masks in JSON.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// store is durable state, whichever it is.
type store interface {
	Update(ctx context.Context, f func(service.Tx) error) error
	Ready(ctx context.Context) error // whether it answers
	Close() error
}

// backupStore is a store that copies itself to a file.
type backupStore interface {
	Backup(ctx context.Context, path string) error
}

// clockedStore is a store with a clock that all its processes share.
type clockedStore interface {
	Now(ctx context.Context) (time.Time, error)
}

// openStore opens a database. Shared says that other processes may have it open too.
func (c Config) openStore(ctx context.Context) (s store, shared bool, err error) {
	if c.Database.IsURL() {
		opened, err := postgres.Open(ctx, string(c.Database), postgres.Options{Connections: c.DatabaseConnections})
		if err != nil {
			return nil, false, err
		}
		return postgresStore{opened}, true, nil
	}
	opened, err := sqlite.Open(ctx, string(c.Database))
	if err != nil {
		return nil, false, err
	}
	return sqliteStore{opened}, false, nil
}

type sqliteStore struct{ *sqlite.Store }

func (s sqliteStore) Update(ctx context.Context, f func(service.Tx) error) error {
	return s.Store.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
}

// Ready asks the goroutine that owns the file.
func (s sqliteStore) Ready(ctx context.Context) error {
	return s.Store.Update(ctx, func(*sqlite.Tx) error { return nil })
}

type postgresStore struct{ *postgres.Store }

func (s postgresStore) Update(ctx context.Context, f func(service.Tx) error) error {
	return s.Store.Update(ctx, func(tx *postgres.Tx) error { return f(tx) })
}

// isUnavailable tells that a store cannot be asked now.
func isUnavailable(err error) bool {
	return errors.Is(err, sqlite.ErrClosed) || errors.Is(err, postgres.ErrClosed) || errors.Is(err, postgres.ErrUnavailable)
}

// callbacksOfCalls maps each call that opted in to its callback.
func callbacksOfCalls(ctx context.Context, s store) (map[adapter.CallID]adapter.CallbackOfCall, error) {
	var all map[adapter.CallID]adapter.CallbackOfCall
	err := s.Update(ctx, func(tx service.Tx) (err error) {
		lister, ok := tx.(interface {
			CallbacksOfCalls() (map[adapter.CallID]adapter.CallbackOfCall, error)
		})
		if !ok {
			return fmt.Errorf("%T does not list callbacks by call", tx)
		}
		all, err = lister.CallbacksOfCalls()
		return err
	})
	return all, err
}
