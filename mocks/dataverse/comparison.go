package dataverse

import (
	"strconv"
	"strings"
	"time"
)

func (b *binder) comparison(n *node) (predicate, error) {
	if err := b.count(); err != nil {
		return nil, err
	}
	left, err := b.operand(n.arguments[0])
	if err != nil {
		return nil, err
	}
	right, err := b.operand(n.arguments[1])
	if err != nil {
		return nil, err
	}
	operator := n.text
	if left.column == nil {
		left, right, operator = right, left, mirrored(operator)
	}
	if left.column == nil {
		return nil, badRequest(codeCrmHTTP, "A comparison needs a column on one side in '%s'.", b.source)
	}
	if right.column != nil {
		if left.kind.edm() != right.kind.edm() {
			return nil, incompatible(left.kind.edm(), right.kind.edm(), operator)
		}
		return compare(operator, left.read, right.read), nil
	}
	if isNull(right.literal) {
		return againstNull(operator, left.read), nil
	}
	value, ok := left.column.fromLiteral(right.literal)
	if !ok {
		return nil, incompatible(left.kind.edm(), literalType(right.literal), operator)
	}
	return compare(operator, left.read, func(*frame) any { return value }), nil
}

func mirrored(operator string) string {
	swaps := map[string]string{"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
	if swap, ok := swaps[operator]; ok {
		return swap
	}
	return operator
}

func isNull(t *token) bool { return t.kind == tokenName && t.text == "null" }

func againstNull(operator string, read func(*frame) any) predicate {
	switch operator {
	case "eq":
		return func(f *frame) truth { return truthOf(read(f) == nil) }
	case "ne":
		return func(f *frame) truth { return truthOf(read(f) != nil) }
	default:
		return func(*frame) truth { return unknown }
	}
}

// compare follows SQL: with a null on either side the answer is unknown, for ne too.
func compare(operator string, left, right func(*frame) any) predicate {
	if operator == "eq" || operator == "ne" {
		return equality(operator, left, right)
	}
	decide := map[string]func(int) bool{
		"gt": func(c int) bool { return c > 0 }, "ge": func(c int) bool { return c >= 0 },
		"lt": func(c int) bool { return c < 0 }, "le": func(c int) bool { return c <= 0 },
	}[operator]
	return func(f *frame) truth {
		l, r := left(f), right(f)
		if l == nil || r == nil {
			return unknown
		}
		return truthOf(decide(compareCells(l, r)))
	}
}

// equality is apart because it is what nearly every filter asks, and order is dearer to find out for texts.
func equality(operator string, left, right func(*frame) any) predicate {
	equal := truthOf(operator == "eq")
	return func(f *frame) truth {
		l, r := left(f), right(f)
		switch {
		case l == nil || r == nil:
			return unknown
		case sameCell(l, r):
			return equal
		default:
			return yes - equal
		}
	}
}

// fromLiteral converts a literal of the expression language for a column.
func (c *column) fromLiteral(t *token) (value any, ok bool) {
	switch c.kind {
	case kindKey, kindGUID, kindLookup:
		if t.kind == tokenGUID || t.kind == tokenString { // quoted ones are printed in Microsoft's pages too
			return parsed(parseGUID(t.text))
		}
	case kindString:
		return t.text, t.kind == tokenString
	case kindInteger, kindBigInt, kindChoice:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return n, err == nil && t.kind == tokenNumber
	case kindDouble:
		f, err := strconv.ParseFloat(t.text, 64)
		return f, err == nil && t.kind == tokenNumber
	case kindDate:
		d, err := time.Parse(time.DateOnly, t.text)
		return d, err == nil && t.kind == tokenTime
	case kindBoolean:
		return t.text == "true", t.kind == tokenName && (t.text == "true" || t.text == "false")
	case kindDateTime:
		if t.kind == tokenTime {
			return parsed(parseTime(t.text))
		}
	}
	return nil, false
}

func literalType(t *token) string {
	switch t.kind {
	case tokenGUID:
		return "Edm.Guid"
	case tokenEnum:
		kind, _, _ := strings.Cut(t.text, "'")
		return kind
	case tokenTime:
		return timeType(t.text)
	case tokenNumber:
		if _, err := strconv.ParseInt(t.text, 10, 64); err != nil {
			return "Edm.Decimal"
		}
		return "Edm.Int32"
	case tokenName:
		return "Edm.Boolean"
	default:
		return "Edm.String"
	}
}

// timeType: what is no point in time, for want of an offset or of such a day, is a text at best.
func timeType(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return "Edm.Date"
	}
	if _, ok := parseTime(text); ok {
		return "Edm.DateTimeOffset"
	}
	return "Edm.String"
}

func incompatible(left, right, operator string) error {
	names := map[string]string{
		"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual", "lt": "LessThan", "le": "LessThanOrEqual",
	}
	return badRequest(codeCrmHTTP,
		"A binary operator with incompatible types was detected. Found operand types '%s' and '%s' for operator kind '%s'.",
		left, right, names[operator])
}

func (b *binder) count() error {
	if b.conditions++; b.conditions > maxConditions {
		return badRequest(codeTooManyConditions, "Number of conditions in query exceeded maximum limit.")
	}
	return nil
}
