package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// place is where something stands in line; the zero place is none.
type place struct {
	queue    adapter.QueueID
	holds    bool
	callback bool
	priority int
	queuedAt int64
	from     int64 // holds no place before
}

// moved are the locks of the lines that something leaves and joins.
func moved(from, to place) []string {
	if from == to {
		return nil
	}
	var names []string
	for _, p := range []place{from, to} {
		if p.holds {
			names = append(names, lineLock(p.queue))
		}
	}
	return names
}

// stand puts an item where it belongs in line, or takes it out. Most of what is
// saved stands where it stood.
func (tx *Tx) stand(from, to place, item string) error {
	var err error
	switch {
	case from == to:
	case to.holds:
		err = tx.change(`INSERT INTO line (queue_id, rank, queued_at, item_id, is_callback, in_line_from) VALUES ($1,$2,$3,$4,$5,$6)
			ON CONFLICT (item_id) DO UPDATE SET queue_id=excluded.queue_id, rank=excluded.rank, queued_at=excluded.queued_at,
			is_callback=excluded.is_callback, in_line_from=excluded.in_line_from`,
			string(to.queue), -to.priority, to.queuedAt, item, to.callback, to.from)
	default:
		err = tx.change(`DELETE FROM line WHERE item_id = $1`, item)
	}
	if err != nil {
		return fmt.Errorf("place in line: %w", err)
	}
	tx.sized(from, -1)
	tx.sized(to, +1)
	if from != to {
		tx.places = nil
	}
	return nil
}

// size is how many stood in a line at a time.
type size struct {
	at int64
	n  int
}

// sized corrects what is remembered of a line by one who leaves or joins it.
func (tx *Tx) sized(p place, by int) {
	if was, known := tx.sizes[p.queue]; known && p.holds && p.from <= was.at {
		was.n += by
		tx.sizes[p.queue] = was
	}
}

// Size counts the calls and callbacks that wait in a queue at now.
func (tx *Tx) Size(queue adapter.QueueID, now time.Time) (int, error) {
	at := record.Micros(now)
	if was, known := tx.sizes[queue]; known && was.at == at {
		return was.n, nil
	}
	var n int
	tx.lock(lineLock(queue))
	if err := tx.one(sizeOf("$1", "$2"), []any{string(queue), at}, &n); err != nil {
		return 0, fmt.Errorf("size of queue: %w", err)
	}
	tx.sizes[queue] = size{at, n}
	return n, nil
}

// Front lists the first n items of a queue's line at now, in order.
func (tx *Tx) Front(queue adapter.QueueID, n int, now time.Time) ([]adapter.LineItem, error) {
	tx.lock(lineLock(queue))
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
	}, `SELECT item_id, is_callback, -rank, queued_at FROM line WHERE queue_id = $1 AND in_line_from <= $2
		ORDER BY rank, queued_at, item_id LIMIT $3`, string(queue), record.Micros(now), n)
	if err != nil {
		return nil, fmt.Errorf("front of queue: %w", err)
	}
	return items, nil
}

// Place is 1 for the first in line; 0 for an item that holds none.
func (tx *Tx) Place(item string, now time.Time) (int, error) {
	if n, known := tx.places[item]; known && tx.placesAt == record.Micros(now) {
		return n, nil
	}
	var n int
	err := tx.one(placeOf("$1"), []any{item, record.Micros(now)}, &n)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("place in line: %w", err)
	}
	return n, nil
}

// sizeOf counts who stands in a queue's line, but for those who hold no place yet.
func sizeOf(queue, now string) string {
	return fmt.Sprintf(`SELECT (SELECT coalesce(sum(n), 0)::bigint FROM stretches WHERE queue_id = %[1]s)
	- (SELECT count(*) FROM line WHERE queue_id = %[1]s AND in_line_from > %[2]s AND in_line_from > 0)`, queue, now)
}

