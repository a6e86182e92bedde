package event

import (
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// grid begins the types of the events of Azure Communication Services.
const grid = "Microsoft.Communication."

// gridMembers is how the two schemas, of which the event subscription chooses one,
// name the same things. The event's own members are in data in both.
type gridMembers struct{ name, source, at string }

func eventGridSchema() gridMembers {
	return gridMembers{name: "eventType", source: "topic", at: "eventTime"}
}

func cloudEventSchema() gridMembers {
	return gridMembers{name: "type", source: "source", at: "time"}
}

// isEventGrid knows an Event Grid message by the members of its own schema, or,
// when it comes as a CloudEvent, by a type of Microsoft's or the properties beside
// it. A CloudEvent of ours that comes through Event Grid is none.
func isEventGrid(e Envelope, o *object) bool {
	if o.find("specversion") == nil {
		return o.find(eventGridSchema().name) != nil
	}
	return strings.HasPrefix(o.peek("type"), "Microsoft.") || e.hasProperty("aeg-")
}

// decodeEventGrid reads an event of Azure Communication Services.
//
// These events have no sequence. Theirs is the event's time in microseconds: it
// grows as a call goes on, as long as one clock writes it, which is what Event
// Grid promises of one resource and all that can be had.
func decodeEventGrid(_ Envelope, o *object) (adapter.CallEvent, *adapter.Rejection) {
	schema := cloudEventSchema()
	if o.find("specversion") == nil {
		schema = eventGridSchema()
	}
	name := o.text(schema.name, maxID, needed)
	kind, use := gridKindOf(name)
	if use != "" {
		return adapter.CallEvent{}, reject(ReasonNotNeeded, "%s: %s is not needed: %s", schema.name, echo(name), use)
	}
	data := o.data()
	event := adapter.CallEvent{
		ID:     o.text("id", maxID, needed),
		Source: o.text(schema.source, maxText, needed),
		At:     o.time(schema.at, needed),
	}
	if event.Sequence = event.At.UnixMicro(); event.Sequence < 0 && len(o.mistakes) == 0 {
		o.wrong(schema.at, "before 1970")
	}
	if kind.decode != nil {
		if channel := data.text("channelId", maxID, needed); channel != "" && !strings.EqualFold(channel, channelVoice) {
			return adapter.CallEvent{}, reject(ReasonNotNeeded,
				"data.channelId: %s is not %s; let the event subscription filter on data.channelId", echo(channel), channelVoice)
		}
		event.Call = adapter.CallID(data.id("jobId", needed))
		event.Data = kind.decode(data, event.At)
	}
	if mistakes := slices.Concat(o.mistakes, data.mistakes); len(mistakes) > 0 {
		return adapter.CallEvent{}, reject(ReasonBadEvent, "%s", strings.Join(mistakes, "; "))
	}
	return event, nil
}

// gridKind is one type of event: how it is read, or why it is not.
type gridKind struct {
	name   string
	decode func(data *object, at time.Time) adapter.EventData
	why    string // of those without decode
}

// gridKinds is what Azure Communication Services tell and what of it is read:
// https://learn.microsoft.com/azure/event-grid/communication-services-router-events
func gridKinds() [13]gridKind {
	return [13]gridKind{
		{"RouterJobQueued", decodeJobQueued, ""},
		{"RouterWorkerOfferAccepted", decodeOfferAccepted, ""},
		{"RouterJobCompleted", jobEnded("completed"), ""},
		{"RouterJobCancelled", jobEnded("cancelled"), ""},

		{"RouterJobClosed", nil, "RouterJobCompleted said before that the call is over"},
		{"RouterWorkerOfferIssued", nil, "while a worker is being asked, the caller waits in the same place"},
		{"RouterWorkerOfferDeclined", nil, "the caller waits in the same place"},
		{"RouterWorkerOfferExpired", nil, "the caller waits in the same place"},
		{"RouterWorkerOfferRevoked", nil, "the caller waits in the same place"},
		{"RouterJobExceptionTriggered", nil, "it tells a rule's key and neither size nor wait; overflow is decided here, by the portal's rules"},
		{"IncomingCall", nil, "the call is in no queue yet; RouterJobQueued says when it waits"},
		{"CallStarted", nil, "the call is in no queue yet; RouterJobQueued says when it waits"},
		{"CallEnded", nil, "it names no job; RouterJobCompleted and RouterJobCancelled say it of the job"},
	}
}

// gridKindOf finds how a type is read, or why not.
func gridKindOf(name string) (kind gridKind, why string) {
	if name == "" {
		return gridKind{}, "" // that it is missing is noted
	}
	if _, ours := kindOf(name); ours {
		return gridKind{}, "it is one of ours in Event Grid's schema; let the event subscription deliver the CloudEvents 1.0 schema"
	}
	short, communication := strings.CutPrefix(name, grid)
	for _, k := range gridKinds() {
		if communication && strings.EqualFold(k.name, short) {
			return k, k.why
		}
	}
	return gridKind{}, "let the event subscription include only " + strings.Join(gridNames(), ", ")
}

// gridNames lists the types that are read.
func gridNames() []string {
	var names []string
	for _, k := range gridKinds() {
		if k.decode != nil {
			names = append(names, grid+k.name)
		}
	}
	return names
}
