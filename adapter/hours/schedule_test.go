package hours_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

const (
	open, closed, unknown = hours.Open, hours.Closed, hours.Unknown
)

func TestOffice(t *testing.T) {
	t.Parallel()
	wantOpen(t, working().clean(t), map[string]hours.Openness{
		"2026-07-06T06:59Z": closed, "2026-07-06T07:00Z": open, "2026-07-06T15:29Z": open, "2026-07-06T15:30Z": closed,
		"2026-07-05T10:00Z": closed, "2026-12-24T08:00Z": open, "2026-12-25T10:00Z": closed, "2026-12-28T10:00Z": open,
		"2019-12-30T10:00Z": closed, "2020-01-06T08:00Z": open, "2400-01-03T10:00Z": open, // before the rules begin; long after
	})
}

func TestTwoLevelsInAllTheirForms(t *testing.T) {
	t.Parallel()
	closedSpan := func(offset, duration int) adapter.CalendarRule {
		return with(from(offset, duration), func(r *adapter.CalendarRule) { r.TimeCode, r.SubCode = new(2), new(4) })
	}
	own := with(weekly("MO"), func(r *adapter.CalendarRule) { r.Offset, r.Duration, r.TimeCode = new(600), new(60), new(0) })
	tests := map[string]struct {
		portal *portal
		want   map[string]hours.Openness
	}{
		"an outer rule without an inner calendar speaks for itself": {
			newPortal().add(own), map[string]hours.Openness{"2026-07-06T07:59Z": closed, "2026-07-06T08:00Z": open, "2026-07-06T09:00Z": closed},
		},
		"two inner rules leave a noon": {
			newPortal().add(weekly("MO"), from(540, 180), from(780, 240)),
			map[string]hours.Openness{"2026-07-06T09:59Z": open, "2026-07-06T10:00Z": closed, "2026-07-06T11:00Z": open},
		},
		"a break of a higher rank": {
			newPortal().add(weekly("MO"), from(540, 480), with(closedSpan(720, 60), func(r *adapter.CalendarRule) { r.Rank = new(1) })),
			map[string]hours.Openness{"2026-07-06T09:59Z": open, "2026-07-06T10:00Z": closed, "2026-07-06T11:00Z": open},
		},
		"a break of the same rank cannot be decided": {
			newPortal().add(weekly("MO"), from(540, 480), closedSpan(720, 60)),
			map[string]hours.Openness{"2026-07-06T09:59Z": open, "2026-07-06T10:00Z": unknown, "2026-07-06T11:00Z": open},
		},
		"a night goes on into the next day": {
			newPortal().add(weekly("SU"), from(1200, 600)),
			map[string]hours.Openness{"2026-07-05T17:59Z": closed, "2026-07-05T18:00Z": open, "2026-07-06T03:59Z": open, "2026-07-06T04:00Z": closed},
		},
		"a day without an end": {
			newPortal().add(weekly("MO,TU,WE,TH,FR,SA,SU"), from(0, 1440)),
			map[string]hours.Openness{"2026-07-05T22:00Z": open, "2026-07-06T21:59Z": open},
		},
		"a rule hides its day from lower ones": {
			newPortal().add(weekly("MO"), from(540, 480)).add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Rank = new(3) }), from(600, 60)),
			map[string]hours.Openness{"2026-07-06T07:00Z": closed, "2026-07-06T08:00Z": open, "2026-07-06T09:00Z": closed},
		},
		"a rule hides as much as it lasts": {
			newPortal().add(weekly("MO"), from(540, 480)).
				add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Rank, r.Extent = new(3), new(2) }), closedSpan(600, 60)),
			map[string]hours.Openness{"2026-07-06T07:00Z": open, "2026-07-06T08:00Z": closed, "2026-07-06T09:00Z": open},
		},
		"a transparent rule adds": {
			newPortal().add(weekly("MO"), from(540, 60)).
				add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Rank, r.Extent = new(3), new(0) }), from(720, 60)),
			map[string]hours.Openness{"2026-07-06T07:00Z": open, "2026-07-06T08:00Z": closed, "2026-07-06T10:00Z": open},
		},
		"a holiday closes whatever its rank": {
			newPortal().add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Rank = new(9) }), from(0, 1440)).add(dayOff("2026-07-06"), holiday()),
			map[string]hours.Openness{"2026-07-06T10:00Z": closed, "2026-07-13T10:00Z": open},
		},
		"a holiday ends at midnight, and the night before it too": {
			newPortal().add(weekly("MO,TU,WE,TH,FR,SA,SU"), from(1200, 600)).add(dayOff("2026-07-06"), holiday()),
			map[string]hours.Openness{"2026-07-05T21:59Z": open, "2026-07-05T22:00Z": closed, "2026-07-06T18:00Z": closed, "2026-07-07T18:00Z": open},
		},
		"an end at the last second is the end of the day": {
			newPortal().add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.To = time.Date(2026, 7, 6, 23, 59, 59, 0, time.UTC) }), from(540, 60)),
			map[string]hours.Openness{"2026-07-06T07:00Z": open, "2026-07-13T07:00Z": closed},
		},
		"a beginning at the zone's own midnight": {
			newPortal().add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.From = utc("2026-07-05T22:00Z") }), from(540, 60)),
			map[string]hours.Openness{"2026-06-29T07:00Z": closed, "2026-07-06T07:00Z": open},
		},
		"every second week": {
			newPortal().add(with(weekly("MO,SU"), func(r *adapter.CalendarRule) {
				r.Pattern = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU"
				r.From = day("2026-07-06")
			}), from(540, 60)),
			// The weeks begin on a Monday or on a Sunday, which nobody says.
			map[string]hours.Openness{
				"2026-07-06T07:00Z": open, "2026-07-13T07:00Z": closed, "2026-07-20T07:00Z": open, "2026-07-12T07:00Z": unknown, "2046-07-09T07:00Z": open,
			},
		},
		"a holiday of the calendar's holiday schedule": {
			func() *portal {
				p := newPortal().add(weekly("MO"), from(540, 60))
				calendar := p.settings.Calendars[outer]
				calendar.Holidays = "holidays"
				p.settings.Calendars[outer] = calendar
				off := with(dayOff("2026-07-06"), func(r *adapter.CalendarRule) { r.ID, r.Offset, r.TimeCode, r.SubCode = "h", new(0), new(2), new(5) })
				p.settings.Calendars["holidays"] = adapter.Calendar{ID: "holidays", Rules: []adapter.CalendarRule{off}}
				return p
			}(),
			map[string]hours.Openness{"2026-07-06T07:00Z": closed, "2026-07-13T07:00Z": open},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantOpen(t, test.portal.clean(t), test.want)
		})
	}
}

