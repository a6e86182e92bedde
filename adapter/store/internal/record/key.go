package record

import (
	"errors"

	"directcallback/adapter"
)

// KeyColumns are those of table publishable_keys.
const KeyColumns = `id, hash, name, origins, queues, created_at, created_by, revoked_at, revoked_by`

// ScanKey reads a row of KeyColumns.
func ScanKey(row Scanner) (adapter.PublishableKey, error) {
	var (
		k                adapter.PublishableKey
		origins, queues  string
		created, revoked int64
	)
	if err := row.Scan(&k.ID, &k.Hash, &k.Name, &origins, &queues, &created, &k.CreatedBy, &revoked, &k.RevokedBy); err != nil {
		return k, err
	}
	k.CreatedAt, k.RevokedAt = Instant(created), Instant(revoked)
	return k, errors.Join(Read(origins, &k.Origins), Read(queues, &k.Queues))
}

// KeyValues are those of KeyColumns.
func KeyValues(k adapter.PublishableKey) ([]any, error) {
	origins, badOrigins := Text(k.Origins)
	queues, badQueues := Text(k.Queues)
	return []any{
		string(k.ID), k.Hash, k.Name, origins, queues, Micros(k.CreatedAt), k.CreatedBy, Micros(k.RevokedAt), k.RevokedBy,
	}, errors.Join(badOrigins, badQueues)
}
