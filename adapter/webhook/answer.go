package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"directcallback/adapter"
)

// Answer is what a receiver answered, and how long it took.
type Answer struct {
	Status int // 0 = it did not
	Took   time.Duration
}

// The bounds of what a receiver may ask for with Retry-After.
const (
	soonest = 5 * time.Second
	latest  = 6 * time.Hour
)

// refusalOf says what an answer means that is not 2xx.
func refusalOf(answer *http.Response, now time.Time) *adapter.NotifyError {
	e := &adapter.NotifyError{Err: fmt.Errorf("the receiver answers %d", answer.StatusCode)}
	switch code := answer.StatusCode; {
	case code == http.StatusGone:
		e.Gone = true
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		e.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), now)
	case code >= 300 && code < 400:
		e.Err = fmt.Errorf("the receiver answers %d; redirects are not followed", code)
	}
	return e
}

// retryAfter reads seconds or a date, within bounds; 0 = neither.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		wait = time.Duration(min(max(seconds, 0), int64(latest/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	} else {
		return 0
	}
	return min(max(wait, soonest), latest)
}

// answerError hides the text of an error in which an answer may be quoted.
type answerError struct {
	text string
	err  error
}

func (e *answerError) Error() string { return e.text }
func (e *answerError) Unwrap() error { return e.err }

// unanswered says why there is no answer. Only what quotes neither one nor the URL is
// repeated.
func unanswered(err error) error {
	if timeout, is := errors.AsType[net.Error](err); is && timeout.Timeout() {
		return &answerError{fmt.Sprintf("no answer within %v", patience), err}
	}
	if address, is := errors.AsType[*AddressError](err); is {
		return address
	}
	if name, is := errors.AsType[*net.DNSError](err); is {
		return name
	}
	if op, is := errors.AsType[*net.OpError](err); is {
		return op
	}
	if certificate, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return certificate
	}
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &answerError{"the connection was closed before an answer", err}
	default:
		return &answerError{"what is answered is no HTTP over verified TLS", err}
	}
}
