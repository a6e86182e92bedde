package sqlite

import (
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// Send puts an entry into the outbox. Its Seq is ignored.
func (tx *Tx) Send(o adapter.Outgoing) error {
	payload, err := record.Payload(o)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	result, err := tx.change(`INSERT INTO outbox (id, kind, key, payload, not_before, claimed_by, tries) VALUES (?,?,?,?,?,'',0)`,
		o.ID, string(o.Kind), o.Key, payload, record.Micros(o.NotBefore))
	if err == nil {
		o.Seq, err = result.LastInsertId()
	}
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if o.Kind == adapter.OutgoingCommand {
		o.Callback, o.Tries = "", 0
		tx.recent.keepCommand(o)
	} else {
		tx.recent.next.leaving.moves(0, max(record.Micros(o.NotBefore), 1))
	}
	return nil
}

// Leaving lists entries of a kind that may leave at now and that nobody has
// claimed, in the order in which they were put in. Commands follow each other:
// while one is claimed, none with its key may leave.
func (tx *Tx) Leaving(kind adapter.OutgoingKind, now time.Time, limit int) ([]adapter.Outgoing, error) {
	if kind != adapter.OutgoingCommand && tx.recent.next.leaving.after(record.Micros(now)) {
		return nil, nil
	}
	all, err := each(tx, tx.outgoing, `SELECT seq FROM outbox WHERE kind = ? AND claimed_by = '' AND not_before <= ?
		AND (kind <> 'command' OR NOT EXISTS (SELECT 1 FROM outbox AS other WHERE other.key = outbox.key AND other.kind = 'command' AND other.claimed_by <> ''))
		ORDER BY seq LIMIT ?`,
		string(kind), record.Micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return all, nil
}

func (tx *Tx) outgoing(seq int64) (adapter.Outgoing, error) {
	if o, ok := tx.recent.commands[seq]; ok {
		return o, nil
	}
	return first(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE seq = ?`, seq)
}

// Claim marks entries as being sent under a lease, which must be in force.
func (tx *Tx) Claim(by adapter.Claim, entries ...adapter.Outgoing) error {
	tx.recent.next.leaving.moves(unknown, 0)
	for _, o := range entries {
		delete(tx.recent.commands, o.Seq)
		err := tx.compareAndSet(adapter.ErrTakenOver, `UPDATE outbox SET claimed_by = ?, claim_epoch = ?, tries = tries + 1
			WHERE seq = ? AND claimed_by = ? AND claim_epoch = ? AND EXISTS (SELECT 1 FROM leases WHERE owner = ? AND epoch = ?)`,
			by.Owner, by.Epoch, o.Seq, o.Claim.Owner, o.Claim.Epoch, by.Owner, by.Epoch)
		if err != nil {
			return wrap("claim outbox entry", err)
		}
	}
	return nil
}

// Orphans lists entries of a kind that were claimed under a lease that is not in
// force any more.
func (tx *Tx) Orphans(kind adapter.OutgoingKind) ([]adapter.Outgoing, error) {
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE kind = ? AND claimed_by <> ''
		AND NOT EXISTS (SELECT 1 FROM leases WHERE owner = claimed_by AND epoch = claim_epoch) ORDER BY seq`, string(kind))
	return all, wrap("read outbox", err)
}

// Retry gives an entry back, not to be sent before notBefore.
func (tx *Tx) Retry(o adapter.Outgoing, notBefore time.Time) error {
	tx.recent.next.leaving = soonest{} // it may be refused, and keep its time
	delete(tx.recent.commands, o.Seq)
	return wrap("retry outbox entry", tx.compareAndSet(adapter.ErrTakenOver,
		`UPDATE outbox SET claimed_by = '', claim_epoch = 0, not_before = ? WHERE seq = ? AND claimed_by = ? AND claim_epoch = ?`,
		record.Micros(notBefore), o.Seq, o.Claim.Owner, o.Claim.Epoch))
}

// Sent removes entries.
func (tx *Tx) Sent(entries ...adapter.Outgoing) error {
	tx.recent.next.leaving.moves(unknown, 0)
	for _, o := range entries {
		delete(tx.recent.commands, o.Seq)
		err := tx.compareAndSet(adapter.ErrTakenOver, `DELETE FROM outbox WHERE seq = ? AND claimed_by = ? AND claim_epoch = ?`, o.Seq, o.Claim.Owner, o.Claim.Epoch)
		if err != nil {
			return wrap("remove outbox entry", err)
		}
	}
	return nil
}

func wrap(what string, err error) error {
	if err == nil || errors.Is(err, adapter.ErrConflict) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
