package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The parts of an OpenAPI document, as far as ours uses them. What is named in a map
// keeps its order, because people read it from top to bottom.
type (
	document struct {
		Info struct {
			Title, Version, Summary, Description string
		}
		Tags       []tag
		Paths      ordered[pathItem]
		Webhooks   ordered[pathItem] // what is sent to others, by a name of its own
		Security   []map[string][]string
		Components struct {
			SecuritySchemes ordered[scheme]
			Parameters      ordered[parameter]
			Headers         ordered[header]
			Responses       ordered[response]
			Schemas         ordered[schema]
			Examples        ordered[example]
		}
	}

	tag struct{ Name, Description string }

	scheme struct{ Type, Scheme, Description string }

	pathItem struct {
		Parameters                    []parameter
		Get, Post, Put, Patch, Delete *operation
	}

	operation struct {
		OperationID          string
		Tags                 []string
		Summary, Description string
		Parameters           []parameter
		RequestBody          *requestBody
		Responses            ordered[response]
		Security             *[]map[string][]string // nil = the document's
	}

	parameter struct {
		Ref         string `json:"$ref"`
		Name, In    string
		Required    bool
		Description string
		Schema      schema
		Example     json.RawMessage
	}

	header struct {
		Ref         string `json:"$ref"`
		Description string
	}

	requestBody struct {
		Description string
		Content     ordered[media]
	}

	response struct {
		Ref         string `json:"$ref"`
		Description string
		Headers     ordered[header]
		Content     ordered[media]
	}

	media struct {
		Schema   schema
		Examples ordered[example]
	}

	example struct {
		Ref     string `json:"$ref"`
		Summary string
		Value   json.RawMessage
	}

	schema struct {
		Ref                  string `json:"$ref"`
		Type                 oneOrMore
		Description, Format  string
		Const, Default       json.RawMessage
		Enum                 []json.RawMessage
		Properties           ordered[schema]
		Required             []string
		Items                *schema
		OneOf                []schema
		MinLength, MaxLength *int
		MinItems, MaxItems   *int
		Minimum, Maximum     *float64
	}
)

// entry is a member of an object.
type entry[T any] struct {
	Name  string
	Value T
}

// ordered is an object whose members keep their order.
type ordered[T any] []entry[T]

// UnmarshalJSON reads the members one by one.
func (o *ordered[T]) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("no object"), err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var e entry[T]
		e.Name = fmt.Sprint(name)
		if err := decoder.Decode(&e.Value); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		*o = append(*o, e)
	}
	return nil
}

// oneOrMore is text, or a list of texts.
type oneOrMore []string

// UnmarshalJSON reads either.
func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, (*[]string)(o))
	}
	*o = make(oneOrMore, 1)
	return json.Unmarshal(text, &(*o)[0])
}

// named finds what a reference such as #/components/headers/ETag leads to.
func named[T any](all ordered[T], ref string) (T, error) {
	name := ref[strings.LastIndex(ref, "/")+1:]
	for _, e := range all {
		if e.Name == name {
			return e.Value, nil
		}
	}
	var none T
	return none, fmt.Errorf("%s leads nowhere", ref)
}
