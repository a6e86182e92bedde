package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"directcallback/adapter"
)

// specVersion is the version of CloudEvents spoken here.
const specVersion = "1.0"

// cloudEvent is the structured form, as written.
type cloudEvent struct {
	SpecVersion     string    `json:"specversion"`
	ID              string    `json:"id"`
	Source          string    `json:"source"`
	Type            string    `json:"type"`
	Subject         string    `json:"subject,omitempty"`
	Time            time.Time `json:"time"`
	Sequence        *int64    `json:"sequence,omitempty"`
	Traceparent     string    `json:"traceparent,omitempty"`
	DataContentType string    `json:"datacontenttype"`
	Data            any       `json:"data"`
}

// Encode writes a call event as a structured CloudEvent, numbers in full. It
// refuses what [Decode] would reject; the error is then the same
// *adapter.Rejection.
func Encode(e adapter.CallEvent) ([]byte, error) {
	for _, k := range kinds() {
		data, ok := k.encode(e.Data)
		if !ok {
			continue
		}
		body, err := marshal(cloudEvent{
			SpecVersion: specVersion, ID: e.ID, Source: e.Source, Type: k.name, Subject: string(e.Call),
			Time: e.At.UTC(), Sequence: &e.Sequence, Traceparent: string(e.Trace), DataContentType: "application/json", Data: data,
		})
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", k.name, err)
		}
		if _, err := Decode(Envelope{Body: body, ContentType: ContentType}); err != nil {
			return nil, err
		}
		return body, nil
	}
	return nil, fmt.Errorf("event data of type %T: no CloudEvents type for it", e.Data)
}

// marshal writes JSON without the escapes that are meant for web pages: they would
// make an event that was taken too large to be written down again.
func marshal(e cloudEvent) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, err
	}
	return bytes.TrimRight(body.Bytes(), "\n"), nil
}
