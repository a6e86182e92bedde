package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Call reads a call; adapter.ErrNotFound if there is none.
func (tx *Tx) Call(id adapter.CallID) (adapter.Call, error) {
	if c, ok := tx.recent.call(id); ok {
		return c, nil
	}
	// Half of those who ask want to know that there is none, which is cheaper to
	// find out without the names of all columns.
	var is bool
	err := tx.one(`SELECT EXISTS (SELECT 1 FROM calls WHERE id = ?)`, []any{string(id)}, &is)
	if err == nil && !is {
		return adapter.Call{}, fmt.Errorf("call %s: %w", id, adapter.ErrNotFound)
	}
	if err != nil {
		return adapter.Call{}, fmt.Errorf("find call: %w", err)
	}
	c, err := first(tx, record.ScanCall, `SELECT `+record.CallColumns+` FROM calls WHERE id = ?`, string(id))
	if err != nil {
		return adapter.Call{}, fmt.Errorf("read call: %w", err)
	}
	tx.recent.keepCall(c)
	return c, nil
}

// SaveCall writes a call and its place in line.
func (tx *Tx) SaveCall(c adapter.Call) error {
	before := int64(unknown)
	was, known := tx.recent.calls[c.ID]
	if known {
		before = record.Micros(was.NextLook())
	}
	stands := tx.recent.stands(c)
	delete(tx.recent.calls, c.ID) // until all of it is written
	var err error
	if known && onlyMoved(was, c) {
		err = tx.moveCall(c)
	} else {
		err = tx.putCall(c)
	}
	if err != nil {
		return fmt.Errorf("save call %s: %w", c.ID, err)
	}
	if !stands {
		if err := tx.stand(c.Waits(), place{queue: c.Queue, item: string(c.ID), priority: c.Priority, queuedAt: c.QueuedAt}); err != nil {
			return err
		}
	}
	tx.recent.next.calls.moves(before, record.Micros(c.NextLook()))
	tx.recent.keepCall(c)
	return nil
}

// onlyMoved tells that of two versions of a call no more differs than what
// [Tx.moveCall] writes: most events of a call say that it went on or ended.
func onlyMoved(a, b adapter.Call) bool {
	same := func(a, b time.Time) bool { return record.Micros(a) == record.Micros(b) }
	return a.Source == b.Source && a.Queue == b.Queue && a.Workstream == b.Workstream && a.RoutingRule == b.RoutingRule &&
		a.From == b.From && a.Priority == b.Priority && same(a.QueuedAt, b.QueuedAt) &&
		a.Locale == b.Locale && a.Entry == b.Entry && a.Bot == b.Bot &&
		a.CallsWaiting == b.CallsWaiting && a.EstimatedWait == b.EstimatedWait &&
		a.Overflow == b.Overflow && same(a.OverflowAt, b.OverflowAt) && a.Action == b.Action && same(a.CheckAt, b.CheckAt) &&
		a.Offers == b.Offers && same(a.FirstOffer, b.FirstOffer) && same(a.LastOffer, b.LastOffer) && same(a.NextOffer, b.NextOffer) &&
		a.Callback == b.Callback && same(a.ConfirmedAt, b.ConfirmedAt) && maps.Equal(a.Attributes, b.Attributes)
}

func (tx *Tx) moveCall(c adapter.Call) error {
	return tx.exec(`UPDATE calls SET sequence = ?, state = ?, changed_at = ?, connected_at = ?, next_look = ? WHERE id = ?`,
		c.Sequence, string(c.State), record.Micros(c.ChangedAt), record.Micros(c.ConnectedAt), record.Micros(c.NextLook()), string(c.ID))
}

func (tx *Tx) putCall(c adapter.Call) error {
	values, err := record.CallValues(c)
	if err != nil {
		return err
	}
	return tx.exec(`INSERT INTO calls (`+record.CallColumns+`, next_look)
		VALUES (?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?, ?,?,?)
		ON CONFLICT (id) DO UPDATE SET `+record.CallChanges, values...)
}

// DropCall forgets a call and takes it out of line.
func (tx *Tx) DropCall(id adapter.CallID) error {
	delete(tx.recent.calls, id)
	tx.recent.next.calls.moves(unknown, 0)
	if err := tx.exec(`DELETE FROM calls WHERE id = ?`, string(id)); err != nil {
		return fmt.Errorf("drop call %s: %w", id, err)
	}
	return tx.exec(`DELETE FROM line WHERE item_id = ?`, string(id))
}

// CallsToLook lists calls that want attention at now, the longest overdue first.
func (tx *Tx) CallsToLook(now time.Time, limit int) ([]adapter.Call, error) {
	if tx.recent.next.calls.after(record.Micros(now)) {
		return nil, nil
	}
	calls, err := each(tx, tx.Call, `SELECT id FROM calls WHERE next_look > 0 AND next_look <= ? ORDER BY next_look LIMIT ?`, record.Micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list calls to look at: %w", err)
	}
	return calls, nil
}

// LiveCall finds a live call of a number other than except; "" if there is none.
func (tx *Tx) LiveCall(phone adapter.Phone, except adapter.CallID) (adapter.CallID, error) {
	var id adapter.CallID
	err := tx.one(`SELECT id FROM calls WHERE state = 'waiting' AND phone <> '' AND phone = ? AND callback_id = '' AND id <> ? LIMIT 1`,
		[]any{phone.E164(), string(except)}, &id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find live call: %w", err)
	}
	return id, nil
}

// SaveDecision keeps why a call was treated as it was.
func (tx *Tx) SaveDecision(id adapter.CallID, at time.Time, moment, verdict string, trace []byte) error {
	err := tx.exec(`INSERT OR REPLACE INTO decisions (call_id, at, moment, verdict, trace) VALUES (?,?,?,?,?)`,
		string(id), record.Micros(at), moment, verdict, string(trace))
	if err != nil {
		return fmt.Errorf("save decision of call %s: %w", id, err)
	}
	return nil
}

// Decisions lists why a call was treated as it was, the first first.
func (tx *Tx) Decisions(id adapter.CallID) ([]adapter.Judgement, error) {
	all, err := list(tx, record.ScanJudgement, `SELECT `+record.JudgementColumns+` FROM decisions WHERE call_id = ? ORDER BY at, moment`, string(id))
	return all, wrap("list decisions", err)
}
