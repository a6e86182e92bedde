package callback_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// TestEveryPair walks all states and all events and says of each pair what it
// changes. What testdata/pairs.txt has no line for changes nothing; a state that
// a wish or a cancellation leads elsewhere is followed in the tests of these.
func TestEveryPair(t *testing.T) {
	t.Parallel()
	const file = "testdata/pairs.txt"
	var walked strings.Builder
	for _, state := range adapter.States() {
		for _, on := range callback.Events() {
			walked.WriteString(pair(t, state, on))
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(walked.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), walked.String()); diff != "" {
		t.Errorf("pairs (-want +got), or run go generate ./adapter/callback:\n%s", diff)
	}
}

// pair describes what an event changes in a state, and checks what holds of all.
func pair(t *testing.T, state adapter.State, on callback.Event) string {
	t.Helper()
	c := adapter.Callback{ID: "c", State: state, Reason: "before", Since: start, ExpiresAt: start.Add(time.Hour), QueuedAt: start, MaxAttempts: 2}
	now, p := start.Add(time.Minute), callback.DefaultPolicy()
	next, effect, changed := callback.Step(c, on, "because", now, p)
	if !changed {
		if diff := cmp.Diff(c, next, cmp.Comparer(samePhone)); diff != "" || effect != "" {
			t.Errorf("%s on %s changes nothing, yet: %q %s", state, on, effect, diff)
		}
		return fmt.Sprintf("%-11s | %-20s | nothing\n", state, on)
	}
	if !next.Since.Equal(now) || next.Reason != "because" {
		t.Errorf("%s on %s does not say since when and why", state, on)
	}
	again, effectAgain, changedAgain := callback.Step(next, on, "again", now, p)
	if effectAgain != "" {
		t.Errorf("%s on %s, told twice, has effect %q twice", state, on, effectAgain)
	}
	// No report, but the time itself: who looks twice has let a day pass in between.
	byTime := on == callback.LifeOver
	// Who applies a row to a review first sees whether it is still the same.
	review := next.State == adapter.StateReview
	if changedAgain && again.State != next.State && !byTime && !review {
		t.Errorf("%s on %s leads to %s, told twice to %s", state, on, next.State, again.State)
	}
	line := fmt.Sprintf("%-11s | %-20s | %s", state, on, next.State)
	if effect != "" {
		line += ", " + string(effect)
	}
	return line + "\n"
}

func samePhone(a, b adapter.Phone) bool { return a.E164() == b.E164() }

func TestEveryEventIsListed(t *testing.T) {
	t.Parallel()
	listed := map[callback.Event]bool{}
	for _, on := range callback.Events() {
		listed[on] = true
	}
	used := map[callback.Event]bool{}
	for _, row := range callback.Table() {
		used[row.On] = true
		if !listed[row.On] {
			t.Errorf("%s is not listed", row.On)
		}
	}
	if len(listed) != len(used) {
		t.Errorf("%d events are listed, %d lead somewhere", len(listed), len(used))
	}
}

// Whatever is reported in whatever order, and as often as it likes: nothing leaves an
// end, and a callback that Dynamics may be phoning is not sent a second time.
func TestFourEventsInAnyOrder(t *testing.T) {
	t.Parallel()
	events, p := callback.Events(), callback.DefaultPolicy()
	mayRing := map[adapter.State]bool{
		adapter.StateDispatching: true, adapter.StateDispatched: true, adapter.StateAccepted: true,
		adapter.StateConnected: true, adapter.StateUncertain: true, adapter.StateCancelling: true,
	}
	gone := map[callback.Event]bool{
		callback.NotSent: true, callback.AttemptGone: true, callback.NotReached: true, callback.AttemptsSpent: true,
		callback.NobodyAccepted: true, callback.WindowPassed: true, callback.DeliveryFailed: true, callback.DeliveryCancelled: true,
		callback.LifeOver:  true, // a day without a word, and the window is minutes long
		callback.CallAgain: true, // a person takes the responsibility
	}
	// An order in which an event changes nothing is one of fewer events.
	var follow func(c adapter.Callback, free bool, left int)
	follow = func(c adapter.Callback, free bool, left int) {
		for _, on := range events {
			next, effect, changed := callback.Step(c, on, "", start, p)
			if !changed {
				continue
			}
			if c.State.Ended() {
				t.Fatalf("%s is left on %s", c.State, on)
			}
			nowFree := free || gone[on]
			if effect == callback.Deliver && !nowFree {
				t.Fatalf("%s on %s sends what may ring already", c.State, on)
			}
			if left > 1 {
				follow(next, nowFree && !mayRing[next.State], left-1)
			}
		}
	}
	for _, state := range adapter.States() {
		follow(adapter.Callback{State: state, MaxAttempts: 2}, !mayRing[state] && state != adapter.StateReview, 4)
	}
}
