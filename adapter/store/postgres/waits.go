package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
)

// Waits reads what was last saved of a queue's waits; nil if nothing was.
func (tx *Tx) Waits(queue adapter.QueueID) ([]byte, error) {
	if body, known := tx.waits[queue]; known {
		return body, nil
	}
	var body []byte
	tx.lock(waitsLock(queue))
	err := tx.one(`SELECT body FROM waits WHERE queue_id = $1`, []any{string(queue)}, &body)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, wrap("read waits", err)
	}
	tx.waits[queue] = body
	return body, nil
}

// SaveWaits keeps what a queue's estimated wait is made from.
func (tx *Tx) SaveWaits(queue adapter.QueueID, body []byte) error {
	tx.lock(waitsLock(queue))
	tx.waits[queue] = body
	return wrap("save waits", tx.put(table{"waits", "queue_id, body", "(queue_id) DO UPDATE SET body=excluded.body"}, string(queue), string(queue), body))
}
