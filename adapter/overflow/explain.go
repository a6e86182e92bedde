package overflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// Explain says the decision in plain English: what was seen, against which
// limit, by which rule, and what comes of it.
func (d Decision) Explain() string {
	if d.plan == nil {
		return "Nothing was decided."
	}
	m := d.plan.moment(d.snapshot.Moment)
	x := explainer{decision: d, moment: m, program: m.program, readings: d.snapshot.read()}
	switch {
	case d.Verdict == Excluded:
		x.say("Overflow rules do not apply %s: %s.", d.snapshot.Moment, exclusion(&d.snapshot))
	case m.unreadable != "":
		x.say("Nothing can be decided %s: %s. Nothing is offered.", d.snapshot.Moment, m.unreadable)
	case len(m.program.order) == 0:
		x.say("This queue has no overflow rules %s; the call waits.", d.snapshot.Moment)
	case d.Rule < 0:
		x.withoutRule()
	default:
		x.withRule()
	}
	if d.snapshot.Moment == InQueue && d.snapshot.Entry == adapter.EntryFallback {
		x.say("Whether rules apply in the fallback queue is not documented; they were asked.")
	}
	return strings.Join(x.sentences, " ")
}

// explainer collects sentences.
type explainer struct {
	decision  Decision
	moment    *moment
	program   *program
	readings  readings
	sentences []string
}

func (x *explainer) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	x.sentences = append(x.sentences, strings.ToUpper(text[:1])+text[1:])
}

// withRule explains the rule that holds.
func (x *explainer) withRule() {
	d := x.decision
	x.because(d.Rule, True)
	name := actionName(d.Action, d.plan.labels)
	if d.Action == 0 {
		name = "not known"
	}
	e := &x.moment.effects[d.Rule]
	shadow := x.undecidedBefore(d.Rule)
	switch why := d.hindrance(e); {
	case d.Verdict == Shadowed:
		x.because(shadow, Unknown)
		x.say("Because rule %d cannot be decided, the action is shown and not carried out: %s.", shadow+1, name)
	case why != "":
		x.say("Action: %s; it is shown and not carried out: %s.", name, why)
	default:
		x.say("Action: %s.", name)
		x.promise(e.terms)
	}
}

// hindrance says why the action of the rule that holds is not carried out,
// apart from being shadowed.
func (d Decision) hindrance(e *effect) string {
	switch {
	case e.reason != "":
		return e.reason
	case d.snapshot.Moment == InQueue && d.snapshot.moved() && !availableAfterMove(e.action):
		return "a call that came by transfer or overflow can only be transferred"
	default:
		return ""
	}
}

// withoutRule explains why none holds.
func (x *explainer) withoutRule() {
	for _, i := range x.program.order {
		x.because(int(i), eval(x.program.nodes, x.program.rules[i].root, &x.readings))
	}
	if x.decision.Verdict == Indeterminate {
		x.say("No rule holds for certain; nothing is offered.")
	} else {
		x.say("No overflow rule holds; the call waits.")
	}
}

// undecidedBefore is the first rule asked before index that is unknown, or -1.
func (x *explainer) undecidedBefore(index int) int {
	for _, i := range x.program.order {
		if int(i) == index {
			break
		}
		if eval(x.program.nodes, x.program.rules[i].root, &x.readings) == Unknown {
			return int(i)
		}
	}
	return -1
}

// because says what made rule index come out as result, and cites the rule.
func (x *explainer) because(index int, result Truth) {
	r := &x.program.rules[index]
	reasons := x.reasons(nil, r.root, result)
	cite := []string{fmt.Sprintf("rule %d", index+1)}
	for a := range attributeCount {
		if r.reads.has(a) {
			cite = append(cite, a.facts().label)
		}
	}
	switch {
	case len(reasons) > 0:
	case result == True && r.reads == 0:
		reasons = []string{"the rule has no conditions, so it always holds"}
	default:
		reasons = []string{"the rule is " + result.String()}
	}
	for _, reason := range reasons[:len(reasons)-1] {
		x.say("%s.", reason)
	}
	x.say("%s (%s).", reasons[len(reasons)-1], strings.Join(cite, ", "))
}

// reasons collects, below node i, the conditions that brought about result. A
// false AND has one false member at the least, and the first will do.
func (x *explainer) reasons(list []string, i int32, result Truth) []string {
	n, c := &x.program.nodes[i], &x.program.clauses[i]
	if eval(x.program.nodes, i, &x.readings) != result {
		return list
	}
	if n.op == compare || c.operator != "" {
		return x.reason(list, i)
	}
	for member := i + 1; member < n.end; member = x.program.nodes[member].end {
		before := len(list)
		list = x.reasons(list, member, result)
		if n.op == all && result == False && len(list) > before {
			break
		}
	}
	return list
}

// reason says one condition, unless it was said before: the guard "not-null"
// stands beside most comparisons and says nothing once there is a value.
func (x *explainer) reason(list []string, i int32) []string {
	n, c := &x.program.nodes[i], &x.program.clauses[i]
	text := c.problem
	if text == "" {
		a, _ := attributeNamed(c.attribute)
		text = x.seen(a)
		if x.readings.of[a].known() == True && a != withinHours {
			if n.holds == related {
				return list
			}
			text += "; " + limit(a, n, c)
		}
	}
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// seen says a reading.
func (x *explainer) seen(a attribute) string {
	v := x.readings.of[a]
	words := [attributeCount]struct{ absent, unknown string }{
		estimatedWait: {"there is no estimated wait yet", "the estimated wait cannot be read"},
		queueSize:     {"nothing is known of waiting calls", "the number of waiting calls is unknown"},
		withinHours:   {"the queue has no operating hours", "the operating hours of the queue cannot be read"},
		elapsedWait:   {"the wait is not known", "the wait cannot be read"},
		opaque:        {"", "a condition cannot be read"},
	}[a]
	switch {
	case v.known() == False:
		return words.absent
	case v.known() == Unknown:
		return words.unknown
	}
	switch a {
	case estimatedWait:
		return "the estimated wait is " + span(time.Duration(v.value))
	case elapsedWait:
		return "the caller has waited " + span(time.Duration(v.value))
	case withinHours:
		if v.value == 0 {
			return "the queue is closed"
		}
		return "the queue is open"
	default:
		if v.value == 1 {
			return "1 call is waiting"
		}
		return strconv.FormatFloat(v.value, 'f', 0, 64) + " calls are waiting"
	}
}

// limit says what a condition compares with. The portal only ever writes "at
// least", and calls it the limit.
func limit(a attribute, n *node, c *clause) string {
	if n.op == some {
		return "the rule asks for one of " + c.threshold
	}
	value := measure(n.limit, a.facts().kind)
	if n.holds == greater|equal {
		return "the limit of this queue is " + value
	}
	return "the rule asks for " + c.operator + " " + value
}
