package api

import (
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
)

// asap asks for a place at the end of the line, now.
const asap = "asap"

// readWhen reads "asap", which is the zero window, or a window's start and end.
func readWhen(into *adapter.Window, v value, now time.Time) error {
	_, slot := v.member("slotId")
	switch {
	case v.shape == shapeText && v.text == asap:
		return nil
	case v.shape != shapeObject:
		return errors.New(`must be "asap" or an object with start and end`)
	case slot:
		return fieldErrors{{Field: "slotId", Message: "slots are not served yet: give start and end"}}
	}
	if err := readFields(into, v, windowBody()); err != nil {
		return err
	}
	return windowErrors(*into, now).orNil()
}

// windowBody is the table of a window.
func windowBody() []field[adapter.Window] {
	return []field[adapter.Window]{
		{"start", true, text(func(w *adapter.Window, s string) (err error) { w.Start, err = instant(s); return err })},
		{"end", true, text(func(w *adapter.Window, s string) (err error) { w.End, err = instant(s); return err })},
	}
}

// windowErrors says what is wrong with a window that can be read. One that has
// begun is served from now on; whether it is over is asked later, because a repeat
// gets its answer even then.
func windowErrors(w adapter.Window, now time.Time) fieldErrors {
	var errs fieldErrors
	length := w.End.Sub(w.Start)
	if w.Start.After(now.Add(maxAhead)) {
		errs = errs.note("start", fmt.Sprintf("must be at most %d days ahead", maxAhead/(24*time.Hour)))
	}
	switch {
	case length <= 0:
		errs = errs.note("end", "must be after start")
	case length < minWindow:
		errs = errs.note("end", fmt.Sprintf("must be at least %d minutes after start", minWindow/time.Minute))
	case length > maxWindow:
		errs = errs.note("end", fmt.Sprintf("must be at most %d hours after start", maxWindow/time.Hour))
	}
	return errs
}

// instant reads a time as RFC 3339 writes it.
func instant(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, errors.New("must be a time as RFC 3339 writes it, such as 2026-03-04T09:00:00Z")
	}
	return at.UTC(), nil
}

// overErrors says that a window is over.
func overErrors() fieldErrors {
	return fieldErrors{{Field: "when.end", Message: "must be in the future"}}
}
