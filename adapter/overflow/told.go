package overflow

import (
	"strconv"
	"strings"
)

// Told is a rule of an account as a person reads it, in one language. Names of
// attributes and operators stay those of the ruleset, because that is where a person
// looks for them.
type Told struct {
	Title      string // `rule 2 "Queue size": true, act`
	Conditions []ToldCondition
	Action     string // empty where it is not known
	Reason     string // why the action of a rule that holds is not carried out
}

// ToldCondition is one condition, or a group of those that follow deeper.
type ToldCondition struct {
	Depth              int
	Text, Seen, Result string
}

// Told says the account rule by rule.
func (a Account) Told(l Language) []Told {
	w := l.words()
	all := make([]Told, 0, len(a.Rules))
	for _, s := range a.Rules {
		all = append(all, w.told(s))
	}
	return all
}

func (w words) told(s Step) Told {
	t := Told{Title: fill(w.rule, strconv.Itoa(s.Number))}
	if s.Name != "" {
		t.Title += " " + fill(w.quoted, s.Name)
	}
	t.Title += w.colon + w.result(s.Result)
	if s.Effect != effectNone { // a rule that was not asked says enough
		t.Title += ", " + w.effect(s.Effect)
	}
	if s.Action != "" {
		t.Action = w.action(s)
	}
	if s.Result == ResultTrue || s.Number == 0 {
		t.Reason = w.reason(s.Reason)
	}
	for _, o := range s.Conditions {
		t.Conditions = append(t.Conditions, ToldCondition{
			Depth: o.Depth, Text: w.condition(o), Seen: strings.TrimSpace(w.unit(o.Value) + " " + w.unit(o.ValueUnit)), Result: w.truth(o.Result.String()),
		})
	}
	return t
}

// condition is one in the words of the ruleset, without the table of its attribute.
func (w words) condition(o Observation) string {
	switch _, column, _ := strings.Cut(o.Attribute, "."); {
	case o.Group != "":
		return w.unit(o.Group)
	case o.Reason != "":
		return w.reason(o.Reason)
	default:
		return strings.TrimSpace(column + " " + o.Operator + " " + w.unit(o.Threshold) + " " + w.unit(o.ThresholdUnit))
	}
}

// result is what a trace says of a rule.
func (w words) result(text string) string {
	if translated, ok := w.traced[text]; ok {
		return translated
	}
	return w.truth(text)
}

// effect is what came of a rule. One that nobody has translated stays what it is.
func (w words) effect(text string) string {
	for _, e := range w.effects {
		if values, ok := match(e[0], text); ok {
			for i := range values {
				values[i] = w.effect(values[i]) // a verdict within one
			}
			return fill(e[1], values...)
		}
	}
	return text
}

// unit translates a short word of a trace: a unit, a value that is not a number, AND
// and OR.
func (w words) unit(text string) string {
	if translated, ok := w.traced[text]; ok {
		return translated
	}
	return text
}
