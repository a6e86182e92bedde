package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays may lie in each other.
const maxDepth = 8

// shape is which of JSON's kinds a value is.
type shape string

const (
	shapeObject shape = "an object"
	shapeArray  shape = "an array"
	shapeText   shape = "a string"
	shapeNumber shape = "a number"
	shapeTruth  shape = "true or false"
	shapeNull   shape = "null"
)

// value is JSON as it was sent: encoding/json would match names whatever their
// case, let the last of two equal names win and stop at the first wrong type.
// Numbers and elements of arrays are not kept, because nothing takes them.
type value struct {
	shape   shape
	text    string
	truth   bool
	members []member
}

type member struct {
	name  string
	value value
}

// member finds a member of an object.
func (v value) member(name string) (value, bool) {
	for _, m := range v.members {
		if m.name == name {
			return m.value, true
		}
	}
	return value{}, false
}

// jsonError says where a body stops being readable.
type jsonError struct {
	offset int // in bytes, from 0
	what   string
}

func (e *jsonError) Error() string { return fmt.Sprintf("byte %d: %s", e.offset, e.what) }

// readJSON reads one JSON value and nothing else. Its errors are *jsonError.
func readJSON(body []byte) (value, error) {
	if !utf8.Valid(body) {
		return value{}, &jsonError{validUpTo(body), "not UTF-8"}
	}
	var raw json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		at := len(body)
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = max(int(syntax.Offset)-1, 0) // it counts the byte that is wrong
		}
		return value{}, &jsonError{at, "not JSON"}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	v, err := readValue(d, 1)
	if err != nil {
		return value{}, &jsonError{int(d.InputOffset()), err.Error()}
	}
	return v, nil
}

func validUpTo(body []byte) int {
	at := 0
	for at < len(body) {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// readValue reads the next value of a body that is known to be JSON.
func readValue(d *json.Decoder, depth int) (value, error) {
	token, err := d.Token()
	if err != nil {
		return value{}, err
	}
	switch t := token.(type) {
	case string:
		return value{shape: shapeText, text: t}, nil
	case bool:
		return value{shape: shapeTruth, truth: t}, nil
	case json.Number:
		return value{shape: shapeNumber}, nil
	case json.Delim:
		if depth > maxDepth {
			return value{}, fmt.Errorf("nested deeper than %d", maxDepth)
		}
		if t == '{' {
			return readObject(d, depth)
		}
		return readArray(d, depth)
	default:
		return value{shape: shapeNull}, nil
	}
}

func readObject(d *json.Decoder, depth int) (value, error) {
	v := value{shape: shapeObject}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return v, err
		}
		name, _ := token.(string) // JSON allows no other name
		if seen[name] {
			return v, errors.New("this name came before in the same object")
		}
		seen[name] = true
		inner, err := readValue(d, depth+1)
		if err != nil {
			return v, err
		}
		v.members = append(v.members, member{name, inner})
	}
	_, err := d.Token()
	return v, err
}

func readArray(d *json.Decoder, depth int) (value, error) {
	for d.More() {
		if _, err := readValue(d, depth+1); err != nil {
			return value{}, err
		}
	}
	_, err := d.Token()
	return value{shape: shapeArray}, err
}

// lineAndColumn counts both from 1; columns are characters.
func lineAndColumn(body []byte, offset int) (line, column int) {
	before := body[:min(offset, len(body))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + utf8.RuneCount(before[start:])
}
