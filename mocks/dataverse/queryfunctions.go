package dataverse

import (
	"slices"
	"strings"
	"time"
)

// queryFunction is a function of the Microsoft.Dynamics.CRM namespace. Microsoft's page "Web API Query Function
// Reference" lists them; those of fiscal periods rest on settings this organisation does not have.
type queryFunction struct {
	parameter parameterForm
	kinds     []kind // of the column; nil: any
	decide    func(f *frame, c *column, cell any, values []any) bool
}

// parameterForm is what stands beside PropertyName.
type parameterForm uint8

const (
	noValue   parameterForm = iota
	oneValue                // PropertyValue, of the column's type
	amount                  // PropertyValue, a whole number of minutes, days and so on
	oneText                 // PropertyValue, a text whatever the column is
	twoValues               // PropertyValues, exactly two
	anyValues               // PropertyValues, one or more
)

// span is a stretch of time around now, half open; a zero end is open.
type span func(now time.Time, x int) (from, to time.Time)

func newQueryFunctions() map[string]queryFunction {
	dates, guids := []kind{kindDateTime, kindDate}, []kind{kindLookup, kindKey, kindGUID}
	all := map[string]queryFunction{
		"In":         {anyValues, nil, isOneOf},
		"NotIn":      {anyValues, nil, negated(isOneOf)},
		"Between":    {twoValues, nil, isBetween},
		"NotBetween": {twoValues, nil, negated(isBetween)},
		"Contains":   {oneText, []kind{kindString}, hasText},
		"On":         {oneValue, dates, onDay(func(order int) bool { return order == 0 })},
		"OnOrAfter":  {oneValue, dates, onDay(func(order int) bool { return order >= 0 })},
		"OnOrBefore": {oneValue, dates, onDay(func(order int) bool { return order <= 0 })},

		"EqualUserId":                      {noValue, guids, isMe},
		"NotEqualUserId":                   {noValue, guids, negated(isMe)},
		"EqualBusinessId":                  {noValue, guids, isMyUnit},
		"NotEqualBusinessId":               {noValue, guids, negated(isMyUnit)},
		"EqualUserTeams":                   {noValue, guids, isMyTeam},
		"EqualUserOrUserTeams":             {noValue, guids, either(isMe, isMyTeam)},
		"EqualUserOrUserHierarchy":         {noValue, guids, either(isMe, reportsToMe)},
		"EqualUserOrUserHierarchyAndTeams": {noValue, guids, either(isMe, reportsToMe, isMyTeam)},
		"EqualUserLanguage":                {noValue, []kind{kindInteger, kindChoice}, func(_ *frame, _ *column, cell any, _ []any) bool { return cell == int64(language) }},

		"Under":        {oneValue, guids, under},
		"NotUnder":     {oneValue, guids, negated(under)},
		"UnderOrEqual": {oneValue, guids, either(isOneOf, under)},
		"Above":        {oneValue, guids, above},
		"AboveOrEqual": {oneValue, guids, either(isOneOf, above)},
	}
	for name, s := range spans() {
		form := noValue
		if strings.Contains(name, "X") {
			form = amount
		}
		all[name] = queryFunction{form, dates, within(s)}
	}
	return all
}

// unbuiltFunctions need fiscal settings, multi-select columns or a role's business unit.
func unbuiltFunctions() []string {
	return strings.Fields(`ContainValues DoesNotContainValues EqualRoleBusinessId InFiscalPeriod InFiscalPeriodAndYear InFiscalYear
		InOrAfterFiscalPeriodAndYear InOrBeforeFiscalPeriodAndYear LastFiscalPeriod LastFiscalYear LastXFiscalPeriods LastXFiscalYears
		NextFiscalPeriod NextFiscalYear NextXFiscalPeriods NextXFiscalYears ThisFiscalPeriod ThisFiscalYear`)
}

