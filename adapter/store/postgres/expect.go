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
	var sources, seen, calls, waits, locks []string
	for _, e := range events {
		sources, seen = append(sources, picture(e.Source)), append(seen, picture(e.ID))
		if e.Call != "" {
			calls, waits, locks = append(calls, picture(string(e.Call))), append(waits, picture("call/"+string(e.Call))), append(locks, callLock(e.Call))
		}
	}
	tx.lock(slices.Compact(slices.Sorted(slices.Values(locks)))...)
	if err := tx.expectEvents(sources, seen, at); err != nil {
		return fmt.Errorf("expected events: %w", err)
	}
	if err := tx.expectCalls(calls, waits); err != nil {
		return fmt.Errorf("expected calls: %w", err)
	}
	return nil
}

func (tx *Tx) expectEvents(sources, ids []string, at time.Time) error {
	tx.writes = true
	isNew, err := list(tx, func(row record.Scanner) (e event, err error) { return e, row.Scan(&e.source, &e.id) },
		`INSERT INTO inbox (source, id, seen_at) SELECT DISTINCT source, id, $3::bigint FROM unnest($1::text[], $2::text[]) AS told (source, id)
		ORDER BY source, id ON CONFLICT DO NOTHING RETURNING source, id`, sources, ids, record.Micros(at))
	if err != nil {
		return err
	}
	tx.expected = map[event]bool{}
	for i := range ids {
		tx.expected[event{sources[i], ids[i]}] = false
	}
	for _, e := range isNew {
		tx.expected[e] = true
	}
	return nil
}

func (tx *Tx) expectCalls(ids, waits []string) error {
	if len(ids) == 0 {
		return nil
	}
	known, err := list(tx, record.ScanCall, `SELECT `+record.CallColumns+` FROM calls WHERE id = ANY($1)`, ids)
	if err != nil {
		return err
	}
	busy, err := list(tx, scanID[string], `SELECT 'call/' || held_by FROM callbacks WHERE held_by = ANY($1) AND held_by <> ''
		UNION ALL SELECT waits_for FROM parked WHERE waits_for = ANY($2)`, ids, waits)
	if err != nil {
		return err
	}
	for _, id := range ids {
		tx.calls[adapter.CallID(id)] = nil
		tx.idle["call/"+id] = true
	}
	for _, c := range known {
		tx.keepCall(c)
	}
	for _, name := range busy {
		delete(tx.idle, name)
	}
	return nil
}
