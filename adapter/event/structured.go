package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"directcallback/adapter"
)

// decodeObject reads a message whose body says everything, such as a CloudEvent in
// structured mode. A content type that is missing or says only "JSON" is forgiven.
func decodeObject(e Envelope) (adapter.CallEvent, *adapter.Rejection) {
	body, rejection := readable(e.Body)
	if rejection != nil {
		return adapter.CallEvent{}, rejection
	}
	o, rejection := outermost(body)
	if rejection != nil {
		return adapter.CallEvent{}, rejection
	}
	return decodeFrom(e, o)
}

// outermost reads the body's one object. An array of one object is taken for it,
// which is how some relays deliver.
func outermost(body []byte) (*object, *adapter.Rejection) {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return nil, reject(ReasonNotReadable, "body: not JSON at byte %d", syntaxError(body))
	}
	if o, ok := newObject("", body); ok {
		return o, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) == 1 {
		if o, ok := newObject("", list[0]); ok {
			return o, nil
		}
	}
	if len(list) > 1 {
		return nil, reject(ReasonNotReadable, "body: a batch of %d; send one event a message", len(list))
	}
	return nil, reject(ReasonNotReadable, "body: not a JSON object")
}

// syntaxError is where text stops being JSON.
func syntaxError(text []byte) int64 {
	var raw json.RawMessage
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(text, &raw)); ok {
		return syntax.Offset
	}
	return 0
}

// data finds the event's data, given as JSON or as JSON in base64.
func (o *object) data() *object {
	if raw := o.raw("data", optional); raw != nil {
		return o.dataObject("data", raw)
	}
	if text := o.text("data_base64", MaxBody, optional); text != "" {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			o.wrong("data_base64", "not base64")
			return &object{path: "data."}
		}
		if raw = bytes.TrimSpace(raw); !utf8.Valid(raw) || !json.Valid(raw) {
			o.wrong("data_base64", "not JSON in UTF-8")
			return &object{path: "data."}
		}
		return o.dataObject("data_base64", raw)
	}
	o.wrong("data", "missing")
	return &object{path: "data."}
}

func (o *object) dataObject(name string, raw []byte) *object {
	data, ok := newObject("data.", raw)
	if !ok {
		o.wrong(name, "not a JSON object")
	}
	return data
}
