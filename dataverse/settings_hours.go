package dataverse

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"directcallback/adapter"
)

// loadHours reads operating hours and the calendars behind them. A calendar that
// is missing is simply not there: who compiles the hours sees the reference that
// leads nowhere.
func loadHours(ctx context.Context, l *loader) error {
	wanted := map[string]bool{}
	l.settings.Calendars = map[string]adapter.Calendar{}
	err := l.each(ctx, Filter{}, func(r *Reader) {
		row := adapter.OperatingHours{
			ID: r.ID("msdyn_operatinghourid"), Name: r.String("msdyn_name"), Active: r.Int("statecode") == 0,
			Calendar: adapter.NormalizeID(r.String("msdyn_calendarid")), // a text, spelt as somebody liked
		}
		put(&l.settings.Hours, row.ID, row)
		wanted[row.Calendar] = true
	})
	if err != nil {
		return err
	}
	more, err := loadCalendars(ctx, l.client, &l.settings, wanted)
	if hidden(err) {
		calendars := calendarTable()
		more, err = []adapter.Finding{calendars.unreadable(err)}, nil
	}
	l.findings = append(l.findings, more...)
	return err
}

// calendarLevels is how far calendars lead: outer ones to their inner ones and to
// a holiday schedule, and that to its inner ones.
const calendarLevels = 3

// loadCalendars reads calendars with their rules, then those that they point to.
func loadCalendars(ctx context.Context, c *Client, s *adapter.Settings, wanted map[string]bool) ([]adapter.Finding, error) {
	var findings []adapter.Finding
	calendars, rules := calendarTable(), calendarRuleTable()
	for range calendarLevels {
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(wanted)) {
			if _, known := s.Calendars[id]; !known && adapter.IsGUID(id) {
				ids = append(ids, id)
			}
		}
		wanted = map[string]bool{}
		for chunk := range slices.Chunk(ids, calendarChunk) {
			read := calendarReader{client: c, calendars: &calendars, rules: &rules}
			if err := read.load(ctx, chunk); err != nil {
				return nil, err
			}
			findings = append(findings, read.findings...)
			for _, calendar := range read.found {
				s.Calendars[calendar.ID] = calendar
				wanted[calendar.Holidays] = true
				for _, rule := range calendar.Rules {
					wanted[rule.Inner] = true
				}
			}
		}
	}
	return findings, nil
}

// calendarChunk keeps the URL short.
const calendarChunk = 50

// calendarReader reads some calendars with their rules.
type calendarReader struct {
	client           *Client
	calendars, rules *table // without the columns that turned out to be missing
	found            []adapter.Calendar
	findings         []adapter.Finding
}

const rulesOfCalendar = "calendar_calendar_rules"

// load asks until the organization has all the columns of rules that are left.
func (l *calendarReader) load(ctx context.Context, ids []string) error {
	for {
		rows := map[string]Row{}
		l.found = nil
		// No page size: with one, Dataverse would cut the rules of each calendar too.
		q := Query{Filter: keys("calendarid", ids), Expand: []Expand{{Navigation: rulesOfCalendar, Select: l.rules.names()}}}
		findings, err := l.calendars.eachOf(ctx, l.client, q, func(r *Reader) {
			calendar := adapter.Calendar{ID: r.ID("calendarid"), Name: r.String("name"), Holidays: r.Lookup("holidayschedulecalendarid")}
			rows[calendar.ID] = r.Row
			l.found = append(l.found, calendar)
		})
		if column, missing := unknownColumn(err, l.rules.names()); missing && len(l.rules.columns) > 1 {
			l.findings = append(l.findings, l.rules.drop(column))
			continue
		}
		if err != nil {
			return err
		}
		l.findings = append(l.findings, findings...)
		return l.fill(ctx, rows)
	}
}

// fill takes the rules of the calendars from their rows. A calendar whose rules
// are something else is as good as missing.
func (l *calendarReader) fill(ctx context.Context, rows map[string]Row) error {
	var found []adapter.Calendar
	for _, calendar := range l.found {
		row := rows[calendar.ID]
		rules, err := row.Rows(rulesOfCalendar)
		if err != nil {
			l.findings = append(l.findings, l.calendars.badRow(row, err, "the calendar is not used"))
			continue
		}
		// Organizations of older releases leave the rules out and give a link instead.
		if link, _ := row.String(rulesOfCalendar + "@odata.nextLink"); len(rules) == 0 && link != "" {
			if rules, err = l.follow(ctx, link); err != nil {
				return fmt.Errorf("calendar %s: rules: %w", calendar.ID, err)
			}
		}
		for _, rule := range rules {
			calendar.Rules = append(calendar.Rules, ruleOf(rule))
		}
		slices.SortFunc(calendar.Rules, func(a, b adapter.CalendarRule) int { return cmp.Compare(a.ID, b.ID) })
		found = append(found, calendar)
	}
	l.found = found
	return nil
}

func (l *calendarReader) follow(ctx context.Context, link string) (all []Row, err error) {
	for q := (Query{Set: l.calendars.set}); link != ""; {
		p, err := l.client.nextPage(ctx, q, link)
		if err != nil {
			return nil, err
		}
		all, link = append(all, p.Value...), p.NextLink
	}
	return all, nil
}

// ruleOf reads a rule. One that cannot be read is kept as damaged, because the
// days it is about are then unknown.
func ruleOf(row Row) adapter.CalendarRule {
	r := row.Read()
	rule := adapter.CalendarRule{
		ID: r.ID("calendarruleid"), Name: r.String("name"), Pattern: r.String("pattern"), Inner: r.Lookup("innercalendarid"),
		Start: r.Time("starttime"), From: r.Time("effectiveintervalstart"), To: r.Time("effectiveintervalend"),
		Offset: optional(r, "offset"), Duration: optional(r, "duration"), Rank: optional(r, "rank"), Extent: optional(r, "extentcode"),
		TimeCode: optional(r, "timecode"), SubCode: optional(r, "subcode"), TimeZone: optional(r, "timezonecode"),
	}
	if err := r.Err(); err != nil {
		rule.Damaged = err.Error()
	}
	return rule
}

// optional reads a number that may be empty.
func optional(r *Reader, column string) *int {
	n := r.Int(column)
	if r.Row[column] == nil {
		return nil
	}
	return &n
}

func loadTimeZones(ctx context.Context, l *loader) error {
	return l.each(ctx, Filter{}, func(r *Reader) {
		if code := optional(r, "timezonecode"); code != nil {
			put(&l.settings.TimeZones, *code, r.String("standardname"))
		}
	})
}
