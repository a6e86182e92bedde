package overflow_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

func TestExclusions(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(
		decision(rule(1, callback, atLeast(size, "1"))),
		decision(rule(1, callback, atLeast(elapsed, "60"))),
	))
	for name, c := range map[string]struct {
		moment overflow.Moment
		entry  adapter.Entry
		bot    adapter.Bot
		want   overflow.Verdict
	}{
		"pre-queue, routed":                {overflow.PreQueue, adapter.EntryRoute, adapter.BotNone, overflow.Act},
		"pre-queue, nothing told":          {overflow.PreQueue, "", "", overflow.Act},
		"pre-queue, fallback":              {overflow.PreQueue, adapter.EntryFallback, adapter.BotNone, overflow.Excluded},
		"pre-queue, transferred":           {overflow.PreQueue, adapter.EntryTransfer, adapter.BotNone, overflow.Excluded},
		"pre-queue, overflowed":            {overflow.PreQueue, adapter.EntryOverflow, adapter.BotNone, overflow.Excluded},
		"pre-queue, a bot handles it":      {overflow.PreQueue, adapter.EntryRoute, adapter.BotHandling, overflow.Excluded},
		"pre-queue, escalated by a bot":    {overflow.PreQueue, adapter.EntryRoute, adapter.BotEscalated, overflow.Act},
		"in-queue, a bot handles it":       {overflow.InQueue, adapter.EntryRoute, adapter.BotHandling, overflow.Excluded},
		"in-queue, escalated by a bot":     {overflow.InQueue, adapter.EntryRoute, adapter.BotEscalated, overflow.Act},
		"in-queue, transferred":            {overflow.InQueue, adapter.EntryTransfer, adapter.BotNone, overflow.NotAvailable},
		"a moment that there is not":       {7, adapter.EntryRoute, adapter.BotNone, overflow.Indeterminate},
		"in-queue, fallback, is evaluated": {overflow.InQueue, adapter.EntryFallback, adapter.BotNone, overflow.Act},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := overflow.Snapshot{Moment: c.moment, Size: 5, EstimatedWait: overflow.NoEstimate, Elapsed: time.Hour, Entry: c.entry, Bot: c.bot}
			if d := p.Decide(s, noon); d.Verdict != c.want {
				t.Errorf("%v, want %v: %s", d.Verdict, c.want, d.Explain())
			}
		})
	}
}

func TestAnUnknownMeasureIsNotAnAbsentOne(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(rule(1, callback, atLeast(wait, "10")), rule(2, callback, atLeast(size, "3"))), ""))
	for name, c := range map[string]struct {
		size int
		wait time.Duration
		want expectation
	}{
		"neither holds":                   {2, overflow.NoEstimate, none},
		"unreadable estimate, size false": {2, overflow.UnreadableEstimate, expectation{overflow.Indeterminate, 0, -1}},
		"unreadable estimate, size true":  {3, overflow.UnreadableEstimate, expectation{overflow.Shadowed, adapter.ActionDirectCallback, 1}},
		"nonsense counts as unreadable":   {3, -time.Hour, expectation{overflow.Shadowed, adapter.ActionDirectCallback, 1}},
		"unknown size, wait false":        {overflow.UnknownSize, time.Minute, expectation{overflow.Indeterminate, 0, -1}},
		"unknown size after a true wait":  {overflow.UnknownSize, time.Hour, acts(adapter.ActionDirectCallback, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, p.Decide(overflow.Snapshot{Size: c.size, EstimatedWait: c.wait}, noon), c.want)
		})
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	in := func(values ...string) string {
		list := ""
		if len(values) > 0 {
			list = "<value>" + strings.Join(values, "</value><value>") + "</value>"
		}
		return `<condition operator="in"><lhs type="attribute">` + size + `</lhs><rhs type="multistaticvalues">` + list + `</rhs></condition>`
	}
	for name, c := range map[string]struct {
		condition string
		true      []int
	}{
		"==":                       {condition(size, "==", "5"), []int{5}},
		"=":                        {condition(size, "=", "5"), []int{5}},
		"!=":                       {condition(size, "!=", "5"), []int{4, 6}},
		"<>":                       {condition(size, "&lt;&gt;", "5"), []int{4, 6}},
		">":                        {condition(size, ">", "5"), []int{6}},
		">=":                       {condition(size, ">=", "5"), []int{5, 6}},
		"escaped >=":               {condition(size, "&gt;=", "5"), []int{5, 6}},
		"<":                        {condition(size, "&lt;", "5"), []int{4}},
		"<=":                       {condition(size, "&lt;=", "5"), []int{4, 5}},
		"not-null":                 {notNull(size), []int{4, 5, 6}},
		"notnull":                  {`<condition operator="notnull"><lhs type="attribute">` + size + `</lhs></condition>`, []int{4, 5, 6}},
		"spaces around":            {condition(" "+size+"\r\n", " >= ", " 5 "), []int{5, 6}},
		"in, one":                  {in("5"), []int{5}},
		"in, two":                  {in("4", "6"), []int{4, 6}},
		"in, none":                 {in(), nil},
		"in, beside another":       {and(in("4", "5"), condition(size, ">", "4")), []int{5}},
		"a limit between integers": {condition(size, ">=", "5.5"), []int{6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, settings(decision(rule(1, callback, c.condition)), ""))
			var got []int
			for _, n := range []int{4, 5, 6} {
				switch d := p.Decide(calls(n), noon); d.Verdict {
				case overflow.Act:
					got = append(got, n)
				case overflow.NoRule:
				default:
					t.Errorf("%d: %s", n, d.Explain())
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.true) {
				t.Errorf("holds for %v, want %v", got, c.true)
			}
		})
	}
}

