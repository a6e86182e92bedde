package hours_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

func TestReview(t *testing.T) {
	t.Parallel()
	every := func(weeks string, row adapter.CalendarRule) adapter.CalendarRule {
		row.Pattern = strings.Replace(row.Pattern, "INTERVAL=1", "INTERVAL="+weeks, 1)
		return row
	}
	for name, c := range map[string]struct {
		portal *portal
		want   []string
	}{
		"an office with a holiday": {
			newPortal().add(weekly("MO,TU,WE,TH,FR"), from(540, 510)).add(dayOff("2026-12-25"), holiday()),
			[]string{"from 2020-01-06: Mon-Fri 09:00-17:30", "2026-12-25: closed"},
		},
		"two kinds of days, a break, a night": {
			newPortal().add(weekly("MO,TU"), from(480, 240), from(780, 240)).add(weekly("FR"), from(1320, 480)),
			[]string{"from 2020-01-06: Mon-Tue 08:00-12:00 and 13:00-17:00, Fri 22:00-24:00, Sat 00:00-06:00"},
		},
		"every other week": {
			newPortal().add(every("2", weekly("MO")), from(540, 60)),
			[]string{"from 2020-01-06: every 2 weeks, week of 2020-01-06: Mon 09:00-10:00; week of 2020-01-13: closed"},
		},
		"hours of a day that cannot be read": {
			newPortal().add(weekly("MO"), from(540, 60)).add(dayOff("2026-05-04"), with(holiday(), func(r *adapter.CalendarRule) { r.TimeCode = new(3) })),
			[]string{"from 2020-01-06: Mon 09:00-10:00", "2026-05-04 to 2026-05-05: 00:00-24:00 not known"},
		},
		"holidays in a row, and one that falls on a day that is closed anyway": {
			newPortal().add(weekly("MO,TU,WE,TH,FR"), from(540, 60)).add(dayOff("2026-12-24"), holiday()).add(dayOff("2026-12-25"), holiday()).add(dayOff("2026-12-26"), holiday()),
			[]string{"from 2020-01-06: Mon-Fri 09:00-10:00", "2026-12-24 to 2026-12-25: closed"},
		},
		"day and night": {
			newPortal().add(weekly("MO,TU,WE,TH,FR,SA,SU"), from(0, 1440)),
			[]string{"from 2020-01-06: Mon-Sun all day"},
		},
		"other hours from a day on": {
			newPortal().
				add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.To = day("2026-06-01") }), from(540, 60)).
				add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.From = day("2026-06-01"); r.Start = r.From }), from(600, 60)),
			[]string{"from 2020-01-06: Mon 09:00-10:00", "from 2026-06-01: Mon 10:00-11:00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := c.portal.compile(t)
			if diff := cmp.Diff(c.want, s.Review()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"always open"}, hours.Always().Review()); diff != "" {
		t.Error(diff)
	}
	unread := hours.Compile(adapter.Settings{}, time.LoadLocation).Of(adapter.Queue{OperatingHours: office})
	if diff := cmp.Diff([]string{"not known"}, unread.Review()); diff != "" {
		t.Error(diff)
	}
}

// TestAReviewSaysAllOfASchedule reads reviews back, as a person would, and holds the
// days that they speak of against the schedule.
func TestAReviewSaysAllOfASchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := someModel().Draw(t, "model")
		m.zone = 92 // UTC: what the clock on the wall shows is what there is
		s, _ := m.portal().compile(&testing.T{})
		lines := s.Review()
		start := day(rapid.SampledFrom(begins).Draw(t, "begin")).AddDate(0, 0, -40)
		for d := range 80 {
			date := start.AddDate(0, 0, d)
			if got, want := saidOf(t, lines, date), shown(s, date); got != want {
				t.Fatalf("%s: said %q, is %q:\n%s", date.Format(time.DateOnly), got, want, strings.Join(lines, "\n"))
			}
		}
	})
}

// shown are the hours of a day, minute by minute.
func shown(s *hours.Schedule, date time.Time) string {
	var spans []string
	for minute := 0; minute < 1440; {
		first, is := minute, s.Open(date.Add(time.Duration(minute)*time.Minute))
		for minute < 1440 && s.Open(date.Add(time.Duration(minute)*time.Minute)) == is {
			minute++
		}
		if is != hours.Closed {
			span := fmt.Sprintf("%02d:%02d-%02d:%02d", first/60, first%60, minute/60, minute%60)
			spans = append(spans, span+map[hours.Openness]string{hours.Unknown: " not known"}[is])
		}
	}
	switch text := strings.Join(spans, " and "); text {
	case "":
		return "closed"
	case "00:00-24:00":
		return "all day"
	default:
		return text
	}
}

// saidOf is what lines say of a date.
func saidOf(t *rapid.T, lines []string, date time.Time) string {
	constant := map[string]string{"always open": "all day", "always closed": "closed", "not known": "00:00-24:00 not known"}
	if text, is := constant[lines[0]]; is {
		return text
	}
	said := "closed"
	for _, line := range lines {
		when, text, _ := strings.Cut(line, ": ")
		if from, is := strings.CutPrefix(when, "from "); is {
			if !day(from).After(date) {
				said = inWeek(t, text, date)
			}
			continue
		}
		first, last, several := strings.Cut(when, " to ")
		if !several {
			last = first
		}
		if !day(first).After(date) && !day(last).Before(date) {
			return text // the days that differ
		}
	}
	return said
}

// inWeek is what the hours of a week say of a date, or of several weeks in turn.
func inWeek(t *rapid.T, text string, date time.Time) string {
	if rest, is := strings.CutPrefix(text, "every "); is {
		_, rest, _ = strings.Cut(rest, ", ")
		weeks := strings.Split(rest, "; ")
		for _, week := range weeks {
			monday, hours, _ := strings.Cut(strings.TrimPrefix(week, "week of "), ": ")
			days := int(date.Sub(day(monday)).Hours() / 24)
			if days %= 7 * len(weeks); days < 0 {
				days += 7 * len(weeks)
			}
			if days < 7 {
				return inWeek(t, hours, date)
			}
		}
		t.Fatalf("no week of %q has %s", text, date)
	}
	for part := range strings.SplitSeq(text, ", ") {
		names, hours, _ := strings.Cut(part, " ")
		first, last, several := strings.Cut(names, "-")
		if !several {
			last = first
		}
		for d := number(first); text != "closed" && d <= number(last); d++ {
			if (d+1)%7 == int(date.Weekday()) {
				return hours
			}
		}
	}
	return "closed"
}

// number of a day of the week, Monday first.
func number(name string) int {
	return slices.Index([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}, name)
}
