package sqlite

import (
	"database/sql"
	"errors"

	"directcallback/adapter"
)

// Waits reads what was last saved of a queue's waits; nil if nothing was.
func (tx *Tx) Waits(queue adapter.QueueID) ([]byte, error) {
	var body []byte
	err := tx.one(`SELECT body FROM waits WHERE queue_id = ?`, []any{string(queue)}, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return body, wrap("read waits", err)
}

// SaveWaits keeps what a queue's estimated wait is made from.
func (tx *Tx) SaveWaits(queue adapter.QueueID, body []byte) error {
	return wrap("save waits", tx.exec(`INSERT INTO waits (queue_id, body) VALUES (?,?) ON CONFLICT (queue_id) DO UPDATE SET body=excluded.body`, string(queue), body))
}
