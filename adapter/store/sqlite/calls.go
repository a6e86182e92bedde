package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"directcallback/adapter"
)

const callColumns = `id, source, queue_id, workstream, routing_rule, phone, priority, queued_at, locale, entry, bot,
	state, changed_at, calls_waiting, estimated_wait, overflow, overflow_at, action_id, check_at,
	offers, first_offer, last_offer, next_offer, callback_id, confirmed_at, attributes, connected_at, sequence`

// Call reads a call; adapter.ErrNotFound if there is none.
func (tx *Tx) Call(id adapter.CallID) (adapter.Call, error) {
	if c, ok := tx.recent.call(id); ok {
		return c, nil
	}
	// Half of those who ask want to know that there is none, which is cheaper to
	// find out without the names of all columns.
	var is bool
	err := tx.one(`SELECT EXISTS (SELECT 1 FROM calls WHERE id = ?)`, []any{string(id)}, &is)
	if err == nil && !is {
		return adapter.Call{}, fmt.Errorf("call %s: %w", id, adapter.ErrNotFound)
	}
	if err != nil {
		return adapter.Call{}, fmt.Errorf("find call: %w", err)
	}
	c, err := first(tx, scanCall, `SELECT `+callColumns+` FROM calls WHERE id = ?`, string(id))
	if err != nil {
		return adapter.Call{}, fmt.Errorf("read call: %w", err)
	}
	tx.recent.keepCall(c)
	return c, nil
}

func scanCall(row scanner) (adapter.Call, error) {
	var (
		c                                                                             adapter.Call
		phone, attributes                                                             string
		queued, changed, overflow, check, first, last, next, confirmed, connected, ew int64
	)
	err := row.Scan(&c.ID, &c.Source, &c.Queue, &c.Workstream, &c.RoutingRule, &phone, &c.Priority, &queued, &c.Locale, &c.Entry, &c.Bot,
		&c.State, &changed, &c.CallsWaiting, &ew, &c.Overflow, &overflow, &c.Action, &check,
		&c.Offers, &first, &last, &next, &c.Callback, &confirmed, &attributes, &connected, &c.Sequence)
	if err != nil {
		return c, err
	}
	c.QueuedAt, c.ChangedAt, c.OverflowAt, c.CheckAt = instant(queued), instant(changed), instant(overflow), instant(check)
	c.FirstOffer, c.LastOffer, c.NextOffer, c.ConfirmedAt = instant(first), instant(last), instant(next), instant(confirmed)
	c.ConnectedAt, c.EstimatedWait = instant(connected), time.Duration(ew)
	if c.From, err = number(phone); err != nil {
		return c, err
	}
	return c, read(attributes, &c.Attributes)
}

// SaveCall writes a call and its place in line.
func (tx *Tx) SaveCall(c adapter.Call) error {
	before := int64(unknown)
	was, known := tx.recent.calls[c.ID]
	if known {
		before = micros(was.NextLook())
	}
	stands := tx.recent.stands(c)
	delete(tx.recent.calls, c.ID) // until all of it is written
	var err error
	if known && onlyMoved(was, c) {
		err = tx.moveCall(c)
	} else {
		err = tx.putCall(c)
	}
	if err != nil {
		return fmt.Errorf("save call %s: %w", c.ID, err)
	}
	if !stands {
		if err := tx.stand(c.Waits(), place{queue: c.Queue, item: string(c.ID), priority: c.Priority, queuedAt: c.QueuedAt}); err != nil {
			return err
		}
	}
	tx.recent.next.calls.moves(before, micros(c.NextLook()))
	tx.recent.keepCall(c)
	return nil
}

// onlyMoved tells that of two versions of a call no more differs than what
// [Tx.moveCall] writes: most events of a call say that it went on or ended.
func onlyMoved(a, b adapter.Call) bool {
	same := func(a, b time.Time) bool { return micros(a) == micros(b) }
	return a.Source == b.Source && a.Queue == b.Queue && a.Workstream == b.Workstream && a.RoutingRule == b.RoutingRule &&
		a.From == b.From && a.Priority == b.Priority && same(a.QueuedAt, b.QueuedAt) &&
		a.Locale == b.Locale && a.Entry == b.Entry && a.Bot == b.Bot &&
		a.CallsWaiting == b.CallsWaiting && a.EstimatedWait == b.EstimatedWait &&
		a.Overflow == b.Overflow && same(a.OverflowAt, b.OverflowAt) && a.Action == b.Action && same(a.CheckAt, b.CheckAt) &&
		a.Offers == b.Offers && same(a.FirstOffer, b.FirstOffer) && same(a.LastOffer, b.LastOffer) && same(a.NextOffer, b.NextOffer) &&
		a.Callback == b.Callback && same(a.ConfirmedAt, b.ConfirmedAt) && maps.Equal(a.Attributes, b.Attributes)
}

