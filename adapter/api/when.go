package api

import (
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// asap asks for a place at the end of the line, now.
const asap = "asap"

// when is the time that somebody asks for: zero = as soon as possible.
type when struct {
	adapter.Window
	slot *slotID // it is this one; nil = it is none
}

// readWhen reads "asap", a window's start and end, or a slot's id; {"asap": true} says
// "asap" where a program can only send an object.
func readWhen(into *when, v value, now time.Time) error {
	_, soon := v.member(asap)
	_, slot := v.member("slotId")
	switch {
	case v.shape == shapeText && v.text == asap:
		return nil
	case v.shape != shapeObject:
		return errors.New(`must be "asap" or an object with start and end, or with slotId`)
	case soon:
		return readFields(into, v, soonBody())
	case slot:
		return readFields(into, v, slotBody())
	}
	if err := readFields(&into.Window, v, windowBody()); err != nil {
		return err
	}
	return windowErrors(into.Window, now).orNil()
}

// isTime tells whether what is asked for has a beginning, on somebody's clock.
func isTime(v value) bool {
	_, soon := v.member(asap)
	return v.shape == shapeObject && !soon
}

// soonBody is the table of "asap" as an object.
func soonBody() []field[when] {
	return []field[when]{{asap, true, func(_ *when, v value) error {
		if v.shape != shapeTruth || !v.truth {
			return errors.New("must be true, or left out with start and end, or slotId, given")
		}
		return nil
	}}}
}

// windowBody is the table of a window.
func windowBody() []field[adapter.Window] {
	return []field[adapter.Window]{
		{"start", true, text(func(w *adapter.Window, s string) (err error) { w.Start, err = instant(s); return err })},
		{"end", true, text(func(w *adapter.Window, s string) (err error) { w.End, err = instant(s); return err })},
	}
}

// slotBody is the table of a slot, free or held.
func slotBody() []field[when] {
	return []field[when]{{"slotId", true, text(readSlot)}}
}

func readSlot(into *when, s string) error {
	id, ok := readSlotID(s)
	if !ok {
		return errors.New("must be the slotId of a slot that was listed, held, or told to be free next")
	}
	into.slot, into.Window = &id, id.Window
	return nil
}

// hold is under which the slot is held; empty = under none, or it is none.
func (w when) hold() adapter.HoldID {
	if w.slot == nil {
		return ""
	}
	return w.slot.hold
}

// isOf tells whether the time is no slot of another queue.
func (w when) isOf(queue adapter.QueueID) bool { return w.slot == nil || w.slot.Queue == queue }

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

// over says that a time is over.
func (w when) over() fieldErrors {
	field := "when.end"
	if w.slot != nil {
		field = "when.slotId"
	}
	return fieldErrors{{Field: field, Message: "must be in the future"}}
}

// notThen answers why a time that can be read cannot be had; another error is left as
// it is.
func (w when) notThen(err error) error {
	if errors.Is(err, service.ErrWindowOver) {
		return invalid(w.over())
	}
	if quiet, is := errors.AsType[*service.QuietError](err); is {
		return invalid(fieldErrors{{Field: "when", Message: "cannot be then: " + quiet.Why}})
	}
	return noSlot(err, "when.slotId")
}

// notThere answers why another time zone cannot be taken: a callback stays when it is,
// and it is night there. Another error is left as it is.
func notThere(err error) error {
	why := ""
	if quiet, is := errors.AsType[*service.QuietError](err); is {
		why = quiet.Why
	}
	if none, is := errors.AsType[*service.NoSlotError](err); is {
		why = none.Why
	}
	if why == "" {
		return err
	}
	return invalid(fieldErrors{{Field: "timeZone", Message: "needs another time, too: " + why}})
}

// noSlot answers that a slot cannot be booked; another error is left as it is.
func noSlot(err error, field string) error {
	if none, is := errors.AsType[*service.NoSlotError](err); is {
		return invalid(fieldErrors{{Field: field, Message: "is no slot that can be booked: " + none.Why}})
	}
	return err
}
