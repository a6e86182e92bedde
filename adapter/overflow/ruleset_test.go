package overflow_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// TestWhatCannotBeReadIsUnknown puts one unreadable condition into a rule and
// wants it undecided, kept and found.
func TestWhatCannotBeReadIsUnknown(t *testing.T) {
	t.Parallel()
	rhs := func(attributes, text string) string {
		return `<condition operator=">="><lhs type="attribute">` + size + `</lhs><rhs ` + attributes + `>` + text + `</rhs></condition>`
	}
	for name, c := range map[string]struct{ code, condition string }{
		"attribute":                     {"unsupported.attribute", condition(strange, ">=", "1")},
		"attribute of the other moment": {"unsupported.attribute", condition(elapsed, ">=", "1")},
		"attribute in another case":     {"unsupported.attribute", condition(strings.ToUpper(size), ">=", "1")},
		"operator":                      {"unsupported.operator", condition(size, "between", "1")},
		"operator missing":              {"unsupported.operator", `<condition><lhs type="attribute">` + size + `</lhs></condition>`},
		"contains, of a number":         {"unsupported.operator", condition(size, "contains", "1")},
		"order of booleans":             {"unsupported.operator", condition(hours, ">=", "false")},
		"operator of logical":           {"unsupported.operator", `<logical operator="XOR">` + notNull(size) + `</logical>`},
		"unit":                          {"unsupported.unit", rhs(`type="staticvalue" unit="hours"`, "1")},
		"unit of a count":               {"unsupported.unit", rhs(`type="staticvalue" unit="seconds"`, "1")},
		"value that is no number":       {"unsupported.value", condition(size, ">=", "many")},
		"value with exponent":           {"unsupported.value", condition(size, ">=", "1e2")},
		"value Inf":                     {"unsupported.value", condition(size, ">=", "Inf")},
		"value with comma":              {"unsupported.value", condition(size, ">=", "0,5")},
		"value out of all ranges":       {"unsupported.value", condition(size, ">=", strings.Repeat("9", 400))},
		"value that is no boolean":      {"unsupported.value", condition(hours, "==", "no")},
		"value empty":                   {"unsupported.value", condition(size, ">=", "")},
		"value type":                    {"unsupported.value", rhs(`type="attribute"`, size)},
		"value type missing":            {"unsupported.value", rhs("", "1")},
		"value missing":                 {"unsupported.value", `<condition operator=">="><lhs type="attribute">` + size + `</lhs></condition>`},
		"list where one is expected":    {"unsupported.value", rhs(`type="multistaticvalues"`, "<value>1</value>")},
		"one of a list unreadable":      {"unsupported.value", `<condition operator="in"><lhs type="attribute">` + size + `</lhs><rhs type="multistaticvalues"><value>1</value><value>x</value></rhs></condition>`},
		"element in a list":             {"unsupported.element", `<condition operator="in"><lhs type="attribute">` + size + `</lhs><rhs type="multistaticvalues"><range>1</range></rhs></condition>`},
		"left side missing":             {"unsupported.element", `<condition operator=">="><rhs type="staticvalue">1</rhs></condition>`},
		"left side of another type":     {"unsupported.value", `<condition operator="not-null"><lhs type="function">now</lhs></condition>`},
		"two left sides":                {"unsupported.element", `<condition operator="not-null"><lhs type="attribute">` + size + `</lhs><lhs type="attribute">` + size + `</lhs></condition>`},
		"attribute on condition":        {"unsupported.element", `<condition operator="not-null" negate="true"><lhs type="attribute">` + size + `</lhs></condition>`},
		"attribute on lhs":              {"unsupported.element", `<condition operator="not-null"><lhs type="attribute" of="team">` + size + `</lhs></condition>`},
		"attribute on rhs":              {"unsupported.element", rhs(`type="staticvalue" scale="10"`, "1")},
		"attribute on logical":          {"unsupported.element", `<logical operator="AND" negate="true">` + notNull(size) + `</logical>`},
		"element beside conditions":     {"unsupported.element", `<schedule from="9"/>`},
		"element inside of logical":     {"unsupported.element", and(`<schedule from="9"/>`)},
		"text beside conditions":        {"unsupported.element", "always"},
		"logical without conditions":    {"unsupported.element", and()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, settings(decision(rule(1, callback, c.condition)), ""))
			d := p.Decide(overflow.Snapshot{Size: 50, Hours: overflow.Closed}, noon)
			expect(t, d, expectation{overflow.Indeterminate, 0, -1})
			if !slices.Contains(codes(p.Findings()), c.code) {
				t.Errorf("findings %q lack %s", codes(p.Findings()), c.code)
			}
			kept := false
			for _, o := range d.Trace()[0].Conditions {
				kept = kept || (o.Result == overflow.Unknown && o.Reason != "" && o.Raw != "")
			}
			if !kept {
				t.Errorf("the trace does not keep the raw condition: %+v", d.Trace())
			}
		})
	}
}

