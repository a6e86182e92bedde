package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Tx is the database as one function sees it. It must not be kept.
//
// What only changes something is put off and travels with the next question, or
// with the end: on a network each round trip costs more than the work.
type Tx struct {
	ctx   context.Context //nolint:containedctx // a Tx lives inside one call of Update
	conn  *pgx.Conn
	space int64

	waiting []statement   // not sent yet
	bulks   map[table]int // of these, those that more rows may join
	sent    int           // statements that were
	begun   bool
	writes  bool
	name    string // the database's own for this transaction, once it has one
	depth   int    // of savepoints
	err     error  // after which the database does nothing for this transaction

	known *locks // needed by this function, over all tries
	held  locks

	// What was read or saved in this transaction, which nobody else changes while
	// its locks are held.
	calls     map[adapter.CallID]*adapter.Call // nil = there is none
	callbacks map[adapter.CallbackID]adapter.Callback
	attempts  map[adapter.CallbackID]adapter.Attempt // the last of each; zero if it has none
	idle      map[string]bool                        // "call/…" for which nothing is parked and which holds no callback
	sizes     map[adapter.QueueID]size
	available map[adapter.QueueID]int
	waits     map[adapter.QueueID][]byte
	pending   map[string][]adapter.CallbackID // by number, those that have not ended
	answers   map[adapter.RequestKey]answer   // zero = none was given
	places    map[string]int                  // at placesAt
	placesAt  int64
	expected  map[event]bool // recorded beforehand: whether they are new, until they are asked for
}

type statement struct {
	text string
	args []any
	must int64                        // change so many rows, if not 0,
	lost error                        // else this is what happened
	read func(pgx.BatchResults) error // of a question; nil = it is none
	rows *rows                        // of many at once; nil = args
}

func newTx(ctx context.Context, conn *pgx.Conn, space int64, known *locks) *Tx {
	tx := &Tx{ctx: ctx, conn: conn, space: space, known: known}
	tx.forget()
	tx.lockKnown()
	return tx
}

func (tx *Tx) forget() {
	tx.calls = map[adapter.CallID]*adapter.Call{}
	tx.callbacks = map[adapter.CallbackID]adapter.Callback{}
	tx.attempts = map[adapter.CallbackID]adapter.Attempt{}
	tx.idle = map[string]bool{}
	tx.sizes = map[adapter.QueueID]size{}
	tx.available = map[adapter.QueueID]int{}
	tx.waits = map[adapter.QueueID][]byte{}
	tx.pending = map[string][]adapter.CallbackID{}
	tx.answers = map[adapter.RequestKey]answer{}
	tx.places = nil
}

// do runs f and commits what it did, or nothing.
func (tx *Tx) do(f func(*Tx) error) error {
	err := tx.guarded(func() error { return f(tx) })
	if err == nil {
		err = tx.commit()
	}
	if tx.err != nil && (mayRunAgain(tx.err) || errors.Is(tx.err, errUnanswered)) {
		err = tx.err // whatever f made of it
	}
	if err != nil {
		tx.rollBack()
	}
	if mayRunAgain(tx.err) {
		return again{tx.err}
	}
	return err
}

// guarded turns a panic into an error.
func (tx *Tx) guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a store function: %v", p)
		}
	}()
	return f()
}

func (tx *Tx) commit() error {
	if tx.err != nil {
		return tx.err
	}
	if !tx.begun && !tx.writes {
		return nil // nothing was asked and nothing is to be done
	}
	if tx.writes && tx.name == "" {
		tx.queue(askName)
		if err := tx.send(tx.named); err != nil {
			return err
		}
	}
	tx.queue("COMMIT")
	err := tx.send(ignore)
	if err != nil && tx.conn.IsClosed() && tx.writes {
		tx.err = errors.Join(errUnanswered, err)
		return tx.err
	}
	return err
}

// rollBack leaves the connection as it was before. One that cannot is closed.
func (tx *Tx) rollBack() {
	if !tx.begun || tx.conn.IsClosed() || tx.conn.PgConn().TxStatus() == 'I' {
		return
	}
	if _, err := tx.conn.Exec(tx.ctx, "ROLLBACK"); err != nil {
		_ = tx.conn.Close(tx.ctx)
	}
}

// Savepoint runs f so that its changes happen together or not at all, inside
// the surrounding function.
func (tx *Tx) Savepoint(f func() error) error {
	if tx.err != nil {
		return tx.err
	}
	sent, waiting, locked := tx.sent, len(tx.waiting), len(tx.held.log)
	tx.depth++
	name := fmt.Sprint("level", tx.depth)
	tx.queue("SAVEPOINT " + name)
	tx.bulks = nil
	err := tx.guarded(f)
	tx.depth--
	tx.bulks = nil
	if err == nil {
		tx.queue("RELEASE SAVEPOINT " + name)
		return nil
	}
	tx.held.back(locked)
	tx.forget()
	if tx.sent == sent { // none of it has left
		tx.waiting = tx.waiting[:waiting]
		return err
	}
	tx.waiting = nil
	if tx.conn.IsClosed() || mayRunAgain(tx.err) {
		return err
	}
	if _, undone := tx.conn.Exec(tx.ctx, "ROLLBACK TO SAVEPOINT "+name+"; RELEASE SAVEPOINT "+name); undone != nil {
		tx.err = undone
		return errors.Join(err, undone)
	}
	tx.err = nil
	return err
}

