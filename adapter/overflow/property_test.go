package overflow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter/overflow"
)

// term is a condition or a group, as the tests model it: written out as XML for
// the engine, and evaluated right here in the most pedestrian way.
type term struct {
	word      string // "AND", "OR", or empty for a condition
	members   []term
	attribute string
	operator  string
	values    []string
	unit      string
}

func (m term) xml() string {
	if m.word != "" {
		var inside strings.Builder
		for _, member := range m.members {
			inside.WriteString(member.xml())
		}
		return `<logical operator="` + m.word + `">` + inside.String() + `</logical>`
	}
	escape := strings.NewReplacer("<", "&lt;", ">", "&gt;")
	left := `<condition operator="` + escape.Replace(m.operator) + `"><lhs type="attribute">` + m.attribute + `</lhs>`
	switch m.operator {
	case "not-null":
		return left + `</condition>`
	case "in":
		return left + `<rhs type="multistaticvalues"><value>` + strings.Join(m.values, "</value><value>") + `</value></rhs></condition>`
	default:
		unit := ""
		if m.unit != "" {
			unit = ` unit="` + m.unit + `"`
		}
		return left + `<rhs type="staticvalue"` + unit + `>` + m.values[0] + `</rhs></condition>`
	}
}

// truth answers "true", "false" or "unknown".
func (m term) truth(s overflow.Snapshot) string {
	switch m.word {
	case "AND":
		return m.combine(s, "false", "true")
	case "OR":
		return m.combine(s, "true", "false")
	}
	value, state := m.value(s)
	if m.operator == "between" || m.attribute == strange || (m.attribute == elapsed) != (s.Moment == overflow.InQueue) ||
		(m.attribute == hours && strings.ContainsAny(m.operator, "<>") && m.operator != "<>") || m.unit == "fortnights" && m.operator != "not-null" && m.operator != "in" {
		return "unknown"
	}
	if state != "known" {
		return map[string]string{"absent": "false", "unreadable": "unknown"}[state]
	}
	if m.operator == "not-null" {
		return "true"
	}
	for _, text := range m.values {
		if m.holds(value, m.operand(text)) {
			return "true"
		}
	}
	return "false"
}

func (m term) combine(s overflow.Snapshot, decisive, otherwise string) string {
	result := otherwise
	for _, member := range m.members {
		switch member.truth(s) {
		case decisive:
			return decisive
		case "unknown":
			result = "unknown"
		}
	}
	return result
}

func (m term) value(s overflow.Snapshot) (value int64, state string) {
	switch m.attribute {
	case size:
		if s.Size < 0 {
			return 0, "unreadable"
		}
		return int64(s.Size), "known"
	case wait:
		if s.EstimatedWait == overflow.NoEstimate {
			return 0, "absent"
		}
		if s.EstimatedWait == overflow.UnreadableEstimate {
			return 0, "unreadable"
		}
		return int64(s.EstimatedWait), "known"
	case elapsed:
		return int64(s.Elapsed), "known"
	default:
		state := map[overflow.Openness]string{overflow.HoursAbsent: "absent", overflow.HoursUnknown: "unreadable"}[s.Hours]
		if state == "" {
			state = "known"
		}
		return map[overflow.Openness]int64{overflow.Open: 1}[s.Hours], state
	}
}

func (m term) operand(text string) int64 {
	if m.attribute == hours {
		return map[string]int64{"true": 1, "false": 0}[text]
	}
	var number int64
	_, _ = fmt.Sscan(text, &number)
	switch {
	case m.attribute == size:
		return number
	case m.unit == "minutes", m.unit == "" && m.attribute == wait:
		return number * int64(time.Minute)
	default:
		return number * int64(time.Second)
	}
}

func (m term) holds(a, b int64) bool {
	switch m.operator {
	case "==", "in":
		return a == b
	case "!=", "<>":
		return a != b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "<":
		return a < b
	default:
		return a <= b
	}
}

// terms draws a condition or a group no deeper than depth.
func terms(depth int) *rapid.Generator[term] {
	return rapid.Custom(func(t *rapid.T) term {
		if depth > 0 && rapid.IntRange(0, 2).Draw(t, "group") == 0 {
			return term{
				word:    rapid.SampledFrom([]string{"AND", "OR"}).Draw(t, "word"),
				members: rapid.SliceOfN(terms(depth-1), 1, 4).Draw(t, "members"),
			}
		}
		m := term{
			attribute: rapid.SampledFrom([]string{size, size, wait, wait, hours, elapsed, elapsed, strange}).Draw(t, "attribute"),
			operator:  rapid.SampledFrom([]string{"==", "!=", "<>", ">", ">=", ">=", "<", "<=", "not-null", "not-null", "in", "between"}).Draw(t, "operator"),
		}
		value := rapid.SampledFrom([]string{"0", "1", "2", "3", "4"})
		if m.attribute == hours {
			value = rapid.SampledFrom([]string{"true", "false"})
		}
		m.values = rapid.SliceOfN(value, 1, 3).Draw(t, "values")
		if m.operator != "in" {
			m.values = m.values[:1]
		}
		if (m.attribute == wait || m.attribute == elapsed) && m.operator != "in" {
			m.unit = rapid.SampledFrom([]string{"", "seconds", "minutes", "fortnights"}).Draw(t, "unit")
		}
		return m
	})
}

