package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/store/sqlite"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/servicebus"
)

// The weather.
const (
	stormLines    = 16
	callsASecond  = 200
	duplicates    = 0.05
	reordered     = 0.05
	optIn         = 3 // every third caller
	cutEvery      = time.Second
	expireEvery   = 7 * time.Second
	longestLife   = 512 << 10 // bytes that a connection carries before it breaks, at most
	shortestLife  = 32 << 10
	stormLimit    = time.Hour // of virtual time
	eventsOfACall = 4
)

// TestStorm sends calls through a Service Bus that fails all the time: events
// come twice and in the wrong order, all connections are cut every second and
// each of them somewhere inside a frame besides, locks expire. In the end every
// effect must be there exactly once.
//
// It is 100,000 events, or 10,000 with -short or -race, in virtual time.
// DIRECTCALLBACK_STORM is another number of events, DIRECTCALLBACK_STORM_SEED
// another storm.
func TestStorm(t *testing.T) {
	t.Parallel()
	calls := stormEvents(t) / eventsOfACall
	seed := stormSeed(t)
	t.Logf("%d calls, seed %d", calls, seed)
	path := filepath.Join(t.TempDir(), "storm.db")
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := newStorm(t, seed, calls, path)
		s.rage()
		s.judge()
	})
	t.Logf("in %v", time.Since(began))
}

func stormEvents(t *testing.T) int {
	t.Helper()
	if n := environmentNumber(t, "DIRECTCALLBACK_STORM", eventsOfACall); n > 0 {
		return n
	}
	if testing.Short() || raceDetector() {
		return 10_000
	}
	return 100_000
}

func stormSeed(t *testing.T) uint64 {
	t.Helper()
	return uint64(max(environmentNumber(t, "DIRECTCALLBACK_STORM_SEED", 1), 1))
}

// environmentNumber is 0 for a variable that is not set.
func environmentNumber(t *testing.T, name string, least int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		t.Fatalf("%s: %q is not a number from %d on", name, text, least)
	}
	return n
}

// raceDetector tells whether this test was built with -race.
func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// storm is an adapter, its telephony, and what tries to come between them.
type storm struct {
	*testing.T
	server   *servicebus.Server
	adapter  *namespace
	office   *office
	dynamics *switchboard
	dialer   *fragile
	phone    *telephony
	calls    int
}

func newStorm(t *testing.T, seed uint64, calls int, path string) *storm {
	t.Helper()
	config := queues()
	for i := range config.Queues {
		config.Queues[i].LockDuration = 20 * time.Second
	}
	server, err := servicebus.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &storm{T: t, server: server, calls: calls}
	s.dialer = &fragile{server: server, random: rand.New(rand.NewPCG(seed, 1))}
	s.dynamics = &switchboard{}
	s.adapter = &namespace{server: server, client: s.connect()}
	s.office = s.adapter.officeOf(t, path, longLines{}, s.dynamics)
	s.phone = &telephony{
		T: t, client: s.connect(), random: rand.New(rand.NewPCG(seed, 2)), out: make(chan said, 1000),
		heard: map[string]int{}, offers: map[adapter.CallID]int{}, goodbyes: map[adapter.CallID]int{}, numbers: fictitious(t, calls),
	}
	return s
}

func (s *storm) connect() *azservicebus.Client {
	s.Helper()
	client, err := bus.Connect(bus.ConnectConfig{
		ConnectionString: s.server.ConnectionString("emulator.test"), NewWebSocketConn: s.dialer.dial,
		RetryOptions: azservicebus.RetryOptions{RetryDelay: 100 * time.Millisecond, MaxRetryDelay: time.Second},
	})
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// rage lets all callers call, and returns when the last one has hung up and
// nothing is left to do.
func (s *storm) rage() {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	var work, weather errgroup.Group
	work.Go(func() error { return s.office.service.Run(ctx) })
	work.Go(func() error { return s.office.consumer.Run(ctx) })
	work.Go(func() error { return s.phone.speak(ctx) })
	for range stormLines {
		work.Go(func() error { return s.phone.listen(ctx) })
	}
	raging, calm := context.WithCancel(ctx)
	weather.Go(func() error { every(raging, cutEvery, s.server.DropConnections); return nil })
	weather.Go(func() error {
		every(raging, expireEvery, func() {
			if err := errors.Join(s.server.ExpireLocks(world.CallEvents), s.server.ExpireLocks(world.CallCommands)); err != nil {
				s.Error(err)
			}
		})
		return nil
	})
	every(ctx, time.Second/callsASecond, func() bool {
		s.phone.ring(s.phone.rang)
		return s.phone.rang < s.calls
	})
	deadline := time.Now().Add(stormLimit)
	every(ctx, time.Second, func() bool { return !s.over() && time.Now().Before(deadline) })
	calm()
	s.dialer.mend()
	_ = weather.Wait() // no errors
	every(ctx, 10*time.Second, func() bool { return !s.empty() && time.Now().Before(deadline) })
	cancel()
	if err := work.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		s.Error(err)
	}
	ctx = context.WithoutCancel(ctx)
	// That what broke cannot be closed any more is no news.
	_ = errors.Join(s.office.publisher.Close(ctx), s.adapter.client.Close(ctx), s.phone.client.Close(ctx), s.server.Close())
	// Where a connection broke while a link was being set up, the SDK leaves a
	// goroutine behind that ends when it would renew its token and the client is closed.
	<-time.After(24 * time.Hour)
}

