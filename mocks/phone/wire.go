package phone

import (
	"encoding/json"
	"time"
)

// contentType of an event in CloudEvents' structured mode.
const contentType = "application/cloudevents+json"

// The events a telephony reports.
const (
	typeQueued          = "directcallback.call.queued.v1"
	typeTone            = "directcallback.call.tone.v1"
	typeConnected       = "directcallback.call.connected.v1"
	typeTransferred     = "directcallback.call.transferred.v1"
	typeEnded           = "directcallback.call.ended.v1"
	typeRepresentatives = "directcallback.queue.representatives.v1"
	typeProgress        = "directcallback.callback.progress.v1"
)

// event is one report on its way out, before it becomes a message.
type event struct {
	id       string
	kind     string
	subject  string
	session  string // the Dynamics queue id
	at       time.Time
	sequence int64
	data     any
}

// envelope is a CloudEvent 1.0 in structured JSON.
type envelope struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source"`
	Type            string `json:"type"`
	Subject         string `json:"subject,omitempty"`
	Time            string `json:"time,omitempty"`
	Sequence        int64  `json:"sequence,omitempty"`
	DataContentType string `json:"datacontenttype,omitempty"`
	Data            any    `json:"data"`
}

type queuedData struct {
	CallID        string            `json:"callId"`
	QueueID       string            `json:"queueId"`
	WorkstreamID  string            `json:"workstreamId,omitempty"`
	From          string            `json:"from,omitempty"`
	Priority      int               `json:"priority"`
	QueuedAt      string            `json:"queuedAt"`
	Locale        string            `json:"locale,omitempty"`
	Entry         string            `json:"entry"`
	Bot           string            `json:"bot"`
	Attributes    map[string]string `json:"attributes,omitempty"`
	Position      int               `json:"position"`     // from 1, among live calls
	CallsWaiting  int               `json:"callsWaiting"` // live calls, this one too
	EstimatedWait *int              `json:"estimatedWaitSeconds,omitempty"`
}

type toneData struct {
	CallID   string `json:"callId"`
	Tone     string `json:"tone"`
	PromptID string `json:"promptId,omitempty"`
}

type connectedData struct {
	CallID           string `json:"callId"`
	RepresentativeID string `json:"representativeId,omitempty"`
}

type transferredData struct {
	CallID    string `json:"callId"`
	ToQueueID string `json:"toQueueId,omitempty"`
	ToPhone   string `json:"toPhone,omitempty"`
}

type endedData struct {
	CallID string `json:"callId"`
	Reason string `json:"reason"`
}

type representativesData struct {
	QueueID   string `json:"queueId"`
	Available int    `json:"available"`
}

type progressData struct {
	CallbackID string `json:"callbackId,omitempty"`
	DeliveryID string `json:"deliveryId"`
	Step       string `json:"step"`
	Result     string `json:"result,omitempty"`
}

// encode writes an event as the adapter reads it. Our own types always marshal,
// so an error is a mistake in this package.
func encode(e event, source string) ([]byte, error) {
	return json.Marshal(envelope{
		SpecVersion: "1.0", ID: e.id, Source: source, Type: e.kind, Subject: e.subject, Time: stamp(e.at),
		Sequence: e.sequence, DataContentType: "application/json", Data: e.data,
	})
}

// stamp writes milliseconds: what a telephony knows, and enough to order calls.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
