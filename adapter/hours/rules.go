package hours

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"directcallback/adapter"
)

// rules reads an outer calendar and its holiday schedule.
func (r *reader) rules(outer adapter.Calendar) []rule {
	all := make([]rule, 0, len(outer.Rules))
	for _, row := range outer.Rules {
		all = append(all, r.rule(row))
	}
	if outer.Holidays == "" {
		return all
	}
	holidays, ok := r.settings.Calendars[outer.Holidays]
	if !ok || len(holidays.Rules) > maxRules {
		r.find(tableCalendar, outer.Holidays, "", "missing.calendar", "the holiday schedule of the calendar does not exist or cannot be read",
			"any day may be a holiday, so that it is never known that a queue is open")
		always := days{from: firstDay, to: endOfAll, weekdays: allWeek, doubtful: true}
		return append(all, rule{rank: holidayRank, extent: extentSpan, days: always, spans: []span{{to: dayMinutes, says: denies}}})
	}
	for _, row := range holidays.Rules {
		one := r.rule(row)
		if one.rank != holidayRank {
			r.note(row, "unsupported.holiday", errors.New("a rule of the holiday schedule has not the codes of a holiday"))
			one = rule{rank: holidayRank, extent: extentUnknown, days: one.days, spans: unreadable()}
		}
		all = append(all, one)
	}
	return all
}

// note says that a rule cannot be read.
func (r *reader) note(row adapter.CalendarRule, code string, reason error) {
	r.find(tableRule, row.ID, row.Name, code, reason.Error(), unknownDays)
}

// unreadable is what a rule says whose hours cannot be read: anything on its day,
// and it may be a night that goes on into the next.
func unreadable() []span {
	return []span{{to: dayMinutes, says: anything}, {from: dayMinutes, to: 2 * dayMinutes, says: silent | says}}
}

// rule reads one outer rule. What cannot be read of it widens what it may say.
func (r *reader) rule(row adapter.CalendarRule) rule {
	one := rule{extent: extentOf(row)}
	spans, holiday, err := r.spans(row)
	one.spans = spans
	if err != nil {
		r.note(row, "unsupported.hours", err)
		one.spans, one.extent = unreadable(), extentUnknown
	}
	switch {
	case holiday: // closes whatever its rank, and nothing shows through
		one.rank = holidayRank
		if one.extent == extentTransparent {
			one.extent = extentSpan
		}
	case row.Rank == nil:
		r.note(row, "unsupported.rank", errors.New("the rule has no rank"))
		one.rank, one.spans, one.extent = holidayRank, unreadable(), extentUnknown
	default:
		one.rank = min(*row.Rank, holidayRank-1)
	}
	if one.extent == extentUnknown && err == nil && row.Rank != nil {
		r.note(row, "unsupported.extent", errors.New("the extent code is none of 0, 1, 2"))
	}
	if one.days, err = r.days(row, holiday); err != nil {
		r.note(row, "unsupported.pattern", err)
		one.days.doubtful = true
	}
	return one
}

func extentOf(row adapter.CalendarRule) extent {
	if row.Extent == nil || *row.Extent < 0 || *row.Extent >= int(extentUnknown) {
		return extentUnknown
	}
	return extent(*row.Extent)
}

// spans reads what a rule says of its days: by its inner calendar or, if it has
// none, by itself. It is a holiday when all of it has the codes of one.
func (r *reader) spans(row adapter.CalendarRule) (all []span, holiday bool, err error) {
	rows := []adapter.CalendarRule{row}
	if row.Inner != "" {
		inner, ok := r.settings.Calendars[row.Inner]
		if !ok || len(inner.Rules) == 0 || len(inner.Rules) > maxRules {
			return nil, false, fmt.Errorf("its inner calendar %s has no rules or cannot be read", row.Inner)
		}
		rows = inner.Rules
	}
	holidays := 0
	for _, one := range rows {
		if row.Inner != "" && (one.Inner != "" || one.Pattern != "") {
			return nil, false, fmt.Errorf("its inner rule %s has a calendar or a pattern of its own", one.ID)
		}
		s, isHoliday, err := spanOf(one, row.Inner != "")
		if err != nil {
			return nil, false, err
		}
		all = append(all, s)
		if isHoliday {
			holidays++
		}
	}
	if holidays != 0 && holidays != len(all) {
		return nil, false, errors.New("only a part of its inner rules is a holiday")
	}
	slices.SortStableFunc(all, func(a, b span) int { return cmp.Compare(a.rank, b.rank) })
	return all, holidays > 0, nil
}

// maxDuration is how many days one rule may go on.
const maxDuration = 31

