package dataverse

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Filter is an OData $filter, built so that no value can become syntax. The zero
// Filter lets everything through. Mistakes are kept and come out of the query.
type Filter struct {
	text     string
	compound bool // needs parentheses inside another filter
	err      error
}

// Eq compares a column with a string, bool, int, int64, float64, [time.Time],
// [Date], [GUID], [Enum] or nil. Dataverse compares strings without regard to case.
func Eq(column string, value any) Filter { return compare(column, "eq", value) }

// Ne is the opposite of [Eq].
func Ne(column string, value any) Filter { return compare(column, "ne", value) }

// Ge is "greater or equal"; see [Eq] for the values.
func Ge(column string, value any) Filter { return compare(column, "ge", value) }

// Gt is "greater than"; see [Eq] for the values.
func Gt(column string, value any) Filter { return compare(column, "gt", value) }

// Le is "less or equal"; see [Eq] for the values.
func Le(column string, value any) Filter { return compare(column, "le", value) }

// Lt is "less than"; see [Eq] for the values.
func Lt(column string, value any) Filter { return compare(column, "lt", value) }

// Same compares two columns of one row.
func Same(column, other string) Filter {
	if !columnPattern.MatchString(other) {
		return Filter{err: fmt.Errorf("filter: %q is not a column", other)}
	}
	return checked(column, Filter{text: column + " eq " + other})
}

// Contains looks for exactly this text inside a column: what Dataverse would
// take for a wildcard is escaped.
func Contains(column, text string) Filter { return within("contains", column, text) }

// StartsWith looks for exactly this text at the beginning of a column.
func StartsWith(column, text string) Filter { return within("startswith", column, text) }

// EndsWith looks for exactly this text at the end of a column.
func EndsWith(column, text string) Filter { return within("endswith", column, text) }

func within(function, column, text string) Filter {
	literal, err := quote(wildcards().Replace(text))
	return checked(column, Filter{text: function + "(" + column + "," + literal + ")", err: err})
}

// Not lets through what the filter does not; a row whose comparison is with null
// passes neither. Dataverse refuses it around [Dynamics].
func Not(f Filter) Filter {
	switch {
	case f.err != nil:
		return f
	case f.text == "":
		return Filter{err: errors.New("filter: Not of a filter that lets everything through")}
	}
	return Filter{text: "not (" + f.text + ")"}
}

// Dynamics is one of Dataverse's own conditions: Dynamics("LastXHours",
// "createdon", 12), Dynamics("Today", "createdon"), Dynamics("Between", "size",
// 5, 2000). See [Eq] for the values.
func Dynamics(function, column string, values ...any) Filter {
	name, err := quote(column)
	arguments := "PropertyName=" + name
	var value string
	switch {
	case err != nil || len(values) == 0:
	case len(values) == 1 && !severalValued(function):
		value, err = literal(values[0])
		arguments += ",PropertyValue=" + value
	default:
		value, err = texts(values)
		arguments += ",PropertyValues=" + value
	}
	if !namePattern.MatchString(function) {
		err = errors.New("not the name of a function")
	}
	return checked(column, Filter{text: namespace + function + "(" + arguments + ")", err: err})
}

// severalValued tells whether a condition takes an array even of one value.
func severalValued(function string) bool {
	switch function {
	case "In", "NotIn", "Between", "NotBetween", "ContainValues", "DoesNotContainValues":
		return true
	}
	return false
}

// Any lets through rows that have a related row which the filter lets through;
// its columns begin with the name: Any("contact_customer_accounts", "c",
// Eq("c/firstname", "Ada")). The zero filter: rows that have one at all.
func Any(navigation, name string, f Filter) Filter { return lambda("any", navigation, name, f) }

// All lets through rows all of whose related rows pass; see [Any].
func All(navigation, name string, f Filter) Filter { return lambda("all", navigation, name, f) }

func lambda(quantifier, navigation, name string, f Filter) Filter {
	switch {
	case f.err != nil:
		return f
	case !namePattern.MatchString(name):
		return Filter{err: fmt.Errorf("filter: %q is not a name", name)}
	case f.text == "" && quantifier == "all":
		return Filter{err: errors.New("filter: All of a filter that lets everything through")}
	case f.text == "":
		return checked(navigation, Filter{text: navigation + "/any()"})
	}
	return checked(navigation, Filter{text: navigation + "/" + quantifier + "(" + name + ":" + f.text + ")"})
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

func wildcards() *strings.Replacer {
	return strings.NewReplacer("[", "[[]", "%", "[%]", "_", "[_]")
}
