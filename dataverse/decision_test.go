package dataverse

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// The operations of the decision table.
var (
	reading = func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, "accounts", someID, nil); return err }
	writing = func(ctx context.Context, c *Client) error {
		_, err := c.Update(ctx, "accounts", someID, Row{"name": "x"}, nil)
		return err
	}
	calling = func(ctx context.Context, c *Client) error {
		_, err := c.Action(ctx, "CCaaS_Do", map[string]string{}, Once)
		return err
	}
	callingAgain = func(ctx context.Context, c *Client) error {
		_, err := c.Action(ctx, "CCaaS_Do", map[string]string{}, Repeatable)
		return err
	}
)

const someID GUID = "11111111-2222-3333-4444-555555555555"

// TestDecisions is the decision table, line by line, against a server.
func TestDecisions(t *testing.T) {
	t.Parallel()
	const forever = time.Hour
	sql, plugin := refuse(500, "0x80044151"), refuse(500, "0x80040224")
	throttled := refuse(429, "0x80072322", "Retry-After", "7")
	tests := []struct {
		name     string
		do       func(context.Context, *Client) error
		replies  []http.HandlerFunc
		failDial int32
		calls    int32
		is       []error // all of them; none = success
		not      []error
		from, to time.Duration // virtual
	}{
		{"429 on an action waits as told", calling, []http.HandlerFunc{throttled, ok}, 0, 2, nil, nil, 7 * time.Second, 8400 * time.Millisecond},
		{"429 on a read waits as told", reading, []http.HandlerFunc{throttled, ok}, 0, 2, nil, nil, 7 * time.Second, 8400 * time.Millisecond},
		{"429 without a time waits a little", reading, []http.HandlerFunc{refuse(429, ""), ok}, 0, 2, nil, nil, 100 * time.Millisecond, 3 * time.Second},
		{"429 for ever ends after ten repeats", reading, []http.HandlerFunc{throttled}, 0, 11, []error{ErrThrottled}, []error{ErrAmbiguous}, 70 * time.Second, 85 * time.Second},
		{"429 for ever on an action is certain", calling, []http.HandlerFunc{throttled}, 0, 11, []error{ErrThrottled}, []error{ErrAmbiguous}, 0, forever},

		{"service protection behind a gateway's status", calling, []http.HandlerFunc{refuse(503, "0x80072326", "Retry-After", "7"), ok}, 0, 2, nil, nil, 7 * time.Second, 8400 * time.Millisecond},
		{"a plug-in that aborts", calling, []http.HandlerFunc{refuse(400, "0x80040265"), ok}, 0, 1, []error{ErrInvalid}, []error{ErrAmbiguous}, 0, 0},
		{"refused dial on a read", reading, []http.HandlerFunc{ok}, 2, 1, nil, nil, 0, time.Minute},
		{"refused dial on an action", calling, []http.HandlerFunc{ok}, 2, 1, nil, nil, 0, time.Minute},
		{"refused dial for ever", calling, []http.HandlerFunc{ok}, 99, 0, []error{ErrNotSent}, []error{ErrAmbiguous}, 0, 2 * time.Minute},

		{"reset on a read", reading, []http.HandlerFunc{reset, ok}, 0, 2, nil, nil, 0, time.Minute},
		{"reset on a write by key", writing, []http.HandlerFunc{reset, ok}, 0, 2, nil, nil, 0, time.Minute},
		{"reset on an action", calling, []http.HandlerFunc{reset, ok}, 0, 1, []error{ErrAmbiguous}, []error{ErrNotSent}, 0, 0},
		{"reset on a repeatable action", callingAgain, []http.HandlerFunc{reset, ok}, 0, 2, nil, nil, 0, time.Minute},
		{"reset for ever on a read", reading, []http.HandlerFunc{reset}, 0, 5, []error{ErrUnavailable}, []error{ErrAmbiguous}, 0, 2 * time.Minute},
		{"reset for ever on a write", writing, []http.HandlerFunc{reset}, 0, 5, []error{ErrAmbiguous}, nil, 0, 2 * time.Minute},
		{"answer cut off on a read", reading, []http.HandlerFunc{cut, ok}, 0, 2, nil, nil, 0, time.Minute},
		{"answer cut off on an action", calling, []http.HandlerFunc{cut, ok}, 0, 1, []error{ErrAmbiguous}, nil, 0, 0},
		{"answer of a stranger on a read", reading, []http.HandlerFunc{garbage, ok}, 0, 2, nil, nil, 0, time.Minute},
		{"answer of a stranger on an action", calling, []http.HandlerFunc{garbage, ok}, 0, 1, []error{ErrAmbiguous}, nil, 0, 0},
		{"no answer on a read", reading, []http.HandlerFunc{hang, ok}, 0, 2, nil, nil, 120 * time.Second, 125 * time.Second},
		{"no answer on an action", calling, []http.HandlerFunc{hang, ok}, 0, 1, []error{ErrAmbiguous}, nil, 120 * time.Second, 120 * time.Second},

		{"502 on a read", reading, []http.HandlerFunc{refuse(502, ""), ok}, 0, 2, nil, nil, 0, time.Minute},
		{"503 on a read waits as told", reading, []http.HandlerFunc{refuse(503, "", "Retry-After", "20"), ok}, 0, 2, nil, nil, 20 * time.Second, 24 * time.Second},
		{"504 on a write by key", writing, []http.HandlerFunc{refuse(504, ""), ok}, 0, 2, nil, nil, 0, time.Minute},
		{"503 on an action", calling, []http.HandlerFunc{refuse(503, ""), ok}, 0, 1, []error{ErrUnavailable, ErrAmbiguous}, nil, 0, 0},
		{"504 for ever on a read", reading, []http.HandlerFunc{refuse(504, "")}, 0, 5, []error{ErrUnavailable}, []error{ErrAmbiguous}, 0, 2 * time.Minute},

		{"500 of the database on a read", reading, []http.HandlerFunc{sql, sql, ok}, 0, 3, nil, nil, 0, time.Minute},
		{"500 of the database for ever", reading, []http.HandlerFunc{sql}, 0, 3, []error{ErrUnavailable}, nil, 0, time.Minute},
		{"500 of the database on an action", calling, []http.HandlerFunc{sql, ok}, 0, 1, []error{ErrAmbiguous}, nil, 0, 0},
		{"500 of a plug-in on a read", reading, []http.HandlerFunc{plugin, ok}, 0, 1, []error{ErrUnavailable}, nil, 0, 0},
		{"500 of a plug-in on a write", writing, []http.HandlerFunc{plugin, ok}, 0, 1, []error{ErrUnavailable}, []error{ErrAmbiguous}, 0, 0},
		{"500 of a plug-in on an action", calling, []http.HandlerFunc{plugin, ok}, 0, 1, []error{ErrUnavailable, ErrAmbiguous}, nil, 0, 0},
		{"500 without a code on a write by key", writing, []http.HandlerFunc{refuse(500, ""), ok}, 0, 2, nil, nil, 0, time.Minute},
		{"500 without a code on an action", calling, []http.HandlerFunc{refuse(500, ""), ok}, 0, 1, []error{ErrUnavailable, ErrAmbiguous}, nil, 0, 0},
		{"500 without a code for ever", writing, []http.HandlerFunc{refuse(500, "")}, 0, 5, []error{ErrUnavailable, ErrAmbiguous}, nil, 0, 2 * time.Minute},
		{"500 duplicate", writing, []http.HandlerFunc{refuse(500, "0x80040333"), ok}, 0, 1, []error{ErrDuplicate}, []error{ErrAmbiguous}, 0, 0},

		{"401 once", calling, []http.HandlerFunc{refuse(401, ""), ok}, 0, 2, nil, nil, 0, 0},
		{"401 twice", calling, []http.HandlerFunc{refuse(401, "")}, 0, 2, []error{ErrUnauthorized}, []error{ErrAmbiguous}, 0, 0},

		{"412 changed meanwhile", writing, []http.HandlerFunc{refuse(412, "0x80060882"), ok}, 0, 1, []error{ErrPrecondition}, nil, 0, 0},
		{"400", calling, []http.HandlerFunc{refuse(400, "0x80048d19"), ok}, 0, 1, []error{ErrInvalid}, []error{ErrAmbiguous}, 0, 0},
		{"403", calling, []http.HandlerFunc{refuse(403, "0x80040220"), ok}, 0, 1, []error{ErrForbidden}, nil, 0, 0},
		{"404", reading, []http.HandlerFunc{refuse(404, "0x80040217"), ok}, 0, 1, []error{ErrNotFound}, nil, 0, 0},
		{"501", calling, []http.HandlerFunc{refuse(501, ""), ok}, 0, 1, []error{ErrUnavailable}, []error{ErrAmbiguous}, 0, 0},
		{"reset, then refused: the first may have been carried out", writing, []http.HandlerFunc{reset, refuse(403, "")}, 0, 2, []error{ErrForbidden, ErrAmbiguous}, nil, 0, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, replies(test.replies...))
				b.wire.fail.Store(test.failDial)
				start := time.Now()
				err := test.do(t.Context(), b.Client)
				took := time.Since(start)
				if (err == nil) != (len(test.is) == 0) {
					t.Errorf("error %v", err)
				}
				for _, target := range test.is {
					if !errors.Is(err, target) {
						t.Errorf("error %v does not match %q", err, target)
					}
				}
				for _, target := range test.not {
					if errors.Is(err, target) {
						t.Errorf("error %v matches %q", err, target)
					}
				}
				if calls := b.calls.Load(); calls != test.calls {
					t.Errorf("the server was asked %d times, want %d", calls, test.calls)
				}
				if took < test.from || took > test.to {
					t.Errorf("took %v, want %v to %v", took, test.from, test.to)
				}
			})
		})
	}
}

func TestContextEndsTheRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(context.Context, *Client) error
		all  http.HandlerFunc
		is   []error
		not  []error
		took time.Duration
	}{
		{"while an action is under way", calling, hang, []error{ErrAmbiguous, context.DeadlineExceeded}, nil, 30 * time.Second},
		{"while a read is under way", reading, hang, []error{ErrUnavailable, context.DeadlineExceeded}, []error{ErrAmbiguous}, 30 * time.Second},
		{"before the wait would be over", calling, refuse(429, "", "Retry-After", "60"), []error{ErrThrottled}, []error{ErrAmbiguous, context.DeadlineExceeded}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, test.all)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				start := time.Now()
				err := test.do(ctx, b.Client)
				for _, target := range test.is {
					if !errors.Is(err, target) {
						t.Errorf("error %v does not match %q", err, target)
					}
				}
				for _, target := range test.not {
					if errors.Is(err, target) {
						t.Errorf("error %v matches %q", err, target)
					}
				}
				if took := time.Since(start); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

func TestCancelledWhileWaitingWasNotCarriedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, refuse(429, "0x80072326", "Retry-After", "60"))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		err := calling(ctx, b.Client)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrNotSent) || errors.Is(err, ErrAmbiguous) {
			t.Errorf("error %v", err)
		}
	})
}

// TestAnotherRequestsErrorIsNotOurs: net/http answers a cancelled request with
// the cause of the cancellation.
func TestAnotherRequestsErrorIsNotOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, hang)
		others := &Error{Operation: "query others", Status: 403}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(others) })
		err := calling(ctx, b.Client)
		if !errors.Is(err, ErrAmbiguous) || !errors.Is(err, context.Canceled) || errors.Is(err, ErrForbidden) || others.ambiguous {
			t.Errorf("error %v", err)
		}
	})
}

func TestNoConnectionInTimeWasNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, ok)
		// A dial that nobody answers, ended by the caller's context.
		stop := make(chan struct{})
		defer close(stop)
		b.http.Transport = sharedTransport{&http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			<-stop
			return nil, errors.New("too late")
		}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := calling(ctx, b.Client)
		if !errors.Is(err, ErrNotSent) || errors.Is(err, ErrAmbiguous) {
			t.Errorf("error %v", err)
		}
	})
}
