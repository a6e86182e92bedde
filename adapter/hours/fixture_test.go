package hours_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

const (
	office = "11111111-0000-4000-8000-000000000001" // the operating hours
	outer  = "11111111-0000-4000-8000-000000000002" // their calendar
)

// zones are those of the tests, by made-up codes but for 105.
var zones = map[int]string{
	92: "UTC", 105: "Romance Standard Time", 35: "Eastern Standard Time", 4: "Lord Howe Standard Time",
	5: "Greenland Standard Time", 6: "India Standard Time", 7: "Azores Standard Time", 8: "Invented Standard Time",
}

// portal is one record of operating hours, in the zone 105.
type portal struct {
	settings adapter.Settings
	zone     int
}

func newPortal() *portal {
	return &portal{zone: 105, settings: adapter.Settings{
		Queues:    []adapter.Queue{{ID: "queue", Name: "Billing", Type: adapter.QueueVoice, OperatingHours: office}},
		Hours:     map[string]adapter.OperatingHours{office: {ID: office, Name: "Office", Active: true, Calendar: outer}},
		Calendars: map[string]adapter.Calendar{outer: {ID: outer, Name: "Outer"}},
		TimeZones: zones,
	}}
}

// add puts a rule into the outer calendar, with inner rules of its own.
func (p *portal) add(row adapter.CalendarRule, inner ...adapter.CalendarRule) *portal {
	calendar := p.settings.Calendars[outer]
	row.ID = fmt.Sprintf("rule-%d", len(calendar.Rules)+1)
	if row.TimeZone == nil {
		row.TimeZone = &p.zone
	}
	if inner != nil {
		row.Inner = "inner of " + row.ID
		for i := range inner {
			inner[i].ID = fmt.Sprintf("%s, inner %d", row.ID, i+1)
		}
		p.settings.Calendars[row.Inner] = adapter.Calendar{ID: row.Inner, Rules: inner}
	}
	calendar.Rules = append(calendar.Rules, row)
	p.settings.Calendars[outer] = calendar
	return p
}

// compile gives the schedule of a queue with these hours, and the codes of the findings.
func (p *portal) compile(tb testing.TB) (*hours.Schedule, []adapter.Finding) {
	tb.Helper()
	set := hours.Compile(p.settings, time.LoadLocation)
	for _, f := range set.Findings() {
		if f.Table == "" || f.Row == "" || f.Name == "" || f.Reason == "" || f.Consequence == "" || f.Severity == "" {
			tb.Errorf("the finding %+v lacks something", f)
		}
	}
	return set.Of(adapter.Queue{OperatingHours: office}), set.Findings()
}

// clean is compile where nothing may be found.
func (p *portal) clean(tb testing.TB) *hours.Schedule {
	tb.Helper()
	s, findings := p.compile(tb)
	if len(findings) > 0 {
		tb.Fatalf("findings %+v", findings)
	}
	return s
}

var never = time.Date(9999, 12, 30, 23, 59, 59, 0, time.UTC)

// weekly is an outer rule as the portal writes it.
func weekly(days string) adapter.CalendarRule {
	start := day("2020-01-06")
	return adapter.CalendarRule{
		Pattern: "FREQ=WEEKLY;INTERVAL=1;BYDAY=" + days, Start: start, From: start, To: never,
		Duration: new(1440), Rank: new(0), Extent: new(1),
	}
}

// dayOff is an outer rule for one date.
func dayOff(date string) adapter.CalendarRule {
	start := day(date)
	return adapter.CalendarRule{
		Name: "Day off", Pattern: "FREQ=DAILY;INTERVAL=1;COUNT=1", Start: start, From: start, To: start.AddDate(0, 0, 1),
		Duration: new(1440), Rank: new(1), Extent: new(2),
	}
}

// from is an inner rule that opens.
func from(offset, duration int) adapter.CalendarRule {
	return adapter.CalendarRule{Offset: new(offset), Duration: new(duration), TimeCode: new(0), SubCode: new(1), Rank: new(0), TimeZone: new(-1)}
}

// holiday is an inner rule that closes a day.
func holiday() adapter.CalendarRule {
	return adapter.CalendarRule{Offset: new(0), Duration: new(1440), TimeCode: new(2), SubCode: new(5), Rank: new(0), TimeZone: new(-1)}
}

// with changes a rule.
func with(row adapter.CalendarRule, change func(*adapter.CalendarRule)) adapter.CalendarRule {
	change(&row)
	return row
}

func day(date string) time.Time { return must(time.Parse(time.DateOnly, date)) }

// utc reads 2026-07-06T06:59Z.
func utc(text string) time.Time { return must(time.Parse("2006-01-02T15:04Z07:00", text)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// working is Monday to Friday from 9 to half past five in Paris, closed at Christmas.
func working() *portal {
	return newPortal().add(weekly("MO,TU,WE,TH,FR"), from(540, 510)).add(dayOff("2026-12-25"), holiday())
}

func wantOpen(t *testing.T, s *hours.Schedule, want map[string]hours.Openness) {
	t.Helper()
	for at, is := range want {
		if got := s.Open(utc(at)); got != is {
			t.Errorf("%s: %s, want %s", at, got, is)
		}
	}
}