func spanOf(row adapter.CalendarRule, isInner bool) (s span, holiday bool, err error) {
	switch {
	case row.Damaged != "":
		return s, false, errors.New(row.Damaged)
	case row.Duration == nil || *row.Duration < 1 || *row.Duration > maxDuration*dayMinutes:
		return s, false, fmt.Errorf("the duration is not 1 to %d minutes", maxDuration*dayMinutes)
	case row.Offset == nil && isInner:
		return s, false, errors.New("an inner rule has no offset")
	case row.Offset != nil && (*row.Offset < 0 || *row.Offset >= dayMinutes):
		return s, false, errors.New("the offset is not within a day")
	case row.Rank == nil && isInner:
		return s, false, errors.New("an inner rule has no rank")
	case row.TimeCode == nil:
		return s, false, errors.New("the rule has no time code")
	}
	if row.Offset != nil {
		s.from = *row.Offset
	}
	if isInner {
		s.rank = *row.Rank
	}
	s.to = s.from + *row.Duration
	s.says, holiday = meaning(*row.TimeCode, row.SubCode)
	if s.says == anything {
		return s, false, fmt.Errorf("the codes %d and %s are not read", *row.TimeCode, shown(row.SubCode))
	}
	return s, holiday, nil
}

func shown(code *int) string {
	if code == nil {
		return "none"
	}
	return strconv.Itoa(*code)
}

// The enumerations TimeCode and SubCode.
const (
	timeAvailable   = 0
	timeBusy        = 1
	timeUnavailable = 2

	subSchedulable = 1
	subHoliday     = 5
	subLast        = 12
)

// meaning is what the codes of a rule say. Available time is open; busy and
// unavailable time is not, and a holiday is unavailable.
func meaning(timeCode int, subCode *int) (said statement, holiday bool) {
	sub := 0
	if subCode != nil {
		sub = *subCode
	}
	switch {
	case timeCode == timeAvailable && (sub == 0 || sub == subSchedulable):
		return says, false
	case timeCode == timeUnavailable && sub == subHoliday:
		return denies, true
	case (timeCode == timeBusy || timeCode == timeUnavailable) && sub >= 0 && sub <= subLast && sub != subHoliday:
		return denies, false
	default:
		return anything, false
	}
}

// days reads on which days a rule is in force. On an error they are those on
// which it may be.
func (r *reader) days(row adapter.CalendarRule, holiday bool) (days, error) {
	d := days{from: firstDay, to: endOfAll, weekdays: allWeek, every: 1}
	if row.Damaged != "" {
		return d, errors.New(row.Damaged)
	}
	if start := cmp.Or(row.From, row.Start); !start.IsZero() {
		day, err := r.day(start)
		if err != nil {
			return d, err
		}
		d.from = min(max(day, firstDay), endOfAll)
	}
	if !row.To.IsZero() {
		day, err := r.day(row.To)
		if err != nil {
			return d, err
		}
		d.to = min(day, endOfAll)
	}
	if holiday && row.Pattern == "" {
		if row.To.IsZero() {
			d.to = d.from + 1
		}
		return d, needsStart(row)
	}
	p, err := readPattern(row.Pattern)
	if err != nil {
		return d, err
	}
	if p.frequency == "WEEKLY" {
		d.weekdays, d.every = p.weekdays, p.interval
		if d.every > 1 {
			return d, needsStart(row)
		}
		return d, nil
	}
	if !holiday {
		return d, errors.New("a daily pattern is read of holidays only")
	}
	switch {
	case p.count > 0:
		d.to = min(d.to, d.from+p.count)
	case row.To.IsZero():
		return d, errors.New("the holiday has no end")
	}
	return d, needsStart(row)
}

func needsStart(row adapter.CalendarRule) error {
	if row.From.IsZero() && row.Start.IsZero() {
		return errors.New("the rule does not say from when on it is in force")
	}
	return nil
}

// day is the date that a stored time means: its midnight, as written or in the
// calendar's zone. The last second of a day, as which ends are written, is the
// midnight after it.
func (r *reader) day(t time.Time) (int, error) {
	if t.Year() >= 9999 {
		return endOfAll, nil
	}
	if t.Second() == 59 && t.Minute() == 59 {
		t = t.Add(time.Second)
	}
	for _, zone := range []*time.Location{time.UTC, r.location} {
		local := t.In(zone)
		if local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0 {
			return dayOf(local), nil
		}
	}
	return 0, fmt.Errorf("the time %s is no midnight, neither as written nor in %s", t.UTC().Format(time.RFC3339), r.location)
}
