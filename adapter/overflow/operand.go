package overflow

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// problem says which part of a condition cannot be read. The kind becomes the
// finding's code, "unsupported.<kind>".
type problem struct {
	kind   string
	reason string
}

func problemf(kind, format string, args ...any) *problem {
	return &problem{kind: kind, reason: fmt.Sprintf(format, args...)}
}

// condition compiles <condition>.
func (b *builder) condition(e *element, depth int) {
	c, a, o, limits, p := readCondition(e, b.program.moment)
	c.depth = depth
	if p != nil {
		b.unknownClause(e, c, p)
		return
	}
	if o.operand != manyValues {
		b.append(node{op: compare, attribute: a, holds: o.holds, limit: limits[0]}, c)
		b.checkRange(a, o, limits)
		return
	}
	// A list is an OR of comparisons, shown as the one condition it was.
	at := len(b.program.nodes)
	b.append(node{op: some}, c)
	for _, limit := range limits {
		b.append(node{op: compare, attribute: a, holds: o.holds, limit: limit}, clause{folded: true})
	}
	b.program.nodes[at].end = int32(len(b.program.nodes))
	b.checkRange(a, o, limits)
}

// readCondition takes a condition apart. The clause holds whatever could be
// read, also when there is a problem.
func readCondition(e *element, m Moment) (clause, attribute, operator, []float64, *problem) {
	var c clause
	left, right, p := operands(e)
	if left != nil {
		c.attribute = left.text
	}
	word, _ := e.attr("operator")
	c.operator = strings.TrimSpace(word)
	if right != nil {
		c.threshold = strings.Join(valuesOn(right), ", ")
		c.unit, _ = right.attr("unit")
	}
	if p != nil {
		return c, opaque, operator{}, nil, p
	}

	a, known := attributeNamed(left.text)
	if !known {
		return c, opaque, operator{}, nil, problemf("attribute", "the attribute %q is not known", left.text)
	}
	facts := a.facts()
	if facts.moment != m {
		return c, opaque, operator{}, nil, problemf("attribute", "the attribute %q has no value %s", left.text, m)
	}
	o, known := operatorNamed(strings.ToLower(c.operator))
	if !known {
		return c, opaque, operator{}, nil, problemf("operator", "the operator %q is not known", word)
	}
	if !o.fits(facts.kind) {
		return c, opaque, operator{}, nil, problemf("operator", "the operator %q does not fit the attribute %q", word, left.text)
	}
	if o.operand == noOperand {
		c.threshold, c.unit = "", ""
		return c, a, o, []float64{0}, nil
	}
	limits, p := readOperand(right, o, facts)
	return c, a, o, limits, p
}

// operands are the two sides of a condition; the right one may be missing.
func operands(e *element) (left, right *element, p *problem) {
	for _, child := range e.children {
		switch {
		case child.name == "lhs" && left == nil:
			left = child
		case child.name == "rhs" && right == nil:
			right = child
		default:
			p = problemf("element", "<%s> in a condition is not known or there twice", child.name)
		}
	}
	if name, ok := e.stray("operator"); ok {
		p = problemf("element", "the attribute %q of <condition> is not known", name)
	}
	if left == nil {
		return left, right, problemf("element", "a condition has no <lhs>")
	}
	if kind, _ := left.attr("type"); kind != "attribute" {
		p = problemf("value", "the left side's type %q is not known", kind)
	}
	if name, ok := left.stray("type"); ok {
		p = problemf("element", "the attribute %q of <lhs> is not known", name)
	}
	return left, right, p
}

// valuesOn are the values on a right side.
func valuesOn(right *element) []string {
	if len(right.children) == 0 && right.text != "" {
		return []string{right.text}
	}
	var all []string
	for _, value := range right.children {
		all = append(all, value.text)
	}
	return all
}

// readOperand turns the right side into what nodes compare with.
func readOperand(right *element, o operator, facts attributeFacts) ([]float64, *problem) {
	if right == nil {
		return nil, problemf("value", "there is nothing to compare with")
	}
	if name, ok := right.stray("type", "unit"); ok {
		return nil, problemf("element", "the attribute %q of <rhs> is not known", name)
	}
	want := "staticvalue"
	if o.operand == manyValues {
		want = "multistaticvalues"
	}
	if kind, _ := right.attr("type"); kind != want {
		return nil, problemf("value", "the right side's type is %q where %q is expected", kind, want)
	}
	for _, child := range right.children {
		if o.operand != manyValues || child.name != "value" || len(child.children) > 0 {
			return nil, problemf("element", "<%s> in <rhs> is not known", child.name)
		}
	}
	unit, _ := right.attr("unit")
	scale, p := scaleOf(unit, facts)
	if p != nil {
		return nil, p
	}
	values := valuesOn(right)
	if o.operand == oneValue && len(values) == 0 {
		return nil, problemf("value", "there is nothing to compare with")
	}
	limits := make([]float64, 0, len(values))
	for _, text := range values {
		limit, ok := parseLimit(text, facts.kind, scale)
		if !ok {
			return nil, problemf("value", "%q is no value of this attribute", text)
		}
		limits = append(limits, limit)
	}
	return limits, nil
}

// scaleOf is what one of the operand's unit is in the reading's.
func scaleOf(unit string, facts attributeFacts) (float64, *problem) {
	unit = strings.ToLower(strings.TrimSpace(unit))
	switch {
	case unit == "" && facts.kind == duration:
		return float64(facts.unit), nil
	case unit == "":
		return 1, nil
	case facts.kind == duration && unit == "seconds":
		return float64(time.Second), nil
	case facts.kind == duration && unit == "minutes":
		return float64(time.Minute), nil
	default:
		return 0, problemf("unit", "the unit %q is not known for this attribute", unit)
	}
}

// parseLimit reads a number in plain decimal notation or a boolean, whose case
// varies and which may be quoted.
func parseLimit(text string, k kind, scale float64) (float64, bool) {
	if k == boolean {
		switch strings.ToLower(strings.Trim(text, `"'`)) {
		case "true":
			return 1, true
		case "false":
			return 0, true
		default:
			return 0, false
		}
	}
	if strings.Trim(text, "+-.0123456789") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	if k == duration {
		// To the nanosecond, as readings are: 9.99 minutes are 599.4 seconds
		// and not what a binary fraction makes of them.
		number = math.Round(number * scale)
	}
	return number, true
}

// checkRange notes a limit which the portal would not have let an admin enter.
func (b *builder) checkRange(a attribute, o operator, limits []float64) {
	facts := a.facts()
	if o.operand == noOperand || facts.kind == boolean {
		return
	}
	for _, limit := range limits {
		if limit < facts.least || limit > facts.most || (facts.kind == count && limit != math.Trunc(limit)) {
			b.note("outside.range",
				fmt.Sprintf("%s: %s %s is outside of what the portal allows, %s to %s",
					b.ruleLabel(), facts.label, measure(limit, facts.kind), measure(facts.least, facts.kind), measure(facts.most, facts.kind)),
				"It is evaluated as stored.")
			return
		}
	}
}
