package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
)

// storedCommand keeps the number of a transfer, which a Command would mask.
type storedCommand struct {
	adapter.Command
	ToPhone string
}

// Send puts an entry into the outbox. Its Seq is ignored.
func (tx *Tx) Send(o adapter.Outgoing) error {
	payload, err := encodeOutgoing(o)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	// Numbers are given out before the commit; under the line's lock they are the
	// order of commits too.
	tx.lock(lineLock(adapter.QueueID(o.Key)))
	err = tx.change(`INSERT INTO outbox (id, kind, key, payload, not_before, claimed_by, tries) VALUES ($1,$2,$3,$4,$5,'',0)`,
		o.ID, string(o.Kind), o.Key, payload, micros(o.NotBefore))
	return wrap("outbox", err)
}

func encodeOutgoing(o adapter.Outgoing) (string, error) {
	if o.Kind != adapter.OutgoingCommand {
		return string(o.Callback), nil
	}
	return text(storedCommand{o.Command, o.Command.ToPhone.E164()})
}

func scanOutgoing(row scanner) (adapter.Outgoing, error) {
	var (
		o       adapter.Outgoing
		payload string
		before  int64
	)
	if err := row.Scan(&o.Seq, &o.ID, &o.Kind, &o.Key, &payload, &before, &o.Tries); err != nil {
		return o, err
	}
	o.NotBefore = instant(before)
	if o.Kind != adapter.OutgoingCommand {
		o.Callback = adapter.CallbackID(payload)
		return o, nil
	}
	var stored storedCommand
	if err := json.Unmarshal([]byte(payload), &stored); err != nil {
		return o, err
	}
	o.Command = stored.Command
	var err error
	o.Command.ToPhone, err = phoneOf(stored.ToPhone)
	return o, err
}

const outgoingColumns = `seq, id, kind, key, payload, not_before, tries`

// Leaving lists entries of a kind that may leave at now and that nobody has
// claimed, in the order in which they were put in, but for those that another
// replica is about to claim.
func (tx *Tx) Leaving(kind adapter.OutgoingKind, now time.Time, limit int) ([]adapter.Outgoing, error) {
	all, err := list(tx, scanOutgoing, `SELECT `+outgoingColumns+` FROM outbox WHERE kind = $1 AND claimed_by = '' AND not_before <= $2
		ORDER BY seq LIMIT $3 FOR UPDATE SKIP LOCKED`, string(kind), micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return all, nil
}

// Claim marks an entry as being sent by owner.
func (tx *Tx) Claim(seq int64, owner string) error {
	return wrap("claim outbox entry", tx.change(`UPDATE outbox SET claimed_by = $1, tries = tries + 1 WHERE seq = $2`, owner, seq))
}

// ClaimedByOthers lists entries of a kind that another owner claimed, which on
// one machine means a process that is gone.
func (tx *Tx) ClaimedByOthers(kind adapter.OutgoingKind, owner string) ([]adapter.Outgoing, error) {
	all, err := list(tx, scanOutgoing, `SELECT `+outgoingColumns+` FROM outbox
		WHERE kind = $1 AND claimed_by NOT IN ('', $2) ORDER BY seq`, string(kind), owner)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return all, nil
}

// Retry gives an entry back, not to be sent before notBefore.
func (tx *Tx) Retry(seq int64, notBefore time.Time) error {
	return wrap("retry outbox entry", tx.change(`UPDATE outbox SET claimed_by = '', not_before = $1 WHERE seq = $2`, micros(notBefore), seq))
}

// Sent removes an entry.
func (tx *Tx) Sent(seq int64) error {
	return wrap("remove outbox entry", tx.change(`DELETE FROM outbox WHERE seq = $1`, seq))
}

func wrap(what string, err error) error {
	if err == nil || errors.Is(err, adapter.ErrConflict) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
