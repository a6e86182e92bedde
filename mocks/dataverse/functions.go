package dataverse

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// call binds contains, startswith and endswith: the only functions of the language Dataverse takes.
func (b *binder) call(n *node) (predicate, error) {
	anchors := map[string][2]string{"contains": {"", ""}, "startswith": {"^", ""}, "endswith": {"", "$"}}
	anchor, known := anchors[n.text]
	if !known {
		return nil, b.unknownFunction(n)
	}
	if err := b.count(); err != nil {
		return nil, err
	}
	if len(n.arguments) != 2 || n.arguments[0].kind != nodePath || n.arguments[1].kind != nodeLiteral ||
		n.arguments[1].token.kind != tokenString {
		return nil, badRequest(codeCrmHTTP, "No function signature for the function with name '%s' matches the specified arguments.", n.text)
	}
	column, err := b.path(n.arguments[0])
	if err != nil {
		return nil, err
	}
	if column.kind != kindString {
		return nil, badRequest(codeCrmHTTP, "No function signature for the function with name '%s' matches the specified arguments.", n.text)
	}
	pattern, err := regexp.Compile("(?is)" + anchor[0] + likePattern(n.arguments[1].token.text) + anchor[1])
	if err != nil {
		return nil, unsupported("the wildcards in '%s'", n.arguments[1].token.text)
	}
	return func(f *frame) truth {
		s, ok := column.read(f).(string)
		if !ok {
			return unknown
		}
		return truthOf(pattern.MatchString(s))
	}, nil
}

func (b *binder) unknownFunction(n *node) error {
	if strings.HasPrefix(n.text, "Microsoft.Dynamics.CRM.") {
		return unsupported("the query function %s", n.text)
	}
	return badRequest(codeCrmHTTP, "An unknown function with name '%s' was found. This may also be a function import or a key lookup on a navigation property, which is not allowed.", n.text)
}

