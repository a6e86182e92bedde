package dataverse_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

func limited(t *testing.T, l dataverse.Limits) (*org, *clock) {
	t.Helper()
	clock := newClock()
	o := newOrg(t, func(opts *dataverse.Options) {
		clock.drive(opts)
		opts.Limits = l
	})
	return o, clock
}

// retryAfter is how long a refusal says to wait.
func (a *answer) retryAfter(code string) time.Duration {
	a.tb.Helper()
	a.wantError(http.StatusTooManyRequests, code)
	seconds, err := strconv.Atoi(a.one("Retry-After"))
	if err != nil || seconds < 1 {
		a.tb.Fatalf("Retry-After %q", a.one("Retry-After"))
	}
	return time.Duration(seconds) * time.Second
}

func TestRequestLimitSlides(t *testing.T) {
	t.Parallel()
	o, clock := limited(t, dataverse.Limits{Requests: 3, Window: time.Minute})
	for _, left := range []string{"2", "1", "0"} {
		if got := o.get("queues").want(200).one("x-ms-ratelimit-burst-remaining-xrm-requests"); got != left {
			t.Errorf("%s left, want %s", got, left)
		}
		clock.advance(10 * time.Second)
	}
	if wait := o.get("queues").retryAfter("0x80072322"); wait != 30*time.Second {
		t.Errorf("wait %s", wait) // until the first has left the window
	}
	clock.advance(30 * time.Second)
	o.get("queues").want(200)
	if wait := o.get("queues").retryAfter("0x80072322"); wait != 10*time.Second {
		t.Errorf("wait %s", wait)
	}
}

// Whoever goes on asking waits longer each time; whoever waits is let in.
func TestIgnoredRetryAfterGrows(t *testing.T) {
	t.Parallel()
	o, clock := limited(t, dataverse.Limits{Requests: 1, Window: 10 * time.Second})
	o.get("queues").want(200)
	var last time.Duration
	for i := range 6 {
		wait := o.get("queues").retryAfter("0x80072322")
		if i > 1 && wait <= last-time.Second {
			t.Errorf("attempt %d: wait %s after %s", i, wait, last)
		}
		last = wait
		clock.advance(time.Second)
	}
	if last < 20*time.Second {
		t.Errorf("six attempts, and the wait is %s", last)
	}
	clock.advance(last)
	o.get("queues").want(200)
}

func TestConcurrencyLimitTripsAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(o *dataverse.Options) { o.Limits.Concurrent = 2 }, func(w wired) {
		if err := w.mock.Inject(dataverse.Fault{Kind: "slow", Chance: 1, Delay: 10 * time.Second}); err != nil {
			t.Fatal(err)
		}
		var codes [3]string
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() {
				<-time.After(time.Duration(i) * time.Second)
				codes[i] = w.try(0, http.MethodGet, "queues", "").code()
			})
		}
		all.Wait()
		if want := [3]string{"", "", "0x80072326"}; codes != want {
			t.Errorf("%v", codes)
		}
		if r := w.try(0, http.MethodGet, "queues", ""); !r.ok() {
			t.Errorf("later: %d %s", r.status, r.body)
		}
	})
}

func TestExecutionTimeLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(o *dataverse.Options) {
		o.Limits = dataverse.Limits{ExecutionTime: 15 * time.Second, Window: time.Minute}
	}, func(w wired) {
		if err := w.mock.Inject(dataverse.Fault{Kind: "slow", Chance: 1, Delay: 10 * time.Second}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"", "", "0x80072321"} {
			r := w.try(0, http.MethodGet, "queues", "")
			if r.code() != want {
				t.Errorf("%d %s, want %q", r.status, r.body, want)
			}
		}
	})
}

// Limits are each application's own, and nobody's who shows no token.
func TestLimitsAreOfOneApplication(t *testing.T) {
	t.Parallel()
	o, _ := limited(t, dataverse.Limits{Requests: 1})
	o.get("queues", "Authorization: Bearer wrong").want(401)
	o.get("queues").want(200)
	o.get("queues", "Authorization: Bearer wrong").want(401)
	o.get("queues").want(429)
	if err := o.mock.SetLimits(dataverse.Limits{}); err != nil {
		t.Fatal(err)
	}
	o.get("queues").want(200)
	if err := o.mock.SetLimits(dataverse.Limits{Concurrent: -1}); err == nil {
		t.Error("negative limits")
	}
	want := dataverse.Limits{Requests: 6000, ExecutionTime: 20 * time.Minute, Concurrent: 52, Window: 5 * time.Minute}
	if got := dataverse.MicrosoftLimits(); got != want {
		t.Errorf("%+v", got)
	}
}
