package record

import (
	"directcallback/adapter"
)

// AttemptColumns are those of table attempts that [ScanAttempt] reads.
const AttemptColumns = `callback_id, number, request_id, configuration, window_start, window_end, delivery_id, task_id, status, result,
	sip, sent_at, seen_at, accepted_at, ended_at, next_poll`

// ScanAttempt reads a row of AttemptColumns.
func ScanAttempt(row Scanner) (adapter.Attempt, error) {
	var (
		a                                             adapter.Attempt
		start, end, sent, seen, accepted, ended, poll int64
	)
	err := row.Scan(&a.Callback, &a.Number, &a.RequestID, &a.Configuration, &start, &end, &a.Delivery, &a.Task, &a.Status, &a.Result,
		&a.SIP, &sent, &seen, &accepted, &ended, &poll)
	a.Window = adapter.Window{Start: Instant(start), End: Instant(end)}
	a.SentAt, a.SeenAt, a.AcceptedAt, a.EndedAt, a.NextPoll = Instant(sent), Instant(seen), Instant(accepted), Instant(ended), Instant(poll)
	return a, err
}
