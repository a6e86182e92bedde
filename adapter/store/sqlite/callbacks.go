package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

func (tx *Tx) callback(where string, args ...any) (adapter.Callback, error) {
	c, err := first(tx, record.ScanCallback, `SELECT `+record.CallbackColumns+` FROM callbacks WHERE `+where, args...)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("callback: %w", adapter.ErrNotFound)
	}
	if err != nil {
		return c, fmt.Errorf("read callback: %w", err)
	}
	tx.recent.keepCallback(c)
	return c, nil
}

// Callback reads a callback; adapter.ErrNotFound if there is none.
func (tx *Tx) Callback(id adapter.CallbackID) (adapter.Callback, error) {
	if c, ok := tx.recent.callback(id); ok {
		return c, nil
	}
	return tx.callback(`id = ?`, string(id))
}

// CallbackOfDelivery reads the callback whose attempt is that delivery.
func (tx *Tx) CallbackOfDelivery(id adapter.DeliveryID) (adapter.Callback, error) {
	var callback adapter.CallbackID
	err := tx.one(`SELECT callback_id FROM attempts WHERE delivery_id = ? AND delivery_id <> ''`, []any{string(id)}, &callback)
	if errors.Is(err, sql.ErrNoRows) {
		return adapter.Callback{}, fmt.Errorf("callback of a delivery: %w", adapter.ErrNotFound)
	}
	if err != nil {
		return adapter.Callback{}, fmt.Errorf("find delivery: %w", err)
	}
	return tx.Callback(callback)
}

// Pending reads the one callback of a number and queue that has not ended.
func (tx *Tx) Pending(phone adapter.Phone, queue adapter.QueueID) (adapter.Callback, error) {
	return tx.callback(`phone = ? AND queue_id = ? AND ended = 0`, phone.E164(), string(queue))
}

// Asked lists when callbacks to a number were asked for after a time, through channels
// that are Open, the last first.
func (tx *Tx) Asked(phone adapter.Phone, after time.Time, limit int) ([]time.Time, error) {
	all, err := list(tx, record.ScanInstant, `SELECT created_at FROM callbacks WHERE phone = ? AND created_at > ? AND `+record.AskedByForm+`
		ORDER BY created_at DESC LIMIT ?`, phone.E164(), record.Micros(after), limit)
	return all, wrap("list what was asked", err)
}

// PendingOf lists the callbacks of a number that have not ended, in all queues.
func (tx *Tx) PendingOf(phone adapter.Phone) ([]adapter.Callback, error) {
	return tx.callbacks(`SELECT id FROM callbacks WHERE phone = ? AND ended = 0 ORDER BY queue_id`, phone.E164())
}

// HeldBy lists the callbacks that wait for the end of a live call.
func (tx *Tx) HeldBy(call adapter.CallID) ([]adapter.Callback, error) {
	if tx.recent.nobodyHeld {
		return nil, nil
	}
	held, err := tx.callbacks(`SELECT id FROM callbacks WHERE held_by = ? AND held_by <> '' ORDER BY id`, string(call))
	if err != nil || len(held) > 0 {
		return held, err
	}
	var somebody bool
	if err := tx.one(`SELECT EXISTS (SELECT 1 FROM callbacks WHERE held_by <> '')`, nil, &somebody); err != nil {
		return nil, fmt.Errorf("look for held callbacks: %w", err)
	}
	tx.recent.nobodyHeld = !somebody
	return nil, nil
}

// CallbacksToLook lists callbacks that want attention at now.
func (tx *Tx) CallbacksToLook(now time.Time, limit int) ([]adapter.Callback, error) {
	if tx.recent.next.callbacks.after(record.Micros(now)) {
		return nil, nil
	}
	return tx.callbacks(`SELECT id FROM callbacks WHERE next_look > 0 AND next_look <= ? ORDER BY next_look LIMIT ?`, record.Micros(now), limit)
}

func (tx *Tx) callbacks(ids string, args ...any) ([]adapter.Callback, error) {
	all, err := each(tx, tx.Callback, ids, args...)
	if err != nil {
		return nil, fmt.Errorf("list callbacks: %w", err)
	}
	return all, nil
}

