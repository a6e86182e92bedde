package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// FirstTime records an event and tells whether it is new.
func (tx *Tx) FirstTime(source, id string, at time.Time) (bool, error) {
	n, err := tx.affect(`INSERT OR IGNORE INTO inbox (source, id, seen_at) VALUES (?,?,?)`, source, id, record.Micros(at))
	if err != nil {
		return false, fmt.Errorf("inbox: %w", err)
	}
	return n > 0, nil
}

// Park keeps an encoded event until what it waits for is known.
func (tx *Tx) Park(p adapter.Parked) error {
	err := tx.exec(`INSERT OR IGNORE INTO parked (source, id, waits_for, sequence, until, event) VALUES (?,?,?,?,?,?)`,
		p.Source, p.ID, p.WaitsFor, p.Sequence, record.Micros(p.Until), p.Event)
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	tx.recent.nothingParked = false
	tx.recent.next.parked = soonest{} // it may have been parked before, and kept its time
	return nil
}

// Unpark takes out the events that wait for something, in their sequence.
func (tx *Tx) Unpark(waitsFor string) ([]adapter.Parked, error) {
	if tx.recent.nothingParked {
		return nil, nil
	}
	all, err := tx.parked(`waits_for = ? ORDER BY sequence, id`, waitsFor)
	if err == nil && len(all) > 0 {
		err = tx.exec(`DELETE FROM parked WHERE waits_for = ?`, waitsFor)
	}
	if err == nil && len(all) == 0 {
		var something bool
		err = tx.one(`SELECT EXISTS (SELECT 1 FROM parked)`, nil, &something)
		tx.recent.nothingParked = err == nil && !something
	}
	if err != nil {
		return nil, fmt.Errorf("unpark events: %w", err)
	}
	if len(all) > 0 {
		tx.recent.next.parked = soonest{}
	}
	return all, nil
}

// ParkedBefore lists events that have waited long enough.
func (tx *Tx) ParkedBefore(now time.Time, limit int) ([]adapter.Parked, error) {
	all, err := tx.parked(`until <= ? ORDER BY until, sequence LIMIT ?`, record.Micros(now), limit)
	return all, wrap("list parked events", err)
}

// Unparked removes one parked event as if it had never come, so that it may be
// submitted again.
func (tx *Tx) Unparked(source, id string) error {
	tx.recent.next.parked = soonest{}
	return errors.Join(
		wrap("remove parked event", tx.exec(`DELETE FROM parked WHERE source = ? AND id = ?`, source, id)),
		wrap("forget parked event", tx.exec(`DELETE FROM inbox WHERE source = ? AND id = ?`, source, id)))
}

func (tx *Tx) parked(where string, args ...any) ([]adapter.Parked, error) {
	return list(tx, func(row record.Scanner) (adapter.Parked, error) {
		var p adapter.Parked
		var until int64
		err := row.Scan(&p.Source, &p.ID, &p.WaitsFor, &p.Sequence, &until, &p.Event)
		p.Until = record.Instant(until)
		return p, err
	}, `SELECT source, id, waits_for, sequence, until, event FROM parked WHERE `+where, args...)
}

// Answer reads what was answered to a client's idempotency key; "" if the key
// is new.
func (tx *Tx) Answer(client, key string) (request, answer string, err error) {
	err = tx.one(`SELECT request, answer FROM idempotency WHERE client = ? AND key = ?`, []any{client, key}, &request, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("read idempotency key: %w", err)
	}
	return request, answer, nil
}

// SaveAnswer keeps what is answered to a client's idempotency key.
func (tx *Tx) SaveAnswer(client, key, request, answer string, at time.Time) error {
	err := tx.exec(`INSERT INTO idempotency (client, key, request, answer, at) VALUES (?,?,?,?,?)`, client, key, request, answer, record.Micros(at))
	if err != nil {
		return fmt.Errorf("save idempotency key: %w", err)
	}
	return nil
}

// Forget removes what is only kept to recognise repeats: inbox rows and
// idempotency keys older than before, conversations of which nothing was heard
// since, and holds that were over then.
func (tx *Tx) Forget(before time.Time) error {
	return errors.Join(
		wrap("forget inbox", tx.exec(`DELETE FROM inbox WHERE seen_at < ?`, record.Micros(before))),
		wrap("forget idempotency keys", tx.exec(`DELETE FROM idempotency WHERE at < ?`, record.Micros(before))),
		wrap("forget conversations", tx.exec(`DELETE FROM conversations WHERE seen_at < ?`, record.Micros(before))),
		wrap("forget holds", tx.exec(`DELETE FROM holds WHERE until < ?`, record.Micros(before))))
}

// SaveSettings keeps the last settings that were read.
func (tx *Tx) SaveSettings(readAt time.Time, body []byte) error {
	err := tx.exec(`INSERT INTO settings (id, read_at, body) VALUES (1,?,?) ON CONFLICT (id) DO UPDATE SET read_at=excluded.read_at, body=excluded.body`, record.Micros(readAt), string(body))
	return wrap("save settings", err)
}

// SettingsStand notes that these settings still were those of the portal at a time.
func (tx *Tx) SettingsStand(readAt time.Time) error {
	return wrap("settings stand", tx.exec(`UPDATE settings SET read_at = ? WHERE id = 1`, record.Micros(readAt)))
}

// Settings reads them; adapter.ErrNotFound if none were ever read.
func (tx *Tx) Settings() (body []byte, readAt time.Time, err error) {
	var micros int64
	err = tx.one(`SELECT body, read_at FROM settings WHERE id = 1`, nil, &body, &micros)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, fmt.Errorf("settings: %w", adapter.ErrNotFound)
	}
	return body, record.Instant(micros), wrap("read settings", err)
}