// spans are the relative dates. Days, weeks and longer stretches begin and end at midnight; the caller lives in UTC
// and the week begins on Sunday.
func spans() map[string]span {
	days := func(from, to int) span {
		return func(now time.Time, _ int) (time.Time, time.Time) {
			return day(now).AddDate(0, 0, from), day(now).AddDate(0, 0, to)
		}
	}
	weeks := func(offset int) span {
		return func(now time.Time, _ int) (time.Time, time.Time) {
			sunday := day(now).AddDate(0, 0, 7*offset-int(now.Weekday()))
			return sunday, sunday.AddDate(0, 0, 7)
		}
	}
	months := func(offset int) span {
		return func(now time.Time, _ int) (time.Time, time.Time) {
			first := time.Date(now.Year(), now.Month()+time.Month(offset), 1, 0, 0, 0, 0, time.UTC)
			return first, first.AddDate(0, 1, 0)
		}
	}
	years := func(offset int) span {
		return func(now time.Time, _ int) (time.Time, time.Time) {
			first := time.Date(now.Year()+offset, 1, 1, 0, 0, 0, 0, time.UTC)
			return first, first.AddDate(1, 0, 0)
		}
	}
	all := map[string]span{
		"Yesterday": days(-1, 0), "Today": days(0, 1), "Tomorrow": days(1, 2),
		"LastWeek": weeks(-1), "ThisWeek": weeks(0), "NextWeek": weeks(1),
		"LastMonth": months(-1), "ThisMonth": months(0), "NextMonth": months(1),
		"LastYear": years(-1), "ThisYear": years(0), "NextYear": years(1),
		"Last7Days":       func(now time.Time, _ int) (time.Time, time.Time) { return day(now).AddDate(0, 0, -7), including(now) },
		"Next7Days":       func(now time.Time, _ int) (time.Time, time.Time) { return now, day(now).AddDate(0, 0, 8) },
		"LastXHours":      func(now time.Time, x int) (time.Time, time.Time) { return hours(now, -x), including(now) },
		"NextXHours":      func(now time.Time, x int) (time.Time, time.Time) { return now, including(hours(now, x)) },
		"OlderThanXHours": func(now time.Time, x int) (time.Time, time.Time) { return time.Time{}, hours(now, -x) },
		"OlderThanXMinutes": func(now time.Time, x int) (time.Time, time.Time) {
			return time.Time{}, hours(now, -x/60).Add(-time.Duration(x%60) * time.Minute)
		},
	}
	for unit, shift := range map[string][3]int{"Days": {0, 0, 1}, "Weeks": {0, 0, 7}, "Months": {0, 1, 0}, "Years": {1, 0, 0}} {
		move := func(now time.Time, x int) time.Time { return day(now).AddDate(x*shift[0], x*shift[1], x*shift[2]) }
		all["LastX"+unit] = func(now time.Time, x int) (time.Time, time.Time) { return move(now, -x), including(now) }
		all["NextX"+unit] = func(now time.Time, x int) (time.Time, time.Time) { return now, move(now, x).AddDate(0, 0, 1) }
		all["OlderThanX"+unit] = func(now time.Time, x int) (time.Time, time.Time) { return time.Time{}, move(now, -x) }
	}
	return all
}

// hours are counted by days first: a duration has room for three centuries only.
func hours(now time.Time, x int) time.Time {
	return now.AddDate(0, 0, x/24).Add(time.Duration(x%24) * time.Hour)
}

// including makes the last instant part of a half open span.
func including(t time.Time) time.Time { return t.Add(1) }

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func within(s span) func(*frame, *column, any, []any) bool {
	return func(f *frame, _ *column, cell any, values []any) bool {
		t, ok := cell.(time.Time)
		x := 0
		if len(values) > 0 {
			n, _ := values[0].(int64)
			x = int(n)
		}
		from, to := s(f.now, x)
		return ok && !t.Before(from) && t.Before(to)
	}
}

