package postgres

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// SaveConversation keeps of a conversation the newest that was told, each field
// for itself. Of two reports of the same time the later to come wins.
func (tx *Tx) SaveConversation(c adapter.ConversationChanged, at, seen time.Time) error {
	told := func(is bool) int64 {
		if !is {
			return 0 // older than anything
		}
		return record.Micros(at)
	}
	tx.lock(conversationLock(c.Conversation))
	err := tx.change(`INSERT INTO conversations AS old (id, queue_id, queue_at, status, status_reason, status_at, outbound, seen_at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT (id) DO UPDATE SET
		queue_id = CASE WHEN excluded.queue_at >= old.queue_at AND excluded.queue_at > 0 THEN excluded.queue_id ELSE old.queue_id END,
		queue_at = greatest(excluded.queue_at, old.queue_at),
		status = CASE WHEN excluded.status_at >= old.status_at AND excluded.status_at > 0 THEN excluded.status ELSE old.status END,
		status_reason = CASE WHEN excluded.status_at >= old.status_at AND excluded.status_at > 0 THEN excluded.status_reason ELSE old.status_reason END,
		status_at = greatest(excluded.status_at, old.status_at),
		outbound = excluded.outbound OR old.outbound, seen_at = greatest(excluded.seen_at, old.seen_at)`,
		string(c.Conversation), string(c.Queue), told(c.Queue != ""),
		int(c.Status), c.StatusReason, told(c.Status != adapter.ConversationUntold), c.Outbound, record.Micros(seen))
	return wrap("save conversation", err)
}

// platformCalls counts, by queue, the conversations whose customer is on the line
// and was not phoned by Dynamics; nil when there are none.
func (tx *Tx) platformCalls() (map[adapter.QueueID]int, error) {
	type count struct {
		queue  adapter.QueueID
		status adapter.ConversationStatus
		n      int
	}
	counts, err := list(tx, func(row record.Scanner) (count, error) {
		var c count
		return c, row.Scan(&c.queue, &c.status, &c.n)
	}, `SELECT queue_id, status, count(*) FROM conversations WHERE queue_id <> '' AND NOT outbound GROUP BY queue_id, status`)
	if err != nil {
		return nil, fmt.Errorf("count conversations: %w", err)
	}
	var calls map[adapter.QueueID]int
	for _, c := range counts {
		if !c.status.OnTheLine() {
			continue
		}
		if calls == nil {
			calls = map[adapter.QueueID]int{}
		}
		calls[c.queue] += c.n
	}
	return calls, nil
}
