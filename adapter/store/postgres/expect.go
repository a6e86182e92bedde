package postgres

import (
	"fmt"
	"slices"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// event names an event as the inbox does.
type event struct{ source, id string }

// Expect says which events a function will take, each of them with
// [Tx.FirstTime]: what most of them need is then read for all at once, instead of
// one after the other.
func (tx *Tx) Expect(events []adapter.CallEvent, at time.Time) error {
	if tx.depth > 0 || len(events) < 2 {
		return nil // what a savepoint takes back must not be remembered
	}
	needs := needsOf(events)
	tx.lock(needs.locks...)
	tx.expectEvents(needs, at)
	tx.expectCalls(needs)
	tx.expectPromises(needs)
	tx.expectLines(needs.queues, at)
	if err := tx.answer(); err != nil {
		return fmt.Errorf("expected events: %w", err)
	}
	queues, locks := tx.left(events)
	tx.lock(locks...)
	if len(queues) == 0 {
		return nil
	}
	tx.expectLines(queues, at)
	return wrap("expected lines", tx.answer())
}

// needs are what a batch of events will ask for.
type needs struct {
	sources, ids   []string // of the events
	calls, waitFor []string
	queues, phones []string // that somebody joins, and whose
	locks          []string
}

func needsOf(events []adapter.CallEvent) needs {
	var n needs
	for _, e := range events {
		n.sources, n.ids = append(n.sources, picture(e.Source)), append(n.ids, picture(e.ID))
		if e.Call != "" {
			n.calls, n.waitFor = append(n.calls, picture(string(e.Call))), append(n.waitFor, picture(callLock(e.Call)))
			n.locks = append(n.locks, callLock(e.Call))
		}
		joins, is := e.Data.(adapter.CallQueued)
		if !is {
			continue
		}
		n.queues, n.locks = append(n.queues, picture(string(joins.Queue))), append(n.locks, lineLock(joins.Queue), waitsLock(joins.Queue))
		if !joins.From.IsZero() {
			n.phones, n.locks = append(n.phones, joins.From.E164()), append(n.locks, phoneLock(joins.From))
		}
	}
	return n
}

func (tx *Tx) expectEvents(n needs, at time.Time) {
	tx.writes = true
	tx.expected = map[event]bool{}
	for i := range n.ids {
		tx.expected[event{n.sources[i], n.ids[i]}] = false
	}
	ask(tx, func(row record.Scanner) (e event, err error) { return e, row.Scan(&e.source, &e.id) }, func(e event) { tx.expected[e] = true },
		`INSERT INTO inbox (source, id, seen_at) SELECT DISTINCT source, id, $3::bigint FROM unnest($1::text[], $2::text[]) AS told (source, id)
		ORDER BY source, id ON CONFLICT DO NOTHING RETURNING source, id`, n.sources, n.ids, record.Micros(at))
}

func (tx *Tx) expectCalls(n needs) {
	if len(n.calls) == 0 {
		return
	}
	for i, id := range n.calls {
		tx.calls[adapter.CallID(id)] = nil
		tx.idle[n.waitFor[i]] = true
	}
	ask(tx, record.ScanCall, tx.keepCall, `SELECT `+record.CallColumns+` FROM calls WHERE id = ANY($1)`, n.calls)
	ask(tx, scanID[string], func(busy string) { delete(tx.idle, busy) }, `SELECT 'call/' || held_by FROM callbacks WHERE held_by = ANY($1) AND held_by <> ''
		UNION ALL SELECT waits_for FROM parked WHERE waits_for = ANY($2)`, n.calls, n.waitFor)
}

// expectPromises reads what the numbers of those were promised who join a line.
func (tx *Tx) expectPromises(n needs) {
	if len(n.phones) == 0 {
		return
	}
	type promise struct {
		phone string
		id    adapter.CallbackID
	}
	for _, phone := range n.phones {
		tx.pending[phone] = nil
	}
	ask(tx, func(row record.Scanner) (p promise, err error) { return p, row.Scan(&p.phone, &p.id) },
		func(p promise) { tx.pending[p.phone] = append(tx.pending[p.phone], p.id) },
		`SELECT phone, id FROM callbacks WHERE phone = ANY($1) AND NOT ended ORDER BY queue_id`, n.phones)
}

// expectLines reads all that is asked of lines that somebody joins or leaves.
func (tx *Tx) expectLines(queues []string, at time.Time) {
	if len(queues) == 0 {
		return
	}
	now := record.Micros(at)
	type line struct {
		queue           adapter.QueueID
		size, available int
		waits           []byte
	}
	ask(tx, func(row record.Scanner) (l line, err error) {
		return l, row.Scan(&l.queue, &l.size, &l.available, &l.waits)
	},
		func(l line) {
			tx.sizes[l.queue], tx.available[l.queue], tx.waits[l.queue] = size{now, l.size}, l.available, l.waits
		},
		`SELECT queue, (`+sizeOf("queue", "$2")+`), coalesce((SELECT available FROM queues WHERE id = queue), 0), (SELECT body FROM waits WHERE queue_id = queue)
		FROM (SELECT DISTINCT queue FROM unnest($1::text[]) AS queue) AS told`, queues, now)
}

// left are the lines of which nothing is known yet and that a call of one of the
// events may leave.
func (tx *Tx) left(events []adapter.CallEvent) (queues, locks []string) {
	for _, e := range events {
		c := tx.calls[e.Call]
		if c == nil || !c.Waits() || !leaves(e) {
			continue
		}
		if !c.From.IsZero() {
			locks = append(locks, phoneLock(c.From))
		}
		if _, known := tx.sizes[c.Queue]; !known && !slices.Contains(queues, string(c.Queue)) {
			queues, locks = append(queues, string(c.Queue)), append(locks, waitsLock(c.Queue), lineLock(c.Queue))
		}
	}
	return queues, locks
}

func leaves(e adapter.CallEvent) bool {
	switch e.Data.(type) {
	case adapter.CallConnected, adapter.CallEnded, adapter.CallTransferred:
		return true
	default:
		return false
	}
}
