package dataverse

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answer is what one attempt brought, or one operation inside a batch.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) success() bool { return a.status >= 200 && a.status < 300 }

// observe reads the whole answer of an attempt, so that one which breaks off in
// the middle is classed like one that never came.
func (x *exchange) observe(ctx context.Context, resp *http.Response, err error) (signal, error) {
	x.came, x.answered = Result{}, false
	if err != nil {
		return x.observeError(ctx, err)
	}
	defer func() {
		_ = resp.Body.Close()
		resp.Body = http.NoBody // go-retryablehttp drains what it repeats
	}()
	a, err := x.receive(resp)
	if errors.Is(err, errTooLarge) {
		x.unsure = true // carried out, in fact; but nobody can tell the caller what came of it
		return signalRefused, err
	}
	if err != nil {
		return x.observeError(ctx, err)
	}
	last, err := x.judge(x.request, a, &x.came)
	if last == signalLost {
		return x.observeError(ctx, err)
	}
	return last, err
}

// receive reads the body, within bounds. One of a refusal that breaks off is
// still an answer: the status says what happened.
func (x *exchange) receive(resp *http.Response) (answer, error) {
	a := answer{status: resp.StatusCode, header: resp.Header}
	var err error
	if a.success() || x.request.batch != nil && isMultipart(resp.Header) {
		a.body, err = readBounded(resp.Body, x.client.limits.body)
		return a, err
	}
	a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	return a, nil
}

// judge classes an answer and reads what came with it. [signalLost] is one that
// cannot be read.
func (x *exchange) judge(r *request, a answer, into *Result) (signal, error) {
	switch {
	case r.batch != nil && isMultipart(a.header):
		return x.judgeBatch(r.batch, a)
	case !a.success():
		return x.refusal(r, a)
	case r.batch != nil:
		return signalLost, errors.New("answer to a batch cannot be read: not multipart/mixed")
	}
	if err := r.read(a, into); err != nil {
		return signalLost, fmt.Errorf("answer %d cannot be read: %w", a.status, err)
	}
	return signalDone, nil
}

func (x *exchange) observeError(ctx context.Context, err error) (signal, error) {
	// A url.Error prints the URL, and the URL has what was asked for.
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	// net/http answers with the cause of the context's end, which may be the
	// error of another request: an errgroup puts it there.
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return signalOfError(ctx, err, x.searching.Load() && !x.connected.Load()), err
}

func (x *exchange) refusal(r *request, a answer) (signal, error) {
	body := a.body[:min(len(a.body), maxErrorBody)]
	if x.token != "" {
		body = bytes.ReplaceAll(body, []byte(x.token), []byte("[token]"))
	}
	code, message := parseError(body)
	switch {
	case a.status == http.StatusNotModified:
		message = "not modified"
	case a.status < 400:
		message = "redirected elsewhere, which is not followed"
	case a.status == http.StatusUnauthorized:
		x.refused = refusal{token: x.token, claims: challengedClaims(a.header)}
	}
	return signalOfAnswer(a.status, code), &Error{
		Operation: r.operation, Status: a.status, Code: code, Message: message,
		RequestID:  shorten(redact(cmp.Or(a.header.Get("x-ms-service-request-id"), a.header.Get("REQ_ID"))), 100),
		RetryAfter: parseRetryAfter(a.header.Get("Retry-After"), time.Now()),
	}
}

var errTooLarge = errors.New("answer is too large")

func readBounded(from io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
	}
	return body, err
}

// decodeJSON keeps numbers as they were written: a version number does not
// survive a float64.
func decodeJSON(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return decoder.Decode(into)
}

// parseRetryAfter reads seconds, with a fraction or a thousands comma if need
// be, or a date; 0 when there is nothing to read.
func parseRetryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64); err == nil {
		if !(seconds > 0) { // not "<= 0": a NaN is nothing too
			return 0
		}
		return time.Duration(math.Min(seconds, 24*60*60) * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
