package dataverse_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

// TestStorm has the workers of one principal make 2,000 calls while the organization misbehaves in every way it can,
// and then holds what is there beside what the calls said: nothing made twice, nothing lost, nothing late, and no error
// that says more than was known. DATAVERSE_STORM_CALLS and DATAVERSE_STORM_SEEDS make it longer.
//
// The seed chooses faults and calls. In which order workers take their turns is the scheduler's, so that a seed
// tells a similar story each time, not the same.
func TestStorm(t *testing.T) {
	t.Parallel()
	calls, seeds := setting(t, "DATAVERSE_STORM_CALLS", usualCalls), setting(t, "DATAVERSE_STORM_SEEDS", 1)
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStorm(t, seed+1)
				s.rage(calls)
				s.calm()
				s.compare(calls)
			})
		})
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, not a number above 0", name, text)
	}
	return n
}

const (
	stormOrigin  = "http://127.0.0.1:8080"
	stormWorkers = 8
	usualCalls   = 2000
)

// storm is an organization in bad weather and those who have to work in it.
type storm struct {
	*testing.T
	seed         uint64
	organization *mock.Server
	demo         mock.Demo
	client       *dataverse.Client
	credential   *moodyCredential
	workers      []*worker
	counters     []*counter
	tally        tally
	stop         func()
}

// newStorm is to be called inside a bubble.
func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	s := &storm{T: t, seed: seed}
	var err error
	s.organization, err = mock.New(mock.Options{
		StaticToken: "token", URL: stormOrigin, Seed: seed,
		Limits: mock.Limits{Requests: 120, ExecutionTime: 45 * time.Second, Concurrent: 4, Window: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.demo, err = s.organization.Demo(); err != nil {
		t.Fatal(err)
	}
	transport, stop := serve(s.organization.Handler(), nil)
	transport.MaxIdleConnsPerHost = 2 * stormWorkers
	s.stop = stop
	s.credential = &moodyCredential{random: rand.New(rand.NewPCG(seed, 1))}
	s.client, err = dataverse.New(stormOrigin, s.credential, &dataverse.Options{
		HTTPClient: &http.Client{Transport: witness{transport}}, AttemptTimeout: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		id, err := s.organization.Insert("account", map[string]any{"name": fmt.Sprint("counter ", i), "numberofemployees": 0})
		if err != nil {
			t.Fatal(err)
		}
		s.counters = append(s.counters, &counter{id: id, confirmed: map[int]string{}})
	}
	for i := range stormWorkers {
		s.workers = append(s.workers, newWorker(s, i))
	}
	return s
}

// rage makes the calls.
func (s *storm) rage(calls int) {
	s.blow()
	ctx, calm := context.WithCancel(s.Context())
	var weather, all sync.WaitGroup
	weather.Go(func() { s.hideAndShow(ctx) })
	for _, w := range s.workers {
		all.Go(func() {
			for w.calls < calls/stormWorkers && !s.Failed() {
				w.next()
				pass(w.random, 200*time.Millisecond)
			}
		})
	}
	all.Wait()
	calm()
	weather.Wait()
}

// calm ends the weather.
func (s *storm) calm() {
	s.tally.faults = s.organization.Counters().Faults
	s.organization.ClearFaults()
	s.credential.cheerUp()
	if err := s.organization.SetLimits(mock.Limits{}); err != nil {
		s.Fatal(err)
	}
	<-time.After(11 * time.Minute) // longer than any wait that was said
}

// pass lets up to d go by, and at least so much that whatever is under way at this instant is over.
func pass(random *rand.Rand, d time.Duration) {
	<-time.After(time.Millisecond + time.Duration(random.Int64N(int64(d))))
}

// moodyCredential takes its time now and then, or fails.
type moodyCredential struct {
	mu     sync.Mutex // guards what follows; not held while it waits
	random *rand.Rand
	happy  bool
}

func (c *moodyCredential) cheerUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.happy = true
}

func (c *moodyCredential) mood() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.happy {
		return 100
	}
	return c.random.IntN(100)
}

var errNoToken = errors.New("the directory is out for lunch")

func (c *moodyCredential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	mood := c.mood()
	switch {
	case mood < 10:
		return azcore.AccessToken{}, errNoToken
	case mood < 30:
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return azcore.AccessToken{}, ctx.Err()
		}
	}
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(10 * time.Minute)}, nil
}
