package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// place is one row of the line.
type place struct {
	queue    adapter.QueueID
	item     string
	callback bool
	priority int
	queuedAt time.Time
	from     time.Time // holds no place before
}

// stand puts an item where it belongs in line, or takes it out. Most of what is
// saved stands where it stood, and then nothing is written.
func (tx *Tx) stand(holds bool, p place) error {
	var err error
	if holds {
		err = tx.exec(`INSERT INTO line (queue_id, rank, queued_at, item_id, is_callback, in_line_from) VALUES (?,?,?,?,?,?)
			ON CONFLICT (item_id) DO UPDATE SET queue_id=excluded.queue_id, rank=excluded.rank, queued_at=excluded.queued_at,
			is_callback=excluded.is_callback, in_line_from=excluded.in_line_from
			WHERE (queue_id, rank, queued_at, is_callback, in_line_from)
			IS NOT (excluded.queue_id, excluded.rank, excluded.queued_at, excluded.is_callback, excluded.in_line_from)`,
			string(p.queue), -p.priority, record.Micros(p.queuedAt), p.item, p.callback, record.Micros(p.from))
	} else {
		err = tx.exec(`DELETE FROM line WHERE item_id = ?`, p.item)
	}
	if err != nil {
		return fmt.Errorf("place in line: %w", err)
	}
	return nil
}

// Size counts the calls and callbacks that wait in a queue at now.
func (tx *Tx) Size(queue adapter.QueueID, now time.Time) (int, error) {
	var n int
	err := tx.one(`SELECT coalesce(sum(n), 0) - (SELECT count(*) FROM line WHERE queue_id = ?1 AND in_line_from > ?2 AND in_line_from > 0)
		FROM stretches WHERE queue_id = ?1`, []any{string(queue), record.Micros(now)}, &n)
	if err != nil {
		return 0, fmt.Errorf("size of queue: %w", err)
	}
	return n, nil
}

// Front lists the first n items of a queue's line at now, in order.
func (tx *Tx) Front(queue adapter.QueueID, n int, now time.Time) ([]adapter.LineItem, error) {
	items, err := list(tx, func(row record.Scanner) (adapter.LineItem, error) {
		var (
			item       adapter.LineItem
			id         string
			isCallback bool
			queued     int64
		)
		err := row.Scan(&id, &isCallback, &item.Priority, &queued)
		item.QueuedAt = record.Instant(queued)
		if isCallback {
			item.Callback = adapter.CallbackID(id)
		} else {
			item.Call = adapter.CallID(id)
		}
		return item, err
	}, `SELECT item_id, is_callback, -rank, queued_at FROM line WHERE queue_id = ? AND in_line_from <= ?
		ORDER BY rank, queued_at, item_id LIMIT ?`, string(queue), record.Micros(now), n)
	if err != nil {
		return nil, fmt.Errorf("front of queue: %w", err)
	}
	return items, nil
}

// Place is 1 for the first in line; 0 for an item that holds none. Who stands ahead
// is counted stretch by stretch, and one by one only in the item's own.
func (tx *Tx) Place(item string, now time.Time) (int, error) {
	var at, from stretch
	err := tx.one(`SELECT queue_id, rank, queued_at, item_id FROM line WHERE item_id = ? AND in_line_from <= ?`, []any{item, record.Micros(now)},
		&at.queue, &at.rank, &at.queuedAt, &at.item)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		err = tx.one(`SELECT queue_id, rank, queued_at, item_id FROM stretches WHERE queue_id = ? AND (rank, queued_at, item_id) <= (?, ?, ?)
			ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1`, []any{at.queue, at.rank, at.queuedAt, at.item},
			&from.queue, &from.rank, &from.queuedAt, &from.item)
	}
	var ahead int
	if err == nil {
		err = tx.one(placeSQL, []any{at.queue, at.rank, at.queuedAt, at.item, from.rank, from.queuedAt, from.item, record.Micros(now)}, &ahead)
	}
	if err != nil {
		return 0, fmt.Errorf("place in line: %w", err)
	}
	return ahead + 1, nil
}

// stretch is where one begins, or where somebody stands.
type stretch struct {
	queue, item    string
	rank, queuedAt int64
}

// placeSQL counts who stands ahead of ?1 to ?4 in the stretches before ?5 to ?7 and
// in that one, but for those who hold no place at ?8.
const placeSQL = `SELECT
	(SELECT coalesce(sum(n), 0) FROM stretches WHERE queue_id = ?1 AND (rank, queued_at, item_id) < (?5, ?6, ?7)) +
	(SELECT count(*) FROM line WHERE queue_id = ?1 AND (rank, queued_at, item_id) >= (?5, ?6, ?7) AND (rank, queued_at, item_id) < (?2, ?3, ?4)) -
	(SELECT count(*) FROM line WHERE queue_id = ?1 AND in_line_from > ?8 AND in_line_from > 0 AND (rank, queued_at, item_id) < (?2, ?3, ?4))`

// Available is how many representatives of a queue were last reported free; 0
// if nobody said.
func (tx *Tx) Available(queue adapter.QueueID) (int, error) {
	n, known := tx.recent.available[queue]
	if known {
		return n, nil
	}
	err := tx.one(`SELECT available FROM queues WHERE id = ?`, []any{string(queue)}, &n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("available representatives: %w", err)
	}
	keep(tx.recent.available, queue, n)
	return n, nil
}

// SetAvailable keeps how many representatives of a queue are free.
func (tx *Tx) SetAvailable(queue adapter.QueueID, n int) error {
	err := tx.exec(`INSERT INTO queues (id, available) VALUES (?,?) ON CONFLICT (id) DO UPDATE SET available = excluded.available`, string(queue), n)
	if err != nil {
		return fmt.Errorf("save available representatives: %w", err)
	}
	keep(tx.recent.available, queue, n)
	return nil
}

// LookAtLine has a queue's line looked at at a time; zero = not any more.
func (tx *Tx) LookAtLine(queue adapter.QueueID, at time.Time) error {
	tx.recent.next.lines.moves(unknown, record.Micros(at))
	return wrap("look at line", tx.exec(`INSERT INTO queues (id, available, look_at) VALUES (?,0,?) ON CONFLICT (id) DO UPDATE SET look_at = excluded.look_at`,
		string(queue), record.Micros(at)))
}

// LinesToLook lists the queues whose lines are to be looked at at now.
func (tx *Tx) LinesToLook(now time.Time, limit int) ([]adapter.QueueID, error) {
	if tx.recent.next.lines.after(record.Micros(now)) {
		return nil, nil
	}
	all, err := list(tx, func(row record.Scanner) (id adapter.QueueID, err error) { return id, row.Scan(&id) },
		`SELECT id FROM queues WHERE look_at > 0 AND look_at <= ? ORDER BY look_at LIMIT ?`, record.Micros(now), limit)
	return all, wrap("list lines to look at", err)
}

// PendingIn counts the callbacks of a queue that have not ended.
func (tx *Tx) PendingIn(queue adapter.QueueID) (int, error) {
	var n int
	err := tx.one(`SELECT count(*) FROM callbacks WHERE queue_id = ? AND ended = 0`, []any{string(queue)}, &n)
	return n, wrap("count pending callbacks", err)
}
