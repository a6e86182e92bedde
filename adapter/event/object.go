package event

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// The longest texts that are taken, in bytes. They bound what a sender can make
// the store keep.
const (
	maxID         = 256
	maxText       = 1024
	maxAttributes = 64
)

// member says whether an object must have a member.
type member bool

const (
	needed   member = true
	optional member = false
)

// object reads the members of one JSON object. Reading goes on after a mistake,
// so that one rejection lists all of them.
type object struct {
	path     string // put before member names: "data."
	members  map[string]json.RawMessage
	mistakes []string
}

// newObject reads raw, which must hold a JSON object. Of members that occur
// twice, the last one counts.
func newObject(path string, raw []byte) (*object, bool) {
	o := &object{path: path}
	err := json.Unmarshal(raw, &o.members)
	return o, err == nil && o.members != nil
}

// wrong notes that a member is not what was expected.
func (o *object) wrong(name, expected string) {
	o.mistakes = append(o.mistakes, o.path+name+": "+expected)
}

// raw is the member's JSON, nil when it is absent or null.
func (o *object) raw(name string, m member) json.RawMessage {
	raw := o.members[name]
	if string(raw) == "null" {
		raw = nil
	}
	if raw == nil && m == needed {
		o.wrong(name, "missing")
	}
	return raw
}

// text reads a string of at most limit bytes. A needed one must not be blank.
func (o *object) text(name string, limit int, m member) string {
	raw := o.raw(name, m)
	if raw == nil {
		return ""
	}
	var text string
	switch err := json.Unmarshal(raw, &text); {
	case err != nil:
		o.wrong(name, "not a text")
	case len(text) > limit:
		o.wrong(name, "longer than "+strconv.Itoa(limit)+" bytes")
	case m == needed && strings.TrimSpace(text) == "":
		o.wrong(name, "empty")
	default:
		return text
	}
	return ""
}

// id reads an identifier; the spellings of one GUID become the same text.
func (o *object) id(name string, m member) string {
	return adapter.NormalizeID(o.text(name, maxID, m))
}

// oneOf reads a needed text that must be one of the values.
func (o *object) oneOf(name string, values ...string) string {
	if o.raw(name, needed) == nil {
		return ""
	}
	var text string
	if json.Unmarshal(o.members[name], &text) == nil && slices.Contains(values, text) {
		return text
	}
	o.wrong(name, "not one of "+strings.Join(values, ", "))
	return ""
}

// time reads an RFC 3339 time, as UTC.
func (o *object) time(name string, m member) time.Time {
	raw := o.raw(name, m)
	if raw == nil {
		return time.Time{}
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC()
		}
	}
	o.wrong(name, "not an RFC 3339 time")
	return time.Time{}
}

// integer reads a whole number, nil when absent. Some writers know only floating
// point, so 3.0 is 3.
func (o *object) integer(name string, least, most int64, m member) *int64 {
	raw := o.raw(name, m)
	if raw == nil {
		return nil
	}
	if n, ok := wholeNumber(string(raw)); ok && n >= least && n <= most {
		return &n
	}
	expected := "not a whole number"
	if least == 0 {
		expected += " ≥ 0"
	}
	o.wrong(name, expected)
	return nil
}

func wholeNumber(text string) (int64, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// count reads a number of people, calls or places, nil when absent.
func (o *object) count(name string, m member) *int {
	n := o.integer(name, 0, math.MaxInt32, m)
	if n == nil {
		return nil
	}
	count := int(*n)
	return &count
}

// sequence reads the CloudEvents extension of that name, a whole number ≥ 0,
// which its specification wants as text and most senders write as a number.
func (o *object) sequence(name string, m member) int64 {
	raw := o.raw(name, m)
	if raw == nil {
		return 0
	}
	text := string(raw)
	if text[0] == '"' && json.Unmarshal(raw, &text) != nil {
		text = ""
	}
	n, ok := wholeNumber(text)
	if !ok || n < 0 {
		o.wrong(name, "not a whole number ≥ 0")
		return 0
	}
	return n
}

// seconds reads a duration given in seconds, fractions allowed, to the millisecond.
func (o *object) seconds(name string) *time.Duration {
	raw := o.raw(name, optional)
	if raw == nil {
		return nil
	}
	const most = 30 * 24 * 3600
	var s float64
	if json.Unmarshal(raw, &s) != nil || s < 0 || s > most {
		o.wrong(name, "not a number of seconds between 0 and "+strconv.Itoa(most))
		return nil
	}
	d := time.Duration(math.Round(s*1000)) * time.Millisecond
	return &d
}

// phone reads a number in E.164.
func (o *object) phone(name string) adapter.Phone {
	raw := o.raw(name, optional)
	if raw == nil {
		return adapter.Phone{}
	}
	phone, ok := dialable(raw)
	if !ok {
		o.wrong(name, "not a phone number in E.164 that can be dialled")
	}
	return phone
}

// dialable reads a JSON text as a phone number; an empty one is a withheld number.
func dialable(raw json.RawMessage) (adapter.Phone, bool) {
	var text string
	if raw == nil {
		return adapter.Phone{}, true
	}
	if json.Unmarshal(raw, &text) != nil {
		return adapter.Phone{}, false
	}
	if strings.TrimSpace(text) == "" {
		return adapter.Phone{}, true
	}
	phone, err := adapter.ParsePhone(text)
	return phone, err == nil
}

// attributes reads an object of free members. Numbers and booleans are taken as
// their text, because the values end as texts in Dynamics anyway.
func (o *object) attributes(name string) map[string]string {
	raw := o.raw(name, optional)
	if raw == nil {
		return nil
	}
	inner, ok := newObject(o.path+name+".", raw)
	switch {
	case !ok:
		o.wrong(name, "not an object of texts")
		return nil
	case len(inner.members) > maxAttributes:
		o.wrong(name, "more than "+strconv.Itoa(maxAttributes)+" members")
		return nil
	}
	values := make(map[string]string, len(inner.members))
	for key, raw := range inner.members {
		if len(key) > maxID {
			o.wrong(name, "a member's name is longer than "+strconv.Itoa(maxID)+" bytes")
			continue
		}
		switch raw[0] {
		case 'n': // null: not there
		case '"':
			values[key] = inner.attribute(key)
		case '{', '[':
			inner.wrong(echo(key), "not a text, number or boolean")
		default:
			values[key] = string(raw)
		}
	}
	slices.Sort(inner.mistakes) // a map has no order, a description should
	o.mistakes = append(o.mistakes, inner.mistakes...)
	if len(values) == 0 {
		return nil
	}
	return values
}

func (o *object) attribute(key string) string {
	var text string
	if err := json.Unmarshal(o.members[key], &text); err != nil || len(text) > maxText {
		o.wrong(echo(key), "longer than "+strconv.Itoa(maxText)+" bytes")
		return ""
	}
	return text
}