func TestAnUnknownElementAmongTheRulesIsARuleThatCannotBeDecided(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(`<playbook id="9"/>`, rule(2, callback, atLeast(size, "1"))), ""))
	expect(t, p.Decide(calls(5), noon), expectation{overflow.Shadowed, adapter.ActionDirectCallback, 1})
}

func TestAnAttributeOfARuleThatIsNotKnownMakesItUnknown(t *testing.T) {
	t.Parallel()
	one := strings.Replace(rule(1, callback, atLeast(size, "1")), "<rule ", `<rule enabled="false" `, 1)
	expect(t, plan(t, settings(decision(one), "")).Decide(calls(5), noon), expectation{overflow.Indeterminate, 0, -1})
}

func TestRulesetsThatCannotBeEvaluatedMakeTheMomentIndeterminate(t *testing.T) {
	t.Parallel()
	good := decision(rule(1, callback, atLeast(size, "1")))
	for name, c := range map[string]struct {
		code   string
		change func(*adapter.Settings, *adapter.Ruleset)
	}{
		"missing":      {"missing.ruleset", func(s *adapter.Settings, r *adapter.Ruleset) { r.ID = "other" }},
		"model":        {"unsupported.ruleset", func(s *adapter.Settings, r *adapter.Ruleset) { r.Type = 192350001 }},
		"null":         {"unsupported.definition", func(s *adapter.Settings, r *adapter.Ruleset) { r.Definition = "" }},
		"json":         {"unsupported.definition", func(s *adapter.Settings, r *adapter.Ruleset) { r.Definition = `{"rules":[]}` }},
		"another root": {"unsupported.definition", func(s *adapter.Settings, r *adapter.Ruleset) { r.Definition = "<fetch/>" }},
		"no rules":     {"unsupported.definition", func(s *adapter.Settings, r *adapter.Ruleset) { r.Definition = "<decision/>" }},
		"hit policy": {"unsupported.definition", func(s *adapter.Settings, r *adapter.Ruleset) {
			r.Definition = strings.Replace(good, "all", "collect", 1)
		}},
		"version":       {"unsupported.definition", func(s *adapter.Settings, r *adapter.Ruleset) { r.Definition = strings.Replace(good, `"1"`, `"2"`, 1) }},
		"disabled list": {"unsupported.disabledrules", func(s *adapter.Settings, r *adapter.Ruleset) { r.DisabledRules = `[{"id":1}]` }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings(good, "")
			r := s.Rulesets[preRules]
			delete(s.Rulesets, preRules)
			c.change(&s, &r)
			s.Rulesets[r.ID] = r
			set := overflow.Compile(s, nil)
			p, _ := set.Plan(queueA)
			d := p.Decide(calls(5), noon)
			expect(t, d, expectation{overflow.Indeterminate, 0, -1})
			if !slices.Contains(codes(p.Findings()), c.code) {
				t.Errorf("findings %q lack %s", codes(p.Findings()), c.code)
			}
			if len(set.Errors()) != 0 {
				t.Errorf("not an accident of editing, but: %v", set.Errors())
			}
			if steps := d.Trace(); len(steps) != 1 || steps[0].Number != 0 || steps[0].Reason == "" {
				t.Errorf("trace %+v", steps)
			}
		})
	}
}

