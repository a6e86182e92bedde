package crashtest

import (
	"testing"
	"time"

	"directcallback/adapter/store/postgres/postgrestest"
)

// An adapter that is killed at random moments, and started again.
func TestKilled(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); killed(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); killed(t, postgrestest.Open(t)) })
}

// takenOver is short enough for what one process left to be taken over in the life of
// the next: until then the commands of a line wait, and nobody is offered anything.
const takenOver = 300 * time.Millisecond

func killed(t *testing.T, database string) {
	t.Helper()
	kills := number(t, "DIRECTCALLBACK_KILLS", 3)
	s := begin(t, storyOptions{postgres: database, lease: takenOver, calling: time.Duration(kills)*1200*time.Millisecond + inTruth(8*time.Minute)})
	for range kills {
		p := s.start(t, 0, 0)
		// Also while it starts: the first thing that it does is to take over.
		<-time.After(time.Duration(100+s.random.IntN(2000)) * time.Millisecond)
		p.kill(t)
	}
	p := s.start(t, 0, 0)
	open := s.settle(t, settling())
	p.kill(t)
	s.check(t, open)
}

// settling is how long the last promises may take: some wait until the windows of
// attempts are over of which nobody knows anything.
func settling() time.Duration {
	return time.Minute + inTruth(2*time.Hour)
}
