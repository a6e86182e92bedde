package phone

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// loopback is a wire without a bus; it keeps what was published.
type loopback struct {
	published []event // read once Run has returned
	broken    error
}

func (l *loopback) publish(events []event) { l.published = append(l.published, events...) }

func (l *loopback) run(ctx context.Context, _ func(command)) error {
	if l.broken != nil {
		return l.broken
	}
	<-ctx.Done()
	return nil
}

func TestASimulatorWithoutTheNecessaryDoesNotRun(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no queue":   {Traffic: callers(caller("101", 0))},
		"no traffic": {QueueIDs: []string{testQueue}},
		"no client":  {QueueIDs: []string{testQueue}, Traffic: callers(caller("101", 0))},
	} {
		if err := New(o).Run(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestABrokenWireEndsTheRun(t *testing.T) {
	t.Parallel()
	broken := errors.New("cut")
	s := newSimulator(Options{QueueIDs: []string{testQueue}, Traffic: callers(caller("101", 0))}, &loopback{broken: broken})
	if err := s.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("error %v, want the wire's", err)
	}
}

func TestAScaledClockRunsADayInAnHour(t *testing.T) {
	t.Parallel()
	traffic := busiest(t)
	synctest.Test(t, func(t *testing.T) {
		wire := &loopback{}
		began := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		s := newSimulator(Options{
			QueueIDs: []string{testQueue}, Traffic: traffic, Clock: NewScaledClock(60, began), Seed: 1,
		}, wire)
		if s.options.Margin != 2*time.Minute {
			t.Errorf("margin %v, want two true seconds", s.options.Margin)
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		if err := s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		last := wire.published[len(wire.published)-1].at
		if passed := last.Sub(began); passed < 9*time.Hour || passed > 10*time.Hour {
			t.Errorf("the last event is %v after the start, want almost ten hours", passed)
		}
		if !slices.IsSortedFunc(wire.published, func(a, b event) int { return a.at.Compare(b.at) }) {
			t.Error("events are not in the order of their times")
		}
	})
}

func TestTheReportHasExactlyTheseFields(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(Report{books: Books{OptIns: []OptIn{{CallID: "secret"}}}})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]int
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`callsQueued overflowed offersPlayed callersOffered optedIn callbacksCreated deliveriesCreated
		dialled connected completed unanswered abandoned servedLive onCall served cancelled expired inProgress lost dialledTwice
		orderInversions deadLettered`)
	if len(fields) != len(want) {
		t.Errorf("%d fields, want %d", len(fields), len(want))
	}
	for _, name := range want {
		if _, ok := fields[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestNoStepShowsANumber(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`\+?1?[2-9]\d\d55501\d\d`)
	b := newBench(t, busiest(t), DefaultBehaviour())
	steps := map[string]bool{}
	b.floor.options.Log = func(s Step) {
		steps[s.What] = true
		if found := number.FindString(s.String()); found != "" {
			t.Errorf("a step shows a number: %s", s.What)
		}
	}
	b.live(&toy{}, time.Hour)
	for _, what := range []string{"queued", "offer", "pressed", "prompt", "connected", "ended", "delivery", "callback"} {
		if !steps[what] {
			t.Errorf("no step %q in an hour", what)
		}
	}
	text, err := json.Marshal(b.report().books)
	if err != nil || number.Match(text) {
		t.Errorf("the books show a number, or %v", err)
	}
}

func TestHabitsOfAThousandCallers(t *testing.T) {
	t.Parallel()
	l, counts := luck{7}, map[string]int{}
	for i := range 10000 {
		a := Arrival{Call: time.Duration(i).String(), Customer: "c", HungUp: i%2 == 0, Wait: time.Minute}
		c := l.character(a, Traffic{MeanPatience: 6 * time.Minute}, nil, DefaultBehaviour())
		var keys strings.Builder
		for _, p := range c.habit.presses {
			keys.WriteString(p.key)
		}
		if c.habit.hangsUp {
			keys.WriteString("!")
		}
		counts[keys.String()]++
		if c.patience < a.Wait || a.HungUp && c.patience != a.Wait {
			t.Fatalf("patience %v of one who waited %v", c.patience, a.Wait)
		}
		if c.listens < 3*time.Second || c.listens > 8*time.Second || c.service != fallbackService {
			t.Fatalf("character %+v", c)
		}
	}
	for keys, share := range map[string]float64{
		"": 0.63 * 0.95, "2": 0.63 * 0.05, "1": 0.37 * 0.90, "11": 0.37 * 0.05, "71": 0.37 * 0.03, "1!": 0.37 * 0.02,
	} {
		if got := float64(counts[keys]) / 10000; got < share*0.7 || got > share*1.3 {
			t.Errorf("keys %q: %.4f of the callers, want about %.4f", keys, got, share)
		}
	}
}