type decision = func(f *frame, c *column, cell any, values []any) bool

func negated(d decision) decision {
	return func(f *frame, c *column, cell any, values []any) bool { return !d(f, c, cell, values) }
}

func either(all ...decision) decision {
	return func(f *frame, c *column, cell any, values []any) bool {
		return slices.ContainsFunc(all, func(d decision) bool { return d(f, c, cell, values) })
	}
}

func isOneOf(_ *frame, _ *column, cell any, values []any) bool {
	return slices.ContainsFunc(values, func(v any) bool { return sameCell(cell, v) })
}

func isBetween(_ *frame, _ *column, cell any, v []any) bool {
	return compareCells(cell, v[0]) >= 0 && compareCells(cell, v[1]) <= 0
}

func hasText(_ *frame, _ *column, cell any, values []any) bool {
	have, _ := cell.(string)
	want, _ := values[0].(string)
	return strings.Contains(strings.ToLower(have), strings.ToLower(want))
}

func onDay(fits func(order int) bool) decision {
	return func(_ *frame, _ *column, cell any, values []any) bool {
		t, ok := cell.(time.Time)
		want, _ := values[0].(time.Time)
		return ok && fits(day(t).Compare(day(want)))
	}
}

func isMe(f *frame, _ *column, cell any, _ []any) bool { return cell == f.user }

// me is the caller's row.
func (f *frame) me() (*table, *row) {
	users := f.db.schema.byName["systemuser"]
	return users, f.db.get(users, f.user, "", f.now)
}

func isMyUnit(f *frame, _ *column, cell any, _ []any) bool {
	users, me := f.me()
	if me == nil {
		return false
	}
	unit, _ := me.cells[users.at("businessunitid")].(ref)
	return cell == unit.id
}

func isMyTeam(f *frame, _ *column, cell any, _ []any) bool {
	users, me := f.me()
	c, ok := users.collectionByNav("teammembership_association")
	if me == nil || !ok {
		return false
	}
	_, teams := f.db.related(me, c, f.now)
	return slices.ContainsFunc(teams, func(r *row) bool { return cell == r.id })
}

// reportsToMe: at any distance up the managers.
func reportsToMe(f *frame, _ *column, cell any, _ []any) bool {
	users, _ := f.me()
	id, _ := cell.(string)
	return f.below(users, id, f.user)
}

func under(f *frame, c *column, cell any, values []any) bool {
	id, _ := cell.(string)
	top, _ := values[0].(string)
	return f.below(f.hierarchy(c), id, top)
}

func above(f *frame, c *column, cell any, values []any) bool {
	id, _ := cell.(string)
	bottom, _ := values[0].(string)
	return f.below(f.hierarchy(c), bottom, id)
}

// hierarchy is the table whose rows the column identifies.
func (f *frame) hierarchy(c *column) *table {
	for _, t := range f.db.schema.all {
		if c.kind == kindKey && t.key() == c || c.kind == kindLookup && t.name == c.targets[0].table {
			return t
		}
	}
	return nil
}

// below follows a table's lookup to itself upwards. A circle ends where it began.
func (f *frame) below(t *table, id, top string) bool {
	if t == nil {
		return false
	}
	parent := t.parent()
	if parent < 0 {
		return false
	}
	for seen := map[string]bool{}; !seen[id]; {
		seen[id] = true
		r := f.db.get(t, id, "", f.now)
		if r == nil {
			return false
		}
		up, ok := r.cells[parent].(ref)
		if !ok {
			return false
		}
		if id = up.id; id == top {
			return true
		}
	}
	return false
}

// parent is the column of the hierarchical relationship, or -1: the first lookup to the same table.
func (t *table) parent() int {
	return slices.IndexFunc(t.columns, func(c *column) bool {
		return c.kind == kindLookup && len(c.targets) == 1 && c.targets[0].table == t.name && !isCustom(c.name) && !isEverywhere(c.name)
	})
}