func TestEveryComparisonWithAnAbsentValueIsFalse(t *testing.T) {
	t.Parallel()
	for _, operator := range []string{"==", "!=", "&lt;&gt;", ">", ">=", "&lt;", "&lt;=", "not-null"} {
		p := plan(t, settings(decision(rule(1, callback, condition(wait, operator, "0"))), ""))
		expect(t, p.Decide(calls(0), noon), none)
	}
}

func TestUnitsOfDurations(t *testing.T) {
	t.Parallel()
	limit := func(attribute, value, unit string) string {
		return `<condition operator=">="><lhs type="attribute">` + attribute + `</lhs><rhs type="staticvalue"` + unit + `>` + value + `</rhs></condition>`
	}
	for name, c := range map[string]struct {
		attribute, value, unit string
		want                   time.Duration
	}{
		"estimate in minutes by nature": {wait, "10", "", 10 * time.Minute},
		"estimate in decimal minutes":   {wait, "0.5", "", 30 * time.Second},
		"estimate not rounded to binary": {
			wait, "9.99", "", 599400 * time.Millisecond,
		},
		"estimate in seconds":         {wait, "90", ` unit="seconds"`, 90 * time.Second},
		"estimate in minutes":         {wait, "2", ` unit="Minutes"`, 2 * time.Minute},
		"elapsed in seconds, unnamed": {elapsed, "300", "", 300 * time.Second},
		"elapsed in seconds":          {elapsed, "300", ` unit="seconds"`, 300 * time.Second},
		"elapsed in minutes":          {elapsed, "5", ` unit="minutes"`, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := decision(rule(1, callback, limit(c.attribute, c.value, c.unit)))
			decide := func(d time.Duration) overflow.Verdict {
				if c.attribute == wait {
					return plan(t, settings(rules, "")).Decide(overflow.Snapshot{EstimatedWait: d}, noon).Verdict
				}
				return plan(t, settings("", rules)).Decide(waited(d), noon).Verdict
			}
			if got := decide(c.want - 1); got != overflow.NoRule {
				t.Errorf("a nanosecond early: %v", got)
			}
			if got := decide(c.want); got != overflow.Act {
				t.Errorf("on time: %v", got)
			}
		})
	}
}

func TestHoursOperandsInEverySpelling(t *testing.T) {
	t.Parallel()
	closed := map[string][]string{
		"==": {"false", "False", "FALSE", `"false"`, `'False'`},
		"!=": {"true", "TRUE", `"true"`},
	}
	for operator, values := range closed {
		for _, value := range values {
			p := plan(t, settings(decision(rule(1, voicemail, condition(hours, operator, value))), ""))
			for openness, want := range map[overflow.Openness]expectation{
				overflow.Closed:       acts(adapter.ActionVoicemail, 0),
				overflow.Open:         none,
				overflow.HoursAbsent:  none,
				overflow.HoursUnknown: {overflow.Indeterminate, 0, -1},
			} {
				s := calls(0)
				s.Hours = openness
				expect(t, p.Decide(s, noon), want)
			}
		}
	}
}

