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
	now := time.Now().Add(s.ahead)
	<-time.After(s.slow / 2)
	return now, nil
}

func TestTheClockFollowsTheSharedOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock, database := &sharedClock{Clock: wallClock{}}, shared{ahead: -time.Hour, slow: time.Second}
		if _, err := clock.correct(t.Context(), database); err != nil {
			t.Fatal(err)
		}
		if got := time.Until(clock.Now()); got != -time.Hour {
			t.Errorf("%v ahead", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			clock.run(ctx, shared{ahead: time.Minute}, slog.New(slog.DiscardHandler))
		}()
		<-time.After(correctEvery + time.Second)
		if got := time.Until(clock.Now()); got != time.Minute {
			t.Errorf("%v ahead after a while", got)
		}
		cancel()
		<-done
	})
}
