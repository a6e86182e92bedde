package api

import (
	"errors"
	"net/http"
	"strings"

	"directcallback/adapter"
	"directcallback/adapter/api/body"
	"directcallback/adapter/service"
)

const maxReason = 500 // characters

// erase serves POST /v1/erasures.
func (a *api) erase(w http.ResponseWriter, r *http.Request) error {
	who, err := a.may(r, mayErase)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	sent, err := readBody(w, r)
	if err != nil {
		return err
	}
	asked, err := readErasure(sent)
	if err != nil {
		return invalid(err)
	}
	count, err := a.o.Service.Erase(r.Context(), asked.person, service.Signature{By: who.name(), Reason: asked.reason})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, body.Erased{Callbacks: count.Callbacks, Later: count.Later, Calls: count.Calls})
}

// erasure is what a body asks to erase, and why.
type erasure struct {
	person adapter.Person
	reason string
}

// erasureBody is the table of what POST /v1/erasures takes. Its reason is kept with
// everything that is erased, so it must not say who that was.
func erasureBody() []field[erasure] {
	return []field[erasure]{
		{"phone", false, text(func(e *erasure, s string) (err error) { e.person.Phone, err = parsePhone(s); return err })},
		{"contactId", false, text(func(e *erasure, s string) error { return readID(&e.person.Contact, s) })},
		{"reason", true, text(func(e *erasure, s string) error { e.reason = s; return words(s, maxReason) })},
	}
}

func readErasure(v value) (erasure, error) {
	var e erasure
	var errs fieldErrors
	if err := readFields(&e, v, erasureBody()); err != nil && !errors.As(err, &errs) {
		return e, fieldErrors{{Field: "", Message: err.Error()}} // the body itself is no object
	}
	_, phone := v.member("phone")
	_, contact := v.member("contactId")
	if phone == contact {
		errs = errs.note("", "must have either phone or contactId")
	}
	if holdsNumber(e.reason, e.person.Phone) {
		errs = errs.note("reason", "must not hold a telephone number: it is kept")
	}
	return e, errs.orNil()
}

// holdsNumber tells whether a text has a telephone number in it: this one, however it is
// written, or any in international form.
func holdsNumber(text string, phone adapter.Phone) bool {
	const enough = 7 // digits at the end, whatever stands before them
	end := phone.E164()
	end = end[max(len(end)-enough, 0):]
	numbers := strings.Map(func(c rune) rune {
		switch {
		case '0' <= c && c <= '9' || c == '+':
			return c
		case strings.ContainsRune(" .-()/\u00a0", c):
			return -1 // stands between digits
		default:
			return ' '
		}
	}, text)
	for number := range strings.FieldsSeq(numbers) {
		_, international, _ := strings.Cut(number, "+")
		if len(international) >= enough || end != "" && strings.Contains(number, end) {
			return true
		}
	}
	return false
}
