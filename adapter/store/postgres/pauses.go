package postgres

import (
	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Pauses lists what is paused, also what is over by itself.
func (tx *Tx) Pauses() ([]adapter.Pause, error) {
	all, err := list(tx, record.ScanPause, `SELECT `+record.PauseColumns+` FROM pauses ORDER BY queue_id, configuration`)
	return all, wrap("list pauses", err)
}

// SavePause keeps a pause in place of an earlier one.
func (tx *Tx) SavePause(p adapter.Pause) error {
	return wrap("save pause", tx.change(`INSERT INTO pauses (`+record.PauseColumns+`) VALUES ($1,$2,$3,$4,$5,$6)
		ON CONFLICT (queue_id, configuration) DO UPDATE SET since=excluded.since, until=excluded.until, decided_by=excluded.decided_by, reason=excluded.reason`,
		record.PauseValues(p)...))
}

// Resume ends a pause; adapter.ErrNotFound if there is none.
func (tx *Tx) Resume(p adapter.Paused) error {
	n, err := tx.affect(`DELETE FROM pauses WHERE queue_id = $1 AND configuration = $2`, string(p.Queue), string(p.Configuration))
	if err == nil && n == 0 {
		err = adapter.ErrNotFound
	}
	return wrap("resume", err)
}
