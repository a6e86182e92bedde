package event

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"directcallback/adapter"
)

// Decode reads a message as a call event. Every error is an *adapter.Rejection.
func Decode(e Envelope) (adapter.CallEvent, error) {
	if len(e.Body) > MaxBody {
		return adapter.CallEvent{}, reject(ReasonTooLarge, "body: %d bytes, at most %d are read", len(e.Body), MaxBody)
	}
	for _, f := range formats() {
		if !f.recognises(e) {
			continue
		}
		event, rejection := f.decode(e)
		if rejection != nil {
			return adapter.CallEvent{}, rejection
		}
		if event.Trace == "" {
			event.Trace = e.trace()
		}
		return event, nil
	}
	return adapter.CallEvent{}, reject(ReasonNotReadable, "content type: want %s", ContentType)
}

// format is one way in which a message says what it is.
type format struct {
	name       string
	recognises func(Envelope) bool
	decode     func(Envelope) (adapter.CallEvent, *adapter.Rejection)
}

// formats lists what arrives on the two ingress queues, the surest marks first.
func formats() [3]format {
	return [3]format{
		{"Dataverse, other than JSON", isOtherDataverse, refuseOtherDataverse},
		{"CloudEvents binary mode", isBinary, decodeBinary},
		{"a JSON object", isAny, decodeObject},
	}
}

func isAny(Envelope) bool { return true }

// sender is one kind of JSON object, known by its members or by what its sender
// wrote beside it.
type sender struct {
	name       string
	recognises func(Envelope, *object) bool
	decode     func(Envelope, *object) (adapter.CallEvent, *adapter.Rejection)
}

// senders lists whose objects are read, what is ours before all others.
func senders() [4]sender {
	return [4]sender{
		{"telephony", isOurs, decodeOurs},
		{"Dataverse", isDataverse, decodeDataverse},
		{"Event Grid", isEventGrid, decodeEventGrid},
		{"telephony, another version", isCloudEvent, decodeOurs},
	}
}

func isCloudEvent(_ Envelope, o *object) bool { return o.find("specversion") != nil }

// isOurs knows a CloudEvent of this contract.
func isOurs(e Envelope, o *object) bool {
	_, known := kindOf(o.peek("type"))
	return known && isCloudEvent(e, o)
}

// decodeFrom reads an object as its sender's.
func decodeFrom(e Envelope, o *object) (adapter.CallEvent, *adapter.Rejection) {
	for _, s := range senders() {
		if s.recognises(e, o) {
			return s.decode(e, o)
		}
	}
	return adapter.CallEvent{}, reject(ReasonNotReadable, "specversion: missing; want a CloudEvent 1.0 as %s", ContentType)
}

// decodeOurs turns the members of a CloudEvent into a call event.
func decodeOurs(_ Envelope, o *object) (adapter.CallEvent, *adapter.Rejection) {
	if version := o.text("specversion", maxID, needed); version != "" && version != "1.0" {
		o.wrong("specversion", "not 1.0")
	}
	name := o.text("type", maxID, needed)
	kind, known := kindOf(name)
	if name != "" && !known {
		return adapter.CallEvent{}, reject(ReasonUnknownType, "type: %s is not one of %s", echo(name), kindNames())
	}
	data := o.data()

	event := adapter.CallEvent{
		ID:     o.text("id", maxID, needed),
		Source: o.text("source", maxText, needed),
		At:     o.time("time", needed),
		Trace:  adapter.ParseTrace(o.peek("traceparent")),
	}
	if known {
		event.Sequence = o.sequence("sequence", kind.ofCall)
		if kind.ofCall {
			event.Call = o.call(data)
		}
		event.Data = kind.decode(data)
	}
	if mistakes := slices.Concat(o.mistakes, data.mistakes); len(mistakes) > 0 {
		return adapter.CallEvent{}, reject(ReasonBadEvent, "%s", strings.Join(mistakes, "; "))
	}
	return event, nil
}

// call reads the call's id: the subject, or data.callId, which must then agree.
func (o *object) call(data *object) adapter.CallID {
	subject, inner := o.id("subject", optional), data.id("callId", optional)
	switch {
	case subject == "" && inner == "":
		o.wrong("subject", "missing; want the id of the call")
	case subject == "":
		subject = inner
	case inner != "" && inner != subject:
		o.wrong("subject", "differs from data.callId")
	}
	return adapter.CallID(subject)
}

// byteOrderMark is what .NET writers like to put in front.
const byteOrderMark = "\xEF\xBB\xBF"

// readable refuses bytes that cannot be JSON text at all, and drops the byte
// order mark.
func readable(body []byte) ([]byte, *adapter.Rejection) {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return nil, reject(ReasonNotReadable, "body: empty, want a CloudEvent 1.0 in JSON")
	case !utf8.Valid(body):
		return nil, reject(ReasonNotReadable, "body: not UTF-8")
	}
	return body, nil
}
