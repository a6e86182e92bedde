package dataverse

import "slices"

// nodeKind of the syntax tree of an expression.
type nodeKind uint8

const (
	nodeLiteral nodeKind = iota // token
	nodePath                    // names
	nodeBinary                  // text is the operator; two arguments
	nodeNot                     // one argument
	nodeCall                    // text is the function: contains(a,'b')
	nodeNamed                   // text is the query function, names its parameters: Microsoft.Dynamics.CRM.In(…)
	nodeLambda                  // text is any or all, names the collection's path, variable; none or one argument
)

type node struct {
	kind      nodeKind
	at        int
	text      string
	token     token
	names     []string
	variable  string
	arguments []*node
}

// The binding powers of the operators, as the OData grammar has them: not binds tighter than any comparison, so
// "not a eq 1" means "(not a) eq 1" and is refused later, as Dataverse does.
const (
	powerOr = 1 + iota
	powerAnd
	powerCompare
	powerNot
)

func power(operator string) int {
	switch operator {
	case "or":
		return powerOr
	case "and":
		return powerAnd
	case "eq", "ne", "gt", "ge", "lt", "le":
		return powerCompare
	default:
		return 0
	}
}

// maxDepth bounds recursion: a URL has room for some thirty thousand parentheses.
const maxDepth = 400

// parser is a Pratt parser with one token of lookahead.
type parser struct {
	source  string
	tokens  []token // what is left of them; the last is tokenEnd and stays
	current token
	depth   int
	aliases queryOptions
}

// parseExpression reads a whole $filter. Aliases are expanded where they stand; with nil there can be none.
func parseExpression(source string, aliases queryOptions) (*node, error) {
	// All tokens first: an unterminated literal is reported as such, not as what went wrong on the way to it.
	tokens, err := tokenise(source)
	if err != nil {
		return nil, err
	}
	p := &parser{source: source, tokens: tokens, current: tokens[0], aliases: aliases}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.current.kind != tokenEnd {
		return nil, p.unexpected()
	}
	return n, nil
}

func (p *parser) advance() {
	if len(p.tokens) > 1 {
		p.tokens = p.tokens[1:]
	}
	p.current = p.tokens[0]
}

func (p *parser) unexpected() error {
	return syntaxError(p.current.at, p.source, "Syntax error: '%s' is not expected", p.current.text)
}

func (p *parser) isSymbol(symbol string) bool {
	return p.current.kind == tokenSymbol && p.current.text == symbol
}

func (p *parser) expect(symbol string) error {
	if !p.isSymbol(symbol) {
		return p.unexpected()
	}
	p.advance()
	return nil
}

// expression reads operators that bind tighter than the given power.
func (p *parser) expression(tighter int) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, badRequest(codeCrmHTTP, "The recursion limit of the expression has been exceeded.")
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	for p.current.kind == tokenName {
		operator := p.current
		strength := power(operator.text)
		if strength == 0 {
			return nil, p.unexpected()
		}
		if strength <= tighter {
			break
		}
		p.advance()
		right, err := p.expression(strength)
		if err != nil {
			return nil, err
		}
		left = &node{kind: nodeBinary, at: operator.at, text: operator.text, arguments: []*node{left, right}}
	}
	return left, nil
}

func (p *parser) operand() (*node, error) {
	t := p.current
	switch {
	case t.kind == tokenEnd:
		return nil, syntaxError(t.at, p.source, "Expression expected")
	case p.isSymbol("("):
		return p.parenthesised()
	case t.kind == tokenSymbol:
		return nil, p.unexpected()
	case t.kind == tokenName && t.text == "not":
		p.advance()
		inner, err := p.expression(powerNot)
		return &node{kind: nodeNot, at: t.at, arguments: []*node{inner}}, err
	case t.kind == tokenName && t.text[0] == '@':
		return p.alias()
	case t.kind == tokenName && !slices.Contains([]string{"true", "false", "null"}, t.text):
		return p.nameOrCall()
	default:
		p.advance()
		return &node{kind: nodeLiteral, at: t.at, token: t}, nil
	}
}

func (p *parser) parenthesised() (*node, error) {
	p.advance()
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	return n, p.expect(")")
}

// alias stands for the expression given as @name=…; one that was not given is null.
func (p *parser) alias() (*node, error) {
	t := p.current
	p.advance()
	if p.aliases == nil {
		return nil, badRequest(codeCrmHTTP, "The parameter alias '%s' cannot be used here.", t.text)
	}
	value, given := p.aliases.get(t.text)
	if !given {
		return &node{kind: nodeLiteral, at: t.at, token: token{kind: tokenName, text: "null", at: t.at}}, nil
	}
	// No aliases inside aliases: that could go round in circles.
	return parseExpression(value, nil)
}

// nameOrCall reads a path, a call of it, or a lambda at its end.
func (p *parser) nameOrCall() (*node, error) {
	first := p.current
	var names []string
	for {
		if p.current.kind != tokenName {
			return nil, p.unexpected()
		}
		names = append(names, p.current.text)
		p.advance()
		if !p.isSymbol("/") {
			break
		}
		p.advance()
	}
	last := names[len(names)-1]
	switch {
	case !p.isSymbol("("):
		return &node{kind: nodePath, at: first.at, names: names}, nil
	case len(names) > 1 && (last == "any" || last == "all"):
		return p.lambda(&node{kind: nodeLambda, at: first.at, text: last, names: names[:len(names)-1]})
	case len(names) > 1:
		return nil, p.unexpected()
	default:
		return p.call(first)
	}
}

// lambda reads what follows nav/any: () or (x:condition).
func (p *parser) lambda(n *node) (*node, error) {
	p.advance()
	if p.isSymbol(")") && n.text == "any" {
		p.advance()
		return n, nil
	}
	if p.current.kind != tokenName {
		return nil, p.unexpected()
	}
	n.variable = p.current.text
	p.advance()
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	condition, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	n.arguments = []*node{condition}
	return n, p.expect(")")
}

// call reads the arguments of a function. Query functions have a full name and named parameters.
func (p *parser) call(function token) (*node, error) {
	n := &node{kind: nodeCall, at: function.at, text: function.text}
	if isQueryFunction(function.text) {
		n.kind = nodeNamed
	}
	p.advance()
	for !p.isSymbol(")") {
		if len(n.arguments) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		if n.kind == nodeNamed {
			name := p.current
			p.advance()
			if name.kind != tokenName || !p.isSymbol("=") {
				return nil, p.unexpected()
			}
			n.names = append(n.names, name.text)
			p.advance()
		}
		argument, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		n.arguments = append(n.arguments, argument)
	}
	p.advance()
	return n, nil
}