// TestThreeValuedLogic puts every combination of true, false and unknown
// through AND and OR, twice and three times.
func TestThreeValuedLogic(t *testing.T) {
	t.Parallel()
	operand := map[overflow.Truth]string{
		overflow.True:    condition(size, ">=", "0"),
		overflow.False:   condition(size, ">=", "1000"),
		overflow.Unknown: condition(strange, ">=", "1"),
	}
	verdict := map[overflow.Truth]overflow.Verdict{
		overflow.True: overflow.Act, overflow.False: overflow.NoRule, overflow.Unknown: overflow.Indeterminate,
	}
	values := []overflow.Truth{overflow.False, overflow.Unknown, overflow.True}
	for _, a := range values {
		for _, b := range values {
			for _, c := range values {
				for conditions, want := range map[string]overflow.Truth{
					and(operand[a], operand[b]):                  min(a, b),
					or(operand[a], operand[b]):                   max(a, b),
					operand[a] + operand[b]:                      min(a, b),
					and(operand[a], or(operand[b], operand[c])):  min(a, max(b, c)),
					or(operand[a], and(operand[b], operand[c])):  max(a, min(b, c)),
					and(and(operand[a], operand[b]), operand[c]): min(a, b, c),
					or(operand[c], or(operand[b]), operand[a]):   max(a, b, c),
				} {
					p := plan(t, settings(decision(rule(1, callback, conditions)), ""))
					d := p.Decide(calls(1), noon)
					if d.Verdict != verdict[want] {
						t.Errorf("%v %v %v: %v, want %v for\n%s", a, b, c, d.Verdict, verdict[want], conditions)
					}
					if got := d.Trace()[0].Result; got != want.String() {
						t.Errorf("%v %v %v: the trace says %s, want %v", a, b, c, got, want)
					}
				}
			}
		}
	}
}

func TestARuleWithoutConditionsAlwaysHolds(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(rule(1, callback)), decision(rule(1, voicemail))))
	expect(t, p.Decide(calls(0), noon), acts(adapter.ActionDirectCallback, 0))
	expect(t, p.Decide(waited(0), noon), acts(adapter.ActionVoicemail, 0))
}

func TestAQueueWithoutRulesetsHasNoRules(t *testing.T) {
	t.Parallel()
	p := plan(t, settings("", ""))
	expect(t, p.Decide(calls(100), noon), none)
	expect(t, p.Decide(waited(time.Hour), noon), none)
	if p.InQueueRules() {
		t.Error("in-queue rules out of nothing")
	}
	if _, ok := p.NextCheck(0); ok {
		t.Error("a check without rules")
	}
}

func TestNextCheck(t *testing.T) {
	t.Parallel()
	minute := strconv.Itoa(60)
	for name, c := range map[string]struct {
		conditions []string
		after      time.Duration
		want       time.Duration // 0 = none
	}{
		"the limit ahead":                      {[]string{atLeast(elapsed, "300")}, 0, 300 * time.Second},
		"a nanosecond before":                  {[]string{atLeast(elapsed, "300")}, 300*time.Second - 1, 300 * time.Second},
		"at the limit nothing follows":         {[]string{atLeast(elapsed, "300")}, 300 * time.Second, 0},
		"the nearest of two":                   {[]string{atLeast(elapsed, "300"), atLeast(elapsed, minute)}, 0, time.Minute},
		"the next of two":                      {[]string{atLeast(elapsed, "300"), atLeast(elapsed, minute)}, time.Minute, 300 * time.Second},
		"more than: the instant after":         {[]string{condition(elapsed, ">", minute)}, 0, time.Minute + 1},
		"equal begins":                         {[]string{condition(elapsed, "==", minute)}, 0, time.Minute},
		"equal ends":                           {[]string{condition(elapsed, "==", minute)}, time.Minute, time.Minute + 1},
		"not-null never changes":               {[]string{notNull(elapsed)}, 0, 0},
		"what cannot be read never changes":    {[]string{condition(elapsed, "~", minute)}, 0, 0},
		"a limit beyond all time":              {[]string{condition(elapsed, ">=", "99999999999999999999999")}, 0, 0},
		"a limit of an attribute of pre-queue": {[]string{condition(size, ">=", "5")}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := make([]string, len(c.conditions))
			for i := range rules {
				rules[i] = rule(i+1, callback, c.conditions[i])
			}
			p := plan(t, settings("", decision(rules...)))
			if !p.InQueueRules() {
				t.Error("no in-queue rules")
			}
			if at, ok := p.NextCheck(c.after); at != c.want || ok != (c.want != 0) {
				t.Errorf("next check at %v (%v), want %v", at, ok, c.want)
			}
		})
	}
}

func TestDecideDoesNotAllocate(t *testing.T) {
	p := plan(t, settings(tenRules(), decision(rule(1, callback, atLeast(elapsed, "300")))))
	for name, s := range map[string]overflow.Snapshot{
		"acts":          {Size: 14, EstimatedWait: time.Minute},
		"no rule":       {Size: 1, EstimatedWait: overflow.NoEstimate},
		"indeterminate": {Size: overflow.UnknownSize, EstimatedWait: overflow.UnreadableEstimate},
		"excluded":      {Entry: adapter.EntryFallback},
		"in-queue":      waited(time.Hour),
	} {
		d := p.Decide(s, noon)
		if d.Snapshot() != s || !d.At().Equal(noon) {
			t.Errorf("%s: decided on %+v at %v", name, d.Snapshot(), d.At())
		}
		if n := testing.AllocsPerRun(100, func() { d = p.Decide(s, noon) }); n != 0 {
			t.Errorf("%s (%v): %v allocations", name, d.Verdict, n)
		}
	}
}
