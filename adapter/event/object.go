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

// need says whether an object must have a member.
type need bool

const (
	needed   need = true
	optional need = false
)

// object reads the members of one JSON object. Reading goes on after a mistake,
// so that one rejection lists all of them.
type object struct {
	path     string // put before member names: "data."
	members  []member
	mistakes []string
}

// newObject reads valid JSON, which must be an object.
func newObject(path string, raw []byte) (*object, bool) {
	o := &object{path: path}
	if len(raw) == 0 || raw[0] != '{' {
		return o, false
	}
	o.members = members(raw)
	return o, true
}

// find is the value of a member, nil when there is none. Of members that occur
// twice, the last one counts.
func (o *object) find(name string) json.RawMessage {
	for _, m := range slices.Backward(o.members) {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// peek is a text that may be there, before it is known what is wanted.
func (o *object) peek(name string) string {
	if raw := o.find(name); isString(raw) {
		return unquote(raw)
	}
	return ""
}

// wrong notes that a member is not what was expected.
func (o *object) wrong(name, expected string) {
	o.mistakes = append(o.mistakes, o.path+name+": "+expected)
}

// raw is the member's JSON, nil when it is absent or null.
func (o *object) raw(name string, n need) json.RawMessage {
	raw := o.find(name)
	if string(raw) == "null" {
		raw = nil
	}
	if raw == nil && n == needed {
		o.wrong(name, "missing")
	}
	return raw
}

// text reads a string of at most limit bytes. A needed one must not be blank.
func (o *object) text(name string, limit int, n need) string {
	raw := o.raw(name, n)
	if raw == nil {
		return ""
	}
	if !isString(raw) {
		o.wrong(name, "not a text")
		return ""
	}
	switch text := unquote(raw); {
	case len(text) > limit:
		o.wrong(name, "longer than "+strconv.Itoa(limit)+" bytes")
	case n == needed && strings.TrimSpace(text) == "":
		o.wrong(name, "empty")
	default:
		return text
	}
	return ""
}

// id reads an identifier; the spellings of one GUID become the same text.
func (o *object) id(name string, n need) string {
	return adapter.NormalizeID(o.text(name, maxID, n))
}

// oneOf reads a needed text that must be one of the values.
func (o *object) oneOf(name string, values ...string) string {
	raw := o.raw(name, needed)
	if raw == nil {
		return ""
	}
	if isString(raw) {
		if text := unquote(raw); slices.Contains(values, text) {
			return text
		}
	}
	o.wrong(name, "not one of "+strings.Join(values, ", "))
	return ""
}

// time reads an RFC 3339 time, as UTC.
func (o *object) time(name string, n need) time.Time {
	raw := o.raw(name, n)
	if raw == nil {
		return time.Time{}
	}
	if isString(raw) {
		if at, err := time.Parse(time.RFC3339Nano, unquote(raw)); err == nil {
			return at.UTC()
		}
	}
	o.wrong(name, "not an RFC 3339 time")
	return time.Time{}
}

// integer reads a whole number, nil when absent. Some writers know only floating
// point, so 3.0 is 3.
func (o *object) integer(name string, least, most int64, n need) *int64 {
	raw := o.raw(name, n)
	if raw == nil {
		return nil
	}
	if i, ok := wholeNumber(string(raw)); ok && i >= least && i <= most {
		return &i
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
func (o *object) count(name string, n need) *int {
	i := o.integer(name, 0, math.MaxInt32, n)
	if i == nil {
		return nil
	}
	count := int(*i)
	return &count
}

// sequence reads the CloudEvents extension of that name, a whole number ≥ 0,
// which its specification wants as text and most senders write as a number.
func (o *object) sequence(name string, n need) int64 {
	raw := o.raw(name, n)
	if raw == nil {
		return 0
	}
	i, ok := wholeNumber(text(raw))
	if !ok || i < 0 {
		o.wrong(name, "not a whole number ≥ 0")
		return 0
	}
	return i
}

// seconds reads a duration given in seconds, fractions allowed, to the millisecond.
func (o *object) seconds(name string) *time.Duration {
	raw := o.raw(name, optional)
	if raw == nil {
		return nil
	}
	const most = 30 * 24 * 3600
	s, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || s < 0 || s > most {
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
	number, ok := phone(raw, adapter.ParsePhone)
	if !ok {
		o.wrong(name, "not a phone number in E.164 that can be dialled")
	}
	return number
}

type phoneParser func(string) (adapter.Phone, error)

// phone reads a JSON text as a phone number; an empty one is a withheld number.
func phone(raw json.RawMessage, parse phoneParser) (adapter.Phone, bool) {
	if raw == nil {
		return adapter.Phone{}, true
	}
	if !isString(raw) {
		return adapter.Phone{}, false
	}
	text := unquote(raw)
	if strings.TrimSpace(text) == "" {
		return adapter.Phone{}, true
	}
	number, err := parse(text)
	return number, err == nil
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
	case inner.foreign() > maxAttributes:
		o.wrong(name, "more than "+strconv.Itoa(maxAttributes)+" members")
		return nil
	}
	values := inner.values()
	o.mistakes = append(o.mistakes, inner.mistakes...)
	return values
}

// foreign counts the members that are not ours, which we may have added.
func (o *object) foreign() int {
	n := 0
	for _, m := range o.members {
		if m.name != AttributeFrom && m.name != AttributeTo && m.name != AttributeChannelReference {
			n++
		}
	}
	return n
}

// values reads all members as texts; nil when there are none.
func (o *object) values() map[string]string {
	values := make(map[string]string, len(o.members))
	for _, m := range o.members {
		switch {
		case len(m.name) > maxID:
			o.wrong(echo(m.name), "a name longer than "+strconv.Itoa(maxID)+" bytes")
		case m.value[0] == '{' || m.value[0] == '[':
			o.wrong(echo(m.name), "not a text, number or boolean")
		case len(text(m.value)) > maxText:
			o.wrong(echo(m.name), "longer than "+strconv.Itoa(maxText)+" bytes")
		case string(m.value) == "null":
			delete(values, m.name)
		default:
			values[m.name] = text(m.value)
		}
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// text is a string's text, and any other value as it is written.
func text(value json.RawMessage) string {
	if isString(value) {
		return unquote(value)
	}
	return string(value)
}
