package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/mocks/phone"
)

// oracle says which callers must hear an offer, and when. It shares nothing with
// the product: it reads the telephony's events as they are on the wire, counts
// the line by itself, and applies the two rules of the queue by hand. Of the
// adapter it only takes over when a callback stands in line, because that
// depends on representatives and not on the caller.
type oracle struct {
	size     int           // rule 1: so many others wait
	estimate time.Duration // rule 2: the platform's estimate is at least that

	mu     sync.Mutex // the simulator and the adapter report from their own goroutines
	events []wired    // guarded by mu, as all below
	seen   map[string]bool
	steps  []service.Step
	offers []phone.Step
}

// onItsWay is longer than anything takes on its way, and shorter than what follows
// from it: with true time standing still, only a renewed token costs any.
const onItsWay = 5 * time.Second

// wired is what the oracle reads of an event.
type wired struct {
	ID, Type, Subject string
	Time              time.Time
	Data              struct {
		From                 string
		EstimatedWaitSeconds *float64
		Tone                 string
	}
}

func (o *oracle) tap(body []byte) {
	var e wired
	if err := json.Unmarshal(body, &e); err != nil {
		panic(fmt.Sprintf("the telephony sends what is no JSON: %v", err))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.seen[e.ID] {
		o.seen[e.ID] = true
		o.events = append(o.events, e)
	}
}

func (o *oracle) observe(s service.Step) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.steps = append(o.steps, s)
}

func (o *oracle) watch(s phone.Step) {
	if s.What == "offer" {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.offers = append(o.offers, s)
	}
}

// wait is one caller's time in line.
type wait struct {
	call     string
	from     string // empty = withheld
	queued   time.Time
	left     time.Time // zero = still there at the end
	eligible bool
	size     [2]int // others in line: surely, and perhaps
	unsure   bool   // something else happened at the very moment of the decision
}

// stay is one callback's time in line, and until it ended.
type stay struct {
	call   string
	inLine []span
	until  time.Time // its end; zero = pending at the end of the day
	since  time.Time
	held   bool // while its number is in a live call
}

type span struct{ from, to time.Time } // zero to = for ever

// disagreements compares the offers that callers heard with those they had to.
func (o *oracle) disagreements(end time.Time) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	waits := o.waits()
	heard := map[string][]time.Time{}
	for _, s := range o.offers {
		heard[s.ID] = append(heard[s.ID], s.At)
	}
	pending := o.pendingByNumber(waits)
	var wrong []string
	for _, w := range waits {
		if w.unsure {
			continue
		}
		got := heard[w.call]
		for at := w.queued.Add(30 * time.Second); w.eligible && w.from != "" && at.Before(end); at = at.Add(2 * time.Minute) {
			if !w.left.IsZero() && !at.Before(w.left) {
				break
			}
			if isPending(pending[w.from], w.call, at) {
				continue
			}
			i := slices.IndexFunc(got, func(t time.Time) bool { return !t.Before(at) && t.Sub(at) < time.Second })
			if i < 0 {
				wrong = append(wrong, fmt.Sprintf("%s was queued at %v behind %v, waited %v, and heard no offer after %v", w.call, w.queued.Format(time.TimeOnly), w.size, w.left.Sub(w.queued), at.Sub(w.queued)))
				continue
			}
			got = slices.Delete(got, i, i+1)
		}
		for _, t := range got {
			wrong = append(wrong, fmt.Sprintf("%s heard an offer after %v (eligible %v)", w.call, t.Sub(w.queued), w.eligible))
		}
	}
	return wrong
}

// waits reads each caller's time in line from the events and decides by hand.
func (o *oracle) waits() []*wait {
	stays := o.stays()
	var all []*wait
	open := map[string]*wait{}
	for _, e := range o.events {
		call := e.Subject
		switch strings.TrimSuffix(strings.TrimPrefix(e.Type, "directcallback.call."), ".v1") {
		case "queued":
			w := &wait{call: call, from: e.Data.From, queued: e.Time}
			low, high := len(open), len(open)
			for _, s := range stays {
				sure, maybe := s.stands(e.Time)
				if sure {
					low++
				}
				if sure || maybe {
					high++
				}
			}
			byEstimate := e.Data.EstimatedWaitSeconds != nil && *e.Data.EstimatedWaitSeconds >= o.estimate.Seconds()
			w.eligible = byEstimate || low >= o.size
			w.unsure = !w.eligible && high >= o.size
			w.size = [2]int{low, high}
			open[call] = w
			all = append(all, w)
		case "tone":
			if e.Data.Tone != "1" || open[call] == nil {
				continue
			}
			// The place is a callback's from now on, even when the adapter needs a
			// moment to know.
			if s, ok := stays[call]; ok && !s.since.Before(e.Time) && s.since.Sub(e.Time) < onItsWay {
				s.inLine[0].from = e.Time
				open[call].left = e.Time
				delete(open, call)
			}
		case "connected", "ended", "transferred":
			if w := open[call]; w != nil {
				w.left = e.Time
				delete(open, call)
			}
		}
	}
	return all
}

// stands tells whether the callback surely, or perhaps, stood in line at t.
func (s *stay) stands(t time.Time) (sure, maybe bool) {
	for _, in := range s.inLine {
		switch {
		case t.Equal(in.from) || t.Equal(in.to):
			maybe = true
		case t.After(in.from) && (in.to.IsZero() || t.Before(in.to)):
			sure = true
		}
	}
	return sure, maybe
}

// stays reads from the adapter's steps when callbacks stood in line.
func (o *oracle) stays() map[string]*stay {
	byCall := map[string]*stay{}
	byCallback := map[adapter.CallbackID]*stay{}
	for _, s := range o.steps {
		c := byCallback[s.Callback]
		if c == nil {
			c = &stay{call: string(s.Call), since: s.At}
			byCallback[s.Callback], byCall[c.call] = c, c
		}
		switch s.Event {
		case "customer calls":
			c.held = true
		case "resumed", "customer served":
			c.held = false
		}
		in := !c.held && slices.Contains([]adapter.State{adapter.StateWaiting, adapter.StateDue, adapter.StateDispatching, adapter.StateDispatched}, s.To) &&
			s.Event != "place freed"
		last := len(c.inLine) - 1
		standing := last >= 0 && c.inLine[last].to.IsZero()
		freed := s.From == adapter.StateDispatched && s.To == adapter.StateDispatched && !standing
		switch {
		case in && !standing && !freed:
			c.inLine = append(c.inLine, span{from: s.At})
		case !in && standing:
			c.inLine[last].to = s.At
		}
		if s.To.Ended() {
			c.until = s.At
		}
	}
	return byCall
}

// pendingByNumber collects when each number had a callback that had not ended.
func (o *oracle) pendingByNumber(waits []*wait) map[string][]*stay {
	numbers := map[string]string{}
	for _, w := range waits {
		numbers[w.call] = w.from
	}
	all := map[string][]*stay{}
	for call, s := range o.stays() {
		all[numbers[call]] = append(all[numbers[call]], s)
	}
	return all
}

func isPending(stays []*stay, except string, at time.Time) bool {
	for _, s := range stays {
		if s.call != except && !at.Before(s.since) && (s.until.IsZero() || at.Before(s.until)) {
			return true
		}
	}
	return false
}