// likePattern rewrites SQL wildcards, which work inside the three functions: % any text, _ any character, [abc] and
// [^abc] one of a set.
func likePattern(like string) string {
	var out strings.Builder
	for i := 0; i < len(like); i++ {
		switch c := like[i]; c {
		case '%':
			out.WriteString(".*")
		case '_':
			out.WriteString(".")
		case '[':
			end := strings.IndexByte(like[i:], ']')
			if end < 2 {
				out.WriteString(`\[`)
				continue
			}
			set := like[i+1 : i+end]
			negated := strings.HasPrefix(set, "^") && len(set) > 1
			if negated {
				set = set[1:]
			}
			out.WriteString("[")
			if negated {
				out.WriteString("^")
			}
			out.WriteString(strings.NewReplacer(`\`, `\\`, "[", `\[`, "^", `\^`).Replace(set) + "]")
			i += end
		default:
			_, size := utf8.DecodeRuneInString(like[i:])
			out.WriteString(regexp.QuoteMeta(like[i : i+size]))
			i += size - 1
		}
	}
	return out.String()
}

// queryFunction is a function of the Microsoft.Dynamics.CRM namespace.
type queryFunction struct {
	parameters string // beside PropertyName: "", PropertyValue or PropertyValues
	kinds      []kind // nil: any
	values     int    // how many PropertyValues: 0 is one or more
	decide     func(f *frame, cell any, values []any) bool
}

// queryFunctions are the ones built; there are more than sixty, and the rest are answered 501. Days are the caller's
// days, and the mock's caller lives in UTC.
func queryFunctions() map[string]queryFunction {
	equalsOne := func(_ *frame, cell any, values []any) bool {
		for _, v := range values {
			if compareCells(cell, v) == 0 {
				return true
			}
		}
		return false
	}
	between := func(_ *frame, cell any, v []any) bool {
		return compareCells(cell, v[0]) >= 0 && compareCells(cell, v[1]) <= 0
	}
	not := func(decide func(*frame, any, []any) bool) func(*frame, any, []any) bool {
		return func(f *frame, cell any, values []any) bool { return !decide(f, cell, values) }
	}
	onDay := func(compare func(cell, day time.Time) bool) func(*frame, any, []any) bool {
		return func(_ *frame, cell any, v []any) bool { return compare(day(cell), day(v[0])) }
	}
	daysFromToday := func(days int) func(*frame, any, []any) bool {
		return func(f *frame, cell any, _ []any) bool { return day(cell).Equal(day(f.now).AddDate(0, 0, days)) }
	}
	me := func(f *frame, cell any, _ []any) bool { return cell == f.user }
	dates, guids := []kind{kindDateTime}, []kind{kindLookup, kindKey, kindGUID}
	return map[string]queryFunction{
		"In":             {"PropertyValues", nil, 0, equalsOne},
		"NotIn":          {"PropertyValues", nil, 0, not(equalsOne)},
		"Between":        {"PropertyValues", nil, 2, between},
		"NotBetween":     {"PropertyValues", nil, 2, not(between)},
		"On":             {"PropertyValue", dates, 1, onDay(time.Time.Equal)},
		"OnOrAfter":      {"PropertyValue", dates, 1, onDay(func(c, d time.Time) bool { return !c.Before(d) })},
		"OnOrBefore":     {"PropertyValue", dates, 1, onDay(func(c, d time.Time) bool { return !c.After(d) })},
		"Today":          {"", dates, 0, daysFromToday(0)},
		"Yesterday":      {"", dates, 0, daysFromToday(-1)},
		"Tomorrow":       {"", dates, 0, daysFromToday(1)},
		"EqualUserId":    {"", guids, 0, me},
		"NotEqualUserId": {"", guids, 0, not(me)},
	}
}

const queryNamespace = "Microsoft.Dynamics.CRM."

func isQueryFunction(name string) bool { return strings.HasPrefix(name, queryNamespace) }

func day(cell any) time.Time {
	t, ok := cell.(time.Time)
	if !ok {
		return time.Time{}
	}
	return t.UTC().Truncate(24 * time.Hour)
}

// named binds a query function: PropertyName is a column in quotes, values are texts whatever the column's type.
func (b *binder) named(n *node) (predicate, error) {
	name := strings.TrimPrefix(n.text, queryNamespace)
	function, known := queryFunctions()[name]
	if !known {
		return nil, b.unknownFunction(n)
	}
	if err := b.count(); err != nil {
		return nil, err
	}
	mismatch := badRequest(codeCrmHTTP, "No function signature for the function with name '%s' matches the specified arguments.", n.text)
	arguments := map[string]token{}
	for i, argument := range n.arguments {
		if argument.kind != nodeLiteral {
			return nil, mismatch
		}
		arguments[n.names[i]] = argument.token
	}
	property, ok := arguments["PropertyName"]
	if !ok || property.kind != tokenString || len(arguments) != len(n.arguments) {
		return nil, mismatch
	}
	delete(arguments, "PropertyName")
	column, err := b.path(&node{kind: nodePath, at: n.at, names: strings.Split(property.text, "/")})
	if err != nil {
		return nil, err
	}
	values, ok := column.column.functionValues(function, arguments)
	if !ok || !function.takes(column.kind) {
		return nil, mismatch
	}
	return func(f *frame) truth {
		cell := column.read(f)
		if cell == nil {
			return unknown
		}
		return truthOf(function.decide(f, cell, values))
	}, nil
}

func (q queryFunction) takes(k kind) bool {
	return q.kinds == nil || slices.Contains(q.kinds, k)
}

// functionValues reads PropertyValue='x' or PropertyValues=["x","y"] for a column.
func (c *column) functionValues(function queryFunction, arguments map[string]token) (values []any, ok bool) {
	if function.parameters == "" {
		return nil, len(arguments) == 0
	}
	t, ok := arguments[function.parameters]
	if !ok || len(arguments) != 1 {
		return nil, false
	}
	texts := []string{t.text}
	if function.parameters == "PropertyValues" {
		if t.kind != tokenArray || json.Unmarshal([]byte(jsonArray(t.text)), &texts) != nil {
			return nil, false
		}
	}
	if len(texts) == 0 || function.values > 0 && len(texts) != function.values {
		return nil, false
	}
	for _, s := range texts {
		value, ok := c.fromText(s)
		if !ok {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// fromText reads an argument, which is quoted for every type.
func (c *column) fromText(s string) (value any, ok bool) {
	if c.kind == kindString {
		return s, true
	}
	l := lexer{source: s}
	t, err := l.next()
	if err != nil || l.offset != len(s) {
		return nil, false
	}
	return c.fromLiteral(&t)
}

// jsonArray admits single quotes around simple values, as Dataverse does.
func jsonArray(s string) string {
	if strings.ContainsAny(s, `"`) {
		return s
	}
	return strings.ReplaceAll(s, "'", `"`)
}
