package record

import (
	"strings"

	"directcallback/adapter"
)

// OutgoingColumns are those of table outbox that [ScanOutgoing] reads.
const OutgoingColumns = `seq, id, kind, key, payload, not_before, tries, claimed_by, claim_epoch, put_at, dead_at, reason`

// storedCommand keeps the number of a transfer, which a Command would mask.
type storedCommand struct {
	adapter.Command
	ToPhone string
}

// Payload is what column payload holds of an entry.
func Payload(o adapter.Outgoing) (string, error) {
	switch o.Kind {
	case adapter.OutgoingCommand:
		return Text(storedCommand{o.Command, o.Command.ToPhone.E164()})
	case adapter.OutgoingNotify:
		return Text(o.Notice)
	case adapter.OutgoingReturn:
		return Text(o.Parked)
	default:
		return string(o.Callback), nil
	}
}

// ScanOutgoing reads a row of OutgoingColumns. One whose content cannot be read back
// says so.
func ScanOutgoing(row Scanner) (adapter.Outgoing, error) {
	var (
		o                 adapter.Outgoing
		payload           string
		before, put, dead int64
	)
	err := row.Scan(&o.Seq, &o.ID, &o.Kind, &o.Key, &payload, &before, &o.Tries, &o.Claim.Owner, &o.Claim.Epoch, &put, &dead, &o.Reason)
	if err != nil {
		return o, err
	}
	o.NotBefore, o.PutAt, o.DeadAt = Instant(before), Instant(put), Instant(dead)
	if err := readPayload(payload, &o); err != nil {
		// It must be seen, and not keep all the others from being read.
		o.Unreadable = err.Error()
	}
	return o, nil
}

func readPayload(payload string, o *adapter.Outgoing) (err error) {
	switch o.Kind {
	case adapter.OutgoingCommand:
		var stored storedCommand
		if err := Read(payload, &stored); err != nil {
			return err
		}
		o.Command = stored.Command
		o.Command.ToPhone, err = Phone(stored.ToPhone)
		return err
	case adapter.OutgoingNotify:
		err = Read(payload, &o.Notice)
		o.Callback = o.Notice.Callback
		return err
	case adapter.OutgoingReturn:
		return Read(payload, &o.Parked)
	default:
		o.Callback = adapter.CallbackID(payload)
		return nil
	}
}

// OutgoingWhere is what a query asks of the columns of table outbox. Conditions that it
// does not have are left out, so that an index serves the others. param names the nth.
func OutgoingWhere(q adapter.OutgoingQuery, param func(n int) string) (string, []any) {
	conditions, args := []string{"true"}, []any{}
	for _, c := range []struct{ column, value string }{{"id", q.ID}, {"kind", string(q.Kind)}, {"key", q.Key}} {
		if c.value != "" {
			args = append(args, c.value)
			conditions = append(conditions, c.column+" = "+param(len(args)))
		}
	}
	if q.DeadOnly {
		conditions = append(conditions, "dead_at > 0")
	}
	return strings.Join(conditions, " AND "), args
}
