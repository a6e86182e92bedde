package dataverse_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

// promise is what a caller may be told after a kind of fault.
type promise struct {
	kinds  []string
	sign   func(*attempt) bool // what the wire shows of it
	unsure bool                // the request may have been carried out
	errors []error             // one of them
}

// promises is the table. What delays, changes or hides, and does not answer, has no row: it shows as an answer of
// Dataverse's own, or as the deadline.
func promises() []promise {
	return []promise{
		{[]string{"throttle-requests", "throttle-time", "throttle-concurrency", "part-throttled", "limits"}, answered(429), false, []error{dataverse.ErrThrottled}},
		{[]string{"sql-timeout", "sql-error", "unexpected", "part-fails"}, failed("0x80044151", "0x80044150", "0x80040216"), true, []error{dataverse.ErrUnavailable}},
		{nil, failed(`"code":""`), true, []error{dataverse.ErrUnavailable}},
		{[]string{"plugin-error"}, failed("0x80040224"), false, []error{dataverse.ErrUnavailable}},
		{[]string{"bad-gateway", "unavailable", "gateway-timeout"}, answered(502, 503, 504), true, []error{dataverse.ErrUnavailable}},
		{[]string{"reset-before", "reset-after", "truncate", "half-json"}, lost, true, []error{dataverse.ErrUnavailable, dataverse.ErrAmbiguous}},
		{[]string{"token-refused", "claims-challenge"}, answered(401), false, []error{dataverse.ErrUnauthorized}},
		{[]string{"no-user"}, answered(403), false, []error{dataverse.ErrForbidden}},
		{[]string{"stale-etag"}, answered(412), false, []error{dataverse.ErrPrecondition, dataverse.ErrDuplicate}},
		{[]string{"expired-delta", "expired-page", "missing-column"}, answered(400), false, []error{dataverse.ErrInvalid, dataverse.ErrDeltaExpired}},
		{nil, answered(404), false, []error{dataverse.ErrNotFound}},
	}
}

// silent kinds change how or what is answered, not whether.
func silent() []string {
	return []string{"slow", "slow-body", "slow-pages", "repeated-rows", "clock-skew", "elastic-lag", "forgotten-request-id"}
}

// blow switches on everything there is: all that can be left to chance, what strikes after the effect, and what the
// mock wants to be asked for by name.
func (s *storm) blow() {
	const often, seldom = 0.01, 0.005
	if err := s.organization.Misbehave(often); err != nil {
		s.Fatal(err)
	}
	for _, f := range []mock.Fault{
		{Kind: "sql-timeout", When: mock.AfterApplying, Chance: often},
		{Kind: "sql-error", When: mock.AfterApplying, Chance: often},
		{Kind: "unexpected", When: mock.AfterApplying, Chance: often},
		{Kind: "bad-gateway", When: mock.AfterApplying, Chance: often},
		{Kind: "unavailable", When: mock.AfterApplying, Chance: often},
		{Status: http.StatusInternalServerError, When: mock.AfterApplying, Chance: often},
		{Kind: "reset-after", Method: http.MethodPatch, Chance: 4 * often}, // a lost update begins with a lost answer
		{Kind: "part-throttled", Chance: 4 * often},
		{Kind: "part-fails", Chance: 2 * often},
		{Kind: "expired-delta", Chance: 4 * often},
		{Kind: "expired-page", Chance: 4 * often}, // from here on, kinds that few requests can meet
		{Kind: "slow-pages", Chance: 4 * often},
		{Kind: "repeated-rows", Chance: 20 * often},
		{Kind: "stale-etag", Chance: 10 * often},
		{Kind: "elastic-lag", Chance: 20 * often},
		{Kind: "forgotten-request-id", Chance: 20 * often},
		{Kind: "throttle-requests", RetryAfter: "soon", Chance: seldom},
		{Kind: "throttle-time", RetryAfter: "Fri, 31 Dec 1999 23:59:59 GMT", Chance: seldom},
		{Kind: "unavailable", RetryAfter: "86400", Chance: seldom / 4},
		{Kind: "slow", Delay: time.Minute, Chance: seldom},
		{Kind: "slow-body", Delay: time.Minute, Chance: seldom},
		{Kind: "plugin-error", Chance: seldom},
		{Kind: "no-user", Chance: seldom},
		{Kind: "clock-skew", Chance: often},
		{Kind: "clock-skew", Delay: -5 * time.Minute, Chance: often},
	} {
		if err := s.organization.Inject(f); err != nil {
			s.Fatal(err)
		}
	}
}

