package sqlite

import (
	"context"
	"errors"
	"fmt"
)

// levels are the things under way that each happen wholly or not at all, the
// outermost first: the transaction, then savepoints in it. Each is opened by the
// first change in it, so that who only reads, which is every second function,
// costs no statement: one connection alone has the file, and nothing changes
// between two of its reads.
type levels struct {
	begun bool   // the transaction of this group is open, with changes of functions that are done
	stack []bool // whether it is open
}

// whole tells that a level is the transaction itself, not a savepoint in one: the
// outermost, of the first function of a group that changes something.
func (l *levels) whole(depth int) bool { return depth == 0 && !l.begun }

// Savepoint runs f so that its changes happen together or not at all, inside
// the surrounding function.
func (tx *Tx) Savepoint(f func() error) error {
	return tx.within(tx.ctx, func(*Tx) error { return f() })
}

// within runs f one level deeper; when f fails or panics its changes are undone.
func (tx *Tx) within(ctx context.Context, f func(*Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx.levels.stack = append(tx.levels.stack, false)
	defer func() {
		if p := recover(); p != nil {
			err = errors.Join(fmt.Errorf("panic in a store function: %v", p), tx.undo())
		}
	}()
	if err := f(tx); err != nil {
		return errors.Join(err, tx.undo())
	}
	return tx.done()
}

// open opens what a change is in and is not open yet.
func (tx *Tx) open() error {
	for depth, is := range tx.levels.stack {
		if is {
			continue
		}
		text := "SAVEPOINT work"
		if tx.levels.whole(depth) {
			text = "BEGIN IMMEDIATE"
		}
		if _, err := tx.raw(text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		tx.levels.stack[depth] = true
	}
	return nil
}

// pop leaves the innermost level and tells what it was.
func (l *levels) pop() (open, whole bool) {
	depth := len(l.stack) - 1
	open, whole = l.stack[depth], l.whole(depth)
	l.stack = l.stack[:depth]
	return open, whole
}

func (tx *Tx) done() error {
	open, whole := tx.levels.pop()
	switch {
	case !open:
		return nil
	case whole:
		tx.levels.begun = true
		return nil
	default:
		_, err := tx.raw("RELEASE work")
		return err
	}
}

func (tx *Tx) undo() error {
	open, whole := tx.levels.pop()
	if !open {
		return nil
	}
	tx.recent.forget()
	if whole {
		_, err := tx.raw("ROLLBACK")
		return err
	}
	_, err := tx.raw("ROLLBACK TO work")
	_, released := tx.raw("RELEASE work")
	return errors.Join(err, released)
}

// end makes durable what the functions of a group changed.
func (tx *Tx) end() error {
	if !tx.levels.begun {
		return nil
	}
	tx.levels.begun = false
	_, err := tx.raw("COMMIT")
	if err == nil {
		return nil
	}
	tx.recent.forget()
	_, undone := tx.raw("ROLLBACK")
	return errors.Join(fmt.Errorf("commit: %w", err), undone)
}
