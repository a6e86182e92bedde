package postgres

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
// callback is its life, for statistics. It takes on at most limit of each, and none
// that another replica is at, and returns how many there were; when they are fewer,
// those were all.
func (tx *Tx) Purge(before time.Time, limit int) (int, error) {
	tx.lock(forgetLock)
	callbacks, err := tx.purgeCallbacks(before, limit)
	if err != nil {
		return 0, fmt.Errorf("purge callbacks: %w", err)
	}
	calls, err := tx.purgeCalls(before, limit)
	return max(callbacks, calls), wrap("purge calls", err)
}

func (tx *Tx) purgeCallbacks(before time.Time, limit int) (int, error) {
	found, err := list(tx, scanID[adapter.CallbackID], `SELECT id FROM callbacks WHERE ended AND phone <> '' AND since < $1 LIMIT $2`, record.Micros(before), limit)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	mine, err := untaken(tx, found, func(id adapter.CallbackID) (string, string) { return string(id), callbackLock(id) })
	if err != nil || len(mine) == 0 {
		return 0, err
	}
	for _, id := range mine {
		delete(tx.callbacks, adapter.CallbackID(id))
	}
	// Read again: what another replica was at may have been purged or erased by it.
	found, err = list(tx, scanID[adapter.CallbackID], `UPDATE callbacks SET phone='', name='', email='', contact_id='', notes='', attributes='null', manage_hash='', wish='',
		reason='', consent=(consent::jsonb - 'text')::text WHERE id = ANY($1) AND ended AND phone <> '' AND since < $2 RETURNING id`, mine, record.Micros(before))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return len(found), tx.change(`UPDATE history SET reason = '' WHERE decided_by <> '' AND callback_id = ANY($1)`, found)
}

// purgeCalls drops calls, unless their ids have come to name others meanwhile.
func (tx *Tx) purgeCalls(before time.Time, limit int) (int, error) {
	const over = `SELECT id FROM calls WHERE state IN ('ended', 'moved') AND changed_at < $1`
	found, err := list(tx, scanID[adapter.CallID], over+` LIMIT $2`, record.Micros(before), limit)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	mine, err := untaken(tx, found, func(id adapter.CallID) (string, string) { return string(id), callLock(id) })
	if err != nil || len(mine) == 0 {
		return 0, err
	}
	calls, err := list(tx, scanID[adapter.CallID], over+` AND id = ANY($2)`, record.Micros(before), mine)
	for _, id := range calls {
		err = errors.Join(err, tx.change(`DELETE FROM decisions WHERE call_id = $1`, string(id)), tx.DropCall(id))
	}
	return len(calls), err
}
