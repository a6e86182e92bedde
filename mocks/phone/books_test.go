package phone

import (
	"testing"
	"time"
)

// promised is a bench on which caller 101 has a confirmed callback, a minute and
// a half after the start. Representatives come then.
func promised(t *testing.T, behaviour Behaviour, staff ...string) *bench {
	t.Helper()
	b := newBench(t, callers(caller("101", 0)).staffed(90*time.Second, staff...), behaviour)
	b.optIn("101")
	b.at(90 * time.Second)
	return b
}

// optIn offers, waits for the tone and confirms.
func (b *bench) optIn(call string) {
	b.t.Helper()
	b.offer("offer-"+call, call)
	b.at(b.floor.now.Sub(b.began) + 15*time.Second)
	b.confirm("confirm-"+call, call)
	b.at(b.floor.now.Sub(b.began) + 10*time.Second)
	if b.reason(call) != endedCallback {
		b.t.Fatalf("call %s ended %q", call, b.reason(call))
	}
}

func (b *bench) with(a AdapterFigures) Report {
	report, books := b.books.snapshot()
	report.books = books
	return report.With(a)
}

func TestLostIsConfirmedAndNowhere(t *testing.T) {
	t.Parallel()
	b := promised(t, certain())
	id := b.call("101")
	ended := func(state string) AdapterFigures {
		return AdapterFigures{Ended: map[string]CallbackEnd{id: {State: state}}}
	}
	for _, tt := range []struct {
		name string
		a    AdapterFigures
		want int
	}{
		{"nobody knows it", AdapterFigures{}, 1},
		{"the adapter has another one", AdapterFigures{Open: map[string]bool{"other": true}}, 1},
		{"in progress", AdapterFigures{Open: map[string]bool{id: true}}, 0},
		{"cancelled", ended("cancelled"), 0},
		{"served", ended("served"), 0},
		{"expired", ended("expired"), 0},
		{"failed", ended("failed"), 1},
		{"waiting for a person", ended("review"), 1},
		{"completed, by its own word", ended("completed"), 1},
		{"unanswered, by its own word", ended("unanswered"), 1},
	} {
		if got := b.with(tt.a).Lost; got != tt.want {
			t.Errorf("%s: lost %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestAnswerKeepsThePromiseAndNoAnswerDoesNot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer float64
		want   Report
	}{
		{"answered", 1, Report{Dialled: 1, Connected: 1, Completed: 1}},
		{"not answered", 0, Report{Dialled: 1, Unanswered: 1, Lost: 1}},
	} {
		behaviour := certain()
		behaviour.Answer = tt.answer
		b := promised(t, behaviour, "s1")
		b.deliver("d1", "cb1", "101")
		b.at(10 * time.Minute)
		got := b.report()
		tt.want.CallsQueued, tt.want.OffersPlayed, tt.want.CallersOffered, tt.want.OptedIn, tt.want.DeliveriesCreated = 1, 1, 1, 1, 1
		if !sameReport(got, tt.want) {
			t.Errorf("%s: %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

// A ring that nobody answered accounts for a promise that was given up, but not
// for one that the adapter does not know.
func TestARingWithoutAnAnswerKeepsWhatWasGivenUp(t *testing.T) {
	t.Parallel()
	behaviour := certain()
	behaviour.Answer = 0
	b := promised(t, behaviour, "s1")
	b.deliver("d1", "cb1", "101")
	b.at(10 * time.Minute)
	for state, want := range map[string]int{"": 1, "failed": 0, "unanswered": 0} {
		var a AdapterFigures
		if state != "" {
			a.Ended = map[string]CallbackEnd{b.call("101"): {State: state}}
		}
		if got := b.with(a).Lost; got != want {
			t.Errorf("state %q: lost %d, want %d", state, got, want)
		}
	}
}

func TestServedLiveKeepsThePromise(t *testing.T) {
	t.Parallel()
	again := caller("102", 120)
	again.Customer, again.Phone = "customer 101", "+12125550101"
	b := newBench(t, callers(caller("101", 0), again).staffed(3*time.Minute, "s1"), certain())
	b.optIn("101")
	b.at(10 * time.Minute)
	if r := b.report(); r.Lost != 0 || r.ServedLive != 1 {
		t.Errorf("lost %d, served live %d; want 0, 1", r.Lost, r.ServedLive)
	}
}

func TestJoinedPromisesShareOneCallback(t *testing.T) {
	t.Parallel()
	again := caller("102", 120)
	again.Customer, again.Phone = "customer 101", "+12125550101"
	b := newBench(t, callers(caller("101", 0), again), certain())
	b.optIn("101")
	b.at(130 * time.Second)
	b.optIn("102")
	first := b.call("101")
	for _, tt := range []struct {
		name string
		a    AdapterFigures
		want int
	}{
		{"first in progress", AdapterFigures{Open: map[string]bool{first: true}}, 0},
		{"first ended afterwards", AdapterFigures{Ended: map[string]CallbackEnd{first: {"cancelled", b.began.Add(time.Hour)}}}, 0},
		{"first had ended before", AdapterFigures{Ended: map[string]CallbackEnd{first: {"cancelled", b.began.Add(time.Minute)}}}, 1},
		{"neither is known", AdapterFigures{}, 2},
	} {
		if got := b.with(tt.a).Lost; got != tt.want {
			t.Errorf("%s: lost %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestDialledTwice(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer float64
		second func(b *bench)
		want   int
	}{
		{"again after it was completed", 1, func(b *bench) { b.deliver("d2", "cb1", "101") }, 1},
		{"again after it was completed, as another callback", 1, func(b *bench) { b.deliver("d2", "cb2", "101") }, 1},
		{"again after no answer", 0, func(b *bench) { b.deliver("d2", "cb1", "101") }, 0},
		{"without any attribute after it was completed", 1, func(b *bench) {
			b.react(func() { b.floor.becameVisible(Delivery{ID: "d2", Phone: "+12125550101"}) })
		}, 1},
		{"a request from the web of the same number", 1, func(b *bench) {
			b.react(func() {
				b.floor.becameVisible(Delivery{ID: "d2", Phone: "+12125550101", Attributes: map[string]string{
					"callbackId": "web", "queuedAt": stamp(b.floor.now),
				}})
			})
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			behaviour := certain()
			behaviour.Answer = tt.answer
			b := promised(t, behaviour, "s1")
			b.deliver("d1", "cb1", "101")
			b.at(5 * time.Minute)
			tt.second(b)
			b.at(10 * time.Minute)
			r := b.report()
			if r.DialledTwice != tt.want || r.Dialled != 2 {
				t.Errorf("dialled %d, twice %d; want 2, %d", r.Dialled, r.DialledTwice, tt.want)
			}
		})
	}
}

func TestTwoRingsAtOnceAreOneTooMany(t *testing.T) {
	t.Parallel()
	b := promised(t, certain(), "s1", "s2")
	b.deliver("d1", "cb1", "101")
	b.deliver("d2", "cb1", "101")
	b.at(10 * time.Minute)
	if r := b.report(); r.DialledTwice != 1 || r.Connected != 1 || r.Unanswered != 1 {
		t.Errorf("twice %d, connected %d, unanswered %d; want one each: the second finds a busy line",
			r.DialledTwice, r.Connected, r.Unanswered)
	}
}

func TestOrderInversionsBetweenPromises(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		deliverAt time.Duration
		prepare   func(b *bench)
		figures   func(b *bench) AdapterFigures
		want      int
	}{
		{"the later one goes first", 5 * time.Minute, nil, nil, 1},
		{"within the margin", 100 * time.Second, nil, nil, 0},
		{"in its turn", 5 * time.Minute, func(b *bench) { b.deliver("d0", "cb0", "101") }, nil, 0},
		{"the first was cancelled before", 5 * time.Minute, nil, func(b *bench) AdapterFigures {
			return AdapterFigures{Ended: map[string]CallbackEnd{b.call("101"): {"cancelled", b.began.Add(4 * time.Minute)}}}
		}, 0},
		{"the first was cancelled afterwards", 5 * time.Minute, nil, func(b *bench) AdapterFigures {
			return AdapterFigures{Ended: map[string]CallbackEnd{b.call("101"): {"cancelled", b.began.Add(6 * time.Minute)}}}
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, callers(caller("101", 0), caller("102", 10)), certain())
			b.at(10 * time.Second)
			b.optIn("101") // over at 35 s
			b.optIn("102") // over at 60 s
			b.at(tt.deliverAt)
			if tt.prepare != nil {
				tt.prepare(b)
			}
			b.deliver("d1", "cb1", "102")
			var a AdapterFigures
			if tt.figures != nil {
				a = tt.figures(b)
			}
			if got := b.with(a).OrderInversions; got != tt.want {
				t.Errorf("%d inversions, want %d", got, tt.want)
			}
		})
	}
}

func TestAHeldPromiseIsNotOvertaken(t *testing.T) {
	t.Parallel()
	again := caller("103", 200)
	again.Customer, again.Phone = "customer 101", "+12125550101"
	b := newBench(t, callers(caller("101", 0), caller("102", 10), again), certain())
	b.at(10 * time.Second)
	b.optIn("101")
	b.optIn("102")
	b.at(5 * time.Minute) // 101 is calling again
	b.deliver("d1", "cb1", "102")
	if got := b.report().OrderInversions; got != 0 {
		t.Errorf("%d inversions, want none: the first one's number is in a call", got)
	}
}

func TestOrderInversionsBeforeLiveCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		at   time.Duration
		want int
	}{
		{"a live caller waits longer", 3 * time.Minute, 1},
		{"for less than the margin", 70 * time.Second, 0},
	} {
		b := newBench(t, callers(caller("101", 0), caller("102", 10)), certain())
		b.at(10 * time.Second)
		b.optIn("102")
		b.at(tt.at)
		b.deliver("d1", "cb1", "102")
		if got := b.report().OrderInversions; got != tt.want {
			t.Errorf("%s: %d inversions, want %d", tt.name, got, tt.want)
		}
	}
}