// hideAndShow takes a column away now and then.
func (s *storm) hideAndShow(ctx context.Context) {
	for {
		for _, step := range []struct {
			after time.Duration
			do    func()
		}{
			{40 * time.Second, func() {
				if err := s.organization.Inject(mock.Fault{Kind: "missing-column", Table: "contact", Column: "jobtitle"}); err != nil {
					s.Error(err)
				}
			}},
			{20 * time.Second, func() { s.organization.ClearFaults(); s.blow() }},
		} {
			select {
			case <-time.After(step.after):
				step.do()
			case <-ctx.Done():
				return
			}
		}
	}
}

// attempt is one request of a call, as the wire showed it.
type attempt struct {
	status int // 0: no answer
	body   bytes.Buffer
	read   bool // there is more in the body than the explanation of a refusal
	broken bool // the body ended before its end
}

// answered goes by the status of an answer, or of one inside a batch.
func answered(statuses ...int) func(*attempt) bool {
	return func(a *attempt) bool {
		return slices.ContainsFunc(statuses, func(status int) bool {
			return a.status == status || strings.Contains(a.body.String(), fmt.Sprint("HTTP/1.1 ", status))
		})
	}
}

func failed(codes ...string) func(*attempt) bool {
	return func(a *attempt) bool {
		return answered(500)(a) && slices.ContainsFunc(codes, func(code string) bool { return strings.Contains(a.body.String(), code) })
	}
}

// lost is an answer that did not come, or that nobody can read.
func lost(a *attempt) bool {
	return a.status == 0 || a.broken || a.read && a.body.Len() > 0 && !whole(a.body.String())
}

// whole tells whether a body is complete: JSON, or a batch.
func whole(body string) bool {
	body = strings.TrimSpace(body)
	return strings.HasSuffix(body, "}") || strings.HasSuffix(body, "--")
}

type attemptsKey struct{}

// witness writes down, for each call, what came over the wire.
type witness struct{ http.RoundTripper }

func (w witness) RoundTrip(r *http.Request) (*http.Response, error) {
	all, ok := r.Context().Value(attemptsKey{}).(*[]*attempt)
	if !ok {
		return w.RoundTripper.RoundTrip(r)
	}
	a := new(attempt)
	*all = append(*all, a)
	resp, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		a.status = resp.StatusCode
		a.read = a.status < 300 || strings.HasPrefix(resp.Header.Get("Content-Type"), "multipart/")
		resp.Body = &overheard{resp.Body, a}
	}
	return resp, err
}

type overheard struct {
	io.ReadCloser
	attempt *attempt
}

func (o *overheard) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	o.attempt.body.Write(p[:n])
	o.attempt.broken = o.attempt.broken || err != nil && !errors.Is(err, io.EOF)
	return n, err
}

// faultNames are the kinds that the mock has.
func faultNames() []string {
	var all []string
	for _, kind := range mock.FaultKinds() {
		all = append(all, kind.Name)
	}
	return all
}

// TestStormKnowsEveryFault: a kind that is added to the mock needs a promise to callers.
func TestStormKnowsEveryFault(t *testing.T) {
	t.Parallel()
	known := silent()
	for _, p := range promises() {
		known = append(known, p.kinds...)
	}
	for _, kind := range faultNames() {
		if !slices.Contains(known, kind) {
			t.Errorf("what may a caller be told after %s?", kind)
		}
	}
}