func (tx *Tx) moveCall(c adapter.Call) error {
	return tx.exec(`UPDATE calls SET sequence = ?, state = ?, changed_at = ?, connected_at = ?, next_look = ? WHERE id = ?`,
		c.Sequence, string(c.State), micros(c.ChangedAt), micros(c.ConnectedAt), micros(c.NextLook()), string(c.ID))
}

func (tx *Tx) putCall(c adapter.Call) error {
	attributes, err := text(c.Attributes)
	if err != nil {
		return err
	}
	return tx.exec(`INSERT INTO calls (`+callColumns+`, next_look)
		VALUES (?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?, ?,?,?)
		ON CONFLICT (id) DO UPDATE SET source=excluded.source, queue_id=excluded.queue_id, workstream=excluded.workstream,
		routing_rule=excluded.routing_rule, phone=excluded.phone, priority=excluded.priority, queued_at=excluded.queued_at,
		locale=excluded.locale, entry=excluded.entry, bot=excluded.bot, state=excluded.state, changed_at=excluded.changed_at,
		calls_waiting=excluded.calls_waiting, estimated_wait=excluded.estimated_wait, overflow=excluded.overflow,
		overflow_at=excluded.overflow_at, action_id=excluded.action_id, check_at=excluded.check_at, offers=excluded.offers,
		first_offer=excluded.first_offer, last_offer=excluded.last_offer, next_offer=excluded.next_offer,
		callback_id=excluded.callback_id, confirmed_at=excluded.confirmed_at, attributes=excluded.attributes,
		connected_at=excluded.connected_at, sequence=excluded.sequence, next_look=excluded.next_look`,
		string(c.ID), c.Source, string(c.Queue), c.Workstream, c.RoutingRule, c.From.E164(), c.Priority, micros(c.QueuedAt), c.Locale, string(c.Entry), string(c.Bot),
		string(c.State), micros(c.ChangedAt), c.CallsWaiting, int64(c.EstimatedWait), int(c.Overflow), micros(c.OverflowAt), string(c.Action), micros(c.CheckAt),
		c.Offers, micros(c.FirstOffer), micros(c.LastOffer), micros(c.NextOffer), string(c.Callback), micros(c.ConfirmedAt), attributes,
		micros(c.ConnectedAt), c.Sequence, micros(c.NextLook()))
}

// DropCall forgets a call and takes it out of line.
func (tx *Tx) DropCall(id adapter.CallID) error {
	delete(tx.recent.calls, id)
	tx.recent.next.calls.moves(unknown, 0)
	if err := tx.exec(`DELETE FROM calls WHERE id = ?`, string(id)); err != nil {
		return fmt.Errorf("drop call %s: %w", id, err)
	}
	return tx.exec(`DELETE FROM line WHERE item_id = ?`, string(id))
}

// CallsToLook lists calls that want attention at now, the longest overdue first.
func (tx *Tx) CallsToLook(now time.Time, limit int) ([]adapter.Call, error) {
	if tx.recent.next.calls.after(micros(now)) {
		return nil, nil
	}
	calls, err := each(tx, tx.Call, `SELECT id FROM calls WHERE next_look > 0 AND next_look <= ? ORDER BY next_look LIMIT ?`, micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("list calls to look at: %w", err)
	}
	return calls, nil
}

// LiveCall finds a live call of a number other than except; "" if there is none.
func (tx *Tx) LiveCall(phone adapter.Phone, except adapter.CallID) (adapter.CallID, error) {
	var id adapter.CallID
	err := tx.one(`SELECT id FROM calls WHERE state = 'waiting' AND phone <> '' AND phone = ? AND callback_id = '' AND id <> ? LIMIT 1`,
		[]any{phone.E164(), string(except)}, &id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find live call: %w", err)
	}
	return id, nil
}

// SaveDecision keeps why a call was treated as it was.
func (tx *Tx) SaveDecision(id adapter.CallID, at time.Time, moment, verdict string, trace []byte) error {
	err := tx.exec(`INSERT OR REPLACE INTO decisions (call_id, at, moment, verdict, trace) VALUES (?,?,?,?,?)`,
		string(id), micros(at), moment, verdict, string(trace))
	if err != nil {
		return fmt.Errorf("save decision of call %s: %w", id, err)
	}
	return nil
}
