package dataverse

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// Filter is an OData $filter, built so that no value can become syntax. The zero
// Filter lets everything through. Mistakes are kept and come out of the query.
type Filter struct {
	text     string
	compound bool // needs parentheses inside another filter
	err      error
}

// GUID is a value that is compared as an identifier, without quotes: that of a
// key or a lookup. GUIDs in text columns are ordinary strings.
type GUID string

// Eq compares a column with a string, bool, int, int64, [time.Time], [GUID] or
// nil. Dataverse compares strings without regard to case.
func Eq(column string, value any) Filter { return compare(column, "eq", value) }

// Ne is the opposite of [Eq].
func Ne(column string, value any) Filter { return compare(column, "ne", value) }

// Ge is "greater or equal"; see [Eq] for the values.
func Ge(column string, value any) Filter { return compare(column, "ge", value) }

// Lt is "less than"; see [Eq] for the values.
func Lt(column string, value any) Filter { return compare(column, "lt", value) }

// Contains looks for exactly this text inside a column: what Dataverse would
// take for a wildcard is escaped.
func Contains(column, text string) Filter {
	literal, err := quote(wildcards().Replace(text))
	return checked(column, Filter{text: "contains(" + column + "," + literal + ")", err: err})
}

// In compares with each of the values, which OData 4.0 has no operator for. No
// values, no rows.
func In[T any](column string, values ...T) Filter {
	if len(values) == 0 {
		return Filter{err: errors.New("filter: In without values")}
	}
	parts := make([]Filter, len(values))
	for i, value := range values {
		parts[i] = Eq(column, value)
	}
	return Or(parts...)
}

// And lets through what all filters let through.
func And(filters ...Filter) Filter { return join(" and ", filters) }

// Or lets through what at least one filter lets through.
func Or(filters ...Filter) Filter { return join(" or ", filters) }

// Raw is for what the other functions cannot say. Never put a foreign value in.
func Raw(text string) Filter { return Filter{text: text, compound: true} }

var columnPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$`)

func compare(column, operator string, value any) Filter {
	text, err := literal(value)
	return checked(column, Filter{text: column + " " + operator + " " + text, err: err})
}

func checked(column string, f Filter) Filter {
	switch {
	case !columnPattern.MatchString(column):
		return Filter{err: fmt.Errorf("filter: %q is not a column", column)}
	case f.err != nil:
		return Filter{err: fmt.Errorf("filter: column %s: %w", column, f.err)}
	}
	return f
}

// join leaves out filters that let everything through: in an "and" that is what
// they mean, and in an "or" one of them is a mistake.
func join(operator string, filters []Filter) Filter {
	var parts []Filter
	for _, f := range filters {
		switch {
		case f.err != nil:
			return f
		case f.text == "" && operator == " or ":
			return Filter{err: errors.New("filter: Or of a filter that lets everything through")}
		case f.text != "":
			parts = append(parts, f)
		}
	}
	if len(parts) < 2 {
		return append(parts, Filter{})[0]
	}
	var b strings.Builder
	for i, f := range parts {
		if i > 0 {
			b.WriteString(operator)
		}
		if f.compound {
			b.WriteString("(" + f.text + ")")
		} else {
			b.WriteString(f.text)
		}
	}
	return Filter{text: b.String(), compound: true}
}

// literal writes a value as OData does.
func literal(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "null", nil
	case string:
		return quote(v)
	case GUID:
		id := adapter.NormalizeID(string(v))
		if !adapter.IsGUID(id) {
			return "", errors.New("not a GUID")
		}
		return id, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.999Z"), nil
	}
	return "", fmt.Errorf("a %T is not a value", value)
}

// quote doubles the quote, which is all that OData asks of a string. Text that
// is no UTF-8 would reach the server as another text.
func quote(text string) (string, error) {
	if clean := strings.ToValidUTF8(text, ""); clean != text {
		return "", errors.New("text is not UTF-8")
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'", nil
}

func wildcards() *strings.Replacer {
	return strings.NewReplacer("[", "[[]", "%", "[%]", "_", "[_]")
}