// SaveCallback writes a callback, its place in line and one row of history. A
// callback of version 0 is new; otherwise its version must be the one stored,
// else adapter.ErrConflict. It returns the callback with its new version. A
// second pending callback of one number and queue is adapter.ErrDuplicate.
func (tx *Tx) SaveCallback(c adapter.Callback, h adapter.History) (adapter.Callback, error) {
	before := int64(unknown)
	old, known := tx.recent.callbacks[c.ID]
	if known {
		before = record.Micros(old.NextLook())
	}
	delete(tx.recent.callbacks, c.ID) // until all of it is written
	was := c.Version
	c.Version++
	var err error
	switch {
	case was == 0:
		err = tx.insertCallback(c)
	case known && onlyStepped(old, c):
		err = tx.stepCallback(c, was)
	default:
		err = tx.updateCallback(c, was)
	}
	if err != nil {
		return c, fmt.Errorf("save callback %s: %w", c.ID, err)
	}
	err = tx.exec(`INSERT INTO history (callback_id, version, at, from_state, event, to_state, reason, decided_by, trace) VALUES (?,?,?,?,?,?,?,?,?)`,
		string(c.ID), c.Version, record.Micros(h.At), string(h.From), h.Event, string(c.State), h.Reason, h.By, string(h.Trace))
	if err != nil {
		return c, fmt.Errorf("save history of callback %s: %w", c.ID, err)
	}
	err = tx.stand(c.HoldsPlace(c.InLineFrom), place{
		queue: c.Queue, item: string(c.ID), callback: true, priority: c.Priority, queuedAt: c.QueuedAt, from: c.InLineFrom,
	})
	if err != nil {
		return c, err
	}
	if c.HeldBy != "" {
		tx.recent.nobodyHeld = false
	}
	tx.recent.next.callbacks.moves(before, record.Micros(c.NextLook()))
	tx.recent.keepCallback(c)
	return c, nil
}

func (tx *Tx) insertCallback(c adapter.Callback) error {
	values, err := record.CallbackValues(c)
	if err != nil {
		return err
	}
	n, err := tx.affect(`INSERT INTO callbacks (`+record.CallbackColumns+`, `+record.DerivedColumns+`)
		VALUES (?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?,?, ?,?,?,?)
		ON CONFLICT (phone, queue_id) WHERE ended = 0 DO NOTHING`, values...)
	if err == nil && n == 0 {
		return adapter.ErrDuplicate
	}
	return err
}

func (tx *Tx) updateCallback(c adapter.Callback, was int64) error {
	values, err := record.CallbackValues(c)
	if err != nil {
		return err
	}
	err = tx.compareAndSet(adapter.ErrConflict, `UPDATE callbacks SET id=?, version=?, queue_id=?, phone=?, channel=?, call_id=?, state=?, reason=?, since=?,
		priority=?, queued_at=?, release_from=?, in_line_from=?, held_by=?, place_freed=?, free_place_at=?, after_cancel=?, window_start=?,
		window_end=?, created_at=?, expires_at=?, attempts=?, max_attempts=?, rings=?, contact_id=?, name=?, email=?, locale=?, time_zone=?,
		notes=?, attributes=?, consent=?, manage_hash=?, wish=?, action_id=?, retry_delay=?, throttled=?, erase=?, booked=?,
		next_look=?, ended=?, wish_start=?, wish_end=? WHERE id = ? AND version = ?`,
		append(values, string(c.ID), was)...)
	if e, is := errors.AsType[*driver.Error](err); is && e.Code() == codes.SQLITE_CONSTRAINT_UNIQUE {
		return adapter.ErrDuplicate
	}
	return err
}

// onlyStepped tells that of two versions of a callback no more differs than what
// [Tx.stepCallback] writes: what was asked for hardly ever changes.
func onlyStepped(a, b adapter.Callback) bool {
	same := func(a, b time.Time) bool { return record.Micros(a) == record.Micros(b) }
	return a.Queue == b.Queue && a.Phone == b.Phone && a.Channel == b.Channel && a.Call == b.Call &&
		a.Priority == b.Priority && same(a.QueuedAt, b.QueuedAt) &&
		same(a.Window.Start, b.Window.Start) && same(a.Window.End, b.Window.End) && a.Booked == b.Booked &&
		same(a.CreatedAt, b.CreatedAt) && same(a.ExpiresAt, b.ExpiresAt) && a.MaxAttempts == b.MaxAttempts &&
		a.Contact == b.Contact && a.Name == b.Name && a.Email == b.Email && a.Locale == b.Locale && a.TimeZone == b.TimeZone &&
		a.Notes == b.Notes && maps.Equal(a.Attributes, b.Attributes) &&
		a.Consent.Given == b.Consent.Given && a.Consent.At.Equal(b.Consent.At) && a.Consent.Text == b.Consent.Text &&
		a.ManageHash == b.ManageHash && a.Wish == b.Wish && a.Erase == b.Erase && a.Action == b.Action && a.RetryDelay == b.RetryDelay
}

func (tx *Tx) stepCallback(c adapter.Callback, was int64) error {
	return tx.compareAndSet(adapter.ErrConflict, `UPDATE callbacks SET version = ?, state = ?, reason = ?, since = ?, release_from = ?, in_line_from = ?, held_by = ?,
		place_freed = ?, free_place_at = ?, after_cancel = ?, attempts = ?, rings = ?, throttled = ?, next_look = ?, ended = ? WHERE id = ? AND version = ?`,
		c.Version, string(c.State), c.Reason, record.Micros(c.Since), record.Micros(c.ReleaseFrom), record.Micros(c.InLineFrom), string(c.HeldBy),
		c.PlaceFreed, record.Micros(c.FreePlaceAt), string(c.After), c.Attempts, c.Rings, c.Throttled, record.Micros(c.NextLook()), c.State.Ended(), string(c.ID), was)
}

