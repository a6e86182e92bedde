package hours_test

import (
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

// Monday, Tuesday and Sunday at 10 in Paris, and Monday at 4.
const (
	monday, tuesday, sunday, early = "2026-07-06T08:00Z", "2026-07-07T08:00Z", "2026-07-05T08:00Z", "2026-07-06T02:00Z"
)

func TestWhatCannotBeReadIsUnknownWhereItMatters(t *testing.T) {
	t.Parallel()
	changed := func(change func(*adapter.CalendarRule)) *portal {
		return newPortal().add(with(weekly("MO"), change), from(540, 510)).add(weekly("TU"), from(540, 510))
	}
	inner := func(change func(*adapter.CalendarRule)) *portal {
		return newPortal().add(weekly("MO"), with(from(540, 510), change)).add(weekly("TU"), from(540, 510))
	}
	pattern := func(text string) *portal {
		return changed(func(r *adapter.CalendarRule) { r.Pattern = text })
	}
	// The rule of Monday may say anything on Mondays; Tuesday follows it, and is hidden by its own rule.
	mondays := map[string]hours.Openness{sunday: closed, monday: unknown, tuesday: open, early: unknown}
	// Its hours are known, its days are not.
	anyDay := map[string]hours.Openness{sunday: unknown, monday: unknown, tuesday: open, early: closed}
	everything := map[string]hours.Openness{sunday: unknown, monday: unknown, tuesday: unknown, early: unknown}
	tests := map[string]struct {
		portal *portal
		code   string
		want   map[string]hours.Openness
	}{
		"monthly pattern":     {pattern("FREQ=MONTHLY;BYDAY=MO"), "unsupported.pattern", anyDay},
		"unknown part":        {pattern("FREQ=WEEKLY;BYDAY=MO;WKST=SU"), "unsupported.pattern", anyDay},
		"weekly with a count": {pattern("FREQ=WEEKLY;BYDAY=MO;COUNT=3"), "unsupported.pattern", anyDay},
		"weekly without days": {pattern("FREQ=WEEKLY;INTERVAL=1"), "unsupported.pattern", anyDay},
		"daily working hours": {pattern("FREQ=DAILY;INTERVAL=1"), "unsupported.pattern", anyDay},
		"no pattern":          {pattern(""), "unsupported.pattern", anyDay},
		"the first Monday":    {pattern("FREQ=WEEKLY;BYDAY=1MO"), "unsupported.pattern", anyDay},
		"an interval of 0":    {pattern("FREQ=WEEKLY;BYDAY=MO;INTERVAL=0"), "unsupported.pattern", anyDay},
		"a part twice":        {pattern("FREQ=WEEKLY;BYDAY=MO;BYDAY=TU"), "unsupported.pattern", anyDay},
		"a beginning at noon": {changed(func(r *adapter.CalendarRule) { r.From = utc("2020-01-06T12:00Z") }), "unsupported.pattern", anyDay},
		"an end at noon":      {changed(func(r *adapter.CalendarRule) { r.To = utc("2027-01-06T12:00Z") }), "unsupported.pattern", anyDay},
		"weeks without a first": {changed(func(r *adapter.CalendarRule) {
			r.From, r.Start, r.Pattern = time.Time{}, time.Time{}, "FREQ=WEEKLY;BYDAY=MO;INTERVAL=2"
		}), "unsupported.pattern", map[string]hours.Openness{sunday: closed, monday: unknown, tuesday: open, early: closed}},
		"no extent code":   {changed(func(r *adapter.CalendarRule) { r.Extent = nil }), "unsupported.extent", map[string]hours.Openness{sunday: closed, monday: open, tuesday: open, early: closed}},
		"no rank":          {changed(func(r *adapter.CalendarRule) { r.Rank = nil }), "unsupported.rank", mondays},
		"a damaged column": {changed(func(r *adapter.CalendarRule) { r.Damaged = "column offset: not a whole number" }), "unsupported.pattern", anyDay},

		"unknown time code":        {inner(func(r *adapter.CalendarRule) { r.TimeCode = new(3) }), "unsupported.hours", mondays},
		"no time code":             {inner(func(r *adapter.CalendarRule) { r.TimeCode = nil }), "unsupported.hours", mondays},
		"committed":                {inner(func(r *adapter.CalendarRule) { r.SubCode = new(2) }), "unsupported.hours", mondays},
		"an available holiday":     {inner(func(r *adapter.CalendarRule) { r.SubCode = new(5) }), "unsupported.hours", mondays},
		"no offset":                {inner(func(r *adapter.CalendarRule) { r.Offset = nil }), "unsupported.hours", mondays},
		"an offset of a day":       {inner(func(r *adapter.CalendarRule) { r.Offset = new(1440) }), "unsupported.hours", mondays},
		"no duration":              {inner(func(r *adapter.CalendarRule) { r.Duration = nil }), "unsupported.hours", mondays},
		"a duration of 0":          {inner(func(r *adapter.CalendarRule) { r.Duration = new(0) }), "unsupported.hours", mondays},
		"no inner rank":            {inner(func(r *adapter.CalendarRule) { r.Rank = nil }), "unsupported.hours", mondays},
		"a damaged inner rule":     {inner(func(r *adapter.CalendarRule) { r.Damaged = "column rank: not a whole number" }), "unsupported.hours", mondays},
		"an inner pattern":         {inner(func(r *adapter.CalendarRule) { r.Pattern = "FREQ=WEEKLY" }), "unsupported.hours", mondays},
		"a third level":            {inner(func(r *adapter.CalendarRule) { r.Inner = outer }), "unsupported.hours", mondays},
		"a missing inner calendar": {changed(func(r *adapter.CalendarRule) { r.ID = "kept" }).lose("inner of rule-1"), "unsupported.hours", mondays},
		"half a holiday": {
			newPortal().add(weekly("MO"), from(540, 510), holiday()).add(weekly("TU"), from(540, 510)), "unsupported.hours", mondays,
		},
		"a holiday without an end": {
			newPortal().add(weekly("MO,TU"), from(540, 510)).add(with(dayOff("2026-07-06"), func(r *adapter.CalendarRule) { r.Pattern, r.To = "FREQ=DAILY", time.Time{} }), holiday()),
			"unsupported.pattern",
			map[string]hours.Openness{sunday: closed, monday: unknown, tuesday: unknown, early: closed, "2026-06-30T08:00Z": open},
		},
		"a day off that is no holiday": {
			newPortal().add(weekly("MO,TU"), from(540, 510)).add(dayOff("2026-07-06"), with(holiday(), func(r *adapter.CalendarRule) { r.SubCode = new(6) })),
			"unsupported.pattern",
			map[string]hours.Openness{monday: unknown, early: closed, tuesday: open},
		},
		"a holiday schedule that is not there": {
			working().calendar(func(c *adapter.Calendar) { c.Holidays = "gone" }), "missing.calendar",
			map[string]hours.Openness{sunday: closed, monday: unknown, early: closed},
		},
		"a working day in a holiday schedule": {
			working().calendar(func(c *adapter.Calendar) { c.Holidays = outer }), "unsupported.holiday",
			map[string]hours.Openness{sunday: closed, monday: unknown},
		},

		"inactive hours":         {working().hours(func(h *adapter.OperatingHours) { h.Active = false }), "inactive.hours", everything},
		"no calendar":            {working().hours(func(h *adapter.OperatingHours) { h.Calendar = "" }), "missing.calendar", everything},
		"a missing calendar":     {working().lose(outer), "missing.calendar", everything},
		"a calendar of no rules": {newPortal(), "missing.rules", everything},
		"an unknown zone":        {working().inZone(8), "unsupported.timezone", everything},
		"a zone of no name":      {working().inZone(77), "unsupported.timezone", everything},
		"no zone":                {working().inZone(-1), "unsupported.timezone", everything},
		"two zones":              {working().add(with(weekly("SA"), func(r *adapter.CalendarRule) { r.TimeZone = new(92) }), from(0, 60)), "unsupported.timezone", everything},
		"more rules than anybody makes": {
			func() *portal {
				p := newPortal()
				for i := range 1000 {
					p.add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.From = day("2020-01-06").AddDate(0, 0, i) }), from(i, 30*1440))
				}
				return p
			}(),
			"unsupported.calendar", everything,
		},
		"even more": {
			func() *portal {
				p := newPortal()
				for range 2001 {
					p.add(weekly("MO"), from(0, 60))
				}
				return p
			}(),
			"unsupported.calendar", everything,
		},
		"weeks without a period": {
			newPortal().add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Pattern = "FREQ=WEEKLY;INTERVAL=25;BYDAY=MO" }), from(0, 60)).
				add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Pattern = "FREQ=WEEKLY;INTERVAL=24;BYDAY=MO" }), from(0, 60)),
			"unsupported.calendar", everything,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, findings := test.portal.compile(t)
			if len(findings) == 0 || findings[0].Code != test.code {
				t.Errorf("findings %+v, want %s", findings, test.code)
			}
			wantOpen(t, s, test.want)
		})
	}
}

