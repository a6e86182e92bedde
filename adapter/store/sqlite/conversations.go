package sqlite

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
	err := tx.exec(`INSERT INTO conversations (id, queue_id, queue_at, status, status_reason, status_at, outbound, seen_at)
		VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET
		queue_id = iif(excluded.queue_at >= queue_at AND excluded.queue_at > 0, excluded.queue_id, queue_id),
		queue_at = max(excluded.queue_at, queue_at),
		status = iif(excluded.status_at >= status_at AND excluded.status_at > 0, excluded.status, status),
		status_reason = iif(excluded.status_at >= status_at AND excluded.status_at > 0, excluded.status_reason, status_reason),
		status_at = max(excluded.status_at, status_at),
		outbound = max(excluded.outbound, outbound), seen_at = max(excluded.seen_at, seen_at)`,
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
	}, `SELECT queue_id, status, count(*) FROM conversations WHERE queue_id <> '' AND outbound = 0 GROUP BY queue_id, status`)
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
