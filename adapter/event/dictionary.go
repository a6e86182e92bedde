package event

import (
	"bytes"
	"encoding/json"
	"slices"
)

// entries reads a dictionary as .NET writes it, [{"key":"a","value":1}, …], in
// valid JSON. What is no such list has no entries, and what is no entry is left
// out: a dictionary has more in it than is understood here, and varies by version.
func entries(dictionary json.RawMessage) []member {
	var all []member
	for _, element := range elements(dictionary) {
		o, ok := newObject("", element)
		if !ok {
			continue
		}
		if key := o.find("key"); isString(key) {
			all = append(all, member{name: unquote(key), value: o.find("value")})
		}
	}
	return all
}

// dictionaryValue is the value of a key; of keys that occur twice, the last one
// counts.
func dictionaryValue(dictionary json.RawMessage, key string) (json.RawMessage, bool) {
	for _, m := range slices.Backward(entries(dictionary)) {
		if m.name == key {
			return m.value, true
		}
	}
	return nil, false
}

// elements splits a JSON list, given as valid JSON, into its values.
func elements(list json.RawMessage) []json.RawMessage {
	if len(list) == 0 || list[0] != '[' {
		return nil
	}
	var all []json.RawMessage
	rest := list[1:] // behind the bracket
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n,")
		if rest[0] == ']' {
			return all
		}
		end := valueEnd(rest)
		all = append(all, rest[:end:end])
		rest = rest[end:]
	}
}