func snapshots() *rapid.Generator[overflow.Snapshot] {
	return rapid.Custom(func(t *rapid.T) overflow.Snapshot {
		seconds := rapid.SampledFrom([]time.Duration{0, 1, 2, 3, 4, 59, 60, 61, 120, 180, 240, 600})
		s := overflow.Snapshot{
			Moment:        rapid.SampledFrom([]overflow.Moment{overflow.PreQueue, overflow.InQueue}).Draw(t, "moment"),
			Size:          rapid.IntRange(-1, 5).Draw(t, "size"),
			EstimatedWait: seconds.Draw(t, "wait") * time.Second,
			Elapsed:       seconds.Draw(t, "elapsed") * time.Second,
			Hours:         rapid.SampledFrom([]overflow.Openness{overflow.HoursAbsent, overflow.Open, overflow.Closed, overflow.HoursUnknown}).Draw(t, "hours"),
		}
		switch rapid.IntRange(0, 5).Draw(t, "estimate") {
		case 0:
			s.EstimatedWait = overflow.NoEstimate
		case 1:
			s.EstimatedWait = overflow.UnreadableEstimate
		}
		return s
	})
}

// readsHours tells whether the rule must be asked first.
func (m term) readsHours() bool {
	return m.attribute == hours || slices.ContainsFunc(m.members, term.readsHours)
}

// expected is the verdict and the rule by the book: hours rules first, then in
// order; the first true one acts unless one before it is unknown.
func expected(rules [][]term, s overflow.Snapshot) (overflow.Verdict, int) {
	unknown := false
	for _, hoursRules := range []bool{true, false} {
		for i, conditions := range rules {
			rule := term{word: "AND", members: conditions}
			if rule.readsHours() != hoursRules {
				continue
			}
			switch rule.truth(s) {
			case "true":
				if unknown {
					return overflow.Shadowed, i
				}
				return overflow.Act, i
			case "unknown":
				unknown = true
			}
		}
	}
	if unknown {
		return overflow.Indeterminate, -1
	}
	return overflow.NoRule, -1
}

func TestDecisionsAreThoseOfTheNaiveEvaluator(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		model := rapid.SliceOfN(rapid.SliceOfN(terms(3), 0, 4), 0, 5).Draw(t, "rules")
		written := make([]string, len(model))
		for i, conditions := range model {
			var inside strings.Builder
			for _, c := range conditions {
				inside.WriteString(c.xml())
			}
			written[i] = rule(i+1, toQueue, inside.String()) // a transfer fits every condition
		}
		p := plan(t, settings(decision(written...), decision(written...)))
		s := snapshots().Draw(t, "snapshot")

		d := p.Decide(s, noon)
		verdict, index := expected(model, s)
		if d.Verdict != verdict || d.Rule != index {
			t.Fatalf("%v by rule %d, want %v by rule %d\n%s\n%s", d.Verdict, d.Rule, verdict, index, decision(written...), d.Explain())
		}
		checkTrace(t, d)
		checkNextCheck(t, p, s)
	})
}

// checkTrace holds the rendered decision to the one that was made.
func checkTrace(t *rapid.T, d overflow.Decision) {
	t.Helper()
	if d.Explain() == "" {
		t.Fatal("nothing is explained")
	}
	holds, unknown := -1, false
	for _, step := range d.Trace() {
		switch step.Result {
		case overflow.ResultTrue:
			holds = step.Number - 1
		case overflow.ResultUnknown:
			unknown = true
		}
	}
	if holds != d.Rule || unknown != (d.Verdict == overflow.Shadowed || d.Verdict == overflow.Indeterminate) {
		t.Fatalf("%v by rule %d is traced as %+v", d.Verdict, d.Rule, d.Trace())
	}
}

// checkNextCheck wants the same decision at every instant before the next check.
func checkNextCheck(t *rapid.T, p *overflow.Plan, s overflow.Snapshot) {
	t.Helper()
	s.Moment = overflow.InQueue
	now := p.Decide(s, noon)
	end, ok := p.NextCheck(s.Elapsed)
	if !ok {
		end = s.Elapsed + 24*time.Hour
	}
	later := s
	later.Elapsed = time.Duration(rapid.Int64Range(int64(s.Elapsed), int64(end)-1).Draw(t, "later"))
	if d := p.Decide(later, noon); d.Verdict != now.Verdict || d.Rule != now.Rule {
		t.Fatalf("%v at %v and %v at %v, though the next check is at %v", now.Verdict, s.Elapsed, d.Verdict, later.Elapsed, end)
	}
}
