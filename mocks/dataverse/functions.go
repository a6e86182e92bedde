package dataverse

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
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
		return nil, noSignature(n.text)
	}
	column, err := b.path(n.arguments[0])
	if err != nil {
		return nil, err
	}
	if column.kind != kindString {
		return nil, noSignature(n.text)
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
	if name, ok := cutNamespace(n.text); ok && slices.Contains(unbuiltFunctions(), name) {
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

const queryNamespace = "Microsoft.Dynamics.CRM."

func isQueryFunction(name string) bool { return strings.HasPrefix(name, queryNamespace) }

// named binds a query function: PropertyName is a column in quotes, values are texts whatever the column's type.
func (b *binder) named(n *node) (predicate, error) {
	function, known := b.schema.functions[strings.TrimPrefix(n.text, queryNamespace)]
	if !known {
		return nil, b.unknownFunction(n)
	}
	if err := b.count(); err != nil {
		return nil, err
	}
	mismatch := noSignature(n.text)
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
	column, err := b.propertyName(n.at, strings.Split(property.text, "/"))
	if err != nil {
		return nil, err
	}
	values, ok := column.column.functionValues(function, arguments)
	if !ok || function.kinds != nil && !slices.Contains(function.kinds, column.kind) {
		return nil, mismatch
	}
	return func(f *frame) truth {
		cell := column.read(f)
		if cell == nil {
			return unknown
		}
		return truthOf(function.decide(f, column.column, cell, values))
	}, nil
}

// propertyName is a column by its name on the wire, or a lookup by its logical name: both are seen in the wild.
func (b *binder) propertyName(at int, names []string) (operand, error) {
	column, err := b.path(&node{kind: nodePath, at: at, names: names})
	if err == nil {
		return column, nil
	}
	last := len(names) - 1
	logical := append(slices.Clone(names[:last]), "_"+names[last]+"_value")
	if lookup, failed := b.path(&node{kind: nodePath, at: at, names: logical}); failed == nil {
		return lookup, nil
	}
	return operand{}, err
}

func noSignature(function string) error {
	return badRequest(codeCrmHTTP, "No function signature for the function with name '%s' matches the specified arguments.", function)
}

// functionValues reads PropertyValue='x' or PropertyValues=["x","y"] for a column.
func (c *column) functionValues(function queryFunction, arguments map[string]token) (values []any, ok bool) {
	switch function.parameter {
	case noValue:
		return nil, len(arguments) == 0
	case twoValues, anyValues:
		return c.manyValues(function, arguments)
	case oneValue, amount, oneText:
	}
	t, ok := arguments["PropertyValue"]
	if !ok || len(arguments) != 1 || t.kind == tokenArray {
		return nil, false
	}
	var value any
	switch function.parameter {
	case amount:
		// Declared as a number; samples quote it too.
		x, err := strconv.ParseInt(t.text, 10, 32)
		value, ok = x, err == nil && x > 0
	case oneText:
		value, ok = t.text, t.kind == tokenString
	default:
		value, ok = c.fromText(t.text)
	}
	return []any{value}, ok
}

func (c *column) manyValues(function queryFunction, arguments map[string]token) (values []any, ok bool) {
	var texts []string
	t, ok := arguments["PropertyValues"]
	if !ok || len(arguments) != 1 || t.kind != tokenArray || json.Unmarshal([]byte(jsonArray(t.text)), &texts) != nil ||
		len(texts) == 0 || function.parameter == twoValues && len(texts) != 2 {
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
