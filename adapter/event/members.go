package event

import (
	"bytes"
	"encoding/json"
)

// member is one name and value of a JSON object; the value is a part of the body.
type member struct {
	name  string
	value json.RawMessage
}

// members splits a JSON object, given as valid JSON, into its members. Decoding
// into a map would copy every value and cost three times as much, in a place that
// every event passes.
func members(object []byte) []member {
	list := make([]member, 0, 16)
	rest := object[1:] // behind the brace
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n,")
		if rest[0] == '}' {
			return list
		}
		end := valueEnd(rest)
		m := member{name: unquote(rest[:end])}
		rest = bytes.TrimLeft(rest[end:], " \t\r\n:")
		end = valueEnd(rest)
		m.value, rest = rest[:end:end], rest[end:]
		list = append(list, m)
	}
}

// valueEnd is the length of the value with which valid JSON begins.
func valueEnd(text []byte) int {
	switch text[0] {
	case '"':
		return stringEnd(text)
	case '{', '[':
		return nestedEnd(text)
	}
	if end := bytes.IndexAny(text, " \t\r\n,]}"); end >= 0 {
		return end
	}
	return len(text)
}

func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

func nestedEnd(text []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// unquote reads a JSON string, of valid JSON in UTF-8.
func unquote(literal []byte) string {
	inner := literal[1 : len(literal)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	_ = json.Unmarshal(literal, &text) // it is valid
	return text
}

// isString tells whether a value is a JSON string.
func isString(value json.RawMessage) bool { return len(value) > 0 && value[0] == '"' }
