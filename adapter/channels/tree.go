package channels

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file: the parser's time grows with the square of some of what it is given.
const (
	maxFile     = 1 << 20 // bytes
	maxBrackets = 16      // in each other
)

// node is a value in the file.
type node struct {
	ast   ast.Node
	place Place
}

// entry is a name and its value, in a mapping.
type entry struct {
	name  string
	at    Place // of the name
	value node
}

// parse reads one document.
func parse(file []byte) (node, *Mistake) {
	start := Place{Line: 1, Column: 1}
	switch {
	case len(file) > maxFile:
		return node{}, &Mistake{start, fmt.Sprintf("the file has more than %d bytes", maxFile)}
	case nesting(file) > maxBrackets:
		return node{}, &Mistake{start, fmt.Sprintf("brackets are nested deeper than %d", maxBrackets)}
	}
	// Names that come twice are told with all other mistakes.
	read, err := parser.ParseBytes(file, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return node{}, syntax(err)
	}
	documents := slices.DeleteFunc(read.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil || onlyComments(d.Body) })
	switch len(documents) {
	case 0:
		return node{}, &Mistake{start, "the file says nothing: write something, or do without the file"}
	case 1:
		return node{documents[0].Body, placeOf(documents[0].Body.GetToken(), "")}, nil
	default:
		second := documents[1].Body.GetToken()
		return node{}, &Mistake{placeOf(second, ""), "a second document begins: only one is read"}
	}
}

func onlyComments(body ast.Node) bool {
	_, is := body.(*ast.CommentGroupNode)
	return is
}

// nesting is how deep brackets go, those in texts included.
func nesting(file []byte) (deepest int) {
	depth := 0
	for _, c := range file {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return deepest
}

// syntax is the parser's complaint without the lines that it draws below.
func syntax(err error) *Mistake {
	var complaint interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &complaint) {
		return &Mistake{placeOf(complaint.GetToken(), ""), "this is not YAML: " + firstLine(complaint.GetMessage())}
	}
	return &Mistake{Place{Line: 1, Column: 1}, "this is not YAML: " + firstLine(err.Error())}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func placeOf(t *token.Token, path string) Place {
	place := Place{Line: 1, Column: 1, Path: path}
	if t != nil && t.Position != nil {
		place.Line, place.Column = max(t.Position.Line, 1), max(t.Position.Column, 1)
	}
	return place
}

// entries are what a mapping holds; false if the node is none.
func (n node) entries() ([]entry, bool) {
	var pairs []*ast.MappingValueNode
	switch m := n.ast.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		return nil, false
	}
	all := make([]entry, 0, len(pairs))
	for _, p := range pairs {
		name := nameOf(p.Key)
		path := name
		if n.place.Path != "" {
			path = n.place.Path + "." + name
		}
		at := placeOf(p.Key.GetToken(), path)
		value := at // of nothing, where the name is
		if p.Value != nil && !isNull(p.Value) {
			value = placeOf(firstToken(p.Value), path)
		}
		all = append(all, entry{name, at, node{p.Value, value}})
	}
	return all, true
}

// nameOf is a plain key. What else YAML allows for a key is no name that is known here.
func nameOf(key ast.MapKeyNode) string {
	if _, plain := key.(ast.ScalarNode); plain && key.GetToken() != nil {
		return key.GetToken().Value
	}
	return key.String()
}

// firstToken is where a value begins; a mapping's own token is its first colon.
func firstToken(n ast.Node) *token.Token {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return m.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return m.Key.GetToken()
	}
	return n.GetToken()
}

// items are what a list holds; false if the node is none.
func (n node) items() ([]node, bool) {
	list, is := n.ast.(*ast.SequenceNode)
	if !is {
		return nil, false
	}
	all := make([]node, 0, len(list.Values))
	for i, v := range list.Values {
		path := fmt.Sprintf("%s[%d]", n.place.Path, i)
		all = append(all, node{v, placeOf(v.GetToken(), path)})
	}
	return all, true
}

// text is a plain value as it is written, whatever YAML takes it for: NO is Norway
// and 21:00 a time. False if the node is no plain value.
func (n node) text() (string, bool) {
	switch v := n.ast.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value, true
	default:
		return "", false
	}
}

// what it is, for complaints.
func (n node) what() string {
	switch n.ast.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return "a single value"
	case *ast.LiteralNode:
		return "a block of text"
	default:
		return "an anchor, an alias, a tag or another speciality of YAML"
	}
}

func isNull(n ast.Node) bool {
	_, is := n.(*ast.NullNode)
	return is
}