// placeOf counts who stands ahead of an item at $2, stretch by stretch, and one by one only in the
// item's own; but for those who hold no place yet. LIMIT ends the reading of the own
// stretch: an index scan does not stop at an upper bound of several columns unless the
// first of them decides, and would read on to the end of the line. OFFSET 0 keeps those
// without a place from being looked for among all who stand ahead, which a planner
// without statistics would do. It is one statement: the line may move between two.
func placeOf(item string) string {
	return fmt.Sprintf(`SELECT 1
	+ (SELECT coalesce(sum(n), 0)::bigint FROM stretches WHERE queue_id = at.queue_id AND (rank, queued_at, item_id) < (own.rank, own.queued_at, own.item_id))
	+ (SELECT count(*) FROM (SELECT rank, queued_at, item_id FROM line WHERE queue_id = at.queue_id AND (rank, queued_at, item_id) >= (own.rank, own.queued_at, own.item_id)
		ORDER BY rank, queued_at, item_id LIMIT own.n) AS stretch WHERE (rank, queued_at, item_id) < (at.rank, at.queued_at, at.item_id))
	- (SELECT count(*) FROM (SELECT rank, queued_at, item_id FROM line WHERE queue_id = at.queue_id AND in_line_from > $2 AND in_line_from > 0 OFFSET 0) AS later
		WHERE (rank, queued_at, item_id) < (at.rank, at.queued_at, at.item_id))
	FROM line AS at, LATERAL (SELECT rank, queued_at, item_id, n FROM stretches
		WHERE queue_id = at.queue_id AND (rank, queued_at, item_id) <= (at.rank, at.queued_at, at.item_id)
		ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1) AS own
	WHERE at.item_id = %[1]s AND at.in_line_from <= $2`, item)
}

// Available is how many representatives of a queue were last reported free; 0
// if nobody said.
func (tx *Tx) Available(queue adapter.QueueID) (int, error) {
	if n, known := tx.available[queue]; known {
		return n, nil
	}
	var n int
	tx.lock(lineLock(queue))
	err := tx.one(`SELECT available FROM queues WHERE id = $1`, []any{string(queue)}, &n)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("available representatives: %w", err)
	}
	tx.available[queue] = n
	return n, nil
}

// SetAvailable keeps how many representatives of a queue are free.
func (tx *Tx) SetAvailable(queue adapter.QueueID, n int) error {
	tx.lock(lineLock(queue))
	err := tx.change(`INSERT INTO queues (id, available) VALUES ($1,$2) ON CONFLICT (id) DO UPDATE SET available = excluded.available`, string(queue), n)
	if err != nil {
		return fmt.Errorf("save available representatives: %w", err)
	}
	tx.available[queue] = n
	return nil
}

// LookAtLine has a queue's line looked at at a time; zero = not any more.
func (tx *Tx) LookAtLine(queue adapter.QueueID, at time.Time) error {
	tx.lock(lineLock(queue))
	return wrap("look at line", tx.change(`INSERT INTO queues (id, available, look_at) VALUES ($1,0,$2) ON CONFLICT (id) DO UPDATE SET look_at = excluded.look_at`,
		string(queue), record.Micros(at)))
}

// LinesToLook lists the queues whose lines are to be looked at at now, but for those
// that another replica is at.
func (tx *Tx) LinesToLook(now time.Time, limit int) ([]adapter.QueueID, error) {
	const due = `SELECT id FROM queues WHERE look_at > 0 AND look_at <= $1`
	found, err := list(tx, scanID[adapter.QueueID], due+` ORDER BY look_at LIMIT $2`, record.Micros(now), limit)
	var mine []string
	if err == nil && len(found) > 0 {
		mine, err = untaken(tx, found, func(id adapter.QueueID) (string, string) { return string(id), lineLock(id) })
	}
	var all []adapter.QueueID
	if err == nil && len(mine) > 0 {
		all, err = list(tx, scanID[adapter.QueueID], due+` AND id = ANY($2) ORDER BY look_at`, record.Micros(now), mine)
	}
	return all, wrap("list lines to look at", err)
}

// PendingIn counts the callbacks of a queue that have not ended. The lock keeps others
// from counting until this transaction has added what it counted for.
func (tx *Tx) PendingIn(queue adapter.QueueID) (int, error) {
	var n int
	tx.lock(lineLock(queue))
	err := tx.one(`SELECT count(*) FROM callbacks WHERE queue_id = $1 AND NOT ended`, []any{string(queue)}, &n)
	return n, wrap("count pending callbacks", err)
}
