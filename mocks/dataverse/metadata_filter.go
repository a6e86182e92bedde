package dataverse

import (
	"cmp"
	"strconv"
	"strings"
)

// metadataPredicate decides over a definition.
type metadataPredicate func(d definition) truth

// parseMetadataFilter reads the $filter of a metadata collection: comparisons of properties with literals, joined by
// and, or, not. Enumerations are compared with Microsoft.Dynamics.CRM.Type'Name'; labels cannot be filtered by.
func parseMetadataFilter(p definition, source string, aliases queryOptions) (metadataPredicate, error) {
	tree, err := parseExpression(source, aliases)
	if err != nil {
		return nil, err
	}
	b := metadataBinder{p, source}
	return b.condition(tree)
}

type metadataBinder struct {
	prototype definition
	source    string
}

func (b metadataBinder) condition(n *node) (metadataPredicate, error) {
	switch {
	case n.kind == nodeBinary && (n.text == "and" || n.text == "or"):
		return b.junction(n)
	case n.kind == nodeBinary:
		return b.comparison(n)
	case n.kind == nodeNot:
		inner, err := b.condition(n.arguments[0])
		return func(d definition) truth { return yes - inner(d) }, err
	case n.kind == nodePath:
		return b.comparison(&node{kind: nodeBinary, at: n.at, text: "eq", arguments: []*node{n, {kind: nodeLiteral, token: token{kind: tokenName, text: "true"}}}})
	default:
		return nil, unsupported("'%s' in a filter of the metadata", b.source)
	}
}

func (b metadataBinder) junction(n *node) (metadataPredicate, error) {
	left, err := b.condition(n.arguments[0])
	if err != nil {
		return nil, err
	}
	right, err := b.condition(n.arguments[1])
	if err != nil {
		return nil, err
	}
	if n.text == "and" {
		return func(d definition) truth { return min(left(d), right(d)) }, nil
	}
	return func(d definition) truth { return max(left(d), right(d)) }, nil
}

func (b metadataBinder) comparison(n *node) (metadataPredicate, error) {
	path, literal := n.arguments[0], n.arguments[1]
	if path.kind != nodePath || literal.kind != nodeLiteral {
		return nil, badRequest(codeCrmHTTP, "A comparison of the metadata needs a property on the left and a literal on the right in '%s'.", b.source)
	}
	like, ok := dig(b.prototype, path.names)
	if !ok {
		return nil, noMetadataProperty(strings.Join(path.names, "/"), b.prototype.kind)
	}
	if _, isObject := like.(object); isObject || strings.Contains(strings.Join(path.names, "/"), "Label") {
		return nil, badRequest(codeCrmHTTP, "The property '%s' cannot be used in a filter.", strings.Join(path.names, "/"))
	}
	want, ok := metadataLiteral(like, &literal.token)
	if !ok {
		return nil, incompatible(metadataType(like), literalType(&literal.token), n.text)
	}
	return func(d definition) truth {
		have, _ := dig(d, path.names)
		return compareFacts(n.text, have, want)
	}, nil
}

// dig follows a path of complex values.
func dig(d definition, names []string) (value any, ok bool) {
	value, ok = d.fact(names[0])
	for _, name := range names[1:] {
		o, isObject := value.(object)
		if !ok || !isObject {
			return nil, false
		}
		value, ok = definition{facts: o}.fact(name)
	}
	return value, ok
}

// metadataLiteral reads a literal for a property like another.
func metadataLiteral(like any, t *token) (value any, ok bool) {
	if isNull(t) {
		return nil, true
	}
	switch v := like.(type) {
	case bool:
		return t.text == "true", t.kind == tokenName && (t.text == "true" || t.text == "false")
	case enumValue:
		kind, name, isEnum := strings.Cut(strings.TrimSuffix(t.text, "'"), "'")
		return name, isEnum && t.kind == tokenEnum && kind == queryNamespace+v.kind
	case int, int64:
		n, err := strconv.ParseInt(t.text, 10, 64)
		return n, err == nil && t.kind == tokenNumber
	default:
		if t.kind == tokenGUID {
			id, ok := parseGUID(t.text)
			return id, ok
		}
		return t.text, t.kind == tokenString
	}
}

func metadataType(like any) string {
	switch v := like.(type) {
	case bool:
		return "Edm.Boolean"
	case int, int64:
		return "Edm.Int32"
	case enumValue:
		return queryNamespace + v.kind
	default:
		return "Edm.String"
	}
}

// compareFacts: texts are compared as they stand; names of the metadata have no other case.
func compareFacts(operator string, have, want any) truth {
	if e, ok := have.(enumValue); ok {
		have = e.name
	}
	if n, ok := have.(int); ok {
		have = int64(n)
	}
	switch operator {
	case "eq":
		return truthOf(have == want)
	case "ne":
		return truthOf(have != want)
	}
	var order int
	switch h := have.(type) {
	case int64:
		w, ok := want.(int64)
		if !ok {
			return unknown
		}
		order = cmp.Compare(h, w)
	case string:
		w, ok := want.(string)
		if !ok {
			return unknown
		}
		order = cmp.Compare(h, w)
	default:
		return unknown
	}
	return truthOf(map[string]bool{"gt": order > 0, "ge": order >= 0, "lt": order < 0, "le": order <= 0}[operator])
}
