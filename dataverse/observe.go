package dataverse

import (
	"bytes"
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

// observe reads the whole answer of an attempt, so that one which breaks off in
// the middle is classed like one that never came.
func (x *exchange) observe(ctx context.Context, resp *http.Response, err error) (signal, error) {
	if err != nil {
		return x.observeError(ctx, err)
	}
	defer func() {
		_ = resp.Body.Close()
		resp.Body = http.NoBody // go-retryablehttp drains what it repeats
	}()
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return x.observeRefusal(resp)
	}
	body, err := readBounded(resp.Body, x.client.limits.body)
	if errors.Is(err, errTooLarge) {
		x.unsure = true // carried out, in fact; but nobody can tell the caller what came of it
		return signalRefused, err
	}
	if err != nil {
		return x.observeError(ctx, err)
	}
	switch {
	case resp.StatusCode == http.StatusNoContent:
		return signalDone, nil
	case x.request.decode == nil && resp.StatusCode != http.StatusCreated:
		err = errNotDataverse
	case x.request.decode != nil:
		err = x.request.decode(body)
	}
	if err != nil {
		return x.observeError(ctx, fmt.Errorf("answer %d cannot be read: %w", resp.StatusCode, err))
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

func (x *exchange) observeRefusal(resp *http.Response) (signal, error) {
	// A body that breaks off is still an answer: the status says what happened.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	code, message := parseError([]byte(strings.ReplaceAll(string(body), x.token, "[token]")))
	if resp.StatusCode < 400 {
		message = "redirected elsewhere, which is not followed"
	}
	if resp.StatusCode == http.StatusUnauthorized {
		x.refused = refusal{token: x.token, claims: challengedClaims(resp.Header)}
	}
	return signalOfAnswer(resp.StatusCode, code), &Error{
		Operation: x.request.operation, Status: resp.StatusCode, Code: code, Message: message,
		RequestID:  shorten(redact(resp.Header.Get("x-ms-service-request-id")), 100),
		RetryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
}

var (
	errTooLarge = errors.New("answer is too large")
	// errNotDataverse: a write is answered with 204. A proxy's sign-in page is a
	// 200, and must not pass for a row that was written.
	errNotDataverse = errors.New("not an answer to a write")
)

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
