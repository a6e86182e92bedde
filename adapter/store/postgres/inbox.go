package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// FirstTime records an event and tells whether it is new.
func (tx *Tx) FirstTime(source, id string, at time.Time) (bool, error) {
	e := event{picture(source), picture(id)}
	if isNew, is := tx.expected[e]; is {
		tx.expected[e] = false
		return isNew, nil
	}
	n, err := tx.affect(`INSERT INTO inbox (source, id, seen_at) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING`, source, id, record.Micros(at))
	if err != nil {
		return false, fmt.Errorf("inbox: %w", err)
	}
	return n > 0, nil
}

// Park keeps an encoded event until what it waits for is known.
func (tx *Tx) Park(p adapter.Parked) error {
	tx.lock(p.WaitsFor)
	delete(tx.idle, p.WaitsFor)
	err := tx.change(`INSERT INTO parked (source, id, waits_for, sequence, until, event) VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT DO NOTHING`,
		p.Source, p.ID, p.WaitsFor, p.Sequence, record.Micros(p.Until), p.Event)
	if err != nil {
		return fmt.Errorf("park event: %w", err)
	}
	return nil
}

// Unpark takes out the events that wait for something, in their sequence.
func (tx *Tx) Unpark(waitsFor string) ([]adapter.Parked, error) {
	if tx.idle[waitsFor] {
		return nil, nil
	}
	tx.lock(waitsFor)
	all, err := tx.parked(`waits_for = $1 ORDER BY sequence, id`, waitsFor)
	if err == nil && len(all) > 0 {
		err = tx.change(`DELETE FROM parked WHERE waits_for = $1`, waitsFor)
	}
	if err != nil {
		return nil, fmt.Errorf("unpark events: %w", err)
	}
	return all, nil
}

// ParkedBefore lists events that have waited long enough, but for those whose wait
// another replica is ending.
func (tx *Tx) ParkedBefore(now time.Time, limit int) ([]adapter.Parked, error) {
	found, err := tx.parked(`until <= $1 ORDER BY until, sequence LIMIT $2`, record.Micros(now), limit)
	if err != nil || len(found) == 0 {
		return nil, wrap("list parked events", err)
	}
	mine, err := untaken(tx, found, func(p adapter.Parked) (string, string) { return p.WaitsFor, p.WaitsFor })
	if err != nil || len(mine) == 0 {
		return nil, wrap("list parked events", err)
	}
	all, err := tx.parked(`until <= $1 AND waits_for = ANY($2) ORDER BY until, sequence LIMIT $3`, record.Micros(now), mine, limit)
	return all, wrap("list parked events", err)
}

// Unparked removes one parked event as if it had never come, so that it may be
// submitted again.
func (tx *Tx) Unparked(source, id string) error {
	delete(tx.expected, event{picture(source), picture(id)})
	return errors.Join(
		wrap("remove parked event", tx.change(`DELETE FROM parked WHERE source = $1 AND id = $2`, source, id)),
		wrap("forget parked event", tx.change(`DELETE FROM inbox WHERE source = $1 AND id = $2`, source, id)))
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
func (tx *Tx) Answer(client, key string) (request, said string, err error) {
	of := requestKey(client, key)
	a, known := tx.answers[of]
	if !known {
		tx.lock(answerLock(client, key))
		err = tx.one(`SELECT request, answer FROM idempotency WHERE client = $1 AND key = $2`, []any{client, key}, &a.request, &a.said)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return "", "", fmt.Errorf("read idempotency key: %w", err)
		}
		tx.answers[of] = a
	}
	return a.request, a.said, nil
}

// answer is what was answered to a request.
type answer struct{ request, said string }

func requestKey(client, key string) adapter.RequestKey {
	return adapter.RequestKey{Client: picture(client), Key: picture(key)}
}

// SaveAnswer keeps what is answered to a client's idempotency key.
func (tx *Tx) SaveAnswer(client, key, request, said string, at time.Time) error {
	tx.lock(answerLock(client, key))
	err := tx.change(`INSERT INTO idempotency (client, key, request, answer, at) VALUES ($1,$2,$3,$4,$5)`, client, key, request, said, record.Micros(at))
	if err != nil {
		return fmt.Errorf("save idempotency key: %w", err)
	}
	tx.answers[requestKey(client, key)] = answer{picture(request), picture(said)}
	return nil
}

// Forget removes what is only kept to recognise repeats: inbox rows and
// idempotency keys older than before, conversations of which nothing was heard
// since, and holds that were over then.
func (tx *Tx) Forget(before time.Time) error {
	tx.lock(forgetLock)
	return errors.Join(
		wrap("forget inbox", tx.change(`DELETE FROM inbox WHERE seen_at < $1`, record.Micros(before))),
		wrap("forget idempotency keys", tx.change(`DELETE FROM idempotency WHERE at < $1`, record.Micros(before))),
		wrap("forget conversations", tx.change(`DELETE FROM conversations WHERE seen_at < $1`, record.Micros(before))),
		wrap("forget holds", tx.change(`DELETE FROM holds WHERE until < $1`, record.Micros(before))))
}

// SaveSettings keeps the last settings that were read.
func (tx *Tx) SaveSettings(readAt time.Time, body []byte) error {
	tx.lock(settingsLock)
	err := tx.change(`INSERT INTO settings (id, read_at, body) VALUES (1,$1,$2) ON CONFLICT (id) DO UPDATE SET read_at=excluded.read_at, body=excluded.body`, record.Micros(readAt), string(body))
	return wrap("save settings", err)
}

// SettingsStand notes that these settings still were those of the portal at a time.
func (tx *Tx) SettingsStand(readAt time.Time) error {
	tx.lock(settingsLock)
	return wrap("settings stand", tx.change(`UPDATE settings SET read_at = $1 WHERE id = 1`, record.Micros(readAt)))
}

// Settings reads them; adapter.ErrNotFound if none were ever read.
func (tx *Tx) Settings() (body []byte, readAt time.Time, err error) {
	var text string
	var micros int64
	err = tx.one(`SELECT body, read_at FROM settings WHERE id = 1`, nil, &text, &micros)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, time.Time{}, fmt.Errorf("settings: %w", adapter.ErrNotFound)
	}
	return []byte(text), record.Instant(micros), wrap("read settings", err)
}