func TestUnknownIsNeitherAnOpeningNorOpen(t *testing.T) {
	t.Parallel()
	s, _ := newPortal().add(with(weekly("MO"), func(r *adapter.CalendarRule) { r.Rank = nil }), from(540, 60)).add(weekly("WE"), from(540, 60)).compile(t)
	if next, is := s.NextOpening(utc(sunday)); is != unknown || !next.Equal(utc("2026-07-05T22:00Z")) {
		t.Errorf("%v, %s", next, is)
	}
	if left, then := s.TimeLeft(utc(monday)); left != 0 || then != unknown {
		t.Errorf("%v left, then %s", left, then)
	}
	for w := range s.Slots(utc(sunday), utc("2026-07-12T00:00Z"), time.Hour) {
		if !w.Start.Equal(utc("2026-07-08T07:00Z")) {
			t.Errorf("slot %+v", w)
		}
	}
}

func TestQueueOfMissingHours(t *testing.T) {
	t.Parallel()
	queue := adapter.Queue{ID: "queue", Name: "Billing", Type: adapter.QueueVoice, OperatingHours: "gone"}
	set := hours.Compile(adapter.Settings{Queues: []adapter.Queue{queue}}, time.LoadLocation)
	if is := set.Of(queue).Open(utc(monday)); is != unknown {
		t.Error(is)
	}
	if all := set.Findings(); len(all) != 1 || all[0].Code != "missing.hours" || all[0].Queue != "queue" {
		t.Errorf("findings %+v", all)
	}
}

