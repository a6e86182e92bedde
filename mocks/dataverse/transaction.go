package dataverse

import (
	"slices"
	"time"
)

// change is one row put or removed. before is nil when it is new, after is nil when it is gone.
type change struct {
	table         *table
	before, after *row
	cause
}

// cause is what the request behind a change knew of it.
type cause struct {
	user   string // systemuserid; empty before the organisation has one
	agent  string // User-Agent of the request; empty when it was none
	at     time.Time
	named  []int // the columns the request named, changed or not, sorted; nil when the row follows another's change
	upsert bool  // the upsert of an elastic row, which raises neither Create nor Update
}

// transaction is what a rollback needs. Rows never change once stored, so it is a list of rows.
type transaction struct {
	changes []change
	undo    []func() // for what is not a row, last first
	after   []func() // once it is committed, in order
}

// watch calls f with every change that stands, once, in the order made: those of a transaction when it is committed,
// any other at once. f is called with the write lock held and must not write. This is the one place to see them.
func (s *store) watch(f func(changes []change)) { s.watchers = append(s.watchers, f) }

// transact runs f. All it did to rows stands when it returns nil and none of it otherwise, but for rows of elastic
// tables, which know no transactions. Versions given out are never given out again. A transaction inside another
// belongs to the outer one.
func (s *store) transact(f func() error) error {
	if s.transaction != nil {
		return f()
	}
	s.transaction = &transaction{}
	committed := false
	defer func() {
		if !committed { // f panicked, or returned an error
			s.rollback()
		}
	}()
	if err := f(); err != nil {
		return err
	}
	committed = true
	s.commit()
	return nil
}

func (s *store) record(c change) {
	if s.transaction == nil {
		s.tell([]change{c})
		return
	}
	s.transaction.changes = append(s.transaction.changes, c)
}

func (s *store) commit() {
	t := s.transaction
	s.transaction = nil
	s.tell(t.changes)
	for _, f := range t.after {
		f()
	}
}

func (s *store) rollback() {
	t := s.transaction
	s.transaction = nil
	var stand []change
	for _, c := range t.changes {
		if c.table.elastic {
			stand = append(stand, c)
		}
	}
	for _, c := range slices.Backward(t.changes) {
		if !c.table.elastic {
			s.revert(c)
		}
	}
	for _, f := range slices.Backward(t.undo) {
		f()
	}
	s.tell(stand)
}

func (s *store) revert(c change) {
	if c.before != nil {
		s.place(c.table, c.before)
		return
	}
	s.displace(c.table, c.after)
}

func (s *store) tell(changes []change) {
	if len(changes) == 0 {
		return
	}
	for _, f := range s.watchers {
		f(changes)
	}
}

// onRollback undoes what is not a row, should the transaction fail.
func (s *store) onRollback(f func()) {
	if s.transaction != nil {
		s.transaction.undo = append(s.transaction.undo, f)
	}
}

// afterCommit runs f once everything stands: at once when no transaction is open.
func (s *store) afterCommit(f func()) {
	if s.transaction == nil {
		f()
		return
	}
	s.transaction.after = append(s.transaction.after, f)
}
