package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/sqlite"
	"directcallback/cmd/adapter/serve"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/dataverse"
	"directcallback/mocks/phone"
)

// The adapter of [TestKilled] is this test's own binary, started again as a
// process that only serves: the assembly of `adapter serve`, with a clock that is
// as fast as that of the people who call.
const (
	childSpeed = "KILLED_ADAPTER_SPEED"
	childNow   = "KILLED_ADAPTER_NOW" // simulated time at its start, RFC 3339
)

func TestMain(m *testing.M) {
	if database := os.Getenv(childCrowded); database != "" {
		os.Exit(residentAsChild(context.Background(), serve.Database(database), os.Stdout))
	}
	if os.Getenv(childSpeed) == "" {
		os.Exit(postgrestest.Main(m).Run())
	}
	if err := serveAsChild(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveAsChild(ctx context.Context) error {
	speed, err := strconv.ParseFloat(os.Getenv(childSpeed), 64)
	if err != nil {
		return err
	}
	now, err := time.Parse(time.RFC3339Nano, os.Getenv(childNow))
	if err != nil {
		return err
	}
	config, err := serve.FromEnvironment(os.Environ())
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := serve.Start(ctx, config, serve.Surroundings{Clock: clock{phone.NewScaledClock(speed, now)}, Logger: logger})
	if err != nil {
		return err
	}
	api, err := (&net.ListenConfig{}).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return err
	}
	control, err := config.ListenControl(ctx)
	if err != nil {
		return err
	}
	return errors.Join(a.Run(ctx, api, control), a.Close(ctx)) // it is killed before
}

// TestKilled kills the adapter with SIGKILL at random moments while people call,
// and Dynamics loses replies: afterwards no promise is lost, no customer was
// dialled twice for one, and nothing is stuck.
//
// DIRECTCALLBACK_KILLS is another number of kills, DIRECTCALLBACK_KILL_SEED
// another story.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 8
	if n := environmentNumber(t, "DIRECTCALLBACK_KILLS", 1); n > 0 {
		kills = n
	}
	seed := uint64(max(environmentNumber(t, "DIRECTCALLBACK_KILL_SEED", 1), 1))
	random := rand.New(rand.NewPCG(seed, 7))
	const speed = 30
	s := newKillStory(t, speed, seed, time.Duration(kills)*2*speed*time.Second)
	for range kills {
		p := s.start(t)
		// Also while it starts: the first thing that it does is to take over.
		<-time.After(time.Duration(200+random.IntN(3000)) * time.Millisecond)
		p.kill(t)
	}
	p := s.start(t)
	open := s.settle(t, 3*time.Minute)
	p.kill(t)
	s.check(t, seed, kills, open)
}

// killStory is the world around an adapter that is killed.
type killStory struct {
	world    *world.World
	clock    *phone.ScaledClock
	speed    float64
	environ  []string
	database string
	control  *http.Client
	lastCall time.Time // simulated
}

