package serve

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// shared is the clock of a database, some time ahead of the bubble's, that takes
// some time to answer.
type shared struct{ ahead, slow time.Duration }

func (s shared) Now(context.Context) (time.Time, error) {
	<-time.After(s.slow / 2)
	now := time.Now().Add(s.ahead).Round(0) // another machine's
	<-time.After(s.slow / 2)
	return now, nil
}

func TestTheClockFollowsTheSharedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock, database := &sharedClock{Clock: wallClock{}}, shared{ahead: -time.Hour, slow: time.Second}
		if ahead, err := clock.correct(t.Context(), database); ahead != -time.Hour || err != nil {
			t.Fatal(ahead, err)
		}
		wantAhead(t, clock, -time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			clock.run(ctx, shared{ahead: time.Minute}, slog.New(slog.DiscardHandler))
		}()
		<-time.After(correctEvery + time.Second)
		wantAhead(t, clock, time.Minute)
		cancel()
		<-done
	})
}

func TestAClockThatIsNotSharedIsTheMachines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { wantAhead(t, &sharedClock{Clock: wallClock{}}, 0) })
}

func TestTheClockGoesBackNoFurtherThanItMust(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		by    time.Duration // which it turns out to be wrong
		jumps time.Duration // at once
		right time.Duration // after which it is right
	}{
		"it was behind":                {by: 3 * time.Minute, jumps: 3 * time.Minute},
		"it was right":                 {},
		"it was a little ahead":        {by: -time.Second, right: 2 * time.Second},
		"it was ahead by what is left": {by: -wayOff, right: 2 * wayOff},
		"it was way ahead":             {by: -2 * time.Minute, jumps: -2*time.Minute + wayOff, right: 2 * wayOff},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clock := &sharedClock{Clock: wallClock{}}
				for _, ahead := range []time.Duration{0, test.by} {
					if _, err := clock.correct(t.Context(), shared{ahead: ahead}); err != nil {
						t.Fatal(err)
					}
				}
				wantAhead(t, clock, test.jumps)
				last := clock.Now()
				for range test.right / time.Millisecond {
					<-time.After(time.Millisecond)
					if now := clock.Now(); now.Sub(last) < time.Millisecond/2 {
						t.Fatalf("it runs from %v to %v in a millisecond", last, now)
					} else {
						last = now
					}
				}
				wantAhead(t, clock, test.by)
			})
		})
	}
}

func TestAnAnswerThatTookLongDoesNotTellTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &sharedClock{Clock: wallClock{}}
		if _, err := clock.correct(t.Context(), shared{ahead: time.Minute, slow: 2 * tooSlow}); err != nil {
			t.Errorf("refused although nothing is known: %v", err)
		}
		if _, err := clock.correct(t.Context(), shared{ahead: time.Hour, slow: 2 * tooSlow}); err == nil {
			t.Error("taken")
		}
		wantAhead(t, clock, time.Minute)
	})
}

// wantAhead is of the bubble's clock.
func wantAhead(t *testing.T, clock *sharedClock, want time.Duration) {
	t.Helper()
	if got := time.Until(clock.Now()); got != want {
		t.Errorf("%v ahead, want %v", got, want)
	}
}
