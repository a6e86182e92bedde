package event

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"directcallback/adapter"
)

// row reads the columns of an Entity of a RemoteExecutionContext. What it does
// not carry is untold, not empty: an Update has only what changed, a Delete has
// an EntityReference without columns, and a message that was cut has no row.
type row struct {
	told       bool // the message has an Entity, were it without columns
	key        string
	attributes []member // as the message was about
	images     []member // as the row was afterwards
	mistakes   []string
}

// newRow reads an Entity or an EntityReference, or null. Both say their type in
// __type or do not, so it is told by its members.
func newRow(raw json.RawMessage) *row {
	o, ok := newObject("", raw)
	if !ok {
		return &row{}
	}
	return &row{told: true, key: o.guid("Id", optional), attributes: entries(o.find("Attributes"))}
}

// isCut tells that the message came without any of its row.
func (r *row) isCut() bool { return !r.told && len(r.images) == 0 }

// find is a column's value without its wrapping; nil when untold or null.
func (r *row) find(name string) json.RawMessage {
	for _, columns := range [][]member{r.attributes, r.images} {
		for _, m := range slices.Backward(columns) {
			if m.name == name {
				return unwrap(m.value)
			}
		}
	}
	return nil
}

// unwrap takes a value out of what Dataverse puts around it: OptionSetValue,
// Money, BooleanManagedProperty and AliasedValue have it as Value, an
// EntityReference as Id.
func unwrap(raw json.RawMessage) json.RawMessage {
	const deepest = 4 // an AliasedValue around one of the others is two
	for range deepest {
		o, ok := newObject("", raw)
		if !ok {
			break
		}
		if raw = o.find("Value"); raw == nil {
			raw = o.find("Id")
		}
	}
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return raw
}

func (r *row) wrong(name, expected string) {
	r.mistakes = append(r.mistakes, "Target."+name+": "+expected)
}

// text reads a column of text; a number or boolean is taken as it is written.
func (r *row) text(name string) string {
	raw := r.find(name)
	switch {
	case raw == nil:
		return ""
	case raw[0] == '{' || raw[0] == '[':
		r.wrong(name, "not a text")
		return ""
	case len(text(raw)) > maxText:
		r.wrong(name, "longer than "+strconv.Itoa(maxText)+" bytes")
		return ""
	}
	return text(raw)
}

// id reads a lookup or a key.
func (r *row) id(name string) string {
	id := adapter.NormalizeID(r.text(name))
	if id != "" && !adapter.IsGUID(id) {
		r.wrong(name, "not a GUID")
		return ""
	}
	return id
}

// number reads a choice or a whole number, 0 when untold.
func (r *row) number(name string) int {
	raw := r.find(name)
	if raw == nil {
		return 0
	}
	n, ok := wholeNumber(text(raw))
	if !ok || n < math.MinInt32 || n > math.MaxInt32 {
		r.wrong(name, "not a whole number")
		return 0
	}
	return int(n)
}

// yes reads a column of yes and no, false when untold.
func (r *row) yes(name string) bool { return string(r.find(name)) == "true" }
