package postgres

import (
	"fmt"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// NextWork is the earliest time at which something wants to be done without any
// event: a look at a call, a callback or a line, a poll, an entry that may leave. Zero
// means never. What other transactions did that are not at their end is not seen.
func (tx *Tx) NextWork() (adapter.NextWork, error) {
	var look, poll, leave, parked int64
	err := tx.one(`SELECT
		coalesce(least((SELECT min(next_look) FROM calls WHERE next_look > 0), (SELECT min(next_look) FROM callbacks WHERE next_look > 0),
			(SELECT min(look_at) FROM queues WHERE look_at > 0)), 0),
		coalesce((SELECT min(next_poll) FROM attempts WHERE next_poll > 0), 0),
		coalesce((SELECT greatest(min(not_before), 1) FROM outbox WHERE kind IN ('deliver', 'cancel') AND claimed_by = '' AND dead_at = 0 HAVING count(*) > 0), 0),
		coalesce((SELECT min(until) FROM parked), 0)`, nil, &look, &poll, &leave, &parked)
	if err != nil {
		return adapter.NextWork{}, fmt.Errorf("next work: %w", err)
	}
	return adapter.NextWork{Look: record.Instant(look), Poll: record.Instant(poll), Leave: record.Instant(leave), Parked: record.Instant(parked)}, nil
}
