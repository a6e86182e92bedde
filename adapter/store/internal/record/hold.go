package record

import "directcallback/adapter"

// HoldColumns are those of table holds.
const HoldColumns = `id, queue_id, slot_start, slot_end, until`

// ScanHold reads a row of HoldColumns.
func ScanHold(row Scanner) (adapter.Hold, error) {
	var h adapter.Hold
	var start, end, until int64
	err := row.Scan(&h.ID, &h.Queue, &start, &end, &until)
	h.Start, h.End, h.Until = Instant(start), Instant(end), Instant(until)
	return h, err
}

// HoldValues are those of HoldColumns.
func HoldValues(h adapter.Hold) []any {
	return []any{string(h.ID), string(h.Queue), Micros(h.Start), Micros(h.End), Micros(h.Until)}
}

// ScanBooked reads a window's start and end and how many have a seat.
func ScanBooked(row Scanner) (adapter.Booked, error) {
	var b adapter.Booked
	var start, end int64
	err := row.Scan(&start, &end, &b.Seats)
	b.Start, b.End = Instant(start), Instant(end)
	return b, err
}
