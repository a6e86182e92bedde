package sqlite

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Booking keeps others from taking a seat: here no other function runs meanwhile.
func (tx *Tx) Booking(adapter.QueueID) error { return nil }

// longestSlot bounds how far before a window a slot begins that reaches into it.
const longestSlot = 24 * time.Hour

// Booked counts the seats that callbacks have of windows which overlap one. A callback
// that is about to be moved has one there, too.
func (tx *Tx) Booked(queue adapter.QueueID, in adapter.Window) ([]adapter.Booked, error) {
	from, start, end := record.Micros(in.Start.Add(-longestSlot)), record.Micros(in.Start), record.Micros(in.End)
	all, err := list(tx, record.ScanBooked, `SELECT slot_start, slot_end, sum(n) FROM (
		SELECT window_start AS slot_start, window_end AS slot_end, count(*) AS n FROM callbacks
			WHERE booked = 1 AND ended = 0 AND queue_id = ?1 AND window_start >= ?2 AND window_start < ?4 AND window_end > ?3 GROUP BY window_start, window_end
		UNION ALL SELECT wish_start, wish_end, count(*) FROM callbacks
			WHERE wish_start > 0 AND ended = 0 AND wish <> '' AND queue_id = ?1 AND wish_start >= ?2 AND wish_start < ?4 AND wish_end > ?3 GROUP BY wish_start, wish_end
		) GROUP BY slot_start, slot_end ORDER BY slot_start, slot_end`,
		string(queue), from, start, end)
	return all, wrap("count bookings", err)
}

// Holds lists the holds of slots that overlap a window and are not over.
func (tx *Tx) Holds(queue adapter.QueueID, in adapter.Window, now time.Time) ([]adapter.Hold, error) {
	all, err := list(tx, record.ScanHold, `SELECT `+record.HoldColumns+` FROM holds WHERE queue_id = ? AND until > ? AND slot_start < ? AND slot_end > ? ORDER BY slot_start, id`,
		string(queue), record.Micros(now), record.Micros(in.End), record.Micros(in.Start))
	return all, wrap("list holds", err)
}

// SaveHold keeps a seat of a slot.
func (tx *Tx) SaveHold(h adapter.Hold) error {
	return wrap("save hold", tx.exec(`INSERT OR REPLACE INTO holds (`+record.HoldColumns+`) VALUES (?,?,?,?,?)`, record.HoldValues(h)...))
}

// DropHold gives a seat back.
func (tx *Tx) DropHold(h adapter.Hold) error {
	return wrap("drop hold", tx.exec(`DELETE FROM holds WHERE id = ?`, string(h.ID)))
}
