package dataverse

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// A cell holds nil, string, int64, float64, bool, time.Time or ref; identifiers are strings in the printed form, lower case.

// ref is the value of a lookup.
type ref struct{ table, id string }

// guidLength of the only printed form the Web API uses: 8-4-4-4-12.
const guidLength = 36

// parseGUID accepts any case and returns the canonical lower case.
func parseGUID(s string) (id string, ok bool) {
	if len(s) != guidLength {
		return "", false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return "", false
			}
		} else if !isHex(s[i]) {
			return "", false
		}
	}
	return strings.ToLower(s), true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// parseTime reads a DateTimeOffset or a date, which is its midnight in UTC.
func parseTime(s string) (t time.Time, ok bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// fromJSON converts a decoded JSON value (numbers as json.Number) for a column. Lookups are bound elsewhere.
func (c *column) fromJSON(v any) (cell any, ok bool) {
	if v == nil {
		return nil, true
	}
	switch v := v.(type) {
	case bool:
		return v, c.kind == kindBoolean
	case json.Number:
		if c.kind == kindDouble {
			return parsedNumber(strconv.ParseFloat(v.String(), 64))
		}
		n, err := strconv.ParseInt(v.String(), 10, 64)
		small := n == int64(int32(n))
		return n, err == nil && (c.kind == kindBigInt || small && (c.kind == kindInteger || c.kind == kindChoice))
	case string:
		return c.fromJSONText(v)
	default:
		return nil, false
	}
}

func (c *column) fromJSONText(s string) (cell any, ok bool) {
	switch c.kind {
	case kindKey, kindGUID:
		return parsed(parseGUID(s))
	case kindDateTime:
		t, ok := parseTime(s)
		return t.Truncate(time.Second), ok // Dataverse keeps whole seconds
	case kindDate:
		t, err := time.Parse(time.DateOnly, s)
		return t, err == nil
	case kindString:
		return s, true
	default:
		return nil, false
	}
}

func parsedNumber(f float64, err error) (any, bool) { return f, err == nil }

func parsed[T any](v T, ok bool) (any, bool) { return v, ok }

// check enforces length, range and options.
func (c *column) check(t *table, cell any) error {
	switch v := cell.(type) {
	case string:
		if c.kind == kindString && c.length > 0 && utf16Length(v) > c.length {
			return badRequest(codeStringTooLong,
				"A validation error occurred.  The length of the '%s' attribute of the '%s' entity exceeded the maximum allowed length of '%d'.",
				c.name, t.name, c.length)
		}
	case int64:
		if c.kind == kindInteger && (v < c.low || v > c.high) {
			return badRequest(codeInvalidArgument,
				"A validation error occurred.  The value of '%s' on record of type '%s' is outside the valid range. Accepted Values: %d to %d",
				c.name, t.name, c.low, c.high)
		}
		if _, known := c.label(v); c.kind == kindChoice && !known {
			return badRequest(codePicklistOutOfRange,
				"A validation error occurred.  The value %d of '%s' on record of type '%s' is outside the valid range.",
				v, c.name, t.name)
		}
	}
	return nil
}

// utf16Length is how Dataverse counts characters.
func utf16Length(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// compareCells orders two cells of one column: nulls first, texts without regard to case.
func compareCells(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(rank(a), rank(b))
	}
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return compareText(x, y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return cmp.Compare(truthOf(x), truthOf(y))
		}
	case ref:
		if y, ok := b.(ref); ok {
			return cmp.Compare(x.id, y.id)
		}
	}
	panic("cells of different types")
}

// sameCell is compareCells == 0, neither being nil.
func sameCell(a, b any) bool {
	if x, ok := a.(string); ok {
		y, ok := b.(string)
		return ok && strings.EqualFold(x, y)
	}
	return compareCells(a, b) == 0
}

func rank(cell any) int {
	if cell == nil {
		return 0
	}
	return 1
}

// compareText is the collation: case-insensitive. Microsoft's also ignores width and orders accents by locale, which
// no client should rest on.
func compareText(a, b string) int {
	if strings.EqualFold(a, b) {
		return 0
	}
	return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
}

// formatted is the value as a user would read it; texts and identifiers have no other form.
func (c *column) formatted(cell any) (display string, ok bool) {
	switch v := cell.(type) {
	case int64:
		if c.kind == kindChoice {
			return c.label(v)
		}
		return grouped(v), true
	case bool:
		if v {
			return c.label(1)
		}
		return c.label(0)
	case float64:
		return groupedDecimals(v), true
	case time.Time:
		if c.kind == kindDate {
			return v.Format("1/2/2006"), true
		}
		return v.Format("1/2/2006 3:04 PM"), true
	default:
		return "", false
	}
}

// grouped prints 1234567 as 1,234,567.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// groupedDecimals prints two decimals, as amounts are shown.
func groupedDecimals(f float64) string {
	whole, decimals, _ := strings.Cut(strconv.FormatFloat(math.Abs(f), 'f', 2, 64), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	if f < 0 {
		whole = "-" + grouped(n)
	} else {
		whole = grouped(n)
	}
	return whole + "." + decimals
}

// wire is the cell as it is sent: what depends on the column and not on the value alone.
func (c *column) wire(cell any) any {
	switch v := cell.(type) {
	case float64:
		if c.attribute == "Money" {
			return rawNumber(strconv.FormatFloat(v, 'f', 4, 64))
		}
		return rawNumber(strconv.FormatFloat(v, 'f', -1, 64))
	case time.Time:
		if c.kind == kindDate {
			return v.Format(time.DateOnly)
		}
	}
	return cell
}

// truth is the three-valued logic of a filter: a row is returned only when it says yes.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
