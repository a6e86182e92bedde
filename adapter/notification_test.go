package adapter_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

func TestWhatIsToldOfAStep(t *testing.T) {
	t.Parallel()
	want := []string{
		"requested", "waiting", "due", "dispatched", "accepted", "connected", "completed", "unanswered", "served", "expired", "cancelled", "failed",
	}
	if diff := cmp.Diff(want, adapter.Notices()); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	for name, test := range map[string]struct {
		from, to adapter.State
		want     []string
	}{
		"new, in line":        {"", adapter.StateWaiting, []string{"requested", "waiting"}},
		"new, for later":      {"", adapter.StateScheduled, []string{"requested"}},
		"an end":              {adapter.StateConnected, adapter.StateCompleted, []string{"completed"}},
		"something else":      {adapter.StateWaiting, adapter.StateWaiting, nil},
		"between two notices": {adapter.StateDue, adapter.StateDispatching, nil},
		"back in line":        {adapter.StateDispatched, adapter.StateWaiting, []string{"waiting"}},
	} {
		if got := adapter.Told(test.from, test.to); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestANotificationHasOneIDATarget(t *testing.T) {
	t.Parallel()
	n := adapter.Notification{What: "waiting", Callback: "callback-1", Version: 3}
	id := adapter.NotificationID("webhook a", n)
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("%q is no UUID of version 8", id)
	}
	n.ID, n.Queue, n.Trace = "other", "queue", "trace"
	if again := adapter.NotificationID("webhook a", n); again != id {
		t.Errorf("again it is %s, not %s", again, id)
	}
	for name, other := range map[string]string{
		"target":   adapter.NotificationID("webhook b", n),
		"callback": adapter.NotificationID("webhook a", adapter.Notification{What: "waiting", Callback: "callback-2", Version: 3}),
		"version":  adapter.NotificationID("webhook a", adapter.Notification{What: "waiting", Callback: "callback-1", Version: 4}),
		"what":     adapter.NotificationID("webhook a", adapter.Notification{What: "due", Callback: "callback-1", Version: 3}),
		"borders":  adapter.NotificationID(`webhook a" "callback-1`, adapter.Notification{What: "waiting", Version: 3}),
	} {
		if other == id {
			t.Errorf("another %s has the same id", name)
		}
	}
}
