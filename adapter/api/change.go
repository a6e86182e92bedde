package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// change serves PATCH /v1/callbacks/{id}.
func (a *api) change(w http.ResponseWriter, r *http.Request) error {
	who, view, err := a.open(r, mayChange)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	version, err := precondition(r.Header, view.Callback.Version)
	if err != nil {
		return err
	}
	sent, err := readBody(w, r)
	if err != nil {
		return err
	}
	change, at, err := a.readChange(sent, view.Callback, who, a.o.Now())
	if err != nil {
		return invalid(err)
	}
	if !change.Phone.IsZero() {
		if err := a.mayAskNow(r, who); err != nil {
			return err
		}
	}
	change.Version, change.Reason = version, "changed by the customer"
	if who.staff() {
		change.Reason = "changed through the API"
	}
	id := view.Callback.ID
	view, err = a.o.Service.Change(r.Context(), id, change)
	switch {
	case errors.Is(err, adapter.ErrTooLate):
		return a.tooLate(r, who, id)
	case errors.Is(err, adapter.ErrConflict) && version != 0:
		return &problem{kind: otherVersion, detail: readAgain}
	case err != nil && change.When == nil:
		return notThere(err)
	case err != nil:
		return at.notThen(err)
	}
	shown := bodyOf(view, who)
	tag, err := etag(view.Callback.Version, shown)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag)
	if underWay(view.Callback) {
		return show(w, http.StatusAccepted, shown)
	}
	return show(w, http.StatusOK, shown)
}

// underWay tells that a change is to happen when Dynamics has let the callback go.
func underWay(c adapter.Callback) bool { return !c.Wish.IsZero() || c.State == adapter.StateCancelling }

// changeBody is the table of what PATCH takes: of a callback, what may be different.
func changeBody(now time.Time) []field[asked] {
	return []field[asked]{
		{"phone", false, of(text(readPhone))},
		{"when", false, func(q *asked, v value) error { return readWhen(&q.when, v, now) }},
		{"timeZone", false, of(text(readZone))},
	}
}

// readChange turns a body into the change that it asks for.
func (a *api) readChange(v value, is adapter.Callback, who caller, now time.Time) (service.Change, when, error) {
	var q asked
	errs := wholeBody(readFields(&q, v, changeBody(now)))
	if v.shape == shapeObject && len(v.members) == 0 {
		errs = errs.note("", "must have phone, when or timeZone")
	}
	at, moved := v.member("when")
	if _, told := v.member("timeZone"); isTime(at) && !told && is.TimeZone == "" {
		errs = errs.note("timeZone", "is required with a time")
	}
	if !q.when.isOf(is.Queue) {
		errs = errs.note("when.slotId", "is a slot of another queue")
	}
	if objection := a.objection(who, is.Channel, q.Phone); objection != "" {
		errs = errs.note("phone", objection)
	}
	change := service.Change{Phone: q.Phone, TimeZone: q.TimeZone}
	if moved {
		change.When, change.Booked, change.Hold = &q.when.Window, q.when.slot != nil, q.when.hold()
	}
	return change, q.when, errs.orNil()
}

const readAgain = "Read the callback again, and send its ETag in If-Match."

// precondition compares If-Match with a callback's version, and gives the version that
// must still hold when the callback is changed; 0 is any. Only the version counts: the
// rest of an ETag moves with the line, all the time, and takes nothing from anybody.
func precondition(h http.Header, version int64) (int64, error) {
	values := h.Values("If-Match")
	if len(values) == 0 {
		return 0, &problem{kind: noVersion, detail: readAgain}
	}
	for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return 0, nil
		}
		if of, ok := versionOf(tag); ok && of == version {
			return version, nil
		}
	}
	return 0, &problem{kind: otherVersion, detail: readAgain}
}

// versionOf reads the version in an ETag of ours; a weak one has none.
func versionOf(tag string) (int64, bool) {
	inner, quoted := strings.CutPrefix(tag, `"`)
	number, _, ours := strings.Cut(inner, "-")
	version, err := strconv.ParseInt(number, 10, 64)
	return version, err == nil && quoted && ours
}
