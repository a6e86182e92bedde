package dataverse

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// rawNumber is a number already in its printed form.
type rawNumber string

// jsonWriter writes objects in the order the members are added: annotations stand before what they annotate.
type jsonWriter struct{ buf []byte }

func (w *jsonWriter) open(bracket byte)  { w.separate(); w.buf = append(w.buf, bracket) }
func (w *jsonWriter) close(bracket byte) { w.buf = append(w.buf, bracket) }

// separate puts the comma between members.
func (w *jsonWriter) separate() {
	if n := len(w.buf); n > 0 {
		switch w.buf[n-1] {
		case '{', '[', ':':
		default:
			w.buf = append(w.buf, ',')
		}
	}
}

func (w *jsonWriter) name(name string) {
	w.separate()
	w.string(name)
	w.buf = append(w.buf, ':')
}

func (w *jsonWriter) member(name string, value any) {
	w.name(name)
	w.value(value)
}

func (w *jsonWriter) value(value any) {
	switch v := value.(type) {
	case nil:
		w.buf = append(w.buf, "null"...)
	case string:
		w.string(v)
	case int64:
		w.buf = strconv.AppendInt(w.buf, v, 10)
	case int:
		w.buf = strconv.AppendInt(w.buf, int64(v), 10)
	case bool:
		w.buf = strconv.AppendBool(w.buf, v)
	case time.Time:
		w.buf = append(w.buf, '"')
		w.buf = v.UTC().AppendFormat(w.buf, "2006-01-02T15:04:05Z")
		w.buf = append(w.buf, '"')
	case rawNumber:
		w.buf = append(w.buf, v...)
	case ref:
		w.string(v.id)
	default:
		panic("no JSON form")
	}
}

func (w *jsonWriter) string(s string) {
	if isPlain(s) {
		w.buf = append(w.buf, '"')
		w.buf = append(w.buf, s...)
		w.buf = append(w.buf, '"')
		return
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // Dataverse sends rulesets with their angle brackets as they are
	if err := encoder.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	w.buf = append(w.buf, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// member is one name and value of a JSON object read from a body.
type member struct {
	name  string
	value any // nil, string, bool, json.Number; objects and arrays as json.RawMessage, read when it is known what they are
}

// readObject keeps the order of the members and refuses doubled names, which a map would hide.
func readObject(data []byte) (members []member, problem string) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, "Invalid JSON. A JSON object was expected."
	}
	seen := map[string]bool{}
	for decoder.More() {
		t, err := decoder.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, "Invalid JSON. A property name was expected."
		}
		if seen[name] {
			return nil, "Multiple properties with the name '" + name + "' were detected in a resource or a complex value."
		}
		seen[name] = true
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return nil, "Invalid JSON. An unexpected token was found."
		}
		members = append(members, member{name, scalar(raw)})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, "Invalid JSON. Unexpected end of input was found in JSON content."
	}
	if decoder.More() {
		return nil, "Invalid JSON. More than one value was found at the root of the JSON content."
	}
	return members, ""
}

// scalar decodes a value that holds no others.
func scalar(raw json.RawMessage) (value any) {
	if raw[0] == '{' || raw[0] == '[' {
		return raw
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return raw // cannot be: it was valid a moment ago
	}
	return value
}
