package callback_test

import (
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

func TestNewsOfADelivery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status, result string
		rings, max     int
		want           callback.Event
	}{
		{"Pending", "", 0, 1, ""},
		{"InProcess", "", 0, 1, callback.Accepted},
		{"Complete", "LiveAnswer", 0, 1, callback.CustomerReached},
		{"Complete", "CallEnded", 0, 1, callback.CustomerReached},
		{"Complete", "NoAnswer", 0, 1, callback.AttemptsSpent},
		{"Complete", "NoAnswer", 0, 2, callback.NotReached},
		{"Complete", "NoAnswer", 1, 2, callback.AttemptsSpent},
		{"Complete", "InvalidAddress", 0, 3, callback.DeliveryFailed},
		{"Expired", "Terminated", 0, 1, callback.NobodyAccepted},
		{"Expired", "", 0, 1, callback.NobodyAccepted},
		{"Complete", "CSRCancelled", 0, 1, callback.NobodyAccepted},
		{"Cancelled", "Cancelled", 0, 1, callback.DeliveryCancelled},
		{"Error", "Error", 0, 1, callback.DeliveryFailed},
		{"Complete", "SomethingNew", 0, 1, callback.Contradicted},
		{"InProcess", "SomethingNew", 0, 1, ""},
		{"Complete", "", 0, 1, callback.Contradicted},
	} {
		c := adapter.Callback{Rings: test.rings, MaxAttempts: test.max}
		on, _, ok := callback.News(c, test.status, test.result, false)
		if !ok {
			on = ""
		}
		if on != test.want {
			t.Errorf("%s/%s after %d of %d rings: %q, want %q", test.status, test.result, test.rings, test.max, on, test.want)
		}
	}
}

func TestWhatIsPendingAfterItsWindowCannotRingAnyMore(t *testing.T) {
	t.Parallel()
	if on, _, ok := callback.News(adapter.Callback{}, "Pending", "", true); !ok || on != callback.WindowPassed {
		t.Errorf("pending: %q, %v", on, ok)
	}
	if on, _, _ := callback.News(adapter.Callback{}, "InProcess", "", true); on != callback.Accepted {
		t.Errorf("under way: %q", on)
	}
}

func TestAttemptsStartAtASecondOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	c := adapter.Callback{ID: "a", ExpiresAt: start.Add(p.Life)}
	first := callback.NewAttempt(c, adapter.Attempt{}, "config", "r1", start, p)
	second := callback.NewAttempt(c, first, "config", "r2", start, p)
	if !second.Window.Start.After(first.Window.Start) || second.Number != 2 {
		t.Errorf("second attempt %+v", second)
	}
	if got := first.Window.End.Sub(first.Window.Start); got != p.AttemptWindow {
		t.Errorf("window of %v", got)
	}
}

func TestAnAttemptEndsWithThePromise(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	c := adapter.Callback{ExpiresAt: start.Add(p.AttemptWindow / 3)}
	if a := callback.NewAttempt(c, adapter.Attempt{}, "config", "r", start, p); a.Window.End.After(c.ExpiresAt) {
		t.Errorf("rings until %v, promised until %v", a.Window.End, c.ExpiresAt)
	}
}