func TestQueuesWithoutHoursAreAlwaysOpen(t *testing.T) {
	t.Parallel()
	s := hours.Compile(adapter.Settings{}, time.LoadLocation).Of(adapter.Queue{})
	at := utc("2026-07-06T07:00Z")
	if s.Open(at) != open {
		t.Error("closed")
	}
	if next, is := s.NextOpening(at); is != open || !next.Equal(at) {
		t.Errorf("opens %v, %v", next, is)
	}
	if left, then := s.TimeLeft(at); left != hours.Forever || then != open {
		t.Errorf("open for %v, then %v", left, then)
	}
}

// Paris skips the hour from 2 on 2026-03-29 and repeats it on 2026-10-25.
func TestChangesOfTheClock(t *testing.T) {
	t.Parallel()
	s := newPortal().add(weekly("SU"), from(90, 60)).clean(t) // 01:30 to 02:30
	wantOpen(t, s, map[string]hours.Openness{
		"2026-03-29T00:29Z": closed, "2026-03-29T00:30Z": open, "2026-03-29T00:59Z": open, "2026-03-29T01:00Z": closed,
		"2026-10-24T23:30Z": open, "2026-10-25T00:29Z": open, "2026-10-25T00:30Z": closed, "2026-10-25T01:00Z": open, "2026-10-25T01:30Z": closed,
	})
	for at, want := range map[string]struct {
		left time.Duration
		next string
	}{
		"2026-03-29T00:45Z": {15 * time.Minute, "2026-03-29T00:45Z"},
		"2026-03-29T01:00Z": {0, "2026-04-04T23:30Z"},
		"2026-10-24T23:45Z": {45 * time.Minute, "2026-10-24T23:45Z"},
		"2026-10-25T00:30Z": {0, "2026-10-25T01:00Z"},
		"2026-10-25T01:10Z": {20 * time.Minute, "2026-10-25T01:10Z"},
	} {
		if left, then := s.TimeLeft(utc(at)); left != want.left || then != closed {
			t.Errorf("%s: %v left, then %s; want %v", at, left, then, want.left)
		}
		if next, is := s.NextOpening(utc(at)); !next.Equal(utc(want.next)) || is != open {
			t.Errorf("%s: opens %v, %s; want %s", at, next, is, want.next)
		}
	}
	skipped := newPortal().add(weekly("SU"), from(120, 60)).clean(t) // an hour that is not there
	if next, _ := skipped.NextOpening(utc("2026-03-28T12:00Z")); !next.Equal(utc("2026-04-05T00:00Z")) {
		t.Errorf("opens %v", next)
	}
}

