package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// What the template shows.
type (
	view struct {
		Title, Version, Summary, Description string
		Schemes                              []entry[scheme]
		Groups                               []group
		Schemas                              []table
		Problems                             []problem
	}

	group struct {
		Name, Description string
		Operations        []call
	}

	call struct {
		ID, Method, Path, Summary, Description string
		Sent                                   bool     // to a webhook, whose owner answers
		Callers                                []string // empty = everybody
		Parameters                             []row
		Body                                   string // what is said of it
		BodyType                               []word
		Samples                                []sample // by curl, or of what is sent
		bodies                                 []sample
		Answers                                []answer
	}

	answer struct {
		Status, Text, Description string
		Type                      []word
		Headers                   []string
		Samples                   []sample
		Problems                  []string // kinds
	}

	sample struct{ Title, Code string }

	table struct {
		Name, Description string
		Type              []word // of one without fields
		Limits            string
		Rows              []row
	}

	row struct {
		Name, In    string
		Required    bool
		Type        []word
		Limits      string
		Description string
	}

	// word is a piece of a type; Link is the schema that it names.
	word struct{ Text, Link string }

	problem struct{ Kind, Status, Title, Meaning, Sample string }
)

// reader makes the view. Its errors are collected, so that all are told.
type reader struct {
	document
	errs []error
}

func (r *reader) view() (view, error) {
	v := view{
		Title: r.Info.Title, Version: r.Info.Version, Summary: r.Info.Summary, Description: r.Info.Description,
		Schemes: r.Components.SecuritySchemes,
	}
	for _, t := range r.Tags {
		v.Groups = append(v.Groups, group{Name: t.Name, Description: t.Description, Operations: r.calls(t.Name)})
	}
	for _, s := range r.Components.Schemas {
		v.Schemas = append(v.Schemas, r.table(s.Name, s.Value))
	}
	for _, e := range r.Components.Examples {
		if p, is := asProblem(e.Name, e.Value); is {
			v.Problems = append(v.Problems, p)
		}
	}
	slices.SortStableFunc(v.Problems, func(a, b problem) int { return strings.Compare(a.Status, b.Status) })
	return v, errors.Join(r.errs...)
}

// calls are the operations of a tag.
func (r *reader) calls(of string) []call {
	calls := r.callsOf(r.Paths, of)
	for _, sent := range r.callsOf(r.Webhooks, of) {
		sent.Sent, sent.Path, sent.Samples = true, "to your URL", sent.bodies
		calls = append(calls, sent)
	}
	return calls
}

func (r *reader) callsOf(paths ordered[pathItem], of string) []call {
	var calls []call
	for _, path := range paths {
		item := path.Value
		for _, o := range []struct {
			method    string
			operation *operation
		}{
			{http.MethodGet, item.Get},
			{http.MethodPost, item.Post},
			{http.MethodPut, item.Put},
			{http.MethodPatch, item.Patch},
			{http.MethodDelete, item.Delete},
		} {
			if o.operation != nil && slices.Contains(o.operation.Tags, of) {
				calls = append(calls, r.call(o.method, path.Name, item, *o.operation))
			}
		}
	}
	return calls
}

func (r *reader) call(method, path string, item pathItem, o operation) call {
	parameters := r.parameters(slices.Concat(item.Parameters, o.Parameters))
	c := call{ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Description: o.Description, Callers: r.callers(o)}
	for _, p := range parameters {
		c.Parameters = append(c.Parameters, row{p.Name, p.In, p.Required, r.words(p.Schema), limits(p.Schema), p.Description})
	}
	line := curl{method: method, path: path, parameters: parameters, open: len(c.Callers) == 0}
	if b := o.RequestBody; b != nil && len(b.Content) > 0 {
		c.Body, c.BodyType = b.Description, r.words(b.Content[0].Value.Schema)
		c.bodies = r.samples(b.Content[0].Value.Examples)
		for _, s := range c.bodies {
			c.Samples = append(c.Samples, sample{s.Title, line.with(s.Code)})
		}
	} else {
		c.Samples = []sample{{Code: line.with("")}}
	}
	for _, response := range o.Responses {
		c.Answers = append(c.Answers, r.answer(response.Name, response.Value))
	}
	return c
}

func (r *reader) parameters(all []parameter) []parameter {
	for i, p := range all {
		if p.Ref != "" {
			found, err := named(r.Components.Parameters, p.Ref)
			r.note(err)
			all[i] = found
		}
	}
	return all
}

