package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"directcallback/adapter/store/internal/record"
)

// A commit carries no more than maxGroup functions, and takes no further one after
// maxWork statements, some 10 ms. A sync to disk costs a tenth of that; and those
// who wait come in turns: while some go on with what was committed, others are
// being served.
const (
	maxGroup = 128
	maxWork  = 1000
)

// own is the goroutine that owns the connection.
func (s *Store) own(ctx context.Context, conn *sql.Conn) {
	defer close(s.done)
	tx := &Tx{ctx: ctx, conn: conn, statements: map[string]*sql.Stmt{}, recent: newRecent()}
	defer func() { _ = errors.Join(tx.close(), conn.Close()) }()
	for {
		select {
		case <-s.quit:
			return
		case next := <-s.jobs:
			for more := true; more; {
				next, more = s.commit(tx, next)
			}
		}
	}
}

// commit runs first and all that arrives meanwhile in one transaction and
// answers each when it is durable. A job that must be alone it leaves for the
// next time.
func (s *Store) commit(tx *Tx, first job) (left job, more bool) {
	if first.alone {
		first.reply <- first.run(tx)
		return job{}, false
	}
	var group []job
	tx.work = 0
	for next, more := first, true; more; {
		if err := tx.within(next.ctx, next.run); err != nil {
			next.reply <- err
		} else {
			group = append(group, next)
		}
		more = false
		if len(group) < maxGroup && tx.work < maxWork {
			select {
			case next = <-s.jobs:
				if more = !next.alone; !more {
					left = next
				}
			default:
			}
		}
	}
	err := tx.end()
	if err == nil {
		tx.shred()
	}
	for _, j := range group {
		j.reply <- err
	}
	return left, left.alone
}

// Tx is the database as one function sees it. It must not be kept.
type Tx struct {
	ctx        context.Context //nolint:containedctx // a Tx lives inside one call of Update
	conn       *sql.Conn
	statements map[string]*sql.Stmt // by text; owned by the owner goroutine
	levels     levels
	recent     recent
	work       int  // statements for this group
	erased     bool // and the log still has it
}

func (tx *Tx) statement(text string) (*sql.Stmt, error) {
	tx.work++
	if stmt, ok := tx.statements[text]; ok {
		return stmt, nil
	}
	stmt, err := tx.conn.PrepareContext(tx.ctx, text)
	if err != nil {
		return nil, err
	}
	tx.statements[text] = stmt
	return stmt, nil
}

func (tx *Tx) exec(text string, args ...any) error {
	_, err := tx.affect(text, args...)
	return err
}

// affect changes something and tells how many rows changed.
func (tx *Tx) affect(text string, args ...any) (int64, error) {
	result, err := tx.change(text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// change opens what the change is in, and executes it.
func (tx *Tx) change(text string, args ...any) (sql.Result, error) {
	if err := tx.open(); err != nil {
		return nil, err
	}
	return tx.raw(text, args...)
}

// raw executes a statement as it is.
func (tx *Tx) raw(text string, args ...any) (sql.Result, error) {
	stmt, err := tx.statement(text) //nolint:sqlclosecheck // kept for the next use; the owner closes it
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(tx.ctx, args...)
}

// one scans the only row; sql.ErrNoRows if there is none.
func (tx *Tx) one(text string, args []any, dest ...any) error {
	stmt, err := tx.statement(text) //nolint:sqlclosecheck // kept for the next use; the owner closes it
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(tx.ctx, args...).Scan(dest...)
}

// first scans the first row; sql.ErrNoRows if there is none.
func first[T any](tx *Tx, scan func(record.Scanner) (T, error), text string, args ...any) (T, error) {
	stmt, err := tx.statement(text) //nolint:sqlclosecheck // kept for the next use; the owner closes it
	if err != nil {
		var none T
		return none, err
	}
	return scan(stmt.QueryRowContext(tx.ctx, args...))
}

// list scans all rows.
func list[T any](tx *Tx, scan func(record.Scanner) (T, error), text string, args ...any) ([]T, error) {
	stmt, err := tx.statement(text) //nolint:sqlclosecheck // kept for the next use; the owner closes it
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(tx.ctx, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, rows.Err()
}

// each lists ids and reads what they are of: most of that is remembered, and even
// a query without rows costs the names of all its columns beforehand.
func each[ID ~string | ~int64, T any](tx *Tx, read func(ID) (T, error), ids string, args ...any) ([]T, error) {
	found, err := list(tx, func(row record.Scanner) (id ID, err error) { return id, row.Scan(&id) }, ids, args...)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, id := range found {
		item, err := read(id)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

func (tx *Tx) close() error {
	var errs []error
	for _, stmt := range tx.statements {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}
