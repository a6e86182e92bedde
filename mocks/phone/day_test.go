package phone

import (
	"slices"
	"testing"
	"time"
)

func busiest(t *testing.T) Traffic {
	t.Helper()
	day, err := DefaultTraffic()
	if err != nil {
		t.Fatal(err)
	}
	return day.StartAtBusiest()
}

// aDay lives through the five busiest hours with a toy.
func aDay(t *testing.T, f faults) (*bench, Report) {
	t.Helper()
	b := newBench(t, busiest(t), DefaultBehaviour())
	b.floor.options.Log = nil
	y := &toy{faults: f}
	b.live(y, 5*time.Hour)
	report, books := b.books.snapshot()
	report.books = books
	return b, report.With(y.figures())
}

func TestAFlawlessAdapterHasCleanBooks(t *testing.T) {
	t.Parallel()
	b, r := aDay(t, faults{})
	if r.Lost != 0 || r.DialledTwice != 0 || r.OrderInversions != 0 {
		t.Errorf("lost %d, dialled twice %d, overtaken %d: %+v",
			r.Lost, r.DialledTwice, r.OrderInversions, r.books.Overtakings)
	}
	byHand := 0
	for _, e := range b.seen {
		if d, ok := e.data.(endedData); ok && d.Reason == endedCallback {
			byHand++
		}
	}
	live := 0
	for _, c := range b.floor.calls {
		if c.state != callOver {
			live++
		}
	}
	// Everyone who came is somewhere. Served calls may still be on.
	connected := 0
	for _, c := range b.floor.calls {
		if c.state == callConnected {
			connected++
		}
	}
	if sum := r.Abandoned + r.ServedLive + byHand + live - connected; sum != r.CallsQueued {
		t.Errorf("%d callers came, %d are accounted for", r.CallsQueued, sum)
	}
	if r.Connected+r.Unanswered != r.Dialled && r.Dialled-r.Connected-r.Unanswered > 1 {
		t.Errorf("dialled %d, answered %d, unanswered %d", r.Dialled, r.Connected, r.Unanswered)
	}
	share := float64(r.OptedIn) / float64(r.CallersOffered)
	if share < 0.30 || share > 0.44 {
		t.Errorf("%.2f of %d callers opted in, want about 0.37", share, r.CallersOffered)
	}
	if r.Completed < r.OptedIn*2/3 {
		t.Errorf("only %d of %d callbacks were completed", r.Completed, r.OptedIn)
	}
}

// TestBooksSeeEachFault proves that the books can fail.
func TestBooksSeeEachFault(t *testing.T) {
	t.Parallel()
	every := func(n int) func(int) bool { return func(i int) bool { return i%n == 0 } }
	for _, tt := range []struct {
		name  string
		f     faults
		count func(Report) int
		atMin int
	}{
		{"a callback is forgotten", faults{forget: every(20)}, func(r Report) int { return r.Lost }, 5},
		{"two deliveries for one callback", faults{twice: every(20)}, func(r Report) int { return r.DialledTwice }, 5},
		{"callbacks do not wait for their turn", faults{overtake: every(10)}, func(r Report) int { return r.OrderInversions }, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, r := aDay(t, tt.f)
			if got := tt.count(r); got < tt.atMin {
				t.Errorf("counted %d, want at least %d: %+v", got, tt.atMin, r)
			}
		})
	}
}

func TestTheDayResemblesTheTrace(t *testing.T) {
	t.Parallel()
	traffic := busiest(t)
	traffic.Arrivals = slices.DeleteFunc(traffic.Arrivals, func(a Arrival) bool { return a.At > traffic.Start+5*time.Hour })
	b, r := aDay(t, faults{silent: true})
	var real, simulated, n, gaveUp int
	for _, a := range traffic.Arrivals {
		if a.HungUp {
			gaveUp++
		} else {
			real += int(a.Wait.Seconds())
		}
	}
	real /= len(traffic.Arrivals) - gaveUp
	for _, e := range b.seen {
		if d, ok := e.data.(connectedData); ok {
			simulated += int(e.at.Sub(b.floor.calls[d.CallID].queuedAt).Seconds())
			n++
		}
	}
	simulated /= n
	if simulated < real/3 || simulated > real*2 {
		t.Errorf("callers wait %d s for a representative, in the trace %d s", simulated, real)
	}
	if r.Abandoned < gaveUp/2 || r.Abandoned > gaveUp*2 {
		t.Errorf("%d callers hang up, in the trace %d", r.Abandoned, gaveUp)
	}
}

func TestTheSameSeedMakesTheSameDay(t *testing.T) {
	t.Parallel()
	one, _ := aDay(t, faults{})
	two, _ := aDay(t, faults{})
	same := slices.EqualFunc(one.seen, two.seen, func(a, b event) bool {
		x, errX := encode(a, "s")
		y, errY := encode(b, "s")
		return errX == nil && errY == nil && string(x) == string(y)
	})
	if !same {
		t.Error("two runs differ")
	}
	other := newBench(t, busiest(t), DefaultBehaviour())
	other.floor.luck = luck{2}
	other.live(&toy{}, time.Hour)
	if len(other.seen) == 0 || slices.EqualFunc(one.seen[:len(other.seen)], other.seen, func(a, b event) bool { return a.id == b.id }) {
		t.Error("another seed makes the same day")
	}
}
