package record

import (
	"encoding/json"

	"directcallback/adapter"
)

// OutgoingColumns are those of table outbox that [ScanOutgoing] reads.
const OutgoingColumns = `seq, id, kind, key, payload, not_before, tries, claimed_by, claim_epoch`

// storedCommand keeps the number of a transfer, which a Command would mask.
type storedCommand struct {
	adapter.Command
	ToPhone string
}

// Payload is what column payload holds of an entry.
func Payload(o adapter.Outgoing) (string, error) {
	if o.Kind != adapter.OutgoingCommand {
		return string(o.Callback), nil
	}
	return Text(storedCommand{o.Command, o.Command.ToPhone.E164()})
}

// ScanOutgoing reads a row of OutgoingColumns.
func ScanOutgoing(row Scanner) (adapter.Outgoing, error) {
	var (
		o       adapter.Outgoing
		payload string
		before  int64
	)
	if err := row.Scan(&o.Seq, &o.ID, &o.Kind, &o.Key, &payload, &before, &o.Tries, &o.Claim.Owner, &o.Claim.Epoch); err != nil {
		return o, err
	}
	o.NotBefore = Instant(before)
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
	o.Command.ToPhone, err = Phone(stored.ToPhone)
	return o, err
}
