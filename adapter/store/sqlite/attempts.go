package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
)

const attemptColumns = `callback_id, number, request_id, configuration, window_start, window_end, delivery_id, status, result,
	sent_at, seen_at, accepted_at, ended_at, next_poll`

func scanAttempt(row scanner) (adapter.Attempt, error) {
	var (
		a                                             adapter.Attempt
		start, end, sent, seen, accepted, ended, poll int64
	)
	err := row.Scan(&a.Callback, &a.Number, &a.RequestID, &a.Configuration, &start, &end, &a.Delivery, &a.Status, &a.Result,
		&sent, &seen, &accepted, &ended, &poll)
	a.Window = adapter.Window{Start: instant(start), End: instant(end)}
	a.SentAt, a.SeenAt, a.AcceptedAt, a.EndedAt, a.NextPoll = instant(sent), instant(seen), instant(accepted), instant(ended), instant(poll)
	return a, err
}

// LastAttempt reads the newest attempt of a callback; the zero Attempt if none
// was made.
func (tx *Tx) LastAttempt(id adapter.CallbackID) (adapter.Attempt, error) {
	if a, ok := tx.recent.attempts[id]; ok {
		return a, nil
	}
	a, err := first(tx, scanAttempt, `SELECT `+attemptColumns+` FROM attempts WHERE callback_id = ? ORDER BY number DESC LIMIT 1`, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		a, err = adapter.Attempt{}, nil
	}
	if err != nil {
		return a, fmt.Errorf("read attempt: %w", err)
	}
	tx.recent.keepAttempt(id, a)
	return a, nil
}

// Attempts lists the attempts of a callback, the first one first.
func (tx *Tx) Attempts(id adapter.CallbackID) ([]adapter.Attempt, error) {
	all, err := list(tx, scanAttempt, `SELECT `+attemptColumns+` FROM attempts WHERE callback_id = ? ORDER BY number`, string(id))
	return all, wrap("list attempts", err)
}

// AttemptsToPoll lists attempts whose delivery is to be asked for at now.
func (tx *Tx) AttemptsToPoll(now time.Time, limit int) ([]adapter.Attempt, error) {
	if tx.recent.next.polls.after(micros(now)) {
		return nil, nil
	}
	type key struct {
		callback adapter.CallbackID
		number   int
	}
	due, err := list(tx, func(row scanner) (k key, err error) { return k, row.Scan(&k.callback, &k.number) },
		`SELECT callback_id, number FROM attempts WHERE next_poll > 0 AND next_poll <= ? ORDER BY next_poll LIMIT ?`, micros(now), limit)
	var all []adapter.Attempt
	for _, k := range due {
		a, ok := tx.recent.attempts[k.callback]
		if !ok || a.Number != k.number {
			a, err = first(tx, scanAttempt, `SELECT `+attemptColumns+` FROM attempts WHERE callback_id = ? AND number = ?`, string(k.callback), k.number)
		}
		if err != nil {
			break
		}
		all = append(all, a)
	}
	if err != nil {
		return nil, fmt.Errorf("list attempts to poll: %w", err)
	}
	return all, nil
}

// SaveAttempt writes an attempt.
func (tx *Tx) SaveAttempt(a adapter.Attempt) error {
	last, known := tx.recent.attempts[a.Callback]
	delete(tx.recent.attempts, a.Callback) // until it is written
	if err := tx.writeAttempt(a, last, known); err != nil {
		return fmt.Errorf("save attempt %d of callback %s: %w", a.Number, a.Callback, err)
	}
	before := int64(unknown)
	switch {
	case known && a.Number == last.Number:
		before = micros(last.NextPoll)
	case known && a.Number > last.Number:
		before = 0
	}
	tx.recent.next.polls.moves(before, micros(a.NextPoll))
	switch {
	case known && a.Number >= last.Number:
		tx.recent.keepAttempt(a.Callback, a)
	case known:
		tx.recent.keepAttempt(a.Callback, last)
	}
	return nil
}

// writeAttempt writes an attempt. Most of them are only to be polled again later.
func (tx *Tx) writeAttempt(a, last adapter.Attempt, known bool) error {
	last.NextPoll = a.NextPoll
	if known && a == last {
		return tx.exec(`UPDATE attempts SET next_poll = ? WHERE callback_id = ? AND number = ?`, micros(a.NextPoll), string(a.Callback), a.Number)
	}
	return tx.exec(`INSERT INTO attempts (`+attemptColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (callback_id, number) DO UPDATE SET delivery_id=excluded.delivery_id, status=excluded.status, result=excluded.result,
		sent_at=excluded.sent_at, seen_at=excluded.seen_at, accepted_at=excluded.accepted_at, ended_at=excluded.ended_at, next_poll=excluded.next_poll`,
		string(a.Callback), a.Number, a.RequestID, string(a.Configuration), micros(a.Window.Start), micros(a.Window.End), string(a.Delivery), a.Status, a.Result,
		micros(a.SentAt), micros(a.SeenAt), micros(a.AcceptedAt), micros(a.EndedAt), micros(a.NextPoll))
}
