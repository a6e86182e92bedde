package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// kind is a problem's type: /problems/ and this word. It is part of the
// contract and never changes its meaning.
type kind string

const (
	malformedJSON  kind = "malformed-json"
	unreadableBody kind = "unreadable-body"
	badKey         kind = "invalid-idempotency-key"
	noAccess       kind = "unauthorized"
	forbidden      kind = "forbidden"
	notFound       kind = "not-found"
	badMethod      kind = "method-not-allowed"
	conflict       kind = "conflict"
	notOffered     kind = "not-offered"
	tooLate        kind = "too-late"
	duplicate      kind = "duplicate"
	slotFull       kind = "slot-full"
	otherVersion   kind = "precondition-failed"
	noVersion      kind = "precondition-required"
	tooLarge       kind = "body-too-large"
	badMediaType   kind = "unsupported-media-type"
	invalidRequest kind = "invalid-request"
	keyReused      kind = "idempotency-key-reused"
	tooOften       kind = "too-many-requests"
	internal       kind = "internal"
	unavailable    kind = "unavailable"
	notReady       kind = "not-ready"
)

// description is what all problems of a kind have in common.
type description struct {
	status     int
	title      string
	retryAfter int // seconds; 0 = not said
}

// descriptions is the table of all problems.
func descriptions() map[kind]description {
	return map[kind]description{
		malformedJSON:  {http.StatusBadRequest, "The body is not the JSON that is read here", 0},
		unreadableBody: {http.StatusBadRequest, "The body ended early", 0},
		badKey:         {http.StatusBadRequest, "The Idempotency-Key header is missing or cannot be used", 0},
		noAccess:       {http.StatusUnauthorized, "A valid bearer token is needed", 0},
		forbidden:      {http.StatusForbidden, "This caller may not do this", 0},
		notFound:       {http.StatusNotFound, "There is nothing here", 0},
		badMethod:      {http.StatusMethodNotAllowed, "This method is not served here", 0},
		conflict:       {http.StatusConflict, "Something changed at the same moment", 1},
		notOffered:     {http.StatusConflict, "The queue cannot take callbacks now", 0},
		tooLate:        {http.StatusConflict, "It is too late for that", 0},
		slotFull:       {http.StatusConflict, "All seats of the slot are taken", 0},
		duplicate:      {http.StatusConflict, "The number waits in this queue already", 0},
		otherVersion:   {http.StatusPreconditionFailed, "The callback is not as If-Match has it", 0},
		noVersion:      {http.StatusPreconditionRequired, "The If-Match header is missing", 0},
		tooLarge:       {http.StatusRequestEntityTooLarge, "The body is too large", 0},
		badMediaType:   {http.StatusUnsupportedMediaType, "The body must be plain application/json", 0},
		invalidRequest: {http.StatusUnprocessableEntity, "The request cannot be taken as it is", 0},
		keyReused:      {http.StatusUnprocessableEntity, "The idempotency key was used for another request", 0},
		tooOften:       {http.StatusTooManyRequests, "Too often", 0},
		internal:       {http.StatusInternalServerError, "Something went wrong here", 0},
		unavailable:    {http.StatusServiceUnavailable, "The service is stopping or its store is away", 5},
		notReady:       {http.StatusServiceUnavailable, "Not ready for work", 5},
	}
}

// problem is an error that knows how it is answered.
type problem struct {
	kind    kind
	detail  string
	members map[string]any    // further members of the answer
	header  map[string]string // further header fields
}

// Error names the kind only: details are for the caller, not for logs.
func (p *problem) Error() string { return string(p.kind) }

// problemOf classifies an error. What nobody expected is internal.
func (a *api) problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if full, ok := errors.AsType[*service.SlotFullError](err); ok {
		return slotTaken(full)
	}
	if often, ok := errors.AsType[*service.TooOftenError](err); ok {
		return tooManyFor("This number was asked for often enough for now.", often.After)
	}
	if d, ok := errors.AsType[*service.DuplicateError](err); ok {
		return &problem{kind: duplicate, detail: "Cancel one of the two, or leave this one as it is.", members: map[string]any{"duplicateOf": d.Of}}
	}
	for _, c := range []struct {
		cause  error
		kind   kind
		detail string
	}{
		{adapter.ErrNotFound, notFound, "There is no such callback, or the token is not its own."},
		{service.ErrKeyReused, keyReused, "Use a new Idempotency-Key for a new request."},
		{adapter.ErrNotOffered, notOffered, reasonAfter(err, adapter.ErrNotOffered)},
		{adapter.ErrTooLate, tooLate, ""},
		{adapter.ErrConflict, conflict, "Send the request again."},
		{adapter.ErrDuplicate, conflict, "Send the request again."},
		{context.Canceled, unavailable, "Send the request again."},
		{context.DeadlineExceeded, unavailable, "Send the request again."},
	} {
		if errors.Is(err, c.cause) {
			return &problem{kind: c.kind, detail: c.detail}
		}
	}
	if a.o.Unavailable(err) {
		return &problem{kind: unavailable, detail: "Send the request again."}
	}
	return &problem{kind: internal, detail: "The request id helps to find out what."}
}

// reasonAfter is what an error adds to its sentinel in words.
func reasonAfter(err, sentinel error) string {
	_, reason, _ := strings.Cut(err.Error(), sentinel.Error()+": ")
	return reason
}

// fail answers with an error. It is the only place that does.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problemOf(err)
	d := descriptions()[p.kind]
	requestID := w.Header().Get(requestIDHeader)
	if p.kind == internal {
		a.o.Logger.ErrorContext(r.Context(), "request failed", "request_id", requestID, "route", r.Pattern, "error", err)
	}
	body := map[string]any{"type": "/problems/" + string(p.kind), "title": d.title, "status": d.status, "requestId": requestID}
	if p.detail != "" {
		body["detail"] = p.detail
	}
	maps.Copy(body, p.members)
	header := w.Header()
	for name, value := range p.header {
		header.Set(name, value)
	}
	if d.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(d.retryAfter))
	}
	_ = write(w, d.status, "application/problem+json", body) // maps of text and numbers always encode
}
