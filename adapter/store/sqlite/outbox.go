package sqlite

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
	result, err := tx.change(`INSERT INTO outbox (id, kind, key, payload, not_before, claimed_by, tries) VALUES (?,?,?,?,?,'',0)`,
		o.ID, string(o.Kind), o.Key, payload, micros(o.NotBefore))
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
		tx.recent.next.leaving.moves(0, max(micros(o.NotBefore), 1))
	}
	return nil
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
	o.Command.ToPhone, err = number(stored.ToPhone)
	return o, err
}

// Leaving lists entries of a kind that may leave at now and that nobody has
// claimed, in the order in which they were put in.
func (tx *Tx) Leaving(kind adapter.OutgoingKind, now time.Time, limit int) ([]adapter.Outgoing, error) {
	if kind != adapter.OutgoingCommand && tx.recent.next.leaving.after(micros(now)) {
		return nil, nil
	}
	all, err := each(tx, tx.outgoing, `SELECT seq FROM outbox WHERE kind = ? AND claimed_by = '' AND not_before <= ? ORDER BY seq LIMIT ?`,
		string(kind), micros(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return all, nil
}

func (tx *Tx) outgoing(seq int64) (adapter.Outgoing, error) {
	if o, ok := tx.recent.commands[seq]; ok {
		return o, nil
	}
	return first(tx, scanOutgoing, `SELECT seq, id, kind, key, payload, not_before, tries FROM outbox WHERE seq = ?`, seq)
}

// Claim marks an entry as being sent by owner.
func (tx *Tx) Claim(seq int64, owner string) error {
	tx.recent.next.leaving.moves(unknown, 0)
	delete(tx.recent.commands, seq)
	return wrap("claim outbox entry", tx.exec(`UPDATE outbox SET claimed_by = ?, tries = tries + 1 WHERE seq = ?`, owner, seq))
}

// ClaimedByOthers lists entries of a kind that another owner claimed, which on
// one machine means a process that is gone.
func (tx *Tx) ClaimedByOthers(kind adapter.OutgoingKind, owner string) ([]adapter.Outgoing, error) {
	all, err := list(tx, scanOutgoing, `SELECT seq, id, kind, key, payload, not_before, tries FROM outbox
		WHERE kind = ? AND claimed_by NOT IN ('', ?) ORDER BY seq`, string(kind), owner)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return all, nil
}

// Retry gives an entry back, not to be sent before notBefore.
func (tx *Tx) Retry(seq int64, notBefore time.Time) error {
	tx.recent.next.leaving.moves(unknown, max(micros(notBefore), 1))
	delete(tx.recent.commands, seq)
	return wrap("retry outbox entry", tx.exec(`UPDATE outbox SET claimed_by = '', not_before = ? WHERE seq = ?`, micros(notBefore), seq))
}

// Sent removes an entry.
func (tx *Tx) Sent(seq int64) error {
	tx.recent.next.leaving.moves(unknown, 0)
	delete(tx.recent.commands, seq)
	return wrap("remove outbox entry", tx.exec(`DELETE FROM outbox WHERE seq = ?`, seq))
}

func wrap(what string, err error) error {
	if err == nil || errors.Is(err, adapter.ErrConflict) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}
