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
	result, err := tx.change(`INSERT INTO outbox (id, kind, key, payload, not_before, claimed_by, tries, put_at) VALUES (?,?,?,?,?,'',0,?)`,
		o.ID, string(o.Kind), o.Key, payload, record.Micros(o.NotBefore), record.Micros(o.PutAt))
	if err == nil {
		o.Seq, err = result.LastInsertId()
	}
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	switch o.Kind {
	case adapter.OutgoingCommand:
		o.Callback, o.Tries = "", 0
		tx.recent.keepCommand(o)
	case adapter.OutgoingDeliver, adapter.OutgoingCancel:
		tx.recent.next.leaving.moves(0, max(record.Micros(o.NotBefore), 1))
	default: // whose loops have times of their own
	}
	return nil
}

// Leaving lists entries of a kind that may leave at now and that nobody has
// claimed, in the order in which they were put in. Commands follow each other:
// while one is claimed, none with its key may leave.
func (tx *Tx) Leaving(kind adapter.OutgoingKind, now time.Time, limit int) ([]adapter.Outgoing, error) {
	atTheirTime := kind == adapter.OutgoingDeliver || kind == adapter.OutgoingCancel
	if atTheirTime && tx.recent.next.leaving.after(record.Micros(now)) {
		return nil, nil
	}
	all, err := each(tx, tx.outgoing, `SELECT seq FROM outbox WHERE kind = ? AND claimed_by = '' AND dead_at = 0 AND not_before <= ?
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

// Ahead lists the first notifications for a target that are not dead, claimed or
// not, in the order in which they were put in.
func (tx *Tx) Ahead(target string, limit int) ([]adapter.Outgoing, error) {
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE kind = 'notify' AND dead_at = 0 AND key = ? ORDER BY seq LIMIT ?`, target, limit)
	return all, wrap("read outbox", err)
}

// Targets lists for whom there are notifications that are not dead.
func (tx *Tx) Targets() ([]string, error) {
	all, err := list(tx, func(row record.Scanner) (target string, err error) { return target, row.Scan(&target) },
		`SELECT DISTINCT key FROM outbox WHERE kind = 'notify' AND dead_at = 0 ORDER BY key`)
	return all, wrap("list targets", err)
}

// Outgoing lists entries in their order.
func (tx *Tx) Outgoing(q adapter.OutgoingQuery) ([]adapter.Outgoing, error) {
	where, args := record.OutgoingWhere(q, func(int) string { return "?" })
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE `+where+` ORDER BY seq LIMIT ?`, append(args, q.Limit)...)
	return all, wrap("list outbox", err)
}

// Die puts an entry aside that never can be sent.
func (tx *Tx) Die(o adapter.Outgoing, at time.Time, reason string) error {
	tx.recent.next.leaving = soonest{}
	delete(tx.recent.commands, o.Seq)
	return wrap("put outbox entry aside", tx.compareAndSet(adapter.ErrTakenOver,
		`UPDATE outbox SET claimed_by = '', claim_epoch = 0, dead_at = ?, reason = ? WHERE seq = ? AND claimed_by = ? AND claim_epoch = ?`,
		record.Micros(at), reason, o.Seq, o.Claim.Owner, o.Claim.Epoch))
}

// Revive lets a dead entry leave again, as if it had just been put in.
func (tx *Tx) Revive(o adapter.Outgoing, at time.Time) error {
	tx.recent.next.leaving = soonest{}
	return wrap("revive outbox entry", tx.compareAndSet(adapter.ErrTakenOver,
		`UPDATE outbox SET dead_at = 0, reason = '', tries = 0, put_at = ?, not_before = ? WHERE seq = ? AND dead_at > 0`,
		record.Micros(at), record.Micros(at), o.Seq))
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
