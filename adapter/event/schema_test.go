package event_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// schema is a JSON Schema, as far as the AsyncAPI document uses it: a keyword that
// is not known here fails the test, so that nothing in the document is unchecked.
type schema map[string]any

// document is the AsyncAPI document.
type document struct {
	*testing.T
	root map[string]any
}

// at follows a reference like "#/components/schemas/callQueued".
func (d document) at(reference string) map[string]any {
	d.Helper()
	node := d.root
	for step := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		next, ok := node[step].(map[string]any)
		if !ok {
			d.Fatalf("%s leads nowhere", reference)
		}
		node = next
	}
	return node
}

// check tells what a value has against a schema.
func (d document) check(s schema, value any) error {
	d.Helper()
	var errs []error
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		errs = append(errs, d.keyword(s, keyword, value))
	}
	return errors.Join(errs...)
}

func (d document) keyword(s schema, keyword string, value any) error {
	d.Helper()
	wants := s[keyword]
	text, isText := value.(string)
	number, isNumber := value.(float64)
	object, isObject := value.(map[string]any)
	violated := false
	switch keyword {
	case "description", "properties":
		if keyword == "properties" && isObject {
			return d.members(wants.(map[string]any), object)
		}
	case "$ref":
		return d.check(d.at(wants.(string)), value)
	case "allOf":
		for _, part := range wants.([]any) {
			if err := d.check(part.(map[string]any), value); err != nil {
				return err
			}
		}
	case "anyOf":
		violated = d.matching(wants.([]any), value) == 0
	case "oneOf":
		violated = d.matching(wants.([]any), value) != 1
	case "type":
		violated = !isType(value, wants)
	case "required":
		for _, name := range wants.([]any) {
			if _, has := object[name.(string)]; isObject && !has {
				return fmt.Errorf("%s is missing", name)
			}
		}
	case "additionalProperties":
		for name, member := range object {
			if err := d.check(wants.(map[string]any), member); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	case "enum":
		violated = !slices.Contains(wants.([]any), value)
	case "const":
		violated = value != wants
	case "minimum":
		violated = isNumber && number < wants.(float64)
	case "maximum":
		violated = isNumber && number > wants.(float64)
	case "minLength":
		violated = isText && float64(len(text)) < wants.(float64)
	case "maxLength":
		violated = isText && float64(len(text)) > wants.(float64)
	case "maxProperties":
		violated = isObject && float64(len(object)) > wants.(float64)
	case "pattern":
		violated = isText && !regexp.MustCompile(wants.(string)).MatchString(text)
	case "format":
		_, err := time.Parse(time.RFC3339Nano, text)
		violated = isText && err != nil
	default:
		d.Fatalf("keyword %s is not checked by this test", keyword)
	}
	if violated {
		return fmt.Errorf("%v: %s is %v", value, keyword, wants)
	}
	return nil
}

func (d document) members(properties, object map[string]any) error {
	d.Helper()
	for name, member := range object {
		if property, known := properties[name].(map[string]any); known {
			if err := d.check(property, member); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func (d document) matching(schemas []any, value any) int {
	d.Helper()
	n := 0
	for _, s := range schemas {
		if d.check(s.(map[string]any), value) == nil {
			n++
		}
	}
	return n
}

func isType(value, wants any) bool {
	if list, ok := wants.([]any); ok {
		return slices.ContainsFunc(list, func(one any) bool { return isType(value, one) })
	}
	switch value := value.(type) {
	case nil:
		return wants == "null"
	case bool:
		return wants == "boolean"
	case string:
		return wants == "string"
	case float64:
		return wants == "number" || wants == "integer" && value == math.Trunc(value)
	case map[string]any:
		return wants == "object"
	default:
		return false
	}
}

// jsonOf is a value as it looks after a way through JSON.
func jsonOf(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return value
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
