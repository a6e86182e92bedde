package dataverse

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
)

// Bounds of a scenario: the parser's time grows with the square of some of what it is given.
const (
	maxScenario = 4 << 20
	maxBrackets = 100
)

// node of a scenario, with the way that leads to it.
type yamlNode struct {
	ast  ast.Node
	path string // such as queues.retail.members[0]
}

// yamlEntry is one key and value of a mapping, in the order of the file.
type yamlEntry struct {
	key   string
	at    yamlNode // of the key
	value yamlNode
}

// parseYAML reads one document: mappings, lists and plain values. Anchors, aliases, tags and merge keys are refused,
// for a reader should not have to look elsewhere.
func parseYAML(text []byte) (yamlNode, error) {
	if len(text) > maxScenario {
		return yamlNode{}, fmt.Errorf("scenario: longer than %d bytes", maxScenario)
	}
	if nesting(text) > maxBrackets {
		return yamlNode{}, fmt.Errorf("scenario: brackets are nested deeper than %d", maxBrackets)
	}
	file, err := yamlparser.ParseBytes(text, 0)
	if err != nil {
		return yamlNode{}, fmt.Errorf("scenario: %w", plain(err))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return yamlNode{}, errors.New("scenario: one YAML document is wanted, and not an empty one")
	}
	return yamlNode{ast: file.Docs[0].Body}, nil
}

// nesting is how deep brackets go, those in texts included.
func nesting(text []byte) (deepest int) {
	depth := 0
	for _, c := range text {
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

// plain is the parser's complaint without the lines it draws below.
func plain(err error) error {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
		return fmt.Errorf("line %d: %s", syntax.Token.Position.Line, syntax.Message)
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(text)
}

// wrong names line and field.
func (n yamlNode) wrong(format string, args ...any) error {
	line := 0
	if n.ast != nil {
		if t := n.ast.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
	}
	where := n.path
	if where == "" {
		where = "the document"
	}
	return fmt.Errorf("scenario: line %d: %s: %s", line, where, fmt.Sprintf(format, args...))
}

// entries of a mapping.
func (n yamlNode) entries() ([]yamlEntry, error) {
	var pairs []*ast.MappingValueNode
	switch m := n.ast.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		return nil, n.wrong("a mapping of names and values is wanted, not %s", n.what())
	}
	all := make([]yamlEntry, 0, len(pairs))
	for _, p := range pairs {
		key, ok := p.Key.(ast.ScalarNode)
		if !ok || p.Key.GetToken() == nil || p.Key.IsMergeKey() {
			return nil, n.wrong("a key is no plain text")
		}
		name := p.Key.GetToken().Value
		path := name
		if n.path != "" {
			path = n.path + "." + name
		}
		all = append(all, yamlEntry{name, yamlNode{key, path}, yamlNode{p.Value, path}})
	}
	return all, nil
}

// items of a list.
func (n yamlNode) items() ([]yamlNode, error) {
	list, ok := n.ast.(*ast.SequenceNode)
	if !ok {
		return nil, n.wrong("a list is wanted, not %s", n.what())
	}
	all := make([]yamlNode, 0, len(list.Values))
	for i, v := range list.Values {
		all = append(all, yamlNode{v, fmt.Sprintf("%s[%d]", n.path, i)})
	}
	return all, nil
}

// text of a plain value, as it is written: a telephone number keeps its plus sign. null is not one.
func (n yamlNode) text() (string, error) {
	switch v := n.ast.(type) {
	case *ast.LiteralNode:
		return v.Value.Value, nil
	case *ast.StringNode:
		return v.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return v.GetToken().Value, nil
	default:
		return "", n.wrong("a text or a number is wanted, not %s", n.what())
	}
}

func (n yamlNode) isNull() bool {
	_, ok := n.ast.(*ast.NullNode)
	return ok || n.ast == nil
}

func (n yamlNode) isList() bool {
	_, ok := n.ast.(*ast.SequenceNode)
	return ok
}

func (n yamlNode) isMapping() bool {
	switch n.ast.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	default:
		return false
	}
}

// what it is, for complaints.
func (n yamlNode) what() string {
	switch {
	case n.isNull():
		return "nothing"
	case n.isList():
		return "a list"
	case n.isMapping():
		return "a mapping"
	}
	switch n.ast.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "an anchor, alias or tag"
	default:
		return "a value of another kind"
	}
}