// queue puts a statement off until the next one that is answered.
func (tx *Tx) queue(text string, args ...any) {
	tx.waiting = append(tx.waiting, statement{text: text, args: args})
}

// change puts a change off.
func (tx *Tx) change(text string, args ...any) error {
	if tx.err != nil {
		return tx.err
	}
	tx.writes = true
	tx.queue(text, args...)
	return nil
}

// compareAndSet puts the change of n rows off that must be as they were, else the
// whole transaction is lost.
func (tx *Tx) compareAndSet(n int, lost error, text string, args ...any) error {
	if tx.err != nil {
		return tx.err
	}
	tx.writes = true
	tx.waiting = append(tx.waiting, statement{text: text, args: args, must: int64(n), lost: lost})
	return nil
}

// affect changes something and tells how many rows changed.
func (tx *Tx) affect(text string, args ...any) (int64, error) {
	tx.writes = true
	tx.queue(text, args...)
	var n int64
	err := tx.send(func(results pgx.BatchResults) error {
		tag, err := results.Exec()
		n = tag.RowsAffected()
		return err
	})
	return n, err
}

// askName asks for the name of a transaction, which is NULL before its first change.
const askName = "SELECT pg_current_xact_id_if_assigned()::text"

// named learns the name of a transaction, by which its end can be asked for.
func (tx *Tx) named(results pgx.BatchResults) error {
	var name *string
	if err := results.QueryRow().Scan(&name); err != nil {
		return err
	}
	if name != nil {
		tx.name = *name
	}
	return nil
}

// send sends what waits and reads the answers, the last one by last. An error is
// the end of the transaction, or of the savepoint that it is in.
func (tx *Tx) send(last func(pgx.BatchResults) error) error {
	if tx.err != nil {
		return tx.err
	}
	batch := &pgx.Batch{}
	reads := make([]func(pgx.BatchResults) error, 0, len(tx.waiting)+2)
	put := func(s statement, read func(pgx.BatchResults) error) {
		if s.rows != nil {
			s.args = s.rows.columns()
		}
		batch.Queue(s.text, clean(s.args)...)
		reads = append(reads, read)
	}
	if !tx.begun {
		put(statement{text: "BEGIN"}, ignore)
	}
	for i, s := range tx.waiting {
		if i < len(tx.waiting)-1 {
			put(s, s.reader())
			continue
		}
		if tx.writes && tx.name == "" && s.text != askName {
			put(statement{text: askName}, tx.named)
		}
		put(s, last)
	}
	tx.begun, tx.waiting, tx.bulks = true, nil, nil
	tx.sent += batch.Len()
	results := tx.conn.SendBatch(tx.ctx, batch)
	var err error
	for _, read := range reads {
		if err = read(results); err != nil {
			break
		}
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	tx.err = err
	return err
}

func (s statement) reader() func(pgx.BatchResults) error {
	if s.read != nil {
		return s.read
	}
	return s.check
}

// check reads the answer to a statement that was put off.
func (s statement) check(results pgx.BatchResults) error {
	tag, err := results.Exec()
	if err == nil && s.must > 0 && tag.RowsAffected() != s.must {
		return s.lost
	}
	return err
}

// ignore reads an answer that says nothing.
func ignore(results pgx.BatchResults) error {
	_, err := results.Exec()
	return err
}

// clean replaces what PostgreSQL cannot keep in a text by its picture.
func clean(args []any) []any {
	for i, arg := range args {
		if text, is := arg.(string); is {
			args[i] = picture(text)
		}
	}
	return args
}

func picture(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\u2400")
}

// first scans the first row; pgx.ErrNoRows if there is none.
func first[T any](tx *Tx, scan func(record.Scanner) (T, error), text string, args ...any) (T, error) {
	all, err := list(tx, scan, text, args...)
	if err == nil && len(all) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}

// one scans the only row; pgx.ErrNoRows if there is none.
func (tx *Tx) one(text string, args []any, dest ...any) error {
	_, err := first(tx, func(row record.Scanner) (struct{}, error) { return struct{}{}, row.Scan(dest...) }, text, args...)
	return err
}

// list scans all rows.
func list[T any](tx *Tx, scan func(record.Scanner) (T, error), text string, args ...any) ([]T, error) {
	var all []T
	tx.queue(text, args...)
	err := tx.send(scanning(scan, func(item T) { all = append(all, item) }))
	return all, err
}

// ask puts a question off, to be answered with the ones after it; [Tx.answer]
// sends them.
func ask[T any](tx *Tx, scan func(record.Scanner) (T, error), keep func(T), text string, args ...any) {
	tx.waiting = append(tx.waiting, statement{text: text, args: args, read: scanning(scan, keep)})
}

// answer sends all questions that were put off, of which there must be one.
func (tx *Tx) answer() error { return tx.send(tx.waiting[len(tx.waiting)-1].reader()) }

// scanning reads an answer row by row.
func scanning[T any](scan func(record.Scanner) (T, error), keep func(T)) func(pgx.BatchResults) error {
	return func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			item, err := scan(rows)
			if err != nil {
				return err
			}
			keep(item)
		}
		rows.Close()
		return rows.Err()
	}
}