func TestHoursThatNoVoiceQueueHasFindNothing(t *testing.T) {
	t.Parallel()
	p := newPortal()
	p.settings.Queues[0].Type = adapter.QueueMessaging
	s, findings := p.compile(t)
	if is := s.Open(utc(monday)); is != unknown || len(findings) != 0 {
		t.Errorf("%s, %+v", is, findings)
	}
}

func TestHoursThatQueuesShareAreFoundOnce(t *testing.T) {
	t.Parallel()
	p := newPortal()
	p.settings.Queues = append(p.settings.Queues, p.settings.Queues[0])
	if _, findings := p.compile(t); len(findings) != 1 {
		t.Errorf("%+v", findings)
	}
}

func TestZoneWithoutATable(t *testing.T) {
	t.Parallel()
	failed := errors.New("no such file")
	set := hours.Compile(working().settings, func(string) (*time.Location, error) { return nil, failed })
	if is := set.Of(adapter.Queue{OperatingHours: office}).Open(utc(monday)); is != unknown || len(set.Findings()) != 1 {
		t.Errorf("%s, %+v", is, set.Findings())
	}
}

func (p *portal) lose(calendar string) *portal {
	delete(p.settings.Calendars, calendar)
	return p
}

func (p *portal) calendar(change func(*adapter.Calendar)) *portal {
	c := p.settings.Calendars[outer]
	change(&c)
	p.settings.Calendars[outer] = c
	return p
}

func (p *portal) hours(change func(*adapter.OperatingHours)) *portal {
	h := p.settings.Hours[office]
	change(&h)
	p.settings.Hours[office] = h
	return p
}

func (p *portal) inZone(code int) *portal {
	p.zone = code
	return p
}
