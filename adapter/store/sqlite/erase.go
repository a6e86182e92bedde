package sqlite

import (
	"errors"

	"directcallback/adapter"
)

// CallbacksOf lists the callbacks of a person, also of one who is to be phoned at that
// number only later.
func (tx *Tx) CallbacksOf(p adapter.Person) ([]adapter.Callback, error) {
	return tx.callbacks(`SELECT id FROM callbacks WHERE ? <> '' AND (phone = ? OR wish <> '' AND instr(wish, '"' || ? || '"') > 0)
		OR ? <> '' AND contact_id = ? ORDER BY created_at, id`, p.Phone.E164(), p.Phone.E164(), p.Phone.E164(), string(p.Contact), string(p.Contact))
}

// CallsOf lists the calls of a number.
func (tx *Tx) CallsOf(phone adapter.Phone) ([]adapter.Call, error) {
	calls, err := each(tx, tx.Call, `SELECT id FROM calls WHERE phone = ? AND phone <> '' ORDER BY id`, phone.E164())
	return calls, wrap("list calls", err)
}

// shred empties the log after something was erased: until then it has the pages as
// they were before. What was erased is durable whether or not that can be done now; if
// not, it is done after the next commit.
func (tx *Tx) shred() {
	if !tx.erased {
		return
	}
	var busy, logged, moved int
	err := tx.conn.QueryRowContext(tx.ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &moved)
	tx.erased = err != nil || busy != 0
}

// EraseCall drops a call with why it was treated as it was.
func (tx *Tx) EraseCall(id adapter.CallID) error {
	tx.erased = true
	return errors.Join(wrap("erase decisions", tx.exec(`DELETE FROM decisions WHERE call_id = ?`, string(id))), tx.DropCall(id))
}

// EraseTraces removes what of a callback is kept beside it: the requests that it
// answers, and what people wrote about it.
func (tx *Tx) EraseTraces(id adapter.CallbackID) error {
	tx.erased = true
	return errors.Join(
		wrap("erase answers", tx.exec(`DELETE FROM idempotency WHERE answer = ?`, string(id))),
		wrap("erase history", tx.exec(`UPDATE history SET reason = '' WHERE callback_id = ? AND decided_by <> ''`, string(id))))
}

// EraseParked removes parked events in which a number stands.
func (tx *Tx) EraseParked(phone adapter.Phone) error {
	tx.recent.next.parked, tx.erased = soonest{}, true
	return wrap("erase parked events", tx.exec(`DELETE FROM parked WHERE instr(event, CAST(? AS BLOB)) > 0`, phone.E164()))
}
