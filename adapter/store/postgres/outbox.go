package postgres

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
	// Numbers are given out before the commit; under the line's lock they are the
	// order of commits too. Notifications do without: those of one callback are in
	// order by its own lock, and all of a target would wait for each other.
	if o.Kind != adapter.OutgoingNotify && o.Kind != adapter.OutgoingReturn {
		tx.lock(lineLock(adapter.QueueID(o.Key)))
	}
	err = tx.put(table{"outbox", "id, kind, key, payload, not_before, claimed_by, tries, put_at", "DO NOTHING"},
		"", o.ID, string(o.Kind), o.Key, payload, record.Micros(o.NotBefore), "", 0, record.Micros(o.PutAt))
	return wrap("outbox", err)
}

// Leaving lists entries of a kind that may leave at now and that nobody has
// claimed, in the order in which they were put in, but for those that another
// replica is about to claim. Commands follow each other: while one is claimed, none
// with its key may leave.
func (tx *Tx) Leaving(kind adapter.OutgoingKind, now time.Time, limit int) ([]adapter.Outgoing, error) {
	inOrder := ""
	if kind == adapter.OutgoingCommand {
		tx.lock(commandsLock)
		inOrder = ` AND key <> ALL (ARRAY(` + claimedKeys + `))`
	}
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE kind = $1 AND claimed_by = '' AND dead_at = 0 AND not_before <= $2`+inOrder+`
		ORDER BY seq LIMIT $3 FOR UPDATE SKIP LOCKED`, string(kind), record.Micros(now), limit)
	return all, wrap("read outbox", err)
}

// claimedKeys are read once a statement. Asked for each entry whether one with its key
// is claimed, a planner without statistics read all entries of the kind each time; for
// the same reason OFFSET 0 keeps the kind out of what finds those that are claimed.
const claimedKeys = `SELECT key FROM (SELECT key, kind FROM outbox WHERE claimed_by <> '' OFFSET 0) AS claimed WHERE kind = 'command'`

// Ahead lists the first notifications for a target that are not dead, claimed or
// not, in the order in which they were put in.
func (tx *Tx) Ahead(target string, limit int) ([]adapter.Outgoing, error) {
	tx.lock(targetLock(target))
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE kind = 'notify' AND dead_at = 0 AND key = $1 ORDER BY seq LIMIT $2`, target, limit)
	return all, wrap("read outbox", err)
}

// Targets lists for whom there are notifications that are not dead.
func (tx *Tx) Targets() ([]string, error) {
	all, err := list(tx, scanID[string], `SELECT DISTINCT key FROM outbox WHERE kind = 'notify' AND dead_at = 0 ORDER BY key`)
	return all, wrap("list targets", err)
}

// Outgoing lists entries in their order.
func (tx *Tx) Outgoing(q adapter.OutgoingQuery) ([]adapter.Outgoing, error) {
	number := func(n int) string { return fmt.Sprintf("$%d", n) }
	where, args := record.OutgoingWhere(q, number)
	args = append(args, q.Limit)
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE `+where+` ORDER BY seq LIMIT `+number(len(args)), args...)
	return all, wrap("list outbox", err)
}

// Die puts an entry aside that never can be sent.
func (tx *Tx) Die(o adapter.Outgoing, at time.Time, reason string) error {
	return wrap("put outbox entry aside", tx.compareAndSet(1, adapter.ErrTakenOver,
		`UPDATE outbox SET claimed_by = '', claim_epoch = 0, dead_at = $1, reason = $2 WHERE seq = $3 AND claimed_by = $4 AND claim_epoch = $5`,
		record.Micros(at), reason, o.Seq, o.Claim.Owner, o.Claim.Epoch))
}

// Revive lets a dead entry leave again, as if it had just been put in.
func (tx *Tx) Revive(o adapter.Outgoing, at time.Time) error {
	return wrap("revive outbox entry", tx.compareAndSet(1, adapter.ErrTakenOver,
		`UPDATE outbox SET dead_at = 0, reason = '', tries = 0, put_at = $1, not_before = $1 WHERE seq = $2 AND dead_at > 0`, record.Micros(at), o.Seq))
}

// Claim marks entries as being sent under a lease, which must be in force.
func (tx *Tx) Claim(by adapter.Claim, entries ...adapter.Outgoing) error {
	tx.lock(leaseLock(by.Owner))
	return tx.underTheirClaims(entries, func(seqs []int64, was adapter.Claim) error {
		return wrap("claim outbox entries", tx.compareAndSet(len(seqs), adapter.ErrTakenOver, `UPDATE outbox SET claimed_by = $1, claim_epoch = $2, tries = tries + 1
			WHERE seq = ANY($3) AND claimed_by = $4 AND claim_epoch = $5 AND EXISTS (SELECT 1 FROM leases WHERE owner = $1 AND epoch = $2)`,
			by.Owner, by.Epoch, seqs, was.Owner, was.Epoch))
	})
}

// Orphans lists entries of a kind that were claimed under a lease that is not in
// force any more.
func (tx *Tx) Orphans(kind adapter.OutgoingKind) ([]adapter.Outgoing, error) {
	all, err := list(tx, record.ScanOutgoing, `SELECT `+record.OutgoingColumns+` FROM outbox WHERE kind = $1 AND claimed_by <> ''
		AND NOT EXISTS (SELECT 1 FROM leases WHERE owner = claimed_by AND epoch = claim_epoch) ORDER BY seq FOR UPDATE SKIP LOCKED`, string(kind))
	return all, wrap("read outbox", err)
}

// Retry gives an entry back, not to be sent before notBefore.
func (tx *Tx) Retry(o adapter.Outgoing, notBefore time.Time) error {
	return wrap("retry outbox entry", tx.compareAndSet(1, adapter.ErrTakenOver,
		`UPDATE outbox SET claimed_by = '', claim_epoch = 0, not_before = $1 WHERE seq = $2 AND claimed_by = $3 AND claim_epoch = $4`,
		record.Micros(notBefore), o.Seq, o.Claim.Owner, o.Claim.Epoch))
}

// Sent removes entries.
func (tx *Tx) Sent(entries ...adapter.Outgoing) error {
	return tx.underTheirClaims(entries, func(seqs []int64, was adapter.Claim) error {
		return wrap("remove outbox entries", tx.compareAndSet(len(seqs), adapter.ErrTakenOver,
			`DELETE FROM outbox WHERE seq = ANY($1) AND claimed_by = $2 AND claim_epoch = $3`, seqs, was.Owner, was.Epoch))
	})
}

// underTheirClaims does something with the entries of each claim.
func (tx *Tx) underTheirClaims(entries []adapter.Outgoing, do func(seqs []int64, was adapter.Claim) error) error {
	seqs := map[adapter.Claim][]int64{}
	for _, o := range entries {
		seqs[o.Claim] = append(seqs[o.Claim], o.Seq)
	}
	var errs []error
	for claim, of := range seqs {
		errs = append(errs, do(of, claim))
	}
	return errors.Join(errs...)
}

func wrap(what string, err error) error {
	if err == nil || errors.Is(err, adapter.ErrConflict) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
