package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	maxTries   = 16               // of a function, before its caller is told
	tryTimeout = 30 * time.Second // of one try, against connections that say nothing
	askFor     = 15 * time.Second // how long to ask what became of a commit
)

// owner is a goroutine with a connection of its own, or none when it broke.
type owner struct {
	store *Store
	conn  *pgx.Conn
}

func (o *owner) work(ctx context.Context) {
	defer o.hangUp(ctx)
	for {
		select {
		case <-o.store.quit:
			return
		case j := <-o.store.jobs:
			j.reply <- o.serve(ctx, j)
		}
	}
}

// serve runs a function until it could be done without being in the way of
// others. Each try begins with the locks that the ones before turned out to need.
func (o *owner) serve(ctx context.Context, j job) error {
	var known locks
	for try := 1; ; try++ {
		if err := j.ctx.Err(); err != nil {
			return err
		}
		err := o.try(ctx, j.run, &known)
		if !isAgain(err) {
			return err
		}
		if try == maxTries {
			return fmt.Errorf("given up after %d tries: %w", try, err)
		}
	}
}

func (o *owner) try(ctx context.Context, run func(*Tx) error, known *locks) error {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	broken := o.conn == nil || o.conn.IsClosed()
	if broken {
		conn, err := pgx.ConnectConfig(ctx, o.store.config)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		o.conn = conn
	}
	tx := newTx(ctx, o.conn, o.store.space, known)
	err := tx.do(run)
	if errors.Is(err, errUnanswered) {
		return o.outcome(ctx, tx.name, err)
	}
	if o.conn.IsClosed() && err != nil {
		if !broken { // it lay idle, and nobody noticed that it was cut
			return again{err}
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

func (o *owner) hangUp(ctx context.Context) {
	if o.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = o.conn.Close(ctx) // the server sees it anyway
}

// again is an error after which the same function is run again: it was in the
// way of another's.
type again struct{ error }

func (a again) Unwrap() error { return a.error }

func isAgain(err error) bool {
	_, is := errors.AsType[again](err)
	return is
}

// codes after which the whole transaction is run again.
func mayRunAgain(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch e.Code {
	case "40001", // serialization failure
		"40P01", // deadlock detected
		"55P03", // lock not available
		"53200": // out of memory, which is that for locks
		return true
	}
	return false
}

// errUnanswered is a commit of which nobody knows whether it was done.
var errUnanswered = errors.New("the connection broke during a commit")

// outcome finds out what became of a transaction.
func (o *owner) outcome(ctx context.Context, name string, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	for {
		status, err := o.status(ctx, name)
		switch {
		case err != nil && ctx.Err() != nil:
			return fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(cause, err))
		case status == "committed":
			return nil
		case status == "aborted":
			return again{cause}
		}
		timer := time.NewTimer(100 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (o *owner) status(ctx context.Context, name string) (string, error) {
	if o.conn.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, o.store.config)
		if err != nil {
			return "", err
		}
		o.conn = conn
	}
	var status *string // nil is too long ago
	err := o.conn.QueryRow(ctx, "SELECT pg_xact_status($1::text::xid8)", name).Scan(&status)
	if err != nil || status == nil {
		return "", err
	}
	return *status, nil
}
