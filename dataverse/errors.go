package dataverse

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What an [Error], or a request without an answer, can be asked with errors.Is.
var (
	ErrNotFound  = errors.New("not found")
	ErrThrottled = errors.New("told to wait")
	ErrDuplicate = errors.New("exists already")
	// ErrPrecondition: the row is not of the version, or not as present or absent,
	// as a condition asked.
	ErrPrecondition = errors.New("changed meanwhile")
	// ErrNotModified: the row still has the version that the caller knows.
	ErrNotModified  = errors.New("not modified")
	ErrForbidden    = errors.New("forbidden")
	ErrUnauthorized = errors.New("not signed in")
	ErrInvalid      = errors.New("refused as invalid")
	// ErrUnavailable: a 5xx, or a read without an answer; it may go better later.
	ErrUnavailable = errors.New("unavailable")
	// ErrNotSent: no attempt left the machine.
	ErrNotSent = errors.New("not sent")
	// ErrAmbiguous: perhaps it was carried out, perhaps not. It stands beside the
	// others: a 503 on an action matches this and ErrUnavailable.
	ErrAmbiguous = errors.New("perhaps carried out")
	// ErrSkipped: an operation of a batch that stopped before it.
	ErrSkipped = errors.New("not carried out: the batch stopped before it")
	// ErrDeltaExpired: what changed since then cannot be told any more. Start again
	// with an empty [DeltaToken]; what is not in that answer was deleted.
	ErrDeltaExpired = errors.New("changes since then are not known: start again")
	// ErrNotTracked: the table is not enabled for change tracking.
	ErrNotTracked = errors.New("changes are not tracked")
)

// Error is an answer of Dataverse that is not a success.
type Error struct {
	Operation  string // "query contacts"; names no row and no value
	Status     int
	Code       string        // "0x80040217", lower case; "" when the answer had none
	Message    string        // as answered, at most 64 KiB, telephone numbers masked
	RequestID  string        // x-ms-service-request-id: what Microsoft's support asks for
	RetryAfter time.Duration // as told; 0: nothing was said

	ambiguous bool
}

// Error shows the first 300 bytes of the message, and for how long to wait.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d", e.Operation, e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + shorten(e.Message, 300))
	}
	if e.RetryAfter > 0 {
		b.WriteString(", told to wait " + max(e.RetryAfter.Round(time.Millisecond), time.Millisecond).String())
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Is answers for the sentinels of this package.
func (e *Error) Is(target error) bool {
	return target == e.kind() || (target == ErrAmbiguous && e.ambiguous)
}

// kind goes by the code, then by the status, never by the text.
func (e *Error) kind() error {
	switch e.Code {
	case "0x80040217", "0x80060891", "0x8006088a":
		return ErrNotFound
	case "0x80040237", "0x80060892", "0x80040333":
		return ErrDuplicate
	case "0x80060882":
		return ErrPrecondition
	case "0x80072491":
		return ErrNotTracked
	case "0x80040220", "0x80048306", "0x80040231", "0x8004a110", "0x80072560":
		return ErrForbidden
	}
	switch {
	case throttled(e.Code):
		return ErrThrottled
	case e.Status == http.StatusNotModified:
		return ErrNotModified
	case e.Status == http.StatusNotFound:
		return ErrNotFound
	case e.Status == http.StatusTooManyRequests:
		return ErrThrottled
	case e.Status == http.StatusPreconditionFailed:
		return ErrPrecondition
	case e.Status == http.StatusForbidden:
		return ErrForbidden
	case e.Status == http.StatusUnauthorized:
		return ErrUnauthorized
	case e.Status >= 500:
		return ErrUnavailable
	}
	return ErrInvalid
}

var privilegePattern = regexp.MustCompile(`\bprv[A-Za-z_][A-Za-z0-9_]*`)

// MissingPrivilege names the privilege that a refusal says is missing, such as
// prvReadQueue; "" when it says none. It is for people to read.
func MissingPrivilege(err error) string {
	refused, is := errors.AsType[*Error](err)
	if !is || !errors.Is(err, ErrForbidden) {
		return ""
	}
	return privilegePattern.FindString(refused.Message)
}

// unanswered is a request without an answer.
type unanswered struct {
	operation string
	kind      error // ErrNotSent, ErrAmbiguous or ErrUnavailable
	cause     error
}

func (e *unanswered) Error() string {
	return fmt.Sprintf("%s: %v: %s", e.operation, e.kind, shorten(redact(e.cause.Error()), 500))
}

func (e *unanswered) Unwrap() []error { return []error{e.kind, e.cause} }

// maxErrorBody bounds what is kept of an answer that is not a success.
const maxErrorBody = 64 << 10

// parseError reads code and message out of an error body. Dataverse answers
// {"error":{"code","message"}}, what stands in front of it anything at all.
func parseError(body []byte) (code, message string) {
	var answer struct {
		Error struct {
			Code    any    `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", redact(strings.ToValidUTF8(strings.TrimSpace(string(body)), "\uFFFD"))
	}
	text, _ := answer.Error.Code.(string)
	return normalizeCode(text), redact(answer.Error.Message)
}

// normalizeCode brings the spellings of one code together: upper case, and the
// signed decimals that some tools print. "0x0" means no code.
func normalizeCode(code string) string {
	code = strings.ToLower(strings.TrimSpace(code))
	if n, err := strconv.ParseInt(code, 10, 32); err == nil && n < 0 {
		code = fmt.Sprintf("0x%08x", uint32(n))
	}
	if code == "0x0" || len(code) > 40 {
		return ""
	}
	return redact(code)
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
