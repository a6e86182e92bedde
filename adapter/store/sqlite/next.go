package sqlite

import (
	"database/sql"
	"fmt"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// next knows the earliest time of each kind of work that needs no event. Every
// transaction asks for them at its end, and hardly any moves one of them.
type next struct{ calls, callbacks, lines, polls, leaving, parked soonest }

// soonest is the least of many times in microseconds, of which 0 is never.
type soonest struct {
	known bool
	at    int64
}

// unknown is for a time that somebody may have had before.
const unknown = -1

// moves follows one time from what it was to what it is.
func (s *soonest) moves(from, to int64) {
	sooner := to != 0 && (s.at == 0 || to <= s.at)
	switch {
	case !s.known || from == to:
	case sooner:
		s.at = to
	case from == unknown && s.at != 0, from == s.at:
		s.known = false // it may have been this one; and then, who is next?
	}
}

// after tells that it is known to be later than now, or never.
func (s *soonest) after(now int64) bool { return s.known && (s.at == 0 || s.at > now) }

// NextWork is the earliest time at which something wants to be done without any
// event: a look at a call, a callback or a line, a poll, an entry that may leave. Zero
// means never.
func (tx *Tx) NextWork() (adapter.NextWork, error) {
	n := &tx.recent.next
	for _, ask := range []struct {
		of   *soonest
		text string
	}{
		{&n.calls, `SELECT min(next_look) FROM calls WHERE next_look > 0`},
		{&n.callbacks, `SELECT min(next_look) FROM callbacks WHERE next_look > 0`},
		{&n.lines, `SELECT min(look_at) FROM queues WHERE look_at > 0`},
		{&n.polls, `SELECT min(next_poll) FROM attempts WHERE next_poll > 0`},
		{&n.leaving, `SELECT max(min(not_before), 1) FROM outbox WHERE kind IN ('deliver', 'cancel') AND claimed_by = '' AND dead_at = 0`},
		{&n.parked, `SELECT min(until) FROM parked`},
	} {
		if ask.of.known {
			continue
		}
		var at sql.NullInt64
		if err := tx.one(ask.text, nil, &at); err != nil {
			return adapter.NextWork{}, fmt.Errorf("next work: %w", err)
		}
		*ask.of = soonest{known: true, at: at.Int64}
	}
	look := n.calls.at
	for _, at := range []int64{n.callbacks.at, n.lines.at} {
		if look == 0 || at != 0 && at < look {
			look = at
		}
	}
	return adapter.NextWork{Look: record.Instant(look), Poll: record.Instant(n.polls.at), Leave: record.Instant(n.leaving.at), Parked: record.Instant(n.parked.at)}, nil
}