func TestNeverAndForever(t *testing.T) {
	t.Parallel()
	once := newPortal().add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.From, r.To = day("2026-07-06"), day("2026-07-07") }), from(540, 60)).clean(t)
	if next, is := once.NextOpening(utc("2026-07-06T08:00Z")); is != closed || !next.IsZero() {
		t.Errorf("opens %v, %s", next, is)
	}
	if next, is := once.NextOpening(utc("1999-01-01T00:00Z")); is != open || !next.Equal(utc("2026-07-06T07:00Z")) {
		t.Errorf("opens %v, %s", next, is)
	}
	all := newPortal().add(weekly("MO,TU,WE,TH,FR,SA,SU"), from(0, 1440)).clean(t)
	if left, then := all.TimeLeft(utc("2026-07-06T08:00Z")); left != hours.Forever || then != open {
		t.Errorf("%v left, then %s", left, then)
	}
	if left, then := all.TimeLeft(time.Time{}); left != 0 || then != closed {
		t.Errorf("%v left, then %s", left, then)
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		schedule *hours.Schedule
		from, to string
		length   time.Duration
		want     []string
	}{
		"on the grid, inside the hours": {working().clean(t), "2026-07-06T04:10Z", "2026-07-06T20:00Z", 4 * time.Hour, []string{"2026-07-06T10:00Z"}},
		"from the next one on":          {working().clean(t), "2026-07-06T13:01Z", "2026-07-07T07:45Z", 45 * time.Minute, []string{"2026-07-06T13:45Z", "2026-07-06T14:30Z", "2026-07-07T07:00Z"}},
		"none that ends too late":       {working().clean(t), "2026-07-06T14:30Z", "2026-07-06T15:29Z", 30 * time.Minute, []string{"2026-07-06T14:30Z"}},
		"past midnight":                 {newPortal().add(weekly("SU"), from(1200, 600)).clean(t), "2026-07-05T12:00Z", "2026-07-06T12:00Z", 3 * time.Hour, []string{"2026-07-05T19:00Z", "2026-07-05T22:00Z", "2026-07-06T01:00Z"}},
		"always open":                   {hours.Always(), "2026-07-06T22:30Z", "2026-07-07T02:00Z", time.Hour, []string{"2026-07-06T23:00Z", "2026-07-07T00:00Z", "2026-07-07T01:00Z"}},
		"not on holidays":               {working().clean(t), "2026-12-24T16:00Z", "2026-12-28T09:00Z", time.Hour, []string{"2026-12-28T08:00Z"}},
		"over the hour that is skipped": {newPortal().add(weekly("SU"), from(60, 180)).clean(t), "2026-03-29T00:00Z", "2026-03-29T06:00Z", time.Hour, []string{"2026-03-29T00:00Z", "2026-03-29T01:00Z"}},
		"over the hour that is doubled": {newPortal().add(weekly("SU"), from(60, 120)).clean(t), "2026-10-24T23:00Z", "2026-10-25T06:00Z", time.Hour, []string{"2026-10-24T23:00Z", "2026-10-25T00:00Z", "2026-10-25T01:00Z"}},
		"long ones round the skipped":   {newPortal().add(weekly("SU"), from(0, 1440)).clean(t), "2026-03-28T23:00Z", "2026-03-29T22:00Z", 4 * time.Hour, []string{"2026-03-29T02:00Z", "2026-03-29T06:00Z", "2026-03-29T10:00Z", "2026-03-29T14:00Z", "2026-03-29T18:00Z"}},
		"long ones round the doubled":   {newPortal().add(weekly("SU"), from(0, 1440)).clean(t), "2026-10-24T22:00Z", "2026-10-25T12:00Z", 4 * time.Hour, []string{"2026-10-25T03:00Z", "2026-10-25T07:00Z"}},
		"too short to be one":           {hours.Always(), "2026-07-06T22:30Z", "2026-07-07T02:00Z", time.Second, nil},
		"nothing between":               {hours.Always(), "2026-07-06T22:30Z", "2026-07-06T22:30Z", time.Hour, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for w := range test.schedule.Slots(utc(test.from), utc(test.to), test.length) {
				if w.End.Sub(w.Start) != test.length || w.Start.Location() != time.UTC {
					t.Errorf("slot %+v", w)
				}
				got = append(got, w.Start.Format("2006-01-02T15:04Z07:00"))
			}
			if len(got) != len(test.want) {
				t.Fatalf("%v, want %v", got, test.want)
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("%v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestSlotsAreMadeAsTheyAreTaken(t *testing.T) {
	t.Parallel()
	n := 0
	for range hours.Always().Slots(utc("2026-07-06T22:30Z"), utc("9000-01-01T00:00Z"), time.Hour) {
		if n++; n == 3 {
			return
		}
	}
	t.Errorf("%d slots", n)
}
