package postgres

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Call reads a call; adapter.ErrNotFound if there is none.
func (tx *Tx) Call(id adapter.CallID) (adapter.Call, error) {
	c, known := tx.calls[id]
	if !known {
		tx.lock(callLock(id))
		is, err := first(tx, record.ScanCall, `SELECT `+record.CallColumns+` FROM calls WHERE id = $1`, string(id))
		switch {
		case err == nil:
			c = &is
		case !errors.Is(err, pgx.ErrNoRows):
			return adapter.Call{}, fmt.Errorf("read call: %w", err)
		}
		tx.calls[id] = c
	}
	if c == nil {
		return adapter.Call{}, fmt.Errorf("call %s: %w", id, adapter.ErrNotFound)
	}
	own := *c
	own.Attributes = maps.Clone(c.Attributes) // the reader's own
	return own, nil
}

// keepCall remembers a call as the database has it.
func (tx *Tx) keepCall(c adapter.Call) {
	record.AsKept(&c.QueuedAt, &c.ChangedAt, &c.ConnectedAt, &c.OverflowAt, &c.CheckAt, &c.FirstOffer, &c.LastOffer, &c.NextOffer, &c.ConfirmedAt)
	c.Attributes = maps.Clone(c.Attributes)
	tx.calls[c.ID] = &c
}

// SaveCall writes a call and its place in line.
func (tx *Tx) SaveCall(c adapter.Call) error {
	was, err := tx.Call(c.ID)
	if err != nil && !errors.Is(err, adapter.ErrNotFound) {
		return fmt.Errorf("save call %s: %w", c.ID, err)
	}
	tx.lock(slices.Concat(moved(placeOfCall(was), placeOfCall(c)), reached(was, c))...)
	delete(tx.calls, c.ID) // until it is written
	if err := tx.putCall(c); err != nil {
		return fmt.Errorf("save call %s: %w", c.ID, err)
	}
	if err := tx.stand(placeOfCall(was), placeOfCall(c), string(c.ID)); err != nil {
		return err
	}
	tx.keepCall(c)
	return nil
}

func placeOfCall(c adapter.Call) place {
	if !c.Waits() {
		return place{}
	}
	return place{queue: c.Queue, holds: true, priority: c.Priority, queuedAt: record.Micros(c.QueuedAt)}
}

// reached are the locks of the numbers of which a change of a call decides whether
// they are on the line.
func reached(was, is adapter.Call) []string {
	var names []string
	if was.From == is.From && was.Waits() == is.Waits() {
		return nil
	}
	for _, c := range []adapter.Call{was, is} {
		if c.Waits() && !c.From.IsZero() {
			names = append(names, phoneLock(c.From))
		}
	}
	return names
}

func (tx *Tx) putCall(c adapter.Call) error {
	values, err := record.CallValues(c)
	if err != nil {
		return err
	}
	return tx.put(table{"calls", record.CallColumns + ", next_look", "(id) DO UPDATE SET " + record.CallChanges}, string(c.ID), values...)
}

// DropCall forgets a call and takes it out of line.
func (tx *Tx) DropCall(id adapter.CallID) error {
	was, err := tx.Call(id)
	if errors.Is(err, adapter.ErrNotFound) {
		return nil
	}
	if err == nil {
		tx.settle()
		tx.lock(slices.Concat(moved(placeOfCall(was), place{}), reached(was, adapter.Call{}))...)
		err = errors.Join(tx.change(`DELETE FROM calls WHERE id = $1`, string(id)), tx.stand(placeOfCall(was), place{}, string(id)))
	}
	if err != nil {
		return fmt.Errorf("drop call %s: %w", id, err)
	}
	tx.calls[id] = nil
	return nil
}

// CallsToLook lists calls that want attention at now, the longest overdue first,
// but for those that another replica is at.
func (tx *Tx) CallsToLook(now time.Time, limit int) ([]adapter.Call, error) {
	const due = ` FROM calls WHERE next_look > 0 AND next_look <= $1`
	found, err := list(tx, scanID[adapter.CallID], `SELECT id`+due+` ORDER BY next_look LIMIT $2`, record.Micros(now), min(limit, maxLook))
	var mine []string
	if err == nil && len(found) > 0 {
		mine, err = untaken(tx, found, func(id adapter.CallID) (string, string) { return string(id), callLock(id) })
	}
	var calls []adapter.Call
	if err == nil && len(mine) > 0 {
		calls, err = list(tx, record.ScanCall, `SELECT `+record.CallColumns+due+` AND id = ANY($2) ORDER BY next_look`, record.Micros(now), mine)
	}
	if err != nil {
		return nil, fmt.Errorf("list calls to look at: %w", err)
	}
	for _, c := range calls {
		tx.keepCall(c)
	}
	return calls, nil
}

// maxLook bounds what one transaction looks at: it keeps the lines of all of them
// from moving until it ends.
const maxLook = 32

// LiveCall finds a live call of a number other than except; "" if there is none.
func (tx *Tx) LiveCall(phone adapter.Phone, except adapter.CallID) (adapter.CallID, error) {
	if phone.IsZero() {
		return "", nil
	}
	var id adapter.CallID
	tx.lock(phoneLock(phone))
	err := tx.one(`SELECT id FROM calls WHERE state = 'waiting' AND phone <> '' AND phone = $1 AND callback_id = '' AND id <> $2 LIMIT 1`,
		[]any{phone.E164(), string(except)}, &id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("find live call: %w", err)
	}
	return id, nil
}

// SaveDecision keeps why a call was treated as it was.
func (tx *Tx) SaveDecision(id adapter.CallID, at time.Time, moment, verdict string, trace []byte) error {
	key := fmt.Sprintf("%q %d %q", id, record.Micros(at), moment)
	err := tx.put(table{"decisions", "call_id, at, moment, verdict, trace", "(call_id, at, moment) DO UPDATE SET verdict=excluded.verdict, trace=excluded.trace"},
		key, string(id), record.Micros(at), moment, verdict, string(trace))
	if err != nil {
		return fmt.Errorf("save decision of call %s: %w", id, err)
	}
	return nil
}

// Decisions lists why a call was treated as it was, the first first.
func (tx *Tx) Decisions(id adapter.CallID) ([]adapter.Judgement, error) {
	all, err := list(tx, record.ScanJudgement, `SELECT `+record.JudgementColumns+` FROM decisions WHERE call_id = $1 ORDER BY at, moment`, string(id))
	return all, wrap("list decisions", err)
}
