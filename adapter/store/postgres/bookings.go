package postgres

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Booking keeps others from taking a seat in a queue until the end of the transaction.
// A seat that is given up meanwhile needs no lock: who does not see it yet only finds
// less than there is.
func (tx *Tx) Booking(queue adapter.QueueID) error {
	tx.lock(slotsLock(queue))
	return tx.err
}

// longestSlot bounds how far before a window a slot begins that reaches into it.
const longestSlot = 24 * time.Hour

// bookedSQL counts the seats that callbacks have. One that is about to be moved has
// one there, too.
const bookedSQL = `SELECT slot_start, slot_end, sum(n)::bigint FROM (
	SELECT window_start AS slot_start, window_end AS slot_end, count(*) AS n FROM callbacks
		WHERE booked AND NOT ended AND queue_id = $1 AND window_start >= $2 AND window_start < $4 AND window_end > $3 GROUP BY window_start, window_end
	UNION ALL SELECT wish_start, wish_end, count(*) FROM callbacks
		WHERE wish_start > 0 AND NOT ended AND wish <> '' AND queue_id = $1 AND wish_start >= $2 AND wish_start < $4 AND wish_end > $3 GROUP BY wish_start, wish_end
	) AS seats GROUP BY slot_start, slot_end ORDER BY slot_start, slot_end`

// Booked counts the seats that callbacks have of windows which overlap one.
func (tx *Tx) Booked(queue adapter.QueueID, in adapter.Window) ([]adapter.Booked, error) {
	all, err := list(tx, record.ScanBooked, bookedSQL,
		string(queue), record.Micros(in.Start.Add(-longestSlot)), record.Micros(in.Start), record.Micros(in.End))
	return all, wrap("count bookings", err)
}

// Holds lists the holds of slots that overlap a window and are not over.
func (tx *Tx) Holds(queue adapter.QueueID, in adapter.Window, now time.Time) ([]adapter.Hold, error) {
	all, err := list(tx, record.ScanHold, `SELECT `+record.HoldColumns+` FROM holds WHERE queue_id = $1 AND until > $2 AND slot_start < $3 AND slot_end > $4 ORDER BY slot_start, id`,
		string(queue), record.Micros(now), record.Micros(in.End), record.Micros(in.Start))
	return all, wrap("list holds", err)
}

// SaveHold keeps a seat of a slot.
func (tx *Tx) SaveHold(h adapter.Hold) error {
	tx.lock(slotsLock(h.Queue))
	return wrap("save hold", tx.change(`INSERT INTO holds (`+record.HoldColumns+`) VALUES ($1,$2,$3,$4,$5)
		ON CONFLICT (id) DO UPDATE SET queue_id=excluded.queue_id, slot_start=excluded.slot_start, slot_end=excluded.slot_end, until=excluded.until`,
		record.HoldValues(h)...))
}

// DropHold gives a seat back.
func (tx *Tx) DropHold(h adapter.Hold) error {
	tx.lock(slotsLock(h.Queue))
	return wrap("drop hold", tx.change(`DELETE FROM holds WHERE id = $1`, string(h.ID)))
}
