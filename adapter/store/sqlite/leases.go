package sqlite

import (
	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Leases lists the leases in force.
func (tx *Tx) Leases() ([]adapter.Lease, error) {
	all, err := list(tx, func(row record.Scanner) (adapter.Lease, error) {
		var l adapter.Lease
		return l, row.Scan(&l.Owner, &l.Epoch, &l.Beat)
	}, `SELECT owner, epoch, beat FROM leases ORDER BY owner`)
	return all, wrap("list leases", err)
}

// Lease puts a lease in force whose owner has none.
func (tx *Tx) Lease(l adapter.Lease) error {
	return wrap("lease", tx.compareAndSet(adapter.ErrTakenOver, `INSERT INTO leases (owner, epoch, beat) VALUES (?,?,?) ON CONFLICT DO NOTHING`, l.Owner, l.Epoch, l.Beat))
}

// Beat says that the owner lives.
func (tx *Tx) Beat(l adapter.Lease) error {
	return wrap("beat", tx.compareAndSet(adapter.ErrTakenOver, `UPDATE leases SET beat = ? WHERE owner = ? AND epoch = ?`, l.Beat, l.Owner, l.Epoch))
}

// Unlease ends a lease that is as it was seen.
func (tx *Tx) Unlease(l adapter.Lease) error {
	return wrap("end lease", tx.compareAndSet(adapter.ErrTakenOver, `DELETE FROM leases WHERE owner = ? AND epoch = ? AND beat = ?`, l.Owner, l.Epoch, l.Beat))
}
