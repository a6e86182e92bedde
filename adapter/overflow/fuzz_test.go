package overflow_test

import (
	"strings"
	"testing"
	"time"

	"directcallback/adapter/overflow"
)

// FuzzRuleset reads anything as a ruleset and asks it everything. It must not
// panic, must have an answer, and must act only where a rule says so.
func FuzzRuleset(f *testing.F) {
	good := decision(rule(1, callback, atLeast(wait, "10")), rule(2, toQueue, or(condition(size, "&lt;", "5"), and(condition(hours, "==", "false")))))
	for _, seed := range []string{
		good, "", "{}", "<", "<decision>", "<decision/>", "\ufeff" + good, decision(), decision(rule(1, scheduled)),
		decision(rule(1, callback, condition(strange, "~", "x"))), decision("<x/>"), decision(`<rule>text<logical/><action/></rule>`),
		`<!DOCTYPE a [<!ENTITY b "c">]><decision>&b;</decision>`, `<?xml version="1.1" encoding="utf-16"?>` + good,
		decision(rule(1, callback, `<condition operator="in"><lhs type="attribute">`+elapsed+`</lhs><rhs type="multistaticvalues"><value>1</value></rhs></condition>`)),
		`<decision><rules><rule></decision>`, strings.Repeat("<a>", 100),
	} {
		f.Add(seed, "")
	}
	f.Add(good, `["`+ruleID(1)+`"]`)
	f.Add(good, "{"+ruleID(2)+"}, ")
	f.Add(good, "[[")

	f.Fuzz(func(t *testing.T, definition, disabled string) {
		s := settings(definition, definition)
		for id, r := range s.Rulesets {
			r.DisabledRules = disabled
			s.Rulesets[id] = r
		}
		set := overflow.Compile(s, nil)
		p, ok := set.Plan(queueA)
		if !ok {
			t.Fatal("no plan")
		}
		for _, m := range []overflow.Moment{overflow.PreQueue, overflow.InQueue} {
			d := p.Decide(overflow.Snapshot{Moment: m, Size: 5, EstimatedWait: 10 * time.Minute, Elapsed: 5 * time.Minute, Hours: overflow.Closed}, noon)
			if d.Explain() == "" {
				t.Error("no explanation")
			}
			if (d.Verdict == overflow.Act) && (d.Rule < 0 || d.Action == 0) {
				t.Errorf("acts without a rule or an action: %+v", d)
			}
			if d.Rule >= 0 && d.Trace()[0].Number == 0 {
				t.Errorf("rule %d of a ruleset that cannot be read", d.Rule)
			}
		}
		at, more := time.Duration(-1), true
		for more {
			var next time.Duration
			if next, more = p.NextCheck(at); more && next <= at {
				t.Fatalf("the check after %v is at %v", at, next)
			}
			at = next
		}
		if len(set.Errors()) > 0 && s.Queues[0].PreQueue != "" {
			if d := p.Decide(calls(5), noon); d.Verdict != overflow.Indeterminate {
				t.Errorf("a broken ruleset decides: %v", d.Verdict)
			}
		}
	})
}
