package hours_test

import (
	"encoding/json"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

// Whatever is stored, compiling it neither fails nor takes for ever, and every
// question has an answer.
func FuzzCompile(f *testing.F) {
	for _, p := range []*portal{working(), newPortal()} {
		f.Add(must(json.Marshal(p.settings)), int64(1783321200))
	}
	f.Fuzz(func(t *testing.T, text []byte, second int64) {
		var s adapter.Settings
		if json.Unmarshal(text, &s) != nil {
			return // not settings
		}
		set := hours.Compile(s, func(string) (*time.Location, error) { return time.UTC, nil })
		at := time.Unix(second%(1<<38), 0)
		for id := range s.Hours {
			schedule := set.Of(adapter.Queue{OperatingHours: id})
			is := schedule.Open(at)
			next, then := schedule.NextOpening(at)
			if is != hours.Closed && (then != is || !next.Equal(at)) || then != hours.Closed && schedule.Open(next) != then {
				t.Errorf("%s at %v, opens %v: %s", is, at, next, then)
			}
			if left, _ := schedule.TimeLeft(at); left > 0 != (is == hours.Open) {
				t.Errorf("%s at %v, %v left", is, at, left)
			}
			for w := range schedule.Slots(at, at.AddDate(0, 0, 2), time.Hour) {
				if schedule.Open(w.Start) != hours.Open {
					t.Errorf("slot %v", w)
				}
			}
		}
	})
}

// A pattern is either read in full or leaves its days in doubt.
func FuzzPattern(f *testing.F) {
	for _, text := range []string{"FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU", "FREQ=DAILY;COUNT=2", "", ";", "FREQ=WEEKLY;BYDAY=O T"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule := weekly("MO")
		rule.Pattern = text
		s, findings := newPortal().add(rule, from(540, 60)).compile(t)
		known := true
		for d := range 7 {
			known = known && s.Open(utc(sunday).AddDate(0, 0, d).Add(-30*time.Minute)) != hours.Unknown
		}
		if known != (len(findings) == 0) {
			t.Errorf("%q: known %v, findings %+v", text, known, findings)
		}
	})
}
