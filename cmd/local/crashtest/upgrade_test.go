package crashtest

import (
	"testing"
	"time"

	"directcallback/adapter/store/postgres/postgrestest"
)

// Replicas are replaced one after the other by those of the next version, whose
// schema has more. One of this version is killed meanwhile and starts again.
func TestReplicasAreReplacedByTheNextVersion(t *testing.T) {
	t.Parallel()
	const replicas = 2
	database := postgrestest.Open(t)
	s := begin(t, storyOptions{postgres: database, lease: lease, calling: 8*time.Second + inTruth(8*time.Minute), replicas: 2 * replicas})
	var before, after [replicas]*program
	for i := range before {
		before[i] = s.start(t, i, 0)
	}
	for _, p := range before {
		p.ready(t)
	}
	for i := range after {
		s.pass(time.Second)
		after[i] = s.startVersion(t, nextVersion, replicas+i, 0)
		after[i].ready(t)
		s.pass(time.Second)
		last := before[replicas-1]
		if i == 0 {
			last.kill(t)
			before[replicas-1] = s.start(t, replicas-1, 0)
			before[replicas-1].ready(t)
			s.pass(time.Second)
		}
		before[i].stop(t)
	}
	postgrestest.Exec(t, database, "SELECT next FROM callbacks LIMIT 1") // the next version's
	open := s.settleBy(t, replicas, settling())
	for _, p := range after {
		p.stop(t)
	}
	s.check(t, open)
}
