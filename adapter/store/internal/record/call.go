package record

import (
	"time"

	"directcallback/adapter"
)

// CallColumns are those of table calls that [ScanCall] reads.
const CallColumns = `id, source, queue_id, workstream, routing_rule, phone, priority, queued_at, locale, entry, bot,
	state, changed_at, calls_waiting, estimated_wait, overflow, overflow_at, action_id, check_at,
	offers, first_offer, last_offer, next_offer, callback_id, confirmed_at, attributes, connected_at, sequence`

// ScanCall reads a row of CallColumns.
func ScanCall(row Scanner) (adapter.Call, error) {
	var (
		c                                                                             adapter.Call
		phone, attributes                                                             string
		queued, changed, overflow, check, first, last, next, confirmed, connected, ew int64
	)
	err := row.Scan(&c.ID, &c.Source, &c.Queue, &c.Workstream, &c.RoutingRule, &phone, &c.Priority, &queued, &c.Locale, &c.Entry, &c.Bot,
		&c.State, &changed, &c.CallsWaiting, &ew, &c.Overflow, &overflow, &c.Action, &check,
		&c.Offers, &first, &last, &next, &c.Callback, &confirmed, &attributes, &connected, &c.Sequence)
	if err != nil {
		return c, err
	}
	c.QueuedAt, c.ChangedAt, c.OverflowAt, c.CheckAt = Instant(queued), Instant(changed), Instant(overflow), Instant(check)
	c.FirstOffer, c.LastOffer, c.NextOffer, c.ConfirmedAt = Instant(first), Instant(last), Instant(next), Instant(confirmed)
	c.ConnectedAt, c.EstimatedWait = Instant(connected), time.Duration(ew)
	if c.From, err = Phone(phone); err != nil {
		return c, err
	}
	return c, Read(attributes, &c.Attributes)
}

// CallChanges sets every column of CallColumns and next_look to what was to be
// inserted.
const CallChanges = `source=excluded.source, queue_id=excluded.queue_id, workstream=excluded.workstream,
		routing_rule=excluded.routing_rule, phone=excluded.phone, priority=excluded.priority, queued_at=excluded.queued_at,
		locale=excluded.locale, entry=excluded.entry, bot=excluded.bot, state=excluded.state, changed_at=excluded.changed_at,
		calls_waiting=excluded.calls_waiting, estimated_wait=excluded.estimated_wait, overflow=excluded.overflow,
		overflow_at=excluded.overflow_at, action_id=excluded.action_id, check_at=excluded.check_at, offers=excluded.offers,
		first_offer=excluded.first_offer, last_offer=excluded.last_offer, next_offer=excluded.next_offer,
		callback_id=excluded.callback_id, confirmed_at=excluded.confirmed_at, attributes=excluded.attributes,
		connected_at=excluded.connected_at, sequence=excluded.sequence, next_look=excluded.next_look`

// CallValues are those of CallColumns, and next_look.
func CallValues(c adapter.Call) ([]any, error) {
	attributes, err := Text(c.Attributes)
	if err != nil {
		return nil, err
	}
	return []any{
		string(c.ID), c.Source, string(c.Queue), c.Workstream, c.RoutingRule, c.From.E164(), c.Priority, Micros(c.QueuedAt), c.Locale, string(c.Entry), string(c.Bot),
		string(c.State), Micros(c.ChangedAt), c.CallsWaiting, int64(c.EstimatedWait), int(c.Overflow), Micros(c.OverflowAt), string(c.Action), Micros(c.CheckAt),
		c.Offers, Micros(c.FirstOffer), Micros(c.LastOffer), Micros(c.NextOffer), string(c.Callback), Micros(c.ConfirmedAt), attributes,
		Micros(c.ConnectedAt), c.Sequence, Micros(c.NextLook()),
	}, nil
}