func TestSpellingsThatAreTheSameRuleset(t *testing.T) {
	t.Parallel()
	good := decision(rule(1, callback, atLeast(size, "1")))
	for name, definition := range map[string]string{
		"plain":                 good,
		"byte order mark":       "\ufeff" + good,
		"declared utf-16":       `<?xml version="1.0" encoding="utf-16"?>` + good,
		"windows line ends":     strings.ReplaceAll(good, "><", ">\r\n  <"),
		"hit policy first":      strings.Replace(good, "all", "first", 1),
		"no attributes":         strings.Replace(good, ` hit-policy="all" version="1"`, "", 1),
		"comments":              strings.ReplaceAll(good, "<lhs", "<!-- left --><lhs"),
		"default name space":    strings.Replace(good, "<decision", `<decision xmlns="urn:decisions"`, 1),
		"id in capitals":        strings.Replace(good, string(callback), strings.ToUpper(string(callback)), 1),
		"id without braces":     strings.NewReplacer("{", "", "}", "").Replace(good),
		"value in CDATA":        strings.Replace(good, ">1</rhs>", "><![CDATA[1]]></rhs>", 1),
		"action at the end":     decision(actionLast()),
		"logical in lower case": strings.ReplaceAll(good, `"AND"`, `"and"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, settings(definition, ""))
			expect(t, p.Decide(calls(1), noon), acts(adapter.ActionDirectCallback, 0))
			expect(t, p.Decide(calls(0), noon), none)
			if found := p.Findings(); len(found) != 0 {
				t.Errorf("findings: %+v", found)
			}
		})
	}
}

// actionLast is a rule whose action stands behind its conditions.
func actionLast() string {
	one := rule(1, callback, atLeast(size, "1"))
	from, to := strings.Index(one, "<action>"), strings.Index(one, "</action>")+len("</action>")
	return one[:from] + strings.Replace(one[to:], "</rule>", one[from:to]+"</rule>", 1)
}

func TestDisabledRulesAreShownAndNotEvaluated(t *testing.T) {
	t.Parallel()
	rules := decision(rule(1, callback, atLeast(size, "1")), rule(2, voicemail, atLeast(size, "1")), rule(3, toQueue, condition(strange, ">", "1")))
	for name, list := range map[string]string{
		"json":            `["` + ruleID(1) + `"]`,
		"json, braces":    `["{` + strings.ToUpper(ruleID(1)) + `}"]`,
		"commas":          ruleID(1) + "," + ruleID(3),
		"spaces":          ruleID(3) + "  " + ruleID(1),
		"braces, quoted":  `"{` + ruleID(1) + `}"`,
		"json, twice":     `["` + ruleID(1) + `", "` + ruleID(1) + `"]`,
		"one is a typo":   ruleID(1) + ", " + ruleID(9),
		"commas and line": ruleID(1) + ",\r\n" + ruleID(3),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings(rules, "")
			r := s.Rulesets[preRules]
			r.DisabledRules = list
			s.Rulesets[preRules] = r
			p := plan(t, s)
			d := p.Decide(calls(5), noon)
			expect(t, d, acts(adapter.ActionVoicemail, 1))

			steps := d.Trace()
			if len(steps) != 3 || steps[0].Number != 2 {
				t.Fatalf("trace %+v", steps)
			}
			shown := slices.ContainsFunc(steps, func(s overflow.Step) bool {
				return s.Number == 1 && s.Result == overflow.ResultDisabled && s.Action == "direct callback"
			})
			if !shown {
				t.Errorf("rule 1 is not shown as disabled: %+v", steps)
			}
			if got, want := slices.Contains(codes(p.Findings()), "unknown.disabledrule"), strings.Contains(list, ruleID(9)); got != want {
				t.Errorf("a typo in the list found: %v, want %v", got, want)
			}
		})
	}
}

func TestADisabledRuleRaisesNoFindings(t *testing.T) {
	t.Parallel()
	s := settings(decision(rule(1, missing, condition(strange, ">", "1")), rule(2, callback, atLeast(size, "1"))), "")
	r := s.Rulesets[preRules]
	r.DisabledRules = ruleID(1)
	s.Rulesets[preRules] = r
	p := plan(t, s)
	expect(t, p.Decide(calls(1), noon), acts(adapter.ActionDirectCallback, 1))
	if found := p.Findings(); len(found) != 0 {
		t.Errorf("findings: %+v", found)
	}
}

func TestBrokenRulesets(t *testing.T) {
	t.Parallel()
	good := decision(rule(1, callback, atLeast(size, "1")))
	for name, c := range map[string]struct {
		definition   string
		line, column int // 0 = any
	}{
		"raw < in an attribute":  {"<decision><rules>\n<rule id=\"1\"><condition operator=\"<=\"/></rule></rules></decision>", 2, 36},
		"cut off":                {good[:len(good)-5], 0, 0},
		"closed by another":      {"<decision><rules></decision></rules>", 1, 29},
		"two roots":              {good + "<decision/>", 0, 0},
		"text behind":            {good + "and so on", 0, 0},
		"entity":                 {strings.Replace(good, ">1</rhs>", ">&one;</rhs>", 1), 0, 0},
		"nested too deep":        {decision(rule(1, callback, strings.Repeat(`<logical operator="AND">`, 70)+notNull(size)+strings.Repeat("</logical>", 70))), 0, 0},
		"too many rules":         {decision(strings.Repeat(rule(1, callback), 1001)), 0, 0},
		"too long":               {good + strings.Repeat(" ", 1<<20), 1, 1},
		"not a character of XML": {strings.Replace(good, "Rule1", "Rule\x01", 1), 0, 0},
		"only a declaration":     {`<?xml version="1.0"?>`, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := overflow.Compile(settings(c.definition, decision(rule(1, callback, atLeast(elapsed, "60")))), nil)
			if len(set.Errors()) != 1 {
				t.Fatalf("errors: %v", set.Errors())
			}
			var broken *overflow.RuleError
			if !errors.As(set.Errors()[0], &broken) {
				t.Fatalf("%T is no RuleError", set.Errors()[0])
			}
			if broken.Queue != queueA || broken.Ruleset != preRules || broken.Line == 0 || broken.Column == 0 {
				t.Errorf("%+v does not name queue, ruleset and position", broken)
			}
			if c.line != 0 && (broken.Line != c.line || broken.Column != c.column) {
				t.Errorf("%v, want line %d, column %d", broken, c.line, c.column)
			}
			p, _ := set.Plan(queueA)
			expect(t, p.Decide(calls(5), noon), expectation{overflow.Indeterminate, 0, -1})
			if !p.InQueueRules() {
				t.Error("the other moment is lost")
			}
			if !slices.Contains(codes(p.Findings()), "broken.ruleset") {
				t.Errorf("findings %q", codes(p.Findings()))
			}
		})
	}
}

func TestABrokenRulesetKeepsTheLastGoodRules(t *testing.T) {
	t.Parallel()
	good := settings(decision(rule(1, callback, atLeast(size, "3"))), "")
	broken := settings("<decision><rules>", "")
	broken.Queues[0].Name = "Billing, renamed"
	mended := settings(decision(rule(1, voicemail, atLeast(size, "3"))), "")

	set := overflow.Compile(good, nil)
	for range 3 { // every refresh reads the broken one again
		set = overflow.Compile(broken, set)
		p, _ := set.Plan(queueA)
		expect(t, p.Decide(calls(3), noon), acts(adapter.ActionDirectCallback, 0))
		expect(t, p.Decide(calls(2), noon), none)
		if p.Queue().Name != "Billing, renamed" {
			t.Error("the rest of the plan is not kept up to date")
		}
		if len(set.Errors()) != 1 {
			t.Errorf("errors: %v", set.Errors())
		}
	}
	set = overflow.Compile(mended, set)
	p, _ := set.Plan(queueA)
	expect(t, p.Decide(calls(3), noon), acts(adapter.ActionVoicemail, 0))
	if len(set.Errors()) != 0 || len(set.Findings()) != 1 { // the callback action is now unused
		t.Errorf("errors %v, findings %+v", set.Errors(), set.Findings())
	}
}

func TestABrokenRulesetKeepsNothingThatWasNeverGood(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]adapter.Settings{
		"there was no ruleset": settings("", ""),
		"it was broken before": settings("<decision", ""),
		"it was unsupported":   settings("<fetch/>", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _ := overflow.Compile(settings("<decision>", ""), overflow.Compile(before, nil)).Plan(queueA)
			expect(t, p.Decide(calls(5), noon), expectation{overflow.Indeterminate, 0, -1})
		})
	}
}
