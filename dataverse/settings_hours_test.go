package dataverse_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	mock "directcallback/mocks/dataverse"
)

const paris = `hours:
  paris:
    name: Paris office
    week:
      zone: 105
      open:
        - {days: MO TU WE TH FR, from: "09:00", to: "17:30"}
      closed:
        - {name: Noël, on: 2026-12-25}
`

// loadScenario adds rows to an organization and gives their ids.
func loadScenario(t *testing.T, o *org, text string) map[string]map[string]string {
	t.Helper()
	scenario, err := mock.ParseScenario([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := o.mock.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func settingsOf(t *testing.T, o *org) adapter.Settings {
	t.Helper()
	s, err := o.client.LoadSettings(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoadOperatingHours(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	id := loadScenario(t, o, paris)["msdyn_operatinghour"]["paris"]
	// The portal's text may spell the calendar in capitals and braces.
	calendar := settingsOf(t, o).Hours[id].Calendar
	if err := o.mock.Update("msdyn_operatinghour", id, map[string]any{"msdyn_calendarid": "{" + strings.ToUpper(calendar) + "}"}); err != nil {
		t.Fatal(err)
	}
	s := settingsOf(t, o)
	if want := (adapter.OperatingHours{ID: id, Name: "Paris office", Active: true, Calendar: calendar}); s.Hours[id] != want {
		t.Errorf("%+v, want %+v", s.Hours[id], want)
	}
	rules := s.Calendars[calendar].Rules
	if len(rules) != 2 {
		t.Fatalf("rules %+v", rules)
	}
	slices.SortFunc(rules, func(a, b adapter.CalendarRule) int { return *a.Rank - *b.Rank })
	zero, start := 0, time.Date(2020, 1, 6, 0, 0, 0, 0, time.UTC)
	want := adapter.CalendarRule{
		ID: rules[0].ID, Pattern: "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR", Start: start, From: start, To: time.Date(9999, 12, 30, 23, 59, 59, 0, time.UTC),
		Inner: rules[0].Inner, Duration: new(1440), Rank: &zero, Extent: new(1), TimeZone: new(105),
	}
	if diff := cmp.Diff(want, rules[0]); diff != "" {
		t.Error(diff)
	}
	inner := s.Calendars[rules[0].Inner].Rules
	if len(inner) != 1 {
		t.Fatalf("inner rules %+v", inner)
	}
	want = adapter.CalendarRule{ID: inner[0].ID, Offset: new(540), Duration: new(510), Rank: &zero, TimeCode: &zero, SubCode: new(1), TimeZone: new(-1)}
	if diff := cmp.Diff(want, inner[0]); diff != "" {
		t.Error(diff)
	}
	if rules[1].Name != "Noël" || len(s.Calendars[rules[1].Inner].Rules) != 1 {
		t.Errorf("holiday %+v", rules[1])
	}
	if s.TimeZones[105] != "Romance Standard Time" {
		t.Errorf("time zones %v", s.TimeZones)
	}
	for _, f := range s.Findings {
		if f.Severity != adapter.SeverityInfo {
			t.Errorf("finding %+v", f)
		}
	}
}

func TestOperatingHoursThatCannotBeReadAreFindings(t *testing.T) {
	t.Parallel()
	missing := func(column string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return asks(r, "calendars") && strings.Contains(r.URL.RawQuery, column) &&
				answer(w, 400, "0x0", "Could not find a property named '"+column+"' on type 'Microsoft.Dynamics.CRM.calendarrule'.")
		}
	}
	forbidden := func(set string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			return asks(r, set) && answer(w, 403, "0x80040220", "Principal user is missing prvRead privilege")
		}
	}
	tests := map[string]struct {
		before      func(http.ResponseWriter, *http.Request) bool
		code, table string
		left        func(adapter.Settings) bool
	}{
		"hours":      {forbidden("msdyn_operatinghours"), "unreadable.table", "msdyn_operatinghour", func(s adapter.Settings) bool { return len(s.Hours) == 0 }},
		"calendars":  {forbidden("calendars"), "unreadable.table", "calendar", func(s adapter.Settings) bool { return len(s.Hours) == 2 && len(s.Calendars) == 0 }},
		"time zones": {forbidden("timezonedefinitions"), "unreadable.table", "timezonedefinition", func(s adapter.Settings) bool { return len(s.Calendars) == 6 && len(s.TimeZones) == 0 }},
		"a column of rules": {missing("extentcode"), "missing.column", "calendarrule", func(s adapter.Settings) bool {
			return len(s.Calendars) == 6 && !hasRule(s, func(r adapter.CalendarRule) bool { return r.Extent != nil || r.Rank == nil })
		}},
		"a column of calendars": {missing("holidayschedulecalendarid"), "missing.column", "calendar", func(s adapter.Settings) bool { return len(s.Calendars) == 6 }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, test.before)
			loadScenario(t, o, paris)
			s := settingsOf(t, o)
			found := 0
			for _, f := range s.Findings {
				if f.Code == test.code && f.Table == test.table && f.Consequence != "" {
					found++
				}
			}
			if found != 1 || !test.left(s) {
				t.Errorf("findings %+v, hours %+v, calendars %+v", s.Findings, s.Hours, s.Calendars)
			}
		})
	}
}

func hasRule(s adapter.Settings, is func(adapter.CalendarRule) bool) bool {
	for _, c := range s.Calendars {
		if slices.ContainsFunc(c.Rules, is) {
			return true
		}
	}
	return false
}

// Older releases answer an expanded collection with nothing and a link to it.
func TestRulesBehindALink(t *testing.T) {
	t.Parallel()
	var o *org
	const id, rule = "aaaaaaaa-2222-4333-8444-555555555555", "bbbbbbbb-2222-4333-8444-555555555555"
	o = newOrg(t, func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case asks(r, "msdyn_operatinghours"):
			_, _ = w.Write([]byte(`{"value":[{"msdyn_operatinghourid":"` + id + `","msdyn_name":"Office","statecode":0,"msdyn_calendarid":"` + id + `"}]}`))
		case asks(r, "calendars("):
			_, _ = w.Write([]byte(`{"value":[{"calendarruleid":"` + rule + `","offset":"nine","rank":0}]}`))
		case asks(r, "calendars"):
			_, _ = w.Write([]byte(`{"value":[{"calendarid":"` + id + `","calendar_calendar_rules":[],
				"calendar_calendar_rules@odata.nextLink":"http://` + r.Host + `/api/data/v9.2/calendars(` + id + `)/calendar_calendar_rules"}]}`))
		default:
			return false
		}
		return true
	})
	s := settingsOf(t, o)
	want := []adapter.CalendarRule{{ID: rule, Offset: new(int), Rank: new(int), Damaged: "column offset: not a whole number"}}
	if diff := cmp.Diff(want, s.Calendars[id].Rules); diff != "" {
		t.Error(diff)
	}
}

func TestCalendarWhoseRulesAreNoRows(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(w http.ResponseWriter, r *http.Request) bool {
		if asks(r, "calendars") {
			_, _ = w.Write([]byte(`{"value":[{"calendarid":"aaaaaaaa-2222-4333-8444-555555555555","calendar_calendar_rules":[1]}]}`))
		}
		return asks(r, "calendars")
	})
	loadScenario(t, o, paris)
	s := settingsOf(t, o)
	if len(s.Calendars) != 0 || !slices.ContainsFunc(s.Findings, func(f adapter.Finding) bool {
		return f.Code == "unreadable.row" && f.Table == "calendar" && f.Row == "aaaaaaaa-2222-4333-8444-555555555555"
	}) {
		t.Errorf("calendars %+v, findings %+v", s.Calendars, s.Findings)
	}
}