// compareAndSet changes a row that must be as it was, else it is lost.
func (tx *Tx) compareAndSet(lost error, text string, args ...any) error {
	n, err := tx.affect(text, args...)
	if err == nil && n == 0 {
		return lost
	}
	return err
}

// History lists what happened to a callback, oldest first.
func (tx *Tx) History(id adapter.CallbackID) ([]adapter.History, error) {
	all, err := list(tx, func(row record.Scanner) (adapter.History, error) {
		var h adapter.History
		var at int64
		err := row.Scan(&at, &h.From, &h.Event, &h.To, &h.Reason, &h.By, &h.Trace)
		h.At = record.Instant(at)
		return h, err
	}, `SELECT at, from_state, event, to_state, reason, decided_by, trace FROM history WHERE callback_id = ? ORDER BY version`, string(id))
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return all, nil
}

// List lists callbacks, the newest first.
func (tx *Tx) List(q adapter.CallbackQuery) ([]adapter.Callback, error) {
	text, args := listSQL(q)
	return tx.callbacks(text, args...)
}

// listSQL asks for a page of each state and merges them: an index has them in order
// of their age for one state only.
func listSQL(q adapter.CallbackQuery) (string, []any) {
	where, args := []string{"1"}, []any{}
	if !q.After.CreatedAt.IsZero() {
		where, args = append(where, "(created_at, id) < (?, ?)"), append(args, record.Micros(q.After.CreatedAt), string(q.After.ID))
	}
	if !q.Phone.IsZero() {
		where, args = append(where, "phone = ?"), append(args, q.Phone.E164())
	}
	if q.Queue != "" {
		where, args = append(where, "queue_id = ?"), append(args, string(q.Queue))
	}
	const newest = " ORDER BY created_at DESC, id DESC LIMIT ?"
	page := `SELECT id, created_at FROM callbacks WHERE ` + strings.Join(where, " AND ")
	if len(q.States) == 0 {
		return `SELECT id FROM (` + page + newest + `)`, append(args, q.Limit)
	}
	var pages []string
	var all []any
	for _, state := range q.States {
		pages = append(pages, `SELECT * FROM (`+page+` AND state = ?`+newest+`)`)
		all = append(append(all, args...), string(state), q.Limit)
	}
	return `SELECT id FROM (` + strings.Join(pages, " UNION ") + `)` + newest, append(all, q.Limit)
}

// Tally counts callbacks by state, and calls that came under an overflow action.
func (tx *Tx) Tally() (adapter.Tally, error) {
	t := adapter.Tally{Callbacks: map[adapter.State]int{}}
	type count struct {
		state adapter.State
		n     int
	}
	counts, err := list(tx, func(row record.Scanner) (count, error) {
		var c count
		return c, row.Scan(&c.state, &c.n)
	}, `SELECT state, count(*) FROM callbacks GROUP BY state`)
	if err != nil {
		return t, fmt.Errorf("count callbacks: %w", err)
	}
	for _, c := range counts {
		t.Callbacks[c.state] = c.n
	}
	err = tx.one(`SELECT (SELECT count(*) FROM calls WHERE overflow > 0), (SELECT count(*) FROM calls),
		(SELECT count(*) FROM attempts), (SELECT count(*) FROM outbox WHERE dead_at = 0), (SELECT count(*) FROM outbox WHERE dead_at > 0)`,
		nil, &t.Overflowed, &t.Calls, &t.Attempts, &t.Leaving, &t.Dead)
	if err != nil {
		return t, fmt.Errorf("count calls: %w", err)
	}
	t.PlatformCalls, err = tx.platformCalls()
	return t, err
}

// CallbacksOfCalls maps each call that opted in to its callback.
func (tx *Tx) CallbacksOfCalls() (map[adapter.CallID]adapter.CallbackOfCall, error) {
	type pair struct {
		call adapter.CallID
		is   adapter.CallbackOfCall
	}
	pairs, err := list(tx, func(row record.Scanner) (pair, error) {
		var p pair
		var since int64
		err := row.Scan(&p.call, &p.is.ID, &p.is.State, &since)
		p.is.Since = record.Instant(since)
		return p, err
	}, `SELECT calls.id, callbacks.id, callbacks.state, callbacks.since FROM calls JOIN callbacks ON callbacks.id = calls.callback_id WHERE calls.callback_id <> ''`)
	if err != nil {
		return nil, fmt.Errorf("list callbacks of calls: %w", err)
	}
	all := make(map[adapter.CallID]adapter.CallbackOfCall, len(pairs))
	for _, p := range pairs {
		all[p.call] = p.is
	}
	return all, nil
}
