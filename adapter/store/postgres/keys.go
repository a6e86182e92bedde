package postgres

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Keys lists the publishable keys, in the order in which they were created.
func (tx *Tx) Keys() ([]adapter.PublishableKey, error) {
	all, err := list(tx, record.ScanKey, `SELECT `+record.KeyColumns+` FROM publishable_keys ORDER BY created_at, id`)
	return all, wrap("list keys", err)
}

// SaveKey keeps a new key.
func (tx *Tx) SaveKey(k adapter.PublishableKey) error {
	values, err := record.KeyValues(k)
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	return wrap("save key", tx.change(`INSERT INTO publishable_keys (`+record.KeyColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)`, values...))
}

// RevokeKey ends a key, unless it was revoked before; adapter.ErrNotFound if there is
// none.
func (tx *Tx) RevokeKey(id adapter.KeyID, at time.Time, by string) error {
	n, err := tx.affect(`UPDATE publishable_keys SET
		revoked_at = CASE revoked_at WHEN 0 THEN $1 ELSE revoked_at END, revoked_by = CASE revoked_at WHEN 0 THEN $2 ELSE revoked_by END WHERE id = $3`,
		record.Micros(at), by, string(id))
	if err == nil && n == 0 {
		err = adapter.ErrNotFound
	}
	return wrap("revoke key", err)
}
