package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
)

// Waits reads what was last saved of a queue's waits; nil if nothing was.
func (tx *Tx) Waits(queue adapter.QueueID) ([]byte, error) {
	var body []byte
	tx.lock(waitsLock(queue))
	err := tx.one(`SELECT body FROM waits WHERE queue_id = $1`, []any{string(queue)}, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return body, wrap("read waits", err)
}

// SaveWaits keeps what a queue's estimated wait is made from.
func (tx *Tx) SaveWaits(queue adapter.QueueID, body []byte) error {
	tx.lock(waitsLock(queue))
	return wrap("save waits", tx.change(`INSERT INTO waits (queue_id, body) VALUES ($1,$2) ON CONFLICT (queue_id) DO UPDATE SET body=excluded.body`, string(queue), body))
}
