package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Review says the schedule in lines that a person can hold beside the portal, and that
// are the same whenever the hours are: the hours of the week, from which day on they
// hold, and the days that differ. Days that are over are part of it.
//
//	from 2026-01-05: Mon-Fri 09:00-17:30
//	2026-12-25: closed
func (s *Schedule) Review() []string {
	if s.anywhere {
		return []string{map[Openness]string{Open: "always open", Closed: "always closed", Unknown: "not known"}[s.eras[0].changes[0].is]}
	}
	var r review
	for i := range s.eras {
		e := &s.eras[i]
		first, end := floor(e.begin, dayMinutes), endOfAll
		if i+1 < len(s.eras) {
			end = floor(s.eras[i+1].begin, dayMinutes)
		}
		if days := floor(e.length, dayMinutes); days%7 != 0 || end-first <= 7 && end != endOfAll {
			for day := first; day < end; day++ {
				r.odd = append(r.odd, dated{day, e.day(remainder(day-first, days))})
			}
			continue
		}
		since := r.since(first)
		r.settle(e.table(first))
		if week := e.weeks(first); week != r.usual && (week != closedAllDay || i > 0 || len(s.eras) == 1) { // before there were any hours
			r.lines = append(r.lines, fmt.Sprintf("from %s: %s", date(since), week))
			r.usual = week
		}
		r.week, r.odd = e.table(first), nil
	}
	r.settle(r.week)
	return r.lines
}

// review is what was said so far.
type review struct {
	lines []string
	usual string   // hours of the week that hold
	week  []string // the same by day from Monday on; nil where weeks differ
	odd   []dated  // days since then, of which it is not known yet whether they are out of the ordinary
}

// dated are the hours of one day.
type dated struct {
	day   int
	hours string
}

// settle says the days that are neither like the week before nor, at the beginning,
// like that which follows.
func (r *review) settle(next []string) {
	like := r.week
	if r.usual == "" {
		like = next
	}
	days := slices.DeleteFunc(r.odd, func(d dated) bool { return like != nil && like[weekday(d.day)] == d.hours })
	for i := 0; i < len(days); i++ {
		first, last := days[i], days[i]
		for i+1 < len(days) && days[i+1].hours == first.hours && days[i+1].day == last.day+1 {
			i++
			last = days[i]
		}
		when := date(first.day)
		if last.day > first.day {
			when += " to " + date(last.day)
		}
		r.lines = append(r.lines, when+": "+first.hours)
	}
}

// since is from when on a week holds that begins at a day: earlier, where it was cut
// into days that are like it.
func (r *review) since(first int) int {
	if r.usual == "" && len(r.odd) > 0 && r.odd[len(r.odd)-1].day == first-1 {
		return r.odd[0].day
	}
	return first
}

const closedAllDay = "closed"

// table are the hours of an era's days from Monday on; nil where its weeks differ.
func (e *era) table(first int) []string {
	if e.length != 7*dayMinutes {
		return nil
	}
	days := make([]string, 7)
	for d := range days {
		days[d] = e.day(remainder(d-weekday(first), 7))
	}
	return days
}

// weeks are the hours of an era that repeats whole weeks, from Monday on.
func (e *era) weeks(first int) string {
	n := floor(e.length, 7*dayMinutes)
	monday := remainder(-weekday(first), 7) // the first one in the era's table
	var all []string
	for week := range n {
		var days []string
		for d := range 7 {
			days = append(days, e.day(remainder(monday+7*week+d, 7*n)))
		}
		all = append(all, inWeek(days))
	}
	if n == 1 {
		return all[0]
	}
	for week := range all {
		all[week] = fmt.Sprintf("week of %s: %s", date(first+monday+7*week), all[week])
	}
	return fmt.Sprintf("every %d weeks, ", n) + strings.Join(all, "; ")
}

// inWeek joins days with the same hours; those on which it is closed are left out.
func inWeek(days []string) string {
	var parts []string
	for d := 0; d < 7; {
		last := d
		for last < 6 && days[last+1] == days[d] {
			last++
		}
		names := time.Weekday((d + 1) % 7).String()[:3]
		if last > d {
			names += "-" + time.Weekday((last + 1) % 7).String()[:3]
		}
		if days[d] != closedAllDay {
			parts = append(parts, names+" "+days[d])
		}
		d = last + 1
	}
	if len(parts) == 0 {
		return closedAllDay
	}
	return strings.Join(parts, ", ")
}

// day are the hours of one day of the table.
func (e *era) day(index int) string {
	var spans []string
	begin, end := index*dayMinutes, (index+1)*dayMinutes
	for at := begin; at < end; {
		i := e.index(at)
		next := end
		if i+1 < len(e.changes) {
			next = min(end, e.changes[i+1].minute)
		}
		if is := e.changes[i].is; is != Closed {
			span := clock(at-begin) + "-" + clock(next-begin)
			if is == Unknown {
				span += " not known"
			}
			spans = append(spans, span)
		}
		at = next
	}
	switch {
	case len(spans) == 0:
		return closedAllDay
	case slices.Equal(spans, []string{"00:00-24:00"}):
		return "all day"
	default:
		return strings.Join(spans, " and ")
	}
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// weekday counts from Monday; 1970-01-01 was a Thursday.
func weekday(day int) int { return remainder(day+3, 7) }

func date(day int) string {
	return time.Unix(int64(day)*dayMinutes*minuteSeconds, 0).UTC().Format(time.DateOnly)
}
