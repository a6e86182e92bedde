package api

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// field is one row of the table of what an object may hold.
type field[T any] struct {
	name     string
	required bool
	read     func(*T, value) error // its error text is for the client and quotes nothing
}

// fieldError says what is wrong with one field.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// fieldErrors is all that is wrong with a body, or with one object inside it.
type fieldErrors []fieldError

// Error counts only; the texts are for the client, not for logs.
func (e fieldErrors) Error() string { return fmt.Sprintf("%d wrong fields", len(e)) }

// maxFieldErrors bounds an answer to a body of nothing but unknown members.
const maxFieldErrors = 64

// add notes an error of a field. One that has fields itself is taken over with
// the longer names.
func (e fieldErrors) add(name string, err error) fieldErrors {
	var inner fieldErrors
	switch {
	case err == nil:
	case errors.As(err, &inner):
		for _, i := range inner {
			e = e.note(name+"."+i.Field, i.Message)
		}
	default:
		e = e.note(name, err.Error())
	}
	return e
}

func (e fieldErrors) note(name, message string) fieldErrors {
	if len(e) < maxFieldErrors {
		e = append(e, fieldError{clip(name), message})
	}
	return e
}

// clip keeps a name that a client made up from filling the answer.
func clip(name string) string {
	const most = 120
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	return string([]rune(name)[:most]) + "…"
}

// orNil keeps an empty list from being a non-nil error.
func (e fieldErrors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// readFields reads an object by its table and goes on after errors, so that
// all of them are told at once.
func readFields[T any](into *T, v value, table []field[T]) error {
	if v.shape != shapeObject {
		return mustBe(shapeObject)
	}
	var errs fieldErrors
	sent := map[string]value{}
	for _, m := range v.members {
		sent[m.name] = m.value
	}
	for _, f := range table {
		inner, ok := sent[f.name]
		delete(sent, f.name)
		switch {
		case ok:
			errs = errs.add(f.name, f.read(into, inner))
		case f.required:
			errs = errs.note(f.name, "is required")
		}
	}
	for _, m := range v.members {
		if _, unknown := sent[m.name]; unknown {
			errs = errs.note(m.name, "is not known here")
		}
	}
	return errs.orNil()
}

// text makes the reader of a field that holds a string.
func text[T any](read func(*T, string) error) func(*T, value) error {
	return func(into *T, v value) error {
		if v.shape != shapeText {
			return mustBe(shapeText)
		}
		return read(into, v.text)
	}
}

// words checks text that a person wrote or will read: not blank, at most so
// many characters, none of them invisible controls.
func words(s string, most int) error {
	blank := true
	for _, c := range s {
		if unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' {
			return errors.New("must not hold control characters")
		}
		blank = blank && unicode.IsSpace(c)
	}
	switch {
	case blank:
		return errors.New("must not be empty")
	case utf8.RuneCountInString(s) > most:
		return fmt.Errorf("must have at most %d characters", most)
	}
	return nil
}

func mustBe(s shape) error { return fmt.Errorf("must be %s", s) }