// callers are the kinds of token that open an operation.
func (r *reader) callers(o operation) []string {
	choice := r.Security
	if o.Security != nil {
		choice = *o.Security
	}
	var names []string
	for _, one := range choice {
		for name := range one {
			names = append(names, name)
		}
	}
	return names
}

func (r *reader) answer(status string, response response) answer {
	if response.Ref != "" {
		found, err := named(r.Components.Responses, response.Ref)
		r.note(err)
		response = found
	}
	code, _ := strconv.Atoi(status)
	a := answer{Status: status, Text: http.StatusText(code), Description: response.Description}
	for _, h := range response.Headers {
		if h.Name != "X-Request-Id" { // every answer has it
			a.Headers = append(a.Headers, h.Name)
		}
	}
	for _, content := range response.Content {
		if content.Name == "application/problem+json" {
			for _, e := range content.Value.Examples {
				a.Problems = append(a.Problems, e.Name)
			}
			continue
		}
		a.Type = r.words(content.Value.Schema)
		a.Samples = append(a.Samples, r.samples(content.Value.Examples)...)
	}
	return a
}

// samples are examples that can be shown as JSON.
func (r *reader) samples(examples ordered[example]) []sample {
	var samples []sample
	for _, e := range examples {
		shown := e.Value
		if shown.Ref != "" {
			found, err := named(r.Components.Examples, shown.Ref)
			r.note(err)
			shown = found
		}
		title := shown.Summary
		if title == "" {
			title = e.Name
		}
		samples = append(samples, sample{title, pretty(shown.Value)})
	}
	return samples
}

func (r *reader) table(name string, s schema) table {
	t := table{Name: name, Description: s.Description}
	for _, p := range s.Properties {
		t.Rows = append(t.Rows, row{Name: p.Name, Required: slices.Contains(s.Required, p.Name), Type: r.words(p.Value), Limits: limits(p.Value), Description: p.Value.Description})
	}
	if len(t.Rows) == 0 {
		t.Type, t.Limits = r.words(s), limits(s)
	}
	return t
}

// words spell a type: what it is called here, or what JSON calls it.
func (r *reader) words(s schema) []word {
	switch {
	case s.Ref != "":
		_, err := named(r.Components.Schemas, s.Ref)
		r.note(err)
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		return []word{{name, name}}
	case len(s.OneOf) > 0:
		var all []word
		for i, one := range s.OneOf {
			if i > 0 {
				all = append(all, word{Text: " or "})
			}
			all = append(all, r.words(one)...)
		}
		return all
	case s.Const != nil:
		return []word{{Text: string(s.Const)}}
	case s.Items != nil:
		return append([]word{{Text: "array of "}}, r.words(*s.Items)...)
	}
	text := strings.Join(s.Type, " or ")
	if s.Format != "" {
		text += ", " + s.Format
	}
	return []word{{Text: text}}
}

func (r *reader) note(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// limits says what a value must keep to.
func limits(s schema) string {
	var said []string
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = strings.Trim(string(v), `"`)
		}
		said = append(said, "one of "+strings.Join(values, ", "))
	}
	said = append(said, between(s.MinLength, s.MaxLength, "characters"), between(s.MinItems, s.MaxItems, "items"))
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		said = append(said, fmt.Sprintf("%v to %v", *s.Minimum, *s.Maximum))
	case s.Minimum != nil:
		said = append(said, fmt.Sprintf("at least %v", *s.Minimum))
	}
	if s.Default != nil {
		said = append(said, "default "+strings.Trim(string(s.Default), `"`))
	}
	return strings.Join(slices.DeleteFunc(said, func(s string) bool { return s == "" }), "; ")
}

func between(least, most *int, what string) string {
	switch {
	case least != nil && most != nil:
		return fmt.Sprintf("%d to %d %s", *least, *most, what)
	case most != nil:
		return fmt.Sprintf("at most %d %s", *most, what)
	default:
		return ""
	}
}

// asProblem reads an example of an error.
func asProblem(kind string, e example) (problem, bool) {
	var value struct {
		Type, Title string
		Status      int
	}
	if json.Unmarshal(e.Value, &value) != nil || value.Type != "/problems/"+kind {
		return problem{}, false
	}
	return problem{Kind: kind, Status: strconv.Itoa(value.Status), Title: value.Title, Meaning: e.Summary, Sample: pretty(e.Value)}, true
}

func pretty(value json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, value, "", "  ") != nil {
		return string(value)
	}
	return out.String()
}
