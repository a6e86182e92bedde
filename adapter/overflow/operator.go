package overflow

// relation is a set of the ways in which two values can stand to each other.
type relation uint8

const (
	less relation = 1 << iota
	equal
	greater

	related = less | equal | greater
)

// stands is how value stands to limit; a NaN stands to nothing.
func stands(value, limit float64) relation {
	switch {
	case value < limit:
		return less
	case value > limit:
		return greater
	case value == limit:
		return equal
	default:
		return 0
	}
}

// operand says what an operator wants on its right side.
type operand uint8

const (
	noOperand operand = iota
	oneValue
	manyValues
)

// operator is one row of the table below. A condition holds when the relation
// between the attribute's value and its operand is one of holds.
type operator struct {
	holds   relation
	operand operand
	ordered bool // makes sense only where values have an order
	textual bool // makes sense only for text
}

// operatorNamed is the table of the operators that rulesets use, with the
// spellings that have been seen. "not-null" holds however the value stands to
// anything, as long as there is one.
func operatorNamed(name string) (operator, bool) {
	switch name {
	case "not-null", "notnull":
		return operator{holds: related, operand: noOperand}, true
	case "==", "=":
		return operator{holds: equal, operand: oneValue}, true
	case "!=", "<>":
		return operator{holds: less | greater, operand: oneValue}, true
	case ">":
		return operator{holds: greater, operand: oneValue, ordered: true}, true
	case ">=":
		return operator{holds: greater | equal, operand: oneValue, ordered: true}, true
	case "<":
		return operator{holds: less, operand: oneValue, ordered: true}, true
	case "<=":
		return operator{holds: less | equal, operand: oneValue, ordered: true}, true
	case "in":
		return operator{holds: equal, operand: manyValues}, true
	case "contains":
		return operator{holds: equal, operand: oneValue, textual: true}, true
	default:
		return operator{}, false
	}
}

// fits tells whether the operator means anything for values of kind k. None of
// the overflow attributes is text, so "contains" is understood and never fits:
// what a comparison of a number's digits would mean is not for us to guess.
func (o operator) fits(k kind) bool {
	return !o.textual && (!o.ordered || k != boolean)
}
