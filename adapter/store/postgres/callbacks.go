package postgres

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Callback reads a callback; adapter.ErrNotFound if there is none.
func (tx *Tx) Callback(id adapter.CallbackID) (adapter.Callback, error) {
	c, known := tx.callbacks[id]
	if !known {
		tx.lock(callbackLock(id))
		var err error
		c, err = first(tx, record.ScanCallback, `SELECT `+record.CallbackColumns+` FROM callbacks WHERE id = $1`, string(id))
		if errors.Is(err, pgx.ErrNoRows) {
			return adapter.Callback{}, fmt.Errorf("callback: %w", adapter.ErrNotFound)
		}
		if err != nil {
			return adapter.Callback{}, fmt.Errorf("read callback: %w", err)
		}
		tx.callbacks[id] = c
	}
	c.Attributes = maps.Clone(c.Attributes) // the reader's own
	return c, nil
}

// keepCallback remembers a callback as the database has it.
func (tx *Tx) keepCallback(c adapter.Callback) {
	record.AsKept(&c.Since, &c.QueuedAt, &c.ReleaseFrom, &c.InLineFrom, &c.FreePlaceAt, &c.Window.Start, &c.Window.End, &c.CreatedAt, &c.ExpiresAt, &c.Wish.Window.Start, &c.Wish.Window.End)
	c.Attributes = maps.Clone(c.Attributes)
	tx.callbacks[c.ID] = c
}

// CallbackOfDelivery reads the callback whose attempt is that delivery.
func (tx *Tx) CallbackOfDelivery(id adapter.DeliveryID) (adapter.Callback, error) {
	var callback adapter.CallbackID
	tx.lock(deliveryLock(id))
	err := tx.one(`SELECT callback_id FROM attempts WHERE delivery_id = $1 AND delivery_id <> ''`, []any{string(id)}, &callback)
	if errors.Is(err, pgx.ErrNoRows) {
		return adapter.Callback{}, fmt.Errorf("callback of a delivery: %w", adapter.ErrNotFound)
	}
	if err != nil {
		return adapter.Callback{}, fmt.Errorf("find delivery: %w", err)
	}
	return tx.Callback(callback)
}

// Pending reads the one callback of a number and queue that has not ended.
func (tx *Tx) Pending(phone adapter.Phone, queue adapter.QueueID) (adapter.Callback, error) {
	if ids, known := tx.pending[phone.E164()]; known {
		return tx.pendingAmong(ids, queue)
	}
	var id adapter.CallbackID
	tx.lock(phoneLock(phone))
	err := tx.one(`SELECT id FROM callbacks WHERE phone = $1 AND queue_id = $2 AND NOT ended`, []any{phone.E164(), string(queue)}, &id)
	if errors.Is(err, pgx.ErrNoRows) {
		return adapter.Callback{}, fmt.Errorf("pending callback: %w", adapter.ErrNotFound)
	}
	if err != nil {
		return adapter.Callback{}, fmt.Errorf("find pending callback: %w", err)
	}
	return tx.Callback(id)
}

func (tx *Tx) pendingAmong(ids []adapter.CallbackID, queue adapter.QueueID) (adapter.Callback, error) {
	for _, id := range ids {
		if c, err := tx.Callback(id); err != nil || c.Queue == queue {
			return c, err
		}
	}
	return adapter.Callback{}, fmt.Errorf("pending callback: %w", adapter.ErrNotFound)
}

// Asked lists when callbacks to a number were asked for after a time, through channels
// that are Open, the last first.
func (tx *Tx) Asked(phone adapter.Phone, after time.Time, limit int) ([]time.Time, error) {
	tx.lock(phoneLock(phone))
	all, err := list(tx, record.ScanInstant, `SELECT created_at FROM callbacks WHERE phone = $1 AND created_at > $2 AND `+record.AskedByForm+`
		ORDER BY created_at DESC LIMIT $3`, phone.E164(), record.Micros(after), limit)
	return all, wrap("list what was asked", err)
}

