package dataverse

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"directcallback/adapter"
)

// request is one thing to ask, whatever number of attempts it takes.
type request struct {
	operation string // for errors and logs: "query contacts"; never a value
	method    string
	url       string // absolute; in a change set also "$1" and what follows
	header    http.Header
	body      []byte // nil: none
	repeat    Repeat
	custom    bool // custom code on the server: a 500 says nothing about what it did before
	reads     bool // changes nothing, whatever the method
	read      func(answer, *Result) error
	batch     *Batch // the request is this batch
	bound     []Op   // operations that the body refers to
}

// writes tells whether a lost answer leaves the caller with a question.
func (r *request) writes() bool { return r.method != http.MethodGet && !r.reads }

// Result is what came of one operation.
type Result struct {
	ID      string // of a row that was written, when Dataverse named it or we did
	ETag    ETag   // of a single row, when Dataverse said it
	Created bool   // an upsert with [WriteOptions.Return] made the row
	Row     Row    // of a Get, of a function or an action, and of a write with [WriteOptions.Return]
	Rows    []Row  // of a query in a batch: its first page,
	More    bool   // and whether there are more
	Err     error  // of an operation in a batch; single operations return theirs

	page    page
	results Results
}

// ETag is the version of a row. It is opaque: equal or not is all it says.
type ETag string

// AnyETag stands for every version: If-Match of it asks for a row that is there,
// If-None-Match for one that is not.
const AnyETag ETag = "*"

var etagPattern = regexp.MustCompile(`^(?:\*|(?:W/)?"[\x21\x23-\x7e]*")$`)

// check tells whether a tag may stand in a header.
func (t ETag) check() error {
	if t != "" && !etagPattern.MatchString(string(t)) {
		return errors.New("not an ETag")
	}
	return nil
}

const callerHeader = "CallerObjectId"

// header has what Microsoft asks of every request.
func (c *Client) header(prefer ...string) http.Header {
	h := http.Header{
		"Accept":           {"application/json"},
		"Odata-Version":    {"4.0"},
		"Odata-Maxversion": {"4.0"},
		"User-Agent":       {"directcallback"},
	}
	if len(prefer) > 0 {
		h.Set("Prefer", strings.Join(prefer, ","))
	}
	if c.caller != "" {
		h.Set(callerHeader, string(c.caller))
	}
	return h
}

// withJSON gives the request a body.
func (r *request) withJSON(value any) error {
	text, err := encodeJSON(value)
	if err != nil {
		// The error may print a value; its kind is enough.
		if unsupported, ok := errors.AsType[*json.UnsupportedTypeError](err); ok {
			return r.invalid(fmt.Errorf("a %v cannot be written", unsupported.Type))
		}
		return r.invalid(errors.New("a value that cannot be written as JSON: " + redact(err.Error())))
	}
	r.body = []byte(text)
	r.header.Set("Content-Type", "application/json; charset=utf-8")
	return nil
}

func (r *request) invalid(err error) error {
	return fmt.Errorf("%s: %w: %w", r.operation, ErrInvalid, err)
}

// at points the request to a row.
func (r *request) at(c *Client, set string, key Key, rest string) error {
	path, err := Ref{set, key}.path()
	if err != nil {
		return r.invalid(err)
	}
	if _, inside := key.(Op); inside {
		r.url = path + rest
		return nil
	}
	r.url = c.base + path + rest
	return nil
}

// readRow is for answers that are an object.
func readRow(a answer, r *Result) error {
	if err := decodeJSON(a.body, &r.Row); err != nil {
		return err
	}
	if r.Row == nil {
		return errors.New("null instead of an object")
	}
	r.describe(a)
	return nil
}

// readAny is for answers that may be empty: some actions answer 202 with nothing in it.
func readAny(a answer, r *Result) error {
	if len(strings.TrimSpace(string(a.body))) == 0 {
		return nil
	}
	return readRow(a, r)
}

// readWritten is for writes, which are answered with a row when they asked for
// one. A proxy's sign-in page is a 200 too, and must not pass for a row that was
// written.
func readWritten(a answer, r *Result) error {
	switch {
	case a.status == http.StatusNoContent:
		r.describe(a)
		return nil
	case a.status == http.StatusCreated && len(a.body) == 0:
		r.describe(a)
		return nil
	}
	if err := readRow(a, r); err != nil {
		return fmt.Errorf("not an answer to a write: %w", err)
	}
	r.Created = a.status == http.StatusCreated
	return nil
}

// readDone is for writes without anything to say.
func readDone(a answer, _ *Result) error {
	if a.status != http.StatusNoContent {
		return errors.New("not an answer to a write")
	}
	return nil
}

var idPattern = regexp.MustCompile(`\(([0-9A-Fa-f-]{36})\)$`)

// describe takes from the headers what they say of the row.
func (r *Result) describe(a answer) {
	r.ETag = ETag(a.header.Get("ETag"))
	if tag := r.Row.ETag(); tag != "" {
		r.ETag = tag
	}
	for _, name := range []string{"OData-EntityId", "Location"} {
		if found := idPattern.FindStringSubmatch(a.header.Get(name)); found != nil && adapter.IsGUID(found[1]) {
			r.ID = strings.ToLower(found[1])
			return
		}
	}
}
