package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// oldest is the first PostgreSQL that can tell what became of a transaction by a
// name that is never used again.
const oldest = 130000

// prepare brings the schema up to date, over a connection of its own.
func (s *Store) prepare(ctx context.Context, files fs.FS) error {
	if files == nil {
		files = migrations
	}
	files, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	config := s.config.Copy()
	config.RuntimeParams["statement_timeout"] = "0" // an index of a large table takes its time
	db := stdlib.OpenDB(*config)
	return errors.Join(s.migrate(ctx, db, files), db.Close())
}

func (s *Store) migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	var version int
	var space *int64
	err := db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, hashtextextended(current_schema(), 0)").Scan(&version, &space)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("PostgreSQL %d is too old; version %d or later is needed", version/10000, oldest/10000)
	case space == nil:
		return errors.New("no schema of the user's search_path exists; create one, or name one that does")
	}
	s.space = *space
	// Replicas start at the same time.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(s.space), lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return ahead(ctx, db, have, newest)
	}
	if err := up(ctx, provider); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return nil
}

// migrateTries are some minutes at most: a try that waits for others ends with the
// timeout of locks.
const migrateTries = 30

// up migrates. A migration locks tables one after the other, and so do the functions
// of replicas that work meanwhile, in an order of their own. Which of two that wait
// for each other is cut off is the server's choice.
func up(ctx context.Context, provider *goose.Provider) error {
	for try := 1; ; try++ {
		_, err := provider.Up(ctx)
		if err == nil || !mayRunAgain(err) || try == migrateTries {
			return err
		}
		timer := time.NewTimer(time.Duration(rand.Int64N(int64(time.Second)))) // not in step with those in the way
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, ctx.Err())
		}
	}
}

// ahead refuses a schema of a later program, unless that left everything there that
// this program needs: while one replica after the other is replaced, those of the
// program before go on, and start again if they must.
func ahead(ctx context.Context, db *sql.DB, have, newest int64) error {
	var since int64
	if err := db.QueryRowContext(ctx, "SELECT since FROM compatible").Scan(&since); err != nil {
		return fmt.Errorf("schema: which programs can work on version %d: %w", have, err)
	}
	if newest < since {
		return fmt.Errorf("schema: the database has version %d, for programs that know version %d; this one knows up to %d: use the newer program", have, since, newest)
	}
	return nil
}
