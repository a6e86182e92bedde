package sqlite

import (
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Purge removes what is personal of what ended before a time: calls, with why they
// were treated as they were, and who was phoned by a callback, what was agreed to,
// and what people wrote about it. What is left of a
// callback is its life, for statistics. It takes on at most limit of each and
// returns how many there were; when they are fewer, those were all.
func (tx *Tx) Purge(before time.Time, limit int) (int, error) {
	callbacks, err := tx.purgeCallbacks(before, limit)
	tx.erased = true
	if err != nil {
		return 0, fmt.Errorf("purge callbacks: %w", err)
	}
	calls, err := list(tx, func(row record.Scanner) (id adapter.CallID, err error) { return id, row.Scan(&id) },
		`SELECT id FROM calls WHERE state IN ('ended', 'moved') AND changed_at < ? LIMIT ?`, record.Micros(before), limit)
	for _, id := range calls {
		err = errors.Join(err, tx.exec(`DELETE FROM decisions WHERE call_id = ?`, string(id)), tx.DropCall(id))
	}
	return max(callbacks, len(calls)), wrap("purge calls", err)
}

func (tx *Tx) purgeCallbacks(before time.Time, limit int) (int, error) {
	ids, err := list(tx, func(row record.Scanner) (id string, err error) { return id, row.Scan(&id) },
		`SELECT id FROM callbacks WHERE ended = 1 AND phone <> '' AND since < ? LIMIT ?`, record.Micros(before), limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	which, err := record.Text(ids)
	if err != nil {
		return 0, err
	}
	clear(tx.recent.callbacks)
	return len(ids), errors.Join(
		tx.exec(`UPDATE callbacks SET phone='', name='', email='', contact_id='', notes='', attributes='null', manage_hash='', wish='', reason='',
			consent=json_remove(consent, '$.text') WHERE id IN (SELECT value FROM json_each(?))`, which),
		tx.exec(`UPDATE history SET reason = '' WHERE decided_by <> '' AND callback_id IN (SELECT value FROM json_each(?))`, which))
}
