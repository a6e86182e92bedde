package crashtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/cmd/adapter/serve"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/dataverse"
	"directcallback/mocks/phone"
)

// token is the API's; it guards nothing but mocks.
const token = "local-token-for-this-machine-only"

// story is everything around the adapters of a test, and what they share.
type story struct {
	world    *world.World
	clock    *phone.ScaledClock
	since    time.Time // when the clock showed true time
	seed     uint64
	random   *rand.Rand // of the test's own goroutine
	lease    time.Duration
	folder   string
	database string // as in DIRECTCALLBACK_DATABASE
	lastCall time.Time
	client   *web

	mu       sync.Mutex
	steps    []phone.Step // guarded by mu
	programs []*program   // guarded by mu: those that live; nil where one died
}

// options of a story.
type storyOptions struct {
	postgres string        // URL of a database; empty = a SQLite file
	calling  time.Duration // how long people call, in true time
	replicas int
	lease    time.Duration // in true time
}

// begin lets people call.
func begin(t *testing.T, o storyOptions) *story {
	t.Helper()
	build(t)
	seed := uint64(number(t, "DIRECTCALLBACK_KILL_SEED", 1))
	since := time.Now()
	s := &story{
		clock: phone.NewScaledClock(speed(), since), since: since, seed: seed, random: rand.New(rand.NewPCG(seed, 7)),
		lease: o.lease, folder: t.TempDir(), programs: make([]*program, max(o.replicas, 1)),
	}
	if o.postgres == "" {
		s.database = filepath.Join(s.folder, "state.db")
	} else {
		s.database = s.hurry(t, o.postgres)
	}
	traffic := manyCallers(t, time.Duration(speed()*float64(o.calling)))
	here, behaviour := world.Address{HostPort: "127.0.0.1:0"}, phone.DefaultBehaviour()
	behaviour.OptIn = 0.8
	var err error
	s.world, err = world.Start(t.Context(), world.Options{
		Entra: here, Dataverse: here, ServiceBus: here, Traffic: traffic, Behaviour: behaviour, Seed: seed, Clock: s.clock, Log: s.note,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.lastCall = s.clock.Now().Add(time.Duration(speed() * float64(o.calling)))
	for _, fault := range []dataverse.Fault{
		{Kind: "reset-after", Path: "CCaaS_", Chance: 0.1}, {Kind: "reset-before", Path: "CCaaS_", Chance: 0.02}, {Kind: "forgotten-request-id"},
	} {
		if err := s.world.Dataverse.Inject(fault); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(s.authority(), s.world.Entra.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	s.client = newWeb(s, traffic)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running errgroup.Group
	running.Go(func() error { return s.world.Run(ctx) })
	running.Go(func() error { return s.client.run(ctx) })
	t.Cleanup(func() {
		stop()
		if err := errors.Join(running.Wait(), s.world.Close(context.WithoutCancel(ctx))); err != nil {
			t.Error(err)
		}
	})
	return s
}

// hurry gives a database a clock that is as fast as all others, which is found
// before its own.
func (s *story) hurry(t *testing.T, database string) string {
	t.Helper()
	postgrestest.Exec(t, database, fmt.Sprintf(`CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
		'SELECT to_timestamp(%[1]f + %[2]f * (extract(epoch FROM pg_catalog.clock_timestamp()) - %[1]f))'`, float64(s.since.UnixMicro())/1e6, speed()))
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("search_path", cmp.Or(query.Get("search_path"), "public")+",pg_catalog")
	u.RawQuery = query.Encode()
	return u.String()
}

// manyCallers is the busiest time of the recorded day, with callers and
// representatives as of several contact centers.
func manyCallers(t *testing.T, calling time.Duration) phone.Traffic {
	t.Helper()
	const centers, staffed = 4, 1 // the others are on holiday
	const talk = time.Minute      // at most
	const patience = 20 * time.Minute
	day, err := phone.DefaultTraffic()
	if err != nil {
		t.Fatal(err)
	}
	day = day.StartAtBusiest()
	all := day
	all.Arrivals, all.Shifts, all.Conversations = nil, nil, slices.Clone(day.Conversations)
	for i, c := range all.Conversations {
		all.Conversations[i].To = min(c.To, c.From+talk)
	}
	for n := range centers {
		for i, a := range day.Arrivals {
			a.At, a.Service = a.At+time.Duration(n)*7*time.Second, min(a.Service, talk)
			a.Wait = max(a.Wait, patience) // a busy machine makes adapters slow
			if a.At > day.Start+calling {
				continue
			}
			if n > 0 { // somebody else, who begins to call now
				a.Call, a.Customer = fmt.Sprint(a.Call, "-", n), fmt.Sprint(a.Customer, "-", n)
				a.Phone = day.Arrivals[(i+n*len(day.Arrivals)/centers)%len(day.Arrivals)].Phone
			}
			all.Arrivals = append(all.Arrivals, a)
		}
		for _, shift := range day.Shifts {
			if n >= staffed {
				break
			}
			shift.Server = fmt.Sprint(shift.Server, "-", n)
			shift.To += 24 * time.Hour // until all is done
			all.Shifts = append(all.Shifts, shift)
		}
	}
	slices.SortStableFunc(all.Arrivals, func(a, b phone.Arrival) int { return int(a.At - b.At) })
	return all
}

func (s *story) note(step phone.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, step)
}

func (s *story) authority() string { return filepath.Join(s.folder, "authority.pem") }

func (s *story) socket(replica int) string { return filepath.Join(s.folder, strconv.Itoa(replica)) }

// environ is all that an adapter is told.
func (s *story) environ(replica int, ahead time.Duration) []string {
	return append(s.world.Environment(),
		"SSL_CERT_FILE="+s.authority(), "DIRECTCALLBACK_DATABASE="+s.database, "DIRECTCALLBACK_CONTROL="+s.socket(replica),
		"DIRECTCALLBACK_LISTEN=127.0.0.1:0", "DIRECTCALLBACK_API_TOKEN="+token, "DIRECTCALLBACK_LEASE="+max(s.simulated(s.lease), time.Second).String(),
		"SIMULATED_SPEED="+strconv.FormatFloat(speed(), 'g', -1, 64), "SIMULATED_SINCE="+s.since.Format(time.RFC3339Nano), "SIMULATED_AHEAD="+ahead.String(),
	)
}

// simulated is how long something takes for the people here.
func (s *story) simulated(d time.Duration) time.Duration {
	return time.Duration(speed() * float64(d)).Round(time.Second)
}

// start starts a replica whose clock is ahead of the others'.
func (s *story) start(t *testing.T, replica int, ahead time.Duration) *program {
	t.Helper()
	return s.startVersion(t, thisVersion, replica, ahead)
}

func (s *story) startVersion(t *testing.T, version string, replica int, ahead time.Duration) *program {
	t.Helper()
	p := launch(t, version, s.environ(replica, ahead))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.programs[replica] = p
	return p
}

// living are the addresses of adapters.
func (s *story) living() (urls []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.programs {
		if p == nil {
			continue
		}
		if url := p.url(); url != "" {
			urls = append(urls, url)
		}
	}
	return urls
}

// settle waits until no callback is open any more, but for those that wait for a
// person, and nobody is in line, and lists what still is open.
func (s *story) settle(t *testing.T, limit time.Duration) []serve.CallbackSummary {
	t.Helper()
	return s.settleBy(t, 0, limit)
}

// settleBy is settle by the word of a replica.
func (s *story) settleBy(t *testing.T, replica int, limit time.Duration) []serve.CallbackSummary {
	t.Helper()
	s.client.close()
	var open []serve.CallbackSummary
	quiet := 0
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for over := time.After(limit); ; {
		select {
		case <-look.C:
		case <-over:
			return open
		}
		var err error
		if open, err = s.open(t.Context(), replica); err != nil {
			continue // it starts
		}
		if len(open) > 0 || s.clock.Now().Before(s.lastCall) || !s.client.done() {
			quiet = 0
		} else if quiet++; float64(quiet)*0.2*speed() > 150 { // longer than from one offer to the next
			return nil
		}
	}
}

func (s *story) open(ctx context.Context, replica int) ([]serve.CallbackSummary, error) {
	search := serve.CallbackSearch{Limit: 1000}
	for _, state := range adapter.States() {
		if !state.Ended() && state != adapter.StateReview {
			search.States = append(search.States, state)
		}
	}
	body, err := json.Marshal(search)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://adapter/callbacks", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	control := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.socket(replica))
	}}}
	response, err := control.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	var open []serve.CallbackSummary
	return open, json.NewDecoder(response.Body).Decode(&open)
}

// pass lets true time pass, give or take.
func (s *story) pass(d time.Duration) {
	<-time.After(d + time.Duration(s.random.Int64N(int64(d))))
}