func newKillStory(t *testing.T, speed float64, seed uint64, calling time.Duration) *killStory {
	t.Helper()
	traffic, err := phone.DefaultTraffic()
	if err != nil {
		t.Fatal(err)
	}
	calling = max(calling, 10*time.Minute)
	traffic = traffic.StartAtBusiest()
	traffic.Arrivals = slices.DeleteFunc(traffic.Arrivals, func(a phone.Arrival) bool { return a.At > traffic.Start+calling })
	here, behaviour := world.Address{HostPort: "127.0.0.1:0"}, phone.DefaultBehaviour()
	behaviour.OptIn = 0.8
	folder := t.TempDir()
	s := &killStory{clock: phone.NewScaledClock(speed, time.Now()), speed: speed, database: filepath.Join(folder, "state.db")}
	if s.world, err = world.Start(t.Context(), world.Options{Entra: here, Dataverse: here, ServiceBus: here, Traffic: traffic, Behaviour: behaviour, Seed: seed, Clock: s.clock}); err != nil {
		t.Fatal(err)
	}
	s.lastCall = s.clock.Now().Add(calling)
	for _, fault := range []dataverse.Fault{
		{Kind: "reset-after", Path: "CCaaS_", Chance: 0.1}, {Kind: "reset-before", Path: "CCaaS_", Chance: 0.05}, {Kind: "forgotten-request-id"},
	} {
		if err := s.world.Dataverse.Inject(fault); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running errgroup.Group
	running.Go(func() error { return s.world.Run(ctx) })
	t.Cleanup(func() {
		stop()
		if err := errors.Join(running.Wait(), s.world.Close(context.WithoutCancel(ctx))); err != nil {
			t.Error(err)
		}
	})
	authority := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(authority, s.world.Entra.CAPEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "s")
	s.environ = append(s.world.Environment(), "SSL_CERT_FILE="+authority, "DIRECTCALLBACK_DATABASE="+s.database, "DIRECTCALLBACK_CONTROL="+socket,
		"DIRECTCALLBACK_LISTEN=127.0.0.1:0", "DIRECTCALLBACK_API_TOKEN="+token)
	s.control = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	return s
}

// child is the adapter's process.
type child struct {
	command *exec.Cmd
	said    bytes.Buffer
}

func (s *killStory) start(t *testing.T) *child {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{command: exec.CommandContext(context.WithoutCancel(t.Context()), program)}
	c.command.Stderr = &c.said
	c.command.Env = append(slices.Clone(s.environ), childSpeed+"="+strconv.FormatFloat(s.speed, 'g', -1, 64), childNow+"="+s.clock.Now().Format(time.RFC3339Nano))
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// kill kills the process, which must not have ended by itself.
func (c *child) kill(t *testing.T) {
	t.Helper()
	_ = c.command.Process.Kill()
	err := c.command.Wait()
	if exit, is := errors.AsType[*exec.ExitError](err); !is || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the adapter ended by itself: %v\n%s", err, &c.said)
	}
}

// settle waits until no callback is open any more, but for those that wait for a
// person, and lists what still is.
func (s *killStory) settle(t *testing.T, limit time.Duration) []serve.CallbackSummary {
	t.Helper()
	var open []serve.CallbackSummary
	quiet := 0
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for over := time.After(limit); ; {
		select {
		case <-look.C:
		case <-over:
			return open
		}
		var err error
		if open, err = s.open(t.Context()); err != nil {
			continue // it starts
		}
		if len(open) > 0 || s.clock.Now().Before(s.lastCall) {
			quiet = 0
		} else if quiet++; quiet > 5 { // longer than from one offer to the next
			return nil
		}
	}
}

func (s *killStory) open(ctx context.Context) ([]serve.CallbackSummary, error) {
	search := serve.CallbackSearch{Limit: 1000}
	for _, state := range adapter.States() {
		if isOpen(state) && state != adapter.StateReview {
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
	response, err := s.control.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var open []serve.CallbackSummary
	return open, json.NewDecoder(response.Body).Decode(&open)
}

// check holds the callers' books against what the adapter left in its file.
func (s *killStory) check(t *testing.T, seed uint64, kills int, open []serve.CallbackSummary) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var tally adapter.Tally
	var calls map[adapter.CallID]adapter.CallbackOfCall
	err = store.Update(t.Context(), func(tx *sqlite.Tx) (err error) {
		if tally, err = tx.Tally(); err != nil {
			return err
		}
		calls, err = tx.CallbacksOfCalls()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r := s.world.Phone.Report().With(figuresOf(tally, adapter.Tally{}, calls))
	t.Logf("seed %d, %d kills: queued %d, offers %d, opted in %d, callbacks %v, deliveries %d, dialled %d, completed %d, out of order %d",
		seed, kills, r.CallsQueued, r.OffersPlayed, r.OptedIn, tally.Callbacks, r.DeliveriesCreated, r.Dialled, r.Completed, r.OrderInversions)
	if r.OptedIn == 0 || r.Completed == 0 {
		t.Error("nothing happened that could be checked")
	}
	if r.Lost > 0 || r.DialledTwice > 0 {
		t.Errorf("seed %d: lost %d (%v), dialled twice %d", seed, r.Lost, s.world.Phone.Books().Lost(figuresOf(tally, adapter.Tally{}, calls)), r.DialledTwice)
	}
	for _, c := range open {
		t.Errorf("seed %d: callback %s is stuck: %s since %v (%s)", seed, c.ID, c.State, c.Since, c.Reason)
	}
}
