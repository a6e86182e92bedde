package record

import "directcallback/adapter"

// PauseColumns are those of table pauses.
const PauseColumns = `queue_id, configuration, since, until, decided_by, reason`

// ScanPause reads a row of PauseColumns.
func ScanPause(row Scanner) (adapter.Pause, error) {
	var p adapter.Pause
	var since, until int64
	err := row.Scan(&p.Queue, &p.Configuration, &since, &until, &p.By, &p.Reason)
	p.Since, p.Until = Instant(since), Instant(until)
	return p, err
}

// PauseValues are those of PauseColumns.
func PauseValues(p adapter.Pause) []any {
	return []any{string(p.Queue), string(p.Configuration), Micros(p.Since), Micros(p.Until), p.By, p.Reason}
}
