package postgres

import (
	"errors"
	"fmt"

	"directcallback/adapter"
)

// CallbacksOf lists the callbacks of a person, also of one who is to be phoned at that
// number only later.
func (tx *Tx) CallbacksOf(p adapter.Person) ([]adapter.Callback, error) {
	if !p.Phone.IsZero() {
		tx.lock(phoneLock(p.Phone))
	}
	return tx.listed(`SELECT id FROM callbacks WHERE $1 <> '' AND (phone = $1 OR wish <> '' AND position('"' || $1 || '"' IN wish) > 0)
		OR $2 <> '' AND contact_id = $2 ORDER BY created_at, id`, p.Phone.E164(), string(p.Contact))
}

// CallsOf lists the calls of a number.
func (tx *Tx) CallsOf(phone adapter.Phone) ([]adapter.Call, error) {
	ids, err := list(tx, scanID[adapter.CallID], `SELECT id FROM calls WHERE phone = $1 AND phone <> '' ORDER BY id`, phone.E164())
	var all []adapter.Call
	for _, id := range ids {
		c, is := tx.Call(id)
		if errors.Is(is, adapter.ErrNotFound) {
			continue // dropped meanwhile
		}
		if is != nil {
			return nil, fmt.Errorf("list calls: %w", is)
		}
		all = append(all, c)
	}
	return all, wrap("list calls", err)
}

// EraseCall drops a call with why it was treated as it was.
func (tx *Tx) EraseCall(id adapter.CallID) error {
	return errors.Join(wrap("erase decisions", tx.change(`DELETE FROM decisions WHERE call_id = $1`, string(id))), tx.DropCall(id))
}

// EraseTraces removes what of a callback is kept beside it: the requests that it
// answers, and what people wrote about it.
func (tx *Tx) EraseTraces(id adapter.CallbackID) error {
	tx.settle()
	clear(tx.answers)
	return errors.Join(
		wrap("erase answers", tx.change(`DELETE FROM idempotency WHERE answer = $1`, string(id))),
		wrap("erase history", tx.change(`UPDATE history SET reason = '' WHERE callback_id = $1 AND decided_by <> ''`, string(id))))
}

// EraseParked removes parked events in which a number stands.
func (tx *Tx) EraseParked(phone adapter.Phone) error {
	return wrap("erase parked events", tx.change(`DELETE FROM parked WHERE position(convert_to($1, 'UTF8') IN event) > 0`, phone.E164()))
}
