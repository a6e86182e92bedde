package event

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// channelVoice is the Job Router channel whose jobs are calls.
const channelVoice = "voice"

// AttributeChannelReference is what stands in CallQueued.Attributes for a job's
// channelReference, the telephony's own name for the call.
const AttributeChannelReference = "channelReference"

// jobLabels are the labels by which a job tells what it has no field for. The
// others become attributes. Names are compared without regard to case.
//
//	dynamicsQueueId  the Dynamics queue, where the job's queueId is not its GUID
//	from, to         numbers in E.164, or raw ids of Communication Services: "4:+33…"
//	locale           "fr-FR"
//	workstreamId, routingRuleId
//	entry, bot       as in directcallback.call.queued.v1; without them route and none
func jobLabels() [8]string {
	return [8]string{"dynamicsQueueId", "from", "to", "locale", "workstreamId", "routingRuleId", "entry", "bot"}
}

// decodeJobQueued reads a job that begins to wait, or is moved to another queue.
// Its priority has the direction of Dynamics' score. Tags and selectors of
// workers say nothing about the caller's place.
func decodeJobQueued(o *object, at time.Time) adapter.EventData {
	labels, others := splitLabels(o)
	call := adapter.CallQueued{
		Queue:       adapter.QueueID(labels.id("dynamicsQueueId", optional)),
		Workstream:  labels.id("workstreamId", optional),
		RoutingRule: labels.id("routingRuleId", optional),
		QueuedAt:    at,
		Locale:      labels.text("locale", maxID, optional),
		Entry:       adapter.EntryRoute,
		Bot:         adapter.BotNone,
		Attributes:  others.values(),
	}
	if labels.raw("entry", optional) != nil {
		call.Entry = adapter.Entry(labels.oneOf("entry", entryNames()...))
	}
	if labels.raw("bot", optional) != nil {
		call.Bot = adapter.Bot(labels.oneOf("bot", botNames()...))
	}
	if queue := o.id("queueId", optional); call.Queue == "" {
		if call.Queue = adapter.QueueID(queue); queue == "" {
			o.wrong("queueId", "missing, and so is data.labels.dynamicsQueueId; want the Dynamics queue in one of them")
		}
	}
	if score := priority(o); score != nil {
		call.Priority = *score
	}
	call.From = labels.party("from", AttributeFrom, adapter.ParsePhone, &call)
	call.To = labels.party("to", AttributeTo, dialled, &call)
	if reference := o.text("channelReference", maxText, optional); reference != "" {
		setAttribute(&call, AttributeChannelReference, reference)
	}
	o.mistakes = append(append(o.mistakes, labels.mistakes...), others.mistakes...)
	return call
}

// splitLabels takes the documented labels, under their documented names, from the
// others.
func splitLabels(o *object) (labels, others *object) {
	labels, others = &object{path: o.path + "labels."}, &object{path: o.path + "labels."}
	raw := o.raw("labels", optional)
	all, ok := newObject("", raw)
	switch {
	case raw == nil:
	case !ok:
		o.wrong("labels", "not an object")
	case all.foreign() > maxAttributes:
		o.wrong("labels", "more than "+strconv.Itoa(maxAttributes)+" members")
	}
	for _, m := range all.members {
		into := others
		for _, name := range jobLabels() {
			if strings.EqualFold(m.name, name) {
				into, m = labels, member{name, withoutKind(m.value)}
				break
			}
		}
		into.members = append(into.members, m)
	}
	return labels, others
}

// withoutKind makes a number of the raw id of a caller from the telephone network.
func withoutKind(value json.RawMessage) json.RawMessage {
	if number, ok := bytes.CutPrefix(value, []byte(`"4:+`)); ok {
		return append(json.RawMessage(`"+`), number...)
	}
	return value
}

func decodeOfferAccepted(o *object, _ time.Time) adapter.EventData {
	return adapter.CallConnected{Representative: o.id("workerId", optional)}
}

func jobEnded(how string) func(*object, time.Time) adapter.EventData {
	return func(*object, time.Time) adapter.EventData { return adapter.CallEnded{Reason: "job " + how} }
}
