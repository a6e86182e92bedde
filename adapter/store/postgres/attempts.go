package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// LastAttempt reads the newest attempt of a callback; the zero Attempt if none
// was made.
func (tx *Tx) LastAttempt(id adapter.CallbackID) (adapter.Attempt, error) {
	if a, ok := tx.attempts[id]; ok {
		return a, nil
	}
	tx.lock(callbackLock(id))
	a, err := first(tx, record.ScanAttempt, `SELECT `+record.AttemptColumns+` FROM attempts WHERE callback_id = $1 ORDER BY number DESC LIMIT 1`, string(id))
	if errors.Is(err, pgx.ErrNoRows) {
		a, err = adapter.Attempt{}, nil
	}
	if err != nil {
		return a, fmt.Errorf("read attempt: %w", err)
	}
	tx.attempts[id] = a
	return a, nil
}

// Attempts lists the attempts of a callback, the first one first.
func (tx *Tx) Attempts(id adapter.CallbackID) ([]adapter.Attempt, error) {
	all, err := list(tx, record.ScanAttempt, `SELECT `+record.AttemptColumns+` FROM attempts WHERE callback_id = $1 ORDER BY number`, string(id))
	return all, wrap("list attempts", err)
}

// AttemptsToPoll lists attempts whose delivery is to be asked for at now, but for
// those of callbacks that another replica is at.
func (tx *Tx) AttemptsToPoll(now time.Time, limit int) ([]adapter.Attempt, error) {
	const due = ` FROM attempts WHERE next_poll > 0 AND next_poll <= $1`
	found, err := list(tx, scanID[adapter.CallbackID], `SELECT callback_id`+due+` ORDER BY next_poll LIMIT $2`, record.Micros(now), limit)
	var mine []string
	if err == nil && len(found) > 0 {
		mine, err = untaken(tx, found, func(id adapter.CallbackID) (string, string) { return string(id), callbackLock(id) })
	}
	var all []adapter.Attempt
	if err == nil && len(mine) > 0 {
		all, err = list(tx, record.ScanAttempt, `SELECT `+record.AttemptColumns+due+` AND callback_id = ANY($2) ORDER BY next_poll LIMIT $3`, record.Micros(now), mine, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("list attempts to poll: %w", err)
	}
	return all, nil
}

// SaveAttempt writes an attempt.
func (tx *Tx) SaveAttempt(a adapter.Attempt) error {
	last, known := tx.attempts[a.Callback]
	names := []string{callbackLock(a.Callback)}
	if a.Delivery != "" && (!known || a.Number != last.Number || a.Delivery != last.Delivery) {
		names = append(names, deliveryLock(a.Delivery))
	}
	tx.lock(names...)
	delete(tx.attempts, a.Callback)
	err := tx.change(`INSERT INTO attempts (`+record.AttemptColumns+`) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16)
		ON CONFLICT (callback_id, number) DO UPDATE SET delivery_id=excluded.delivery_id, task_id=excluded.task_id, status=excluded.status, result=excluded.result,
		sip=excluded.sip, sent_at=excluded.sent_at, seen_at=excluded.seen_at, accepted_at=excluded.accepted_at, ended_at=excluded.ended_at, next_poll=excluded.next_poll`,
		string(a.Callback), a.Number, a.RequestID, string(a.Configuration), record.Micros(a.Window.Start), record.Micros(a.Window.End), string(a.Delivery), string(a.Task), a.Status, a.Result,
		a.SIP, record.Micros(a.SentAt), record.Micros(a.SeenAt), record.Micros(a.AcceptedAt), record.Micros(a.EndedAt), record.Micros(a.NextPoll))
	if err != nil {
		return fmt.Errorf("save attempt %d of callback %s: %w", a.Number, a.Callback, err)
	}
	if known && a.Number > last.Number {
		record.AsKept(&a.Window.Start, &a.Window.End, &a.SentAt, &a.SeenAt, &a.AcceptedAt, &a.EndedAt, &a.NextPoll)
		tx.attempts[a.Callback] = a
	}
	return nil
}

// Acceptance averages how long it took representatives to accept an attempt of a
// queue, over those accepted since a time, and counts them.
func (tx *Tx) Acceptance(queue adapter.QueueID, since time.Time) (average time.Duration, n int, err error) {
	var sum int64
	err = tx.one(`SELECT coalesce(sum(accepted_at - sent_at), 0)::bigint, count(*) FROM attempts JOIN callbacks ON callbacks.id = attempts.callback_id
		WHERE accepted_at > 0 AND accepted_at >= $1 AND queue_id = $2`, []any{record.Micros(since), string(queue)}, &sum, &n)
	if err != nil || n == 0 {
		return 0, 0, wrap("average acceptance", err)
	}
	return time.Duration(sum) * time.Microsecond / time.Duration(n), n, nil
}
