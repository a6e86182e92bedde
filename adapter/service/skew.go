package service

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"directcallback/adapter"
)

// A key counts by the time that the telephony says it was pressed, and a call's place
// by when it says it was queued. A telephony whose clock runs behind ours seems to have
// told of keys before the offer that they answer; those are ignored. Nothing of one
// event shows that its clock is wrong, because events may be late. But of many events
// some come at once, so that the shortest way of all is about what the clocks differ by.

const (
	skewEvery  = 10 * time.Minute // how long a shortest way is looked for
	skewEvents = 20               // and among how many events at least
	maxSources = 64               // that are watched; more telephonies than that are none
)

// skews watches the clocks of the telephonies. The zero skews watches none yet.
type skews struct {
	mu      sync.Mutex
	sources map[string]*skew // guarded by mu
}

// skew is the shortest way from a telephony's clock to ours, over the stretch of time
// that is being watched and over the one before it.
type skew struct {
	began  time.Time
	events int
	least  time.Duration
	known  bool // the stretch before had enough events
	before time.Duration
}

// saw takes notice of when events happened and when they came.
func (s *skews) saw(events []adapter.CallEvent, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		if !toldByTelephony(e.Data) {
			continue
		}
		of := s.sources[e.Source]
		if of == nil {
			if len(s.sources) == maxSources {
				continue
			}
			if s.sources == nil {
				s.sources = map[string]*skew{}
			}
			of = &skew{began: now}
			s.sources[e.Source] = of
		}
		of.saw(now.Sub(e.At), now)
	}
}

// toldByTelephony tells whether an event is told when it happens, by who saw it.
func toldByTelephony(data adapter.EventData) bool {
	switch data.(type) {
	case adapter.CallQueued, adapter.ToneReceived, adapter.CallConnected, adapter.CallTransferred, adapter.CallEnded:
		return true
	default:
		return false
	}
}

func (k *skew) saw(way time.Duration, now time.Time) {
	if now.Sub(k.began) >= skewEvery {
		if k.events >= skewEvents {
			k.known, k.before = true, k.least
		}
		k.began, k.events = now, 0
	}
	if k.events == 0 || way < k.least {
		k.least = way
	}
	k.events++
}

// shortest is the shortest way that is known; false without enough events.
func (k *skew) shortest() (time.Duration, bool) {
	if k.events >= skewEvents {
		return k.least, true
	}
	return k.before, k.known
}

// findings are the telephonies whose clocks differ from ours by more than is forgiven.
func (s *skews) findings(forgiven time.Duration) []adapter.Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []adapter.Finding
	for _, source := range slices.Sorted(maps.Keys(s.sources)) {
		way, known := s.sources[source].shortest()
		if !known || way.Abs() <= forgiven {
			continue
		}
		f := adapter.Finding{Code: "telephony.clock", Severity: adapter.SeverityWarning, Part: source, Name: source}
		if way > 0 {
			f.Reason = fmt.Sprintf("every event of this telephony comes at least %v after its own time: its clock is behind ours, or its events are held up", way.Round(time.Second))
			f.Consequence = "a caller who presses 1 seems to have done so before the offer, and gets no callback"
		} else {
			f.Reason = fmt.Sprintf("events of this telephony come up to %v before their own time: its clock is ahead of ours", (-way).Round(time.Second))
			f.Consequence = "its callers seem to be queued later than they were, and lose places to those of other telephonies"
		}
		f.Remedy = fmt.Sprintf("Synchronize the clocks of the telephony and of this machine; %v are forgiven.", forgiven)
		all = append(all, f)
	}
	return all
}
