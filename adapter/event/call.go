package event

import (
	"math"
	"strings"
	"time"

	"directcallback/adapter"
)

// What stands in CallQueued.Attributes for a number that was given and cannot be
// dialled.
const (
	AttributeFrom = "from"
	AttributeTo   = "to"
	Invalid       = "invalid"
)

// measures are the members by which a platform tells what it knows of a line.
type measures struct {
	Position             *int     `json:"position,omitempty"`
	CallsWaiting         *int     `json:"callsWaiting,omitempty"`
	EstimatedWaitSeconds *float64 `json:"estimatedWaitSeconds,omitempty"`
}

func decodeMeasures(o *object) adapter.Measures {
	return adapter.Measures{
		Position:      o.count("position", optional),
		CallsWaiting:  o.count("callsWaiting", optional),
		EstimatedWait: o.seconds("estimatedWaitSeconds"),
	}
}

func encodeMeasures(m adapter.Measures) measures {
	encoded := measures{Position: m.Position, CallsWaiting: m.CallsWaiting}
	if m.EstimatedWait != nil {
		seconds := m.EstimatedWait.Seconds()
		encoded.EstimatedWaitSeconds = &seconds
	}
	return encoded
}

type queued struct {
	CallID        string            `json:"callId,omitempty"`
	QueueID       adapter.QueueID   `json:"queueId"`
	WorkstreamID  string            `json:"workstreamId,omitempty"`
	RoutingRuleID string            `json:"routingRuleId,omitempty"`
	From          string            `json:"from,omitempty"`
	To            string            `json:"to,omitempty"`
	Priority      int               `json:"priority,omitempty"`
	QueuedAt      time.Time         `json:"queuedAt"`
	Locale        string            `json:"locale,omitempty"`
	Entry         adapter.Entry     `json:"entry"`
	Bot           adapter.Bot       `json:"bot"`
	Attributes    map[string]string `json:"attributes,omitempty"`
	measures
}

func decodeQueued(o *object) adapter.EventData {
	call := adapter.CallQueued{
		Queue:       adapter.QueueID(o.id("queueId", needed)),
		Workstream:  o.id("workstreamId", optional),
		RoutingRule: o.id("routingRuleId", optional),
		QueuedAt:    o.time("queuedAt", needed),
		Locale:      o.text("locale", maxID, optional),
		Entry:       adapter.Entry(o.oneOf("entry", entryNames()...)),
		Bot:         adapter.Bot(o.oneOf("bot", botNames()...)),
		Attributes:  o.attributes("attributes"),
		Measures:    decodeMeasures(o),
	}
	if priority := priority(o); priority != nil {
		call.Priority = *priority
	}
	call.From = o.party("from", AttributeFrom, adapter.ParsePhone, &call)
	call.To = o.party("to", AttributeTo, dialled, &call)
	return call
}

func entryNames() []string {
	return []string{string(adapter.EntryRoute), string(adapter.EntryTransfer), string(adapter.EntryOverflow), string(adapter.EntryFallback)}
}

func botNames() []string {
	return []string{string(adapter.BotNone), string(adapter.BotHandling), string(adapter.BotEscalated)}
}

// party reads a number without insisting that it can be dialled: a call from an
// extension waits like any other and counts for everybody behind it.
func (o *object) party(name, attribute string, parse phoneParser, call *adapter.CallQueued) adapter.Phone {
	phone, ok := phone(o.raw(name, optional), parse)
	if !ok {
		setAttribute(call, attribute, Invalid)
	}
	return phone
}

// dialled reads the number that the caller dialled. Nobody dials it again, so its
// form is enough; and service numbers are in no numbering plan.
func dialled(text string) (adapter.Phone, error) {
	if phone, err := adapter.StoredPhone(text); err == nil {
		return phone, nil
	}
	return adapter.ParsePhone(text)
}

func setAttribute(call *adapter.CallQueued, name, value string) {
	if call.Attributes == nil {
		call.Attributes = map[string]string{}
	}
	call.Attributes[name] = value
}

func encodeQueued(data adapter.EventData) (any, bool) {
	call, ok := data.(adapter.CallQueued)
	return queued{
		QueueID:       call.Queue,
		WorkstreamID:  call.Workstream,
		RoutingRuleID: call.RoutingRule,
		From:          call.From.E164(),
		To:            call.To.E164(),
		Priority:      call.Priority,
		QueuedAt:      call.QueuedAt.UTC(),
		Locale:        call.Locale,
		Entry:         call.Entry,
		Bot:           call.Bot,
		Attributes:    call.Attributes,
		measures:      encodeMeasures(call.Measures),
	}, ok
}

// priority is Dynamics' priority score, higher first, nil when absent.
func priority(o *object) *int {
	n := o.integer("priority", math.MinInt32, math.MaxInt32, optional)
	if n == nil {
		return nil
	}
	score := int(*n)
	return &score
}

type updated struct {
	Priority *int `json:"priority,omitempty"`
	measures
}

func decodeUpdated(o *object) adapter.EventData {
	return adapter.CallUpdated{Priority: priority(o), Measures: decodeMeasures(o)}
}

func encodeUpdated(data adapter.EventData) (any, bool) {
	call, ok := data.(adapter.CallUpdated)
	return updated{Priority: call.Priority, measures: encodeMeasures(call.Measures)}, ok
}

// tones are the keys of a telephone.
const tones = "0 1 2 3 4 5 6 7 8 9 * # A B C D"

type tone struct {
	Tone     string `json:"tone"`
	PromptID string `json:"promptId,omitempty"`
}

func decodeTone(o *object) adapter.EventData {
	return adapter.ToneReceived{
		Tone:   o.oneOf("tone", strings.Fields(tones)...),
		Prompt: o.id("promptId", optional),
	}
}

func encodeTone(data adapter.EventData) (any, bool) {
	call, ok := data.(adapter.ToneReceived)
	return tone{Tone: call.Tone, PromptID: call.Prompt}, ok
}

type connected struct {
	RepresentativeID string `json:"representativeId,omitempty"`
}

func decodeConnected(o *object) adapter.EventData {
	return adapter.CallConnected{Representative: o.id("representativeId", optional)}
}

func encodeConnected(data adapter.EventData) (any, bool) {
	call, ok := data.(adapter.CallConnected)
	return connected{RepresentativeID: call.Representative}, ok
}

type transferred struct {
	ToQueueID adapter.QueueID `json:"toQueueId,omitempty"`
	ToPhone   string          `json:"toPhone,omitempty"`
}

func decodeTransferred(o *object) adapter.EventData {
	call := adapter.CallTransferred{
		ToQueue: adapter.QueueID(o.id("toQueueId", optional)),
		ToPhone: o.phone("toPhone"),
	}
	if call.ToQueue == "" && call.ToPhone.IsZero() && len(o.mistakes) == 0 {
		o.wrong("toQueueId", "missing, and so is data.toPhone; want one of them")
	}
	return call
}

func encodeTransferred(data adapter.EventData) (any, bool) {
	call, ok := data.(adapter.CallTransferred)
	return transferred{ToQueueID: call.ToQueue, ToPhone: call.ToPhone.E164()}, ok
}

type ended struct {
	Reason string `json:"reason"`
}

func decodeEnded(o *object) adapter.EventData {
	return adapter.CallEnded{Reason: o.text("reason", maxText, needed)}
}

func encodeEnded(data adapter.EventData) (any, bool) {
	call, ok := data.(adapter.CallEnded)
	return ended{Reason: call.Reason}, ok
}
