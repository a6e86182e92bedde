package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// LastAttempt reads the newest attempt of a callback; the zero Attempt if none
// was made.
func (tx *Tx) LastAttempt(id adapter.CallbackID) (adapter.Attempt, error) {
	if a, ok := tx.recent.attempts[id]; ok {
		return a, nil
	}
	a, err := first(tx, record.ScanAttempt, `SELECT `+record.AttemptColumns+` FROM attempts WHERE callback_id = ? ORDER BY number DESC LIMIT 1`, string(id))
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
	all, err := list(tx, record.ScanAttempt, `SELECT `+record.AttemptColumns+` FROM attempts WHERE callback_id = ? ORDER BY number`, string(id))
	return all, wrap("list attempts", err)
}

// AttemptsToPoll lists attempts whose delivery is to be asked for at now.
func (tx *Tx) AttemptsToPoll(now time.Time, limit int) ([]adapter.Attempt, error) {
	if tx.recent.next.polls.after(record.Micros(now)) {
		return nil, nil
	}
	type key struct {
		callback adapter.CallbackID
		number   int
	}
	due, err := list(tx, func(row record.Scanner) (k key, err error) { return k, row.Scan(&k.callback, &k.number) },
		`SELECT callback_id, number FROM attempts WHERE next_poll > 0 AND next_poll <= ? ORDER BY next_poll LIMIT ?`, record.Micros(now), limit)
	var all []adapter.Attempt
	for _, k := range due {
		a, ok := tx.recent.attempts[k.callback]
		if !ok || a.Number != k.number {
			a, err = first(tx, record.ScanAttempt, `SELECT `+record.AttemptColumns+` FROM attempts WHERE callback_id = ? AND number = ?`, string(k.callback), k.number)
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
		before = record.Micros(last.NextPoll)
	case known && a.Number > last.Number:
		before = 0
	}
	tx.recent.next.polls.moves(before, record.Micros(a.NextPoll))
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
		return tx.exec(`UPDATE attempts SET next_poll = ? WHERE callback_id = ? AND number = ?`, record.Micros(a.NextPoll), string(a.Callback), a.Number)
	}
	return tx.exec(`INSERT INTO attempts (`+record.AttemptColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (callback_id, number) DO UPDATE SET delivery_id=excluded.delivery_id, task_id=excluded.task_id, status=excluded.status, result=excluded.result,
		sip=excluded.sip, sent_at=excluded.sent_at, seen_at=excluded.seen_at, accepted_at=excluded.accepted_at, ended_at=excluded.ended_at, next_poll=excluded.next_poll`,
		string(a.Callback), a.Number, a.RequestID, string(a.Configuration), record.Micros(a.Window.Start), record.Micros(a.Window.End), string(a.Delivery), string(a.Task), a.Status, a.Result,
		a.SIP, record.Micros(a.SentAt), record.Micros(a.SeenAt), record.Micros(a.AcceptedAt), record.Micros(a.EndedAt), record.Micros(a.NextPoll))
}

// Acceptance averages how long it took representatives to accept an attempt of a
// queue, over those accepted since a time, and counts them.
func (tx *Tx) Acceptance(queue adapter.QueueID, since time.Time) (average time.Duration, n int, err error) {
	var sum int64
	err = tx.one(`SELECT coalesce(sum(accepted_at - sent_at), 0), count(*) FROM attempts JOIN callbacks ON callbacks.id = attempts.callback_id
		WHERE accepted_at > 0 AND accepted_at >= ? AND queue_id = ?`, []any{record.Micros(since), string(queue)}, &sum, &n)
	if err != nil || n == 0 {
		return 0, 0, wrap("average acceptance", err)
	}
	return time.Duration(sum) * time.Microsecond / time.Duration(n), n, nil
}
