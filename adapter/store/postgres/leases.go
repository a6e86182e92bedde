package postgres

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
	tx.lock(leaseLock(l.Owner))
	return wrap("lease", tx.compareAndSet(1, adapter.ErrTakenOver, `INSERT INTO leases (owner, epoch, beat) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING`, l.Owner, l.Epoch, l.Beat))
}

// Beat says that the owner lives.
func (tx *Tx) Beat(l adapter.Lease) error {
	tx.lock(leaseLock(l.Owner))
	return wrap("beat", tx.compareAndSet(1, adapter.ErrTakenOver, `UPDATE leases SET beat = $1 WHERE owner = $2 AND epoch = $3`, l.Beat, l.Owner, l.Epoch))
}

// Unlease ends a lease that is as it was seen.
func (tx *Tx) Unlease(l adapter.Lease) error {
	tx.lock(leaseLock(l.Owner))
	return wrap("end lease", tx.compareAndSet(1, adapter.ErrTakenOver, `DELETE FROM leases WHERE owner = $1 AND epoch = $2 AND beat = $3`, l.Owner, l.Epoch, l.Beat))
}
