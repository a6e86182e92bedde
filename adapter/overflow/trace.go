package overflow

import (
	"strconv"

	"directcallback/adapter"
)

// Results of a rule in a trace.
const (
	ResultTrue     = "true"
	ResultFalse    = "false"
	ResultUnknown  = "unknown"   // cannot be decided
	ResultNotAsked = "not asked" // an earlier rule decided, or rules do not apply
	ResultDisabled = "disabled"
)

// Step is one rule of a decision, in the order in which rules are asked;
// disabled rules come last. Where the whole ruleset cannot be read there is one
// step with number 0. The JSON names are stable.
type Step struct {
	Number     int                        `json:"number"` // in document order, from 1
	ID         string                     `json:"id,omitempty"`
	Name       string                     `json:"name,omitempty"`
	Result     string                     `json:"result"`
	Effect     string                     `json:"effect"` // what came of the result, in words
	Reason     string                     `json:"reason,omitempty"`
	Action     string                     `json:"action,omitempty"` // in words
	ActionType adapter.OverflowActionType `json:"actionType,omitempty"`
	ActionID   adapter.ActionID           `json:"actionId,omitempty"`
	Conditions []Observation              `json:"conditions,omitempty"`
}

// What comes of a rule, in a trace; a rule that holds has its verdict.
const (
	effectNone      = "not evaluated"
	effectNothing   = "nothing is decided"
	effectEarlier   = "an earlier rule decided"
	effectRecorded  = "recorded; later rules are shown, not acted on"
	effectNext      = "next rule"
	effectShadowed  = "shadowed by rule %s: shown, not acted on"
	effectUndecided = "%s, although rule %s cannot be decided"
)

// What an observation has for a value that is not one.
const (
	valueAbsent  = "absent"
	valueUnknown = "unknown"
	valueUnsaid  = "not said" // nobody said what it is
)

// Observation is one condition, or a group of those that follow deeper.
type Observation struct {
	Depth         int    `json:"depth"`
	Group         string `json:"group,omitempty"` // "AND" or "OR"
	Attribute     string `json:"attribute,omitempty"`
	Operator      string `json:"operator,omitempty"`
	Value         string `json:"value,omitempty"` // seen, in its native unit; "absent" or "unknown"
	ValueUnit     string `json:"valueUnit,omitempty"`
	Threshold     string `json:"threshold,omitempty"` // as stored
	ThresholdUnit string `json:"thresholdUnit,omitempty"`
	Result        Truth  `json:"result"`
	Reason        string `json:"reason,omitempty"` // why the condition cannot be read
	Raw           string `json:"raw,omitempty"`    // its XML then
}

// Trace renders the decision rule by rule.
func (d Decision) Trace() []Step {
	if d.plan == nil {
		return []Step{}
	}
	m := d.plan.moment(d.snapshot.Moment)
	if m.unreadable != "" {
		return []Step{{Result: ResultUnknown, Effect: effectNothing, Reason: m.unreadable}}
	}
	p := m.program
	t := tracer{decision: d, moment: m, readings: d.snapshot.read(), undecided: -1, excluded: exclusion(&d.snapshot)}
	steps := make([]Step, 0, len(p.rules))
	for _, i := range p.order {
		steps = append(steps, t.step(int(i)))
	}
	for i := range p.rules {
		if p.rules[i].disabled {
			steps = append(steps, t.step(i))
		}
	}
	return steps
}

// tracer goes through the rules as deciding did.
type tracer struct {
	decision  Decision
	moment    *moment
	readings  readings
	undecided int // the first rule that could not be decided, or -1
	decided   bool
	excluded  string
}

func (t *tracer) step(index int) Step {
	r, e := &t.moment.program.rules[index], &t.moment.effects[index]
	s := Step{
		Number: index + 1, ID: r.id, Name: r.name,
		ActionType: e.action, ActionID: e.id,
	}
	if e.action != 0 {
		s.Action = actionName(e.action, t.decision.plan.labels)
	}
	switch {
	case r.disabled:
		s.Result, s.Effect = ResultDisabled, effectNone
		return s
	case t.excluded != "":
		s.Result, s.Effect, s.Reason = ResultNotAsked, effectNone, t.excluded
		return s
	}
	s.Conditions = t.observations(index)
	if t.decided {
		s.Result, s.Effect = ResultNotAsked, effectEarlier
		return s
	}
	switch result := eval(t.moment.program.nodes, r.root, &t.readings); result {
	case True:
		t.decided = true
		s.Result, s.Effect, s.Reason = ResultTrue, t.effect(), t.decision.hindrance(e)
	case Unknown:
		if t.undecided < 0 {
			t.undecided = index
		}
		s.Result, s.Effect = ResultUnknown, effectRecorded
	default:
		s.Result, s.Effect = ResultFalse, effectNext
	}
	return s
}

// effect says what the decision does with the rule that holds.
func (t *tracer) effect() string {
	switch {
	case t.undecided >= 0 && t.decision.Verdict == Shadowed:
		return fill(effectShadowed, strconv.Itoa(t.undecided+1))
	case t.undecided >= 0:
		return fill(effectUndecided, t.decision.Verdict.String(), strconv.Itoa(t.undecided+1))
	default:
		return t.decision.Verdict.String()
	}
}

// observations are the rule's conditions with what was seen.
func (t *tracer) observations(index int) []Observation {
	p := t.moment.program
	first, end := p.members(index)
	list := make([]Observation, 0, end-first)
	for i := first; i < end; i++ {
		c := &p.clauses[i]
		if c.folded {
			continue
		}
		o := Observation{
			Depth: c.depth, Group: c.group, Attribute: c.attribute, Operator: c.operator,
			Threshold: c.threshold, ThresholdUnit: c.unit,
			Result: eval(p.nodes, i, &t.readings), Reason: c.problem, Raw: c.raw,
		}
		if a, ok := attributeNamed(c.attribute); ok {
			o.Value, o.ValueUnit = t.readings.of[a].text(a)
		}
		list = append(list, o)
	}
	return list
}

// text is a reading in the native unit of its attribute.
func (v reading) text(a attribute) (value, unit string) {
	facts := a.facts()
	switch {
	case v.known() == False:
		return valueAbsent, ""
	case v.known() == Unknown:
		return valueUnknown, ""
	case facts.kind == boolean:
		return strconv.FormatBool(v.value != 0), ""
	case facts.kind == count:
		return strconv.FormatFloat(v.value, 'f', -1, 64), ""
	case a == estimatedWait:
		unit = "minutes"
	default:
		unit = "seconds"
	}
	return strconv.FormatFloat(v.value/float64(facts.unit), 'f', -1, 64), unit
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
