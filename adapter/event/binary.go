package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"directcallback/adapter"
)

// The prefixes that the AMQP binding gives the attributes of an event in binary
// mode. The colon is the specification's first choice; the underscore is for
// clients that cannot write a colon.
const (
	prefixColon      = "cloudEvents:"
	prefixUnderscore = "cloudEvents_"
)

// isBinary tells binary mode by its attributes, unless the content type says
// structured: an intermediary may have copied attributes beside a whole event.
func isBinary(e Envelope) bool {
	return !strings.HasPrefix(e.mediaType(), "application/cloudevents") &&
		(e.hasProperty(prefixColon) || e.hasProperty(prefixUnderscore))
}

// decodeBinary reads a CloudEvent whose attributes are application properties and
// whose data is the body, by bringing it into the shape of structured mode.
func decodeBinary(e Envelope) (adapter.CallEvent, *adapter.Rejection) {
	if media := e.mediaType(); media != "" && media != "application/json" && !strings.HasSuffix(media, "+json") {
		return adapter.CallEvent{}, reject(ReasonNotReadable, "content type: want application/json for the data")
	}
	body, rejection := readable(e.Body)
	if rejection != nil {
		return adapter.CallEvent{}, rejection
	}
	if body = bytes.TrimSpace(body); !json.Valid(body) {
		return adapter.CallEvent{}, reject(ReasonNotReadable, "body: not JSON at byte %d", syntaxError(body))
	}
	o := &object{members: make([]member, 0, len(e.Properties)+1)}
	for name, value := range e.Properties {
		attribute, ok := strings.CutPrefix(name, prefixColon)
		if !ok {
			if attribute, ok = strings.CutPrefix(name, prefixUnderscore); !ok {
				continue
			}
		}
		raw, err := attributeJSON(value)
		if err != nil {
			o.wrong(echo(attribute), "of a type that CloudEvents does not have")
			continue
		}
		o.members = append(o.members, member{attribute, raw})
	}
	o.members = append(o.members, member{"data", body})
	if isEventGrid(e, o) {
		return decodeEventGrid(e, o)
	}
	return decodeOurs(e, o)
}

// attributeJSON writes an attribute as structured mode would.
func attributeJSON(value any) (json.RawMessage, error) {
	switch value := value.(type) {
	case time.Time:
		return json.Marshal(value.UTC().Format(time.RFC3339Nano))
	case string, bool,
		int, int8, int16, int32, int64,
		uint, uint8, uint16, uint32, uint64,
		float32, float64:
		return json.Marshal(value)
	}
	return nil, fmt.Errorf("%T", value)
}