// PendingOf lists the callbacks of a number that have not ended, in all queues.
func (tx *Tx) PendingOf(phone adapter.Phone) ([]adapter.Callback, error) {
	if ids, known := tx.pending[phone.E164()]; known {
		return tx.each(ids)
	}
	tx.lock(phoneLock(phone))
	return tx.listed(`SELECT id FROM callbacks WHERE phone = $1 AND NOT ended ORDER BY queue_id`, phone.E164())
}

// HeldBy lists the callbacks that wait for the end of a live call.
func (tx *Tx) HeldBy(call adapter.CallID) ([]adapter.Callback, error) {
	if tx.idle[callLock(call)] {
		return nil, nil
	}
	tx.lock(callLock(call))
	return tx.listed(`SELECT id FROM callbacks WHERE held_by = $1 AND held_by <> '' ORDER BY id`, string(call))
}

func (tx *Tx) listed(ids string, args ...any) ([]adapter.Callback, error) {
	found, err := list(tx, scanID[adapter.CallbackID], ids, args...)
	if err != nil {
		return nil, fmt.Errorf("list callbacks: %w", err)
	}
	return tx.each(found)
}

func (tx *Tx) each(found []adapter.CallbackID) ([]adapter.Callback, error) {
	var all []adapter.Callback
	for _, id := range found {
		c, err := tx.Callback(id)
		if err != nil {
			return nil, fmt.Errorf("list callbacks: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// CallbacksToLook lists callbacks that want attention at now, but for those that
// another replica is at.
func (tx *Tx) CallbacksToLook(now time.Time, limit int) ([]adapter.Callback, error) {
	const due = ` FROM callbacks WHERE next_look > 0 AND next_look <= $1`
	found, err := list(tx, scanID[adapter.CallbackID], `SELECT id`+due+` ORDER BY next_look LIMIT $2`, record.Micros(now), min(limit, maxLook))
	var mine []string
	if err == nil && len(found) > 0 {
		mine, err = untaken(tx, found, func(id adapter.CallbackID) (string, string) { return string(id), callbackLock(id) })
	}
	var callbacks []adapter.Callback
	if err == nil && len(mine) > 0 {
		callbacks, err = list(tx, record.ScanCallback, `SELECT `+record.CallbackColumns+due+` AND id = ANY($2) ORDER BY next_look`, record.Micros(now), mine)
	}
	if err != nil {
		return nil, fmt.Errorf("list callbacks to look at: %w", err)
	}
	for _, c := range callbacks {
		tx.keepCallback(c)
	}
	return callbacks, nil
}

// SaveCallback writes a callback, its place in line and one row of history. A
// callback of version 0 is new; otherwise its version must be the one stored,
// else adapter.ErrConflict. It returns the callback with its new version. A
// second pending callback of one number and queue is adapter.ErrDuplicate.
func (tx *Tx) SaveCallback(c adapter.Callback, h adapter.History) (adapter.Callback, error) {
	was, err := tx.before(c)
	if err != nil {
		return c, fmt.Errorf("save callback %s: %w", c.ID, err)
	}
	c.Version++
	tx.lock(slices.Concat([]string{callbackLock(c.ID)}, moved(placeOfCallback(was), placeOfCallback(c)), promised(was, c), held(was, c))...)
	delete(tx.callbacks, c.ID) // until all of it is written
	nothing := tx.nothingPending(c.Phone)
	if len(promised(was, c)) > 0 {
		delete(tx.pending, was.Phone.E164())
		delete(tx.pending, c.Phone.E164())
	}
	delete(tx.idle, callLock(c.HeldBy))
	switch {
	case was.Version == 0 && nothing:
		err = tx.insertFirst(c)
	case was.Version == 0:
		err = tx.insertCallback(c)
	case was.Phone != c.Phone && !c.State.Ended():
		if err = tx.mayWait(c); err == nil {
			err = tx.updateCallback(c, was.Version)
		}
	default:
		err = tx.updateCallback(c, was.Version)
	}
	if err != nil {
		return c, fmt.Errorf("save callback %s: %w", c.ID, err)
	}
	err = tx.put(table{"history", "callback_id, version, at, from_state, event, to_state, reason, decided_by, trace", ""}, "",
		string(c.ID), c.Version, record.Micros(h.At), string(h.From), h.Event, string(c.State), h.Reason, h.By, string(h.Trace))
	if err != nil {
		return c, fmt.Errorf("save history of callback %s: %w", c.ID, err)
	}
	if err := tx.stand(placeOfCallback(was), placeOfCallback(c), string(c.ID)); err != nil {
		return c, err
	}
	tx.keepCallback(c)
	if nothing && was.Version == 0 && !c.State.Ended() {
		tx.pending[c.Phone.E164()] = []adapter.CallbackID{c.ID}
	}
	return c, nil
}

// before is a callback as it was, the zero one if it is new.
func (tx *Tx) before(c adapter.Callback) (adapter.Callback, error) {
	if c.Version == 0 {
		return adapter.Callback{}, nil
	}
	was, err := tx.Callback(c.ID)
	if errors.Is(err, adapter.ErrNotFound) || err == nil && was.Version != c.Version {
		return was, adapter.ErrConflict
	}
	return was, err
}

func placeOfCallback(c adapter.Callback) place {
	if !c.HoldsPlace(c.InLineFrom) {
		return place{}
	}
	return place{queue: c.Queue, holds: true, callback: true, priority: c.Priority, queuedAt: record.Micros(c.QueuedAt), from: record.Micros(c.InLineFrom)}
}

// promised are the locks of the numbers of which a change of a callback decides
// whether they wait for one.
func promised(was, is adapter.Callback) []string {
	if was.Phone == is.Phone && was.Queue == is.Queue && was.State.Ended() == is.State.Ended() {
		return nil
	}
	var names []string
	for _, c := range []adapter.Callback{was, is} {
		if !c.Phone.IsZero() {
			names = append(names, phoneLock(c.Phone))
		}
	}
	return names
}

// held are the locks of the calls that a callback begins or ceases to wait for.
func held(was, is adapter.Callback) []string {
	var names []string
	for _, call := range []adapter.CallID{was.HeldBy, is.HeldBy} {
		if was.HeldBy != is.HeldBy && call != "" {
			names = append(names, callLock(call))
		}
	}
	return names
}

// mayWait tells, by adapter.ErrDuplicate, that another callback of the number waits
// in the queue. An insert finds that out by itself; after an update that did, nothing
// of the transaction would be left.
func (tx *Tx) mayWait(c adapter.Callback) error {
	var other bool
	err := tx.one(`SELECT EXISTS (SELECT 1 FROM callbacks WHERE phone = $1 AND queue_id = $2 AND NOT ended AND id <> $3)`,
		[]any{c.Phone.E164(), string(c.Queue), string(c.ID)}, &other)
	if err == nil && other {
		return adapter.ErrDuplicate
	}
	return err
}

const insertCallback = `INSERT INTO callbacks (` + record.CallbackColumns + `, ` + record.DerivedColumns + `)
	VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11, $12,$13,$14,$15,$16,$17,$18,$19, $20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30, $31,$32,$33,$34,$35,$36,$37,$38,$39, $40,$41,$42,$43)
	ON CONFLICT (phone, queue_id) WHERE NOT ended DO NOTHING`

// nothingPending tells that a number is known to have no callback that has not ended.
func (tx *Tx) nothingPending(phone adapter.Phone) bool {
	ids, known := tx.pending[phone.E164()]
	return known && len(ids) == 0
}

// insertFirst is insertCallback where no other is, so that no answer is needed.
func (tx *Tx) insertFirst(c adapter.Callback) error {
	values, err := record.CallbackValues(c)
	if err != nil {
		return err
	}
	tx.attempts[c.ID] = adapter.Attempt{}
	return tx.compareAndSet(1, adapter.ErrDuplicate, insertCallback, values...)
}

func (tx *Tx) insertCallback(c adapter.Callback) error {
	values, err := record.CallbackValues(c)
	if err != nil {
		return err
	}
	n, err := tx.affect(insertCallback, values...)
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
	return tx.compareAndSet(1, adapter.ErrConflict, `UPDATE callbacks SET id=$1, version=$2, queue_id=$3, phone=$4, channel=$5, call_id=$6, state=$7, reason=$8, since=$9,
		priority=$10, queued_at=$11, release_from=$12, in_line_from=$13, held_by=$14, place_freed=$15, free_place_at=$16, after_cancel=$17, window_start=$18,
		window_end=$19, created_at=$20, expires_at=$21, attempts=$22, max_attempts=$23, rings=$24, contact_id=$25, name=$26, email=$27, locale=$28, time_zone=$29,
		notes=$30, attributes=$31, consent=$32, manage_hash=$33, wish=$34, action_id=$35, retry_delay=$36, throttled=$37, erase=$38, booked=$39,
		next_look=$40, ended=$41, wish_start=$42, wish_end=$43 WHERE id = $44 AND version = $45`,
		append(values, string(c.ID), was)...)
}

// History lists what happened to a callback, oldest first.
func (tx *Tx) History(id adapter.CallbackID) ([]adapter.History, error) {
	all, err := list(tx, func(row record.Scanner) (adapter.History, error) {
		var h adapter.History
		var at int64
		err := row.Scan(&at, &h.From, &h.Event, &h.To, &h.Reason, &h.By, &h.Trace)
		h.At = record.Instant(at)
		return h, err
	}, `SELECT at, from_state, event, to_state, reason, decided_by, trace FROM history WHERE callback_id = $1 ORDER BY version`, string(id))
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return all, nil
}

// List lists callbacks, the newest first.
func (tx *Tx) List(q adapter.CallbackQuery) ([]adapter.Callback, error) {
	text, args := listSQL(q)
	all, err := list(tx, record.ScanCallback, text, args...)
	return all, wrap("list callbacks", err)
}

// listSQL asks for a page of each state and merges them: an index has them in order
// of their age for one state only.
func listSQL(q adapter.CallbackQuery) (string, []any) {
	where, args := []string{"true"}, []any{}
	add := func(condition string, values ...any) {
		for _, value := range values {
			args = append(args, value)
			condition = strings.Replace(condition, "?", fmt.Sprint("$", len(args)), 1)
		}
		where = append(where, condition)
	}
	if !q.Phone.IsZero() {
		add("phone = ?", q.Phone.E164())
	}
	if q.Queue != "" {
		add("queue_id = ?", string(q.Queue))
	}
	order, older := "created_at DESC, id DESC", "(created_at, id) < (?, ?)"
	if len(q.States) > 0 {
		// One state, as a range: of an equality the planner knows that it needs no order,
		// and reads all callbacks by their age to find one of a state that nobody is in.
		add("state >= wanted AND state <= wanted")
		order, older = "state DESC, "+order, "(state, created_at, id) < (wanted, ?, ?)"
	}
	if !q.After.CreatedAt.IsZero() {
		add(older, record.Micros(q.After.CreatedAt), string(q.After.ID))
	}
	args = append(args, q.Limit)
	page := fmt.Sprint(` FROM callbacks WHERE `, strings.Join(where, " AND "), ` ORDER BY `, order, ` LIMIT $`, len(args))
	if len(q.States) == 0 {
		return `SELECT ` + record.CallbackColumns + page, args
	}
	limit := len(args)
	args = append(args, q.States)
	return fmt.Sprint(`SELECT `+record.CallbackColumns+` FROM (SELECT DISTINCT state AS wanted FROM unnest($`, len(args), `::text[]) AS state) AS states,
		LATERAL (SELECT *`+page+`) AS page ORDER BY created_at DESC, id DESC LIMIT $`, limit), args
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
