package phone_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/phone"
)

func TestSteadyTrafficHasItsRateItsWavesAndItsPeople(t *testing.T) {
	t.Parallel()
	const rate, hours = 2.0, 4
	steady := phone.Steady{Rate: rate, For: hours * time.Hour, Seed: 7}
	traffic, err := steady.Traffic()
	if err != nil {
		t.Fatal(err)
	}
	want := rate * hours * 3600
	if got := float64(len(traffic.Arrivals)); math.Abs(got-want) > 5*math.Sqrt(want) {
		t.Errorf("%v callers, want about %v", got, want)
	}
	var rising, falling int // halves of the waves, of 20 minutes each
	last := time.Duration(0)
	for _, a := range traffic.Arrivals {
		if a.At < last || a.At >= steady.For || a.Phone == "" || a.Call == "" || a.Customer == "" {
			t.Fatalf("arrival %+v after %v", a, last)
		}
		last = a.At
		if 2*(a.At%(15*time.Minute)) < 15*time.Minute {
			rising++
		} else {
			falling++
		}
	}
	if ratio := float64(rising) / float64(falling); ratio < 1.4 || ratio > 2 {
		t.Errorf("%d call in the high halves of the waves and %d in the low ones", rising, falling)
	}
	if n := traffic.OnDuty(steady.For); n < 100 || n != traffic.OnDuty(0) {
		t.Errorf("%d representatives on duty at the end and %d at the start", n, traffic.OnDuty(0))
	}
}

func TestSteadyTrafficIsItsSeeds(t *testing.T) {
	t.Parallel()
	of := func(seed uint64) phone.Traffic {
		traffic, err := phone.Steady{Rate: 1, For: time.Hour, Seed: seed}.Traffic()
		if err != nil {
			t.Fatal(err)
		}
		return traffic
	}
	if diff := cmp.Diff(of(1), of(1)); diff != "" {
		t.Errorf("the same seed draws other traffic: %s", diff)
	}
	if cmp.Equal(of(1), of(2)) {
		t.Error("two seeds draw the same traffic")
	}
}

func TestSteadyTrafficThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, steady := range map[string]phone.Steady{
		"no rate":             {For: time.Hour},
		"a negative rate":     {Rate: -1, For: time.Hour},
		"not a number":        {Rate: math.NaN(), For: time.Hour},
		"endless":             {Rate: math.Inf(1), For: time.Hour},
		"no time":             {Rate: 1},
		"more than there are": {Rate: 1e9, For: time.Hour},
	} {
		if traffic, err := steady.Traffic(); err == nil {
			t.Errorf("%s: %d callers", name, len(traffic.Arrivals))
		}
	}
}
