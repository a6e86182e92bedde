package service

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
)

// watched is what is found after an hour of events, each of which came as long after
// its time as way says.
func watched(events int, way func(i int) time.Duration, data adapter.EventData) []adapter.Finding {
	var s skews
	begin := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for i := range events {
		now := begin.Add(time.Duration(i) * time.Hour / time.Duration(events))
		s.saw([]adapter.CallEvent{{ID: strconv.Itoa(i), Source: "/pbx", At: now.Add(-way(i)), Data: data}}, now)
	}
	return s.findings(15 * time.Second)
}

func TestATelephonysClockIsFoundWrong(t *testing.T) {
	t.Parallel()
	always := func(way time.Duration) func(int) time.Duration { return func(int) time.Duration { return way } }
	for name, c := range map[string]struct {
		events int
		way    func(int) time.Duration
		data   adapter.EventData
		want   string // part of the reason; empty = nothing is found
	}{
		"right":                        {1000, always(200 * time.Millisecond), adapter.CallQueued{}, ""},
		"late, but not always":         {1000, func(i int) time.Duration { return time.Duration(i%50) * time.Second }, adapter.CallQueued{}, ""},
		"within what is forgiven":      {1000, always(15 * time.Second), adapter.CallQueued{}, ""},
		"behind":                       {1000, func(i int) time.Duration { return 40*time.Second + time.Duration(i%50)*time.Second }, adapter.ToneReceived{}, "at least 40s after"},
		"ahead":                        {1000, always(-2 * time.Minute), adapter.CallEnded{}, "up to 2m0s before"},
		"too few to tell":              {19, always(time.Hour), adapter.CallQueued{}, ""},
		"told by Dataverse, when read": {1000, always(time.Hour), adapter.DeliveryChanged{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := watched(c.events, c.way, c.data)
			if (c.want == "") != (len(found) == 0) {
				t.Fatalf("found %v", found)
			}
			if c.want == "" {
				return
			}
			f := found[0]
			if !strings.Contains(f.Reason, c.want) || f.Name != "/pbx" || f.Consequence == "" || f.Remedy == "" {
				t.Errorf("found %+v", f)
			}
		})
	}
}

func TestAClockThatIsMendedIsForgotten(t *testing.T) {
	t.Parallel()
	found := watched(1000, func(i int) time.Duration {
		if i < 500 {
			return time.Minute
		}
		return 0
	}, adapter.CallQueued{})
	if len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func TestSourcesAreBounded(t *testing.T) {
	t.Parallel()
	var s skews
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for i := range 10 * maxSources {
		s.saw([]adapter.CallEvent{{Source: fmt.Sprint("/pbx/", i), At: now, Data: adapter.CallQueued{}}}, now)
	}
	if len(s.sources) != maxSources {
		t.Errorf("%d sources are watched", len(s.sources))
	}
}