// every does something again and again until ctx ends or it answers false.
func every[F func() | func() bool](ctx context.Context, pause time.Duration, f F) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		switch f := any(f).(type) {
		case func():
			f()
		case func() bool:
			if !f() {
				return
			}
		}
	}
}

// over tells that every caller has hung up.
func (s *storm) over() bool { return s.phone.hungUp() == s.calls }

// empty tells that nothing is under way either.
func (s *storm) empty() bool {
	events, err := s.server.Counts(world.CallEvents)
	commands, err2 := s.server.Counts(world.CallCommands)
	if err := errors.Join(err, err2); err != nil {
		s.Fatal(err)
	}
	return s.phone.silent() && events.Active+events.Locked+commands.Active+commands.Locked == 0
}

// judge compares what the adapter knows with what the telephony lived through.
func (s *storm) judge() {
	defer func() {
		if err := s.office.store.Close(); err != nil {
			s.Error(err)
		}
	}()
	p := s.phone
	s.Logf("%d events were put on the bus for %d, %d commands were heard %d times; %d connections broke; %+v",
		p.put, s.calls*eventsOfACall, len(p.heard), p.received, s.dialer.broken.Load(), s.office.consumer.Stats())
	for _, queue := range []string{world.CallEvents, world.CallCommands} {
		if counts, err := s.server.Counts(queue); err != nil || counts != (servicebus.Counts{}) {
			s.Errorf("left in %s: %+v, %v", queue, counts, err)
		}
	}
	if worn := p.worst; worn >= servicebus.DefaultMaxDeliveryCount/2 {
		s.Errorf("a command was delivered %d times", worn)
	}
	if !s.over() {
		s.Errorf("the storm did not end: %d of %d callers hung up", p.hungUp(), s.calls)
	}
	wrong := 0
	complain := func(format string, args ...any) {
		if wrong++; wrong <= 20 {
			s.Errorf(format, args...)
		}
	}
	err := s.office.store.Update(s.Context(), func(tx *sqlite.Tx) error {
		callbacks, err := tx.CallbacksOfCalls()
		if err != nil {
			return err
		}
		for n := range s.calls {
			if err := s.judgeCall(tx, n, callbacks, complain); err != nil {
				return err
			}
		}
		tally, err := tx.Tally()
		if err != nil {
			return err
		}
		promised := 0
		for _, count := range tally.Callbacks {
			promised += count
		}
		if want := (s.calls + optIn - 1) / optIn; promised != want || len(callbacks) != want {
			complain("%d callbacks of %d calls, want %d", promised, len(callbacks), want)
		}
		return nil
	})
	if err != nil {
		s.Error(err)
	}
	if wrong > 20 {
		s.Errorf("… and %d more", wrong-20)
	}
	s.dynamics.judge(s.T)
}

// judgeCall checks the effects of one call.
func (s *storm) judgeCall(tx *sqlite.Tx, n int, callbacks map[adapter.CallID]adapter.CallbackOfCall, complain func(string, ...any)) error {
	id := callID(n)
	call, err := tx.Call(id)
	if err != nil {
		return err
	}
	if call.State != adapter.CallOver {
		complain("%s is %s", id, call.State)
	}
	if heard := s.phone.offers[id]; heard != call.Offers || heard == 0 {
		complain("%s heard %d offers of %d", id, heard, call.Offers)
	}
	_, promised := callbacks[id]
	goodbyes, want := s.phone.goodbyes[id], 0
	if n%optIn == 0 {
		want = 1
	}
	if promised != (want == 1) || goodbyes != want {
		complain("%s: callback %t, %d confirmations; pressed 1: %t", id, promised, goodbyes, want == 1)
	}
	return nil
}
