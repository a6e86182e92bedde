package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// SaveSnapshot keeps what the portal said on a day; the first of a day stays.
func (tx *Tx) SaveSnapshot(day time.Time, body []byte) error {
	tx.lock(settingsLock)
	return wrap("save snapshot", tx.change(`INSERT INTO snapshots (day, body) VALUES ($1,$2) ON CONFLICT (day) DO NOTHING`, record.Micros(day), body))
}

// Snapshots are the days that there is one of, the first first.
func (tx *Tx) Snapshots() ([]time.Time, error) {
	days, err := list(tx, record.ScanInstant, `SELECT day FROM snapshots ORDER BY day`)
	return days, wrap("list snapshots", err)
}

// Snapshot reads that of a day; adapter.ErrNotFound if there is none.
func (tx *Tx) Snapshot(day time.Time) ([]byte, error) {
	var body []byte
	err := tx.one(`SELECT body FROM snapshots WHERE day = $1`, []any{record.Micros(day)}, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("snapshot: %w", adapter.ErrNotFound)
	}
	return body, wrap("read snapshot", err)
}

// ForgetSnapshots removes those of days before one.
func (tx *Tx) ForgetSnapshots(before time.Time) error {
	tx.lock(settingsLock)
	return wrap("forget snapshots", tx.change(`DELETE FROM snapshots WHERE day < $1`, record.Micros(before)))
}
