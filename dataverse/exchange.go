package dataverse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// exchange is one request on its way. A go-retryablehttp client is made for each
// (it is a handful of function values), because CheckRetry is told neither the
// request nor the attempt, and values in a context would leak into other calls.
type exchange struct {
	client  *Client
	request *request

	attempts int
	spent    [signals]int  // repeats so far, a signal
	waited   time.Duration // all repeats together
	wait     time.Duration // before the next attempt
	token    string
	refused  refusal // what the last 401 said
	unsure   bool    // an attempt may have been carried out,
	doubt    bool    // and one before the last
	settled  bool    // check has seen the last attempt
	answered bool    // the last attempt brought an answer whose parts say how each of them went
	came     Result  // with the last answer

	carried map[int]Result // operations of a batch that some attempt carried out

	// Set by the transport's hooks, in the attempt under way.
	searching, connected atomic.Bool

	last signal // how the last attempt ended,
	err  error  // and why; nil after a 2xx
}

// outcome is the result, and what an operation may want to know beyond the error.
type outcome struct {
	Result
	doubt   bool           // an attempt before the last may have been carried out
	carried map[int]Result // operations of a batch that were, whatever became of the whole
}

const (
	maxURL      = 32768 // the documented limits
	maxBatchURL = 65536 // inside $batch
)

// do sends a request until it is answered, refused, or given up.
func (c *Client) do(ctx context.Context, r request) (outcome, error) {
	if _, inside := referenced(r.url); inside || len(r.bound) > 0 {
		return outcome{}, r.invalid(errors.New("an operation stands for a row in its change set only"))
	}
	if c.private || len(r.url) > maxURL {
		var err error
		if r, err = c.enclose(r); err != nil {
			return outcome{}, err
		}
	}
	x := &exchange{client: c, request: &r}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return outcome{}, x.fail(ctx.Err())
	}
	var body any // an untyped nil is the only "none" that go-retryablehttp knows
	if r.body != nil {
		body = r.body
	}
	req, err := retryablehttp.NewRequestWithContext(httptrace.WithClientTrace(ctx, x.hooks()), r.method, r.url, body)
	if err != nil {
		return outcome{}, fmt.Errorf("%s: %w: not a URL", r.operation, ErrInvalid)
	}
	req.Header = r.header
	if err := x.prepare(req.Request); err != nil {
		return outcome{}, x.fail(err)
	}
	repeater := &retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     c.limits.throttles + 4*c.limits.retries + 4, // more than the table ever allows
		CheckRetry:   x.check,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.wait },
		PrepareRetry: x.prepare,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	resp, err := repeater.Do(req)
	if resp != nil {
		_ = resp.Body.Close() // read and closed by check; here for a reader who looks for it
	}
	return x.result(err)
}

// hooks tell an attempt that found no connection, which was certainly not sent,
// from one whose connection broke.
func (x *exchange) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { x.searching.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { x.connected.Store(true) },
	}
}

// prepare runs before every attempt: it waits while anybody of this principal
// has been told to wait, then signs, since a wait may outlive a token.
func (x *exchange) prepare(r *http.Request) error {
	ctx := r.Context()
	for left := x.client.pause.left(); left > 0; left = x.client.pause.left() {
		left += jitter(left / 10) // not all of them at the same moment
		if !x.affords(ctx, left) {
			return &Error{
				Operation: x.request.operation, Status: http.StatusTooManyRequests,
				Message: "not sent, because of an earlier answer", RetryAfter: left,
			}
		}
		x.waited += left
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
	token, err := x.client.tokens.get(ctx, x.refused)
	if err != nil {
		return err
	}
	x.token, x.refused = token, refusal{}
	x.searching.Store(false)
	x.connected.Store(false)
	// A copy: the attempt before may still be writing its headers.
	r.Header = r.Header.Clone()
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// check is the CheckRetry: it classes the attempt and looks the signal up in the
// decision table. It never returns an error, because that would hide ours.
func (x *exchange) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	x.doubt = x.unsure
	x.last, x.err = x.observe(ctx, resp, err)
	x.attempts++
	if x.last == signalThrottled {
		x.client.pause.extend(x.toldToWait())
	}
	row := decisions(x.client.limits)[x.last]
	x.unsure = x.unsure || row.unsure || (x.last == signalFailed && x.request.custom)
	x.settled = ctx.Err() != nil || x.spent[x.last] >= row.repeats || (!row.always && x.request.repeat == Once)
	if x.settled {
		return false, nil
	}
	x.wait = x.chooseWait()
	if x.settled = !x.affords(ctx, x.wait); x.settled {
		return false, nil
	}
	x.spent[x.last]++
	x.waited += x.wait
	x.client.log.WarnContext(ctx, "dataverse request repeated", slog.String("operation", x.request.operation),
		slog.Int("attempt", x.attempts), slog.Duration("wait", x.wait), slog.String("cause", redact(x.err.Error())))
	return true, nil
}

// maxWait bounds every single wait, whatever a server says.
const maxWait = 10 * time.Minute

// chooseWait is how long to wait before the next attempt: what the server said
// and up to a tenth more, else full jitter below a ceiling that doubles.
func (x *exchange) chooseWait() time.Duration {
	if x.last == signalUnauthorized {
		return 0
	}
	if told := x.toldToWait(); told > 0 {
		x.client.pause.extend(told)
		return told + jitter(told/10)
	}
	ceiling := min(2*time.Second<<min(x.spent[x.last], 5), 30*time.Second)
	wait := ceiling/10 + jitter(ceiling*9/10)
	if x.last == signalThrottled {
		x.client.pause.extend(wait)
	}
	return wait
}

func (x *exchange) toldToWait() time.Duration {
	if refused, ok := errors.AsType[*Error](x.err); ok {
		return min(refused.RetryAfter, maxWait)
	}
	return 0
}

// affords tells whether a wait ends in time for another attempt.
func (x *exchange) affords(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	limit := x.client.limits.wait
	return limit == 0 || x.waited+wait <= limit
}

// result turns the last attempt into what the caller gets. err is the
// repeater's; it counts only when something ended the request between attempts.
func (x *exchange) result(err error) (outcome, error) {
	o := outcome{doubt: x.doubt, carried: x.carried}
	switch {
	case x.answered: // whatever ended the wait for another attempt
		x.err = nil
	case !x.settled && x.err != nil:
		return o, x.fail(fmt.Errorf("%w, after: %w", err, x.err))
	case !x.settled:
		return o, x.fail(err)
	case x.err != nil:
		return o, x.fail(x.err)
	}
	o.Result = x.came
	return o, nil
}

// fail says of a request that brought nothing whether it may have been carried
// out. For a write that is the sum of all attempts, not only of the last.
func (x *exchange) fail(cause error) error {
	unsure := x.unsure && x.request.writes()
	if refused, ok := cause.(*Error); ok { //nolint:errorlint // an answer that only explains an interruption is no answer
		refused.ambiguous = unsure
		return refused
	}
	kind := ErrUnavailable
	switch {
	case unsure:
		kind = ErrAmbiguous
	case x.request.writes(), x.attempts == 0, x.last == signalNotSent:
		kind = ErrNotSent
	}
	return &unanswered{x.request.operation, kind, cause}
}

func jitter(up time.Duration) time.Duration {
	if up <= 0 {
		return 0
	}
	return rand.N(up)
}
