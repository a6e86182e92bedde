package crashtest

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"directcallback/adapter/store/postgres/postgrestest"
)

// lease of replicas; a busy machine makes them slow.
const lease = 1500 * time.Millisecond

// Three replicas on one database and one Service Bus: one is killed and started
// again, one is paused until others have taken over what it was at, and wakes up.
func TestReplicas(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]time.Duration{
		"right clocks": 0,
		"wrong clocks": 2 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if wrong != 0 && speed() == 1 {
				t.Skip("SKIPPED, NOT TESTED: the clock of the binary as it is cannot be set")
			}
			const replicas = 3
			database := postgrestest.Open(t)
			rounds := number(t, "DIRECTCALLBACK_KILLS", 2)
			s := begin(t, storyOptions{postgres: database, lease: lease, calling: time.Duration(rounds)*7*time.Second + inTruth(8*time.Minute), replicas: replicas})
			ahead := [replicas]time.Duration{0, wrong, -wrong}
			var programs [replicas]*program
			for i := range programs {
				programs[i] = s.start(t, i, ahead[i])
			}
			for range rounds {
				who := s.random.Perm(replicas)
				dying, sleeping := who[0], who[1]
				s.pass(time.Second)
				programs[sleeping].signal(t, syscall.SIGSTOP)
				s.pass(time.Second / 2)
				programs[dying].kill(t)
				s.pass(2 * lease)
				programs[sleeping].signal(t, syscall.SIGCONT)
				s.pass(time.Second)
				programs[dying] = s.start(t, dying, ahead[dying])
			}
			for _, p := range programs {
				p.ready(t)
			}
			open := s.settle(t, settling())
			for _, p := range programs {
				p.stop(t)
			}
			s.check(t, open)
		})
	}
}

// A database that is gone for a while, and connections that are cut.
func TestTheDatabaseIsLost(t *testing.T) {
	t.Parallel()
	const replicas = 2
	server := postgrestest.Own(t)
	database := server.URL + "&application_name=lost"
	rounds := number(t, "DIRECTCALLBACK_KILLS", 2)
	s := begin(t, storyOptions{postgres: database, lease: lease, calling: time.Duration(rounds)*7*time.Second + inTruth(8*time.Minute), replicas: replicas})
	var programs [replicas]*program
	for i := range programs {
		programs[i] = s.start(t, i, 0)
	}
	for _, p := range programs {
		p.ready(t)
	}
	for range rounds {
		s.pass(time.Second)
		postgrestest.Exec(t, server.URL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lost'")
		s.pass(time.Second)
		server.Crash(t)
		s.pass(lease)
		for _, p := range programs {
			wantStatus(t, p, "/readyz", http.StatusServiceUnavailable)
			wantStatus(t, p, "/healthz", http.StatusOK)
		}
		s.pass(lease)
		server.Start(t)
	}
	open := s.settle(t, settling())
	for _, p := range programs {
		wantStatus(t, p, "/readyz", http.StatusOK)
		p.stop(t)
	}
	s.check(t, open)
}

func wantStatus(t *testing.T, p *program, path string, want int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	_ = response.Body.Close()
	if response.StatusCode != want {
		t.Errorf("%s: %s, want %d\n%s", path, response.Status, want, p.lastWords())
	}
}
