package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// node is a part of a document as YAML and JSON have it.
type node = map[string]any

// kept are the words of a schema that mean the same in both versions, and that help
// whoever fills in a form.
func kept() []string {
	return []string{"type", "format", "description", "enum", "default", "required", "maxLength", "minimum", "maximum"}
}

// converter turns schemas of 3.1 into those of 2.0 and remembers which others they name.
type converter struct {
	schemas node            // of the contract
	named   map[string]bool // by those that were converted
	err     error           // the first
}

// schema converts one. Its name is the property's that has it, or empty.
func (c *converter) schema(of any, name string) node {
	if plain, is := plainer()[name]; is {
		return plain
	}
	from, is := of.(node)
	if !is {
		return node{} // true: anything
	}
	if ref, is := from["$ref"].(string); is {
		return c.reference(ref, from)
	}
	if one, nullable := exceptNull(from["oneOf"]); nullable {
		return c.schema(one, name)
	} else if from["oneOf"] != nil {
		c.fail(fmt.Errorf("property %q is one of several kinds, which OpenAPI 2.0 cannot say: give it a row in plainer", name))
	}
	to := node{}
	for _, word := range kept() {
		if value, is := from[word]; is {
			to[word] = value
		}
	}
	if types, is := from["type"].([]any); is {
		to["type"], to["x-nullable"] = types[0], true
	}
	if value, is := from["const"]; is {
		to["enum"] = []any{value}
	}
	if items, is := from["items"]; is {
		to["items"] = c.schema(items, "")
	}
	if values, is := from["additionalProperties"].(node); is {
		to["additionalProperties"] = c.schema(values, "")
	}
	if properties, is := from["properties"].(node); is {
		to["properties"] = c.properties(properties)
	}
	return to
}

func (c *converter) properties(from node) node {
	to := node{}
	for name, of := range from {
		property := c.schema(of, name)
		if _, is := property["$ref"]; !is { // nothing may stand beside a reference
			property = maps.Clone(property)
			property["x-ms-summary"] = title(name)
		}
		to[name] = property
	}
	return to
}

const schemasOf = "#/components/schemas/"

// reference converts a reference. What is no object is put in its place, with what is
// said beside the reference: makers would see nothing of that otherwise.
func (c *converter) reference(ref string, beside node) node {
	name, is := strings.CutPrefix(ref, schemasOf)
	to, known := c.schemas[name].(node)
	if !is || !known {
		c.fail(fmt.Errorf("%s is no schema of the contract", ref))
		return node{}
	}
	if to["type"] == "object" {
		c.named[name] = true
		return node{"$ref": "#/definitions/" + name}
	}
	inlined := maps.Clone(to)
	if description, is := beside["description"]; is {
		inlined["description"] = description
	}
	return c.schema(inlined, "")
}

func (c *converter) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// definitions converts all schemas that were named, and those that they name.
func (c *converter) definitions() node {
	all := node{}
	for more := true; more; {
		more = false
		for _, name := range slices.Sorted(maps.Keys(c.named)) {
			if _, done := all[name]; !done {
				all[name], more = c.schema(c.schemas[name], ""), true
			}
		}
	}
	return all
}

// exceptNull is the one schema beside null, if there are just these two.
func exceptNull(oneOf any) (any, bool) {
	of, is := oneOf.([]any)
	if !is || len(of) != 2 {
		return nil, false
	}
	null, is := of[1].(node)
	return of[0], is && null["type"] == "null"
}

// title is a name as makers read it: "timeZone" is "Time zone".
func title(name string) string {
	var words strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			words.WriteRune(unicode.ToUpper(r))
		case r == '-':
			words.WriteByte(' ')
		case unicode.IsUpper(r):
			if name[i-1] != '-' {
				words.WriteByte(' ')
			}
			words.WriteRune(unicode.ToLower(r))
		default:
			words.WriteRune(r)
		}
	}
	if words.String() == "Id" {
		return "ID"
	}
	return strings.ReplaceAll(words.String(), " id", " ID")
}
