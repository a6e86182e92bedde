package callback_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// The example of the page about customer-first direct callback: with a target of 5
// minutes, an average of 8 delays by 3, of 6 by 1, and of 5 or less not at all.
func TestThrottleIsTheWaitBeyondTheTarget(t *testing.T) {
	t.Parallel()
	for average, want := range map[time.Duration]time.Duration{8: 3, 6: 1, 5: 0, 4: 0, 0: 0} {
		if got := callback.Throttle(average*time.Minute, 5*time.Minute); got != want*time.Minute {
			t.Errorf("average %d min: delayed by %v, want %d min", average, got, want)
		}
	}
}

func TestWhatTermsLeaveOpenStays(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	if diff := cmp.Diff(p, p.Under(adapter.Terms{Action: "a"})); diff != "" {
		t.Error(diff)
	}
	want := p
	want.OfferEvery, want.Rings, want.RetryDelay = 45*time.Second, 3, 7*time.Minute
	if diff := cmp.Diff(want, p.Under(adapter.Terms{OfferEvery: 45 * time.Second, Attempts: 3, RetryDelay: 7 * time.Minute})); diff != "" {
		t.Error(diff)
	}
}

func TestAPromiseKeepsItsAttemptsAndTheirDelay(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	c := callback.Open(adapter.Callback{}, start, p.Under(adapter.Terms{Attempts: 3, RetryDelay: 7 * time.Minute}))
	for rings, want := range []callback.Event{callback.NotReached, callback.NotReached, callback.AttemptsSpent} {
		c.State, c.Rings = adapter.StateDispatched, rings
		if on, _, _ := callback.News(c, "Complete", "NoAnswer", false); on != want {
			t.Errorf("after %d rings: %s, want %s", rings, on, want)
		}
	}
	c.Rings = 0
	c, _, _ = callback.Step(c, callback.NotReached, "", start, p) // the settings of another day
	if got := c.InLineFrom.Sub(start); got != 7*time.Minute {
		t.Errorf("in line again after %v", got)
	}
}

func TestATurnIsPutOffOnceAnAttempt(t *testing.T) {
	t.Parallel()
	c := adapter.Callback{State: adapter.StateDispatched, Throttled: true}
	if c, _, _ = callback.Step(c, callback.NotReached, "", start, callback.DefaultPolicy()); c.Throttled {
		t.Error("the next turn is not put off")
	}
}
