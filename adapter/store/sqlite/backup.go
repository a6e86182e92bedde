package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	driver "modernc.org/sqlite"
)

// backupPages are copied at a time, some 4 MB; between two times others work.
const backupPages = 1000

// Backup copies the database to a file that is not there yet, as it is at the end
// of the copying. Others go on meanwhile: what they change is in the copy too,
// because it is made by the connection that all changes go through. A copy that
// fails is removed.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := create(path, os.O_EXCL); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := s.backup(ctx, path); err != nil {
		return errors.Join(fmt.Errorf("backup to %s: %w", path, err), os.Remove(path))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) error {
	var copying *driver.Backup
	err := s.ask(job{ctx: ctx, alone: true, run: func(tx *Tx) error {
		return tx.conn.Raw(func(connection any) (err error) {
			source, ok := connection.(interface {
				NewBackup(to string) (*driver.Backup, error)
			})
			if !ok {
				return fmt.Errorf("%T cannot copy", connection)
			}
			copying, err = source.NewBackup(path)
			return err
		})
	}})
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		err = s.ask(job{ctx: ctx, alone: true, run: func(*Tx) (err error) {
			more, err = copying.Step(backupPages)
			return err
		}})
	}
	finished := s.ask(job{ctx: context.WithoutCancel(ctx), alone: true, run: func(*Tx) error { return copying.Finish() }})
	return errors.Join(err, finished)
}
