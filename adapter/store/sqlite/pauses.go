package sqlite

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
	return wrap("save pause", tx.exec(`INSERT OR REPLACE INTO pauses (`+record.PauseColumns+`) VALUES (?,?,?,?,?,?)`, record.PauseValues(p)...))
}

// Resume ends a pause; adapter.ErrNotFound if there is none.
func (tx *Tx) Resume(p adapter.Paused) error {
	return wrap("resume", tx.compareAndSet(adapter.ErrNotFound, `DELETE FROM pauses WHERE queue_id = ? AND configuration = ?`, string(p.Queue), string(p.Configuration)))
}
