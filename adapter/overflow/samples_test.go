package overflow_test

import (
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// The worked samples: four rulesets as live organizations store them, and what
// each must decide.

// minutes is an estimated wait; a negative one is "no data".
func minutes(m float64) time.Duration {
	if m < 0 {
		return overflow.NoEstimate
	}
	return time.Duration(m*float64(time.Minute) + 0.5)
}

// expectation is what a sample decides for one caller.
type expectation struct {
	verdict overflow.Verdict
	action  adapter.OverflowActionType
	rule    int
}

var none = expectation{overflow.NoRule, 0, -1}

func acts(action adapter.OverflowActionType, rule int) expectation {
	return expectation{overflow.Act, action, rule}
}

func expect(t *testing.T, d overflow.Decision, want expectation) {
	t.Helper()
	if got := (expectation{d.Verdict, d.Action, d.Rule}); got != want {
		t.Errorf("decided %v action %d rule %d, want %v action %d rule %d\n%s",
			got.verdict, got.action, got.rule, want.verdict, want.action, want.rule, d.Explain())
	}
}

func TestSampleWaitThenSize(t *testing.T) {
	t.Parallel()
	escaped := strings.Replace(atLeast(size, "5"), ">=", "&gt;=", 1)
	p := plan(t, settings(decision(rule(1, callback, atLeast(wait, "10")), rule(2, toQueue, escaped)), ""))

	for name, c := range map[string]struct {
		wait float64
		size int
		want expectation
	}{
		"a wait equal to the limit counts":         {10, 0, acts(adapter.ActionDirectCallback, 0)},
		"both hold, the first written acts":        {12, 9, acts(adapter.ActionDirectCallback, 0)},
		"just under the wait, at the size":         {9.99, 5, acts(adapter.ActionTransferToQueue, 1)},
		"just under both":                          {9.99, 4, none},
		"no estimate makes the wait rule false":    {-1, 5, acts(adapter.ActionTransferToQueue, 1)},
		"no estimate and nobody waiting: no match": {-1, 0, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := p.Decide(overflow.Snapshot{Size: c.size, EstimatedWait: minutes(c.wait)}, noon)
			expect(t, d, c.want)
			if d.Action == adapter.ActionTransferToQueue && d.TargetQueue != queueB {
				t.Errorf("target %q, want %q", d.TargetQueue, queueB)
			}
		})
	}
}

func TestSampleOutOfHoursIsAskedFirst(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(
		rule(1, callback, atLeast(size, "2")),
		rule(2, voicemail, and(notNull(hours), condition(hours, "==", "false"))),
	), ""))

	for name, c := range map[string]struct {
		hours overflow.Openness
		want  expectation
	}{
		"closed: the hours rule, though written last":     {overflow.Closed, acts(adapter.ActionVoicemail, 1)},
		"open: the size rule":                             {overflow.Open, acts(adapter.ActionDirectCallback, 0)},
		"without hours the hours rule is false":           {overflow.HoursAbsent, acts(adapter.ActionDirectCallback, 0)},
		"unreadable hours shadow what the size rule says": {overflow.HoursUnknown, expectation{overflow.Shadowed, adapter.ActionDirectCallback, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := calls(7)
			s.Hours = c.hours
			expect(t, p.Decide(s, noon), c.want)
		})
	}
}

func TestAnHoursRuleThatCannotBeReadIsStillAskedFirst(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(
		rule(1, callback, atLeast(size, "2")),
		rule(2, voicemail, condition(hours, "==", "outside")),
	), ""))
	expect(t, p.Decide(calls(7), noon), expectation{overflow.Shadowed, adapter.ActionDirectCallback, 0})
}

func TestSampleElapsedWait(t *testing.T) {
	t.Parallel()
	seconds := `<condition operator=">="><lhs type="attribute">` + elapsed + `</lhs><rhs type="staticvalue" unit="seconds">300</rhs></condition>`
	p := plan(t, settings("", decision(rule(1, callback, notNull(elapsed), seconds))))

	for name, c := range map[string]struct {
		elapsed time.Duration
		entry   adapter.Entry
		want    expectation
	}{
		"one second early":              {299 * time.Second, adapter.EntryRoute, none},
		"on time":                       {300 * time.Second, adapter.EntryRoute, acts(adapter.ActionDirectCallback, 0)},
		"not for a transferred call":    {300 * time.Second, adapter.EntryTransfer, expectation{overflow.NotAvailable, adapter.ActionDirectCallback, 0}},
		"not for an overflowed call":    {300 * time.Second, adapter.EntryOverflow, expectation{overflow.NotAvailable, adapter.ActionDirectCallback, 0}},
		"asked for a fallback call too": {300 * time.Second, adapter.EntryFallback, acts(adapter.ActionDirectCallback, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := waited(c.elapsed)
			s.Entry = c.entry
			expect(t, p.Decide(s, noon), c.want)
		})
	}
}

func TestSampleUnknownAttributeAndNestedGroups(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(
		rule(1, toQueue, and(condition(strange, ">=", "90"), condition(size, ">=", "3"))),
		rule(2, callback, and(or(atLeast(wait, "8"), condition(size, ">=", "12")), condition(size, "&lt;=", "40"))),
	), ""))

	for name, c := range map[string]struct {
		wait float64
		size int
		want expectation
	}{
		"a false member beats the unknown one": {9, 2, acts(adapter.ActionDirectCallback, 1)},
		"unknown first, then true: shadowed":   {-1, 12, expectation{overflow.Shadowed, adapter.ActionDirectCallback, 1}},
		"both false":                           {-1, 2, none},
		"unknown first, then false":            {9, 41, expectation{overflow.Indeterminate, 0, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, p.Decide(overflow.Snapshot{Size: c.size, EstimatedWait: minutes(c.wait)}, noon), c.want)
		})
	}
}

func TestShadowedIsActedOnWhenThePolicySaysSo(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(rule(1, toQueue, condition(strange, ">=", "90")), rule(2, callback, atLeast(size, "1"))), ""))
	d := p.Decide(calls(1), noon)
	expect(t, d, expectation{overflow.Shadowed, adapter.ActionDirectCallback, 1})
	expect(t, d.WithShadowed(), acts(adapter.ActionDirectCallback, 1))

	p = plan(t, settings(decision(rule(1, toQueue, condition(strange, ">=", "90")), rule(2, scheduled, atLeast(size, "1"))), ""))
	expect(t, p.Decide(calls(1), noon).WithShadowed(), expectation{overflow.Unsupported, unknownAction, 1})
}
