package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// SaveSnapshot keeps what the portal said on a day; the first of a day stays.
func (tx *Tx) SaveSnapshot(day time.Time, body []byte) error {
	return wrap("save snapshot", tx.exec(`INSERT OR IGNORE INTO snapshots (day, body) VALUES (?,?)`, record.Micros(day), body))
}

// Snapshots are the days that there is one of, the first first.
func (tx *Tx) Snapshots() ([]time.Time, error) {
	days, err := list(tx, record.ScanInstant, `SELECT day FROM snapshots ORDER BY day`)
	return days, wrap("list snapshots", err)
}

// Snapshot reads that of a day; adapter.ErrNotFound if there is none.
func (tx *Tx) Snapshot(day time.Time) ([]byte, error) {
	var body []byte
	err := tx.one(`SELECT body FROM snapshots WHERE day = ?`, []any{record.Micros(day)}, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("snapshot: %w", adapter.ErrNotFound)
	}
	return body, wrap("read snapshot", err)
}

// ForgetSnapshots removes those of days before one.
func (tx *Tx) ForgetSnapshots(before time.Time) error {
	return wrap("forget snapshots", tx.exec(`DELETE FROM snapshots WHERE day < ?`, record.Micros(before)))
}
