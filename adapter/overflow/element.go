package overflow

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read. The column holds 1,048,576 characters at most.
const (
	maxCharacters = 1 << 20
	maxDepth      = 64
	maxRules      = 1000
)

// element is one XML element with its source text.
type element struct {
	name     string
	prefix   string // of the name
	attrs    []xml.Attr
	children []*element
	text     string // character data directly inside
	raw      string

	line, column int // where it starts
}

// fail is an error about this element.
func (e *element) fail(err error) error { return &syntaxError{e.line, e.column, err} }

// attr is the value of an attribute, and whether it is there.
func (e *element) attr(name string) (string, bool) {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value, true
		}
	}
	return "", false
}

// stray names the first attribute that is not among known. Namespace
// declarations are not content.
func (e *element) stray(known ...string) (string, bool) {
next:
	for _, a := range e.attrs {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		for _, k := range known {
			if a.Name.Local == k {
				continue next
			}
		}
		return a.Name.Local, true
	}
	return "", false
}

// syntaxError is a definition that is not well formed or exceeds a bound.
type syntaxError struct {
	line, column int
	err          error
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.line, e.column, e.err)
}

func (e *syntaxError) Unwrap() error { return e.err }

// reader builds elements from XML tokens.
type reader struct {
	definition string
	decoder    *xml.Decoder
}

// position is a place in the definition.
type position struct {
	offset       int64
	line, column int
}

func (r *reader) here() position {
	line, column := r.decoder.InputPos()
	return position{r.decoder.InputOffset(), line, column}
}

// parseXML reads a whole document and gives its root.
func parseXML(definition string) (*element, error) {
	if root, ok := parseTags(definition); ok {
		return root, nil
	}
	return parseTokens(definition)
}

// parseTokens is parseXML for any document, by the tokens of encoding/xml.
func parseTokens(definition string) (*element, error) {
	r := reader{definition: definition, decoder: xml.NewDecoder(strings.NewReader(definition))}
	// The text was decoded long ago, whatever its declaration says: what .NET
	// serializes declares utf-16.
	r.decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }

	if len(definition) > maxCharacters && utf8.RuneCountInString(definition) > maxCharacters {
		return nil, r.fail(fmt.Errorf("longer than %d characters", maxCharacters))
	}
	document, err := r.content(&element{}, 0)
	switch {
	case err != nil:
		return nil, err
	case document.text != "":
		return nil, r.fail(errors.New("text outside of the root element"))
	case len(document.children) != 1:
		return nil, r.fail(fmt.Errorf("%d root elements instead of one", len(document.children)))
	}
	return document.children[0], nil
}

// content reads what is inside of e up to its end tag. The document itself is
// the element without a name, which the end of the text closes. Tokens are raw
// because resolving name spaces costs a quarter of the time and no ruleset has
// any, so matching the tags is done here.
func (r *reader) content(e *element, depth int) (*element, error) {
	if depth > maxDepth {
		return nil, r.fail(fmt.Errorf("nested deeper than %d elements", maxDepth))
	}
	var text []byte
	for {
		at := r.here()
		token, err := r.decoder.RawToken()
		if errors.Is(err, io.EOF) && depth == 0 {
			e.text = string(bytes.TrimSpace(text))
			return e, nil
		}
		if err != nil {
			return nil, r.fail(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			child := &element{name: token.Name.Local, prefix: token.Name.Space, attrs: token.Attr, line: at.line, column: at.column}
			if child, err = r.content(child, depth+1); err != nil {
				return nil, err
			}
			child.raw = r.definition[at.offset:r.decoder.InputOffset()]
			e.children = append(e.children, child)
		case xml.EndElement:
			if depth == 0 || token.Name.Local != e.name || token.Name.Space != e.prefix {
				return nil, r.fail(fmt.Errorf("element <%s> closed by </%s>", e.name, token.Name.Local))
			}
			e.text = string(bytes.TrimSpace(text))
			return e, nil
		case xml.CharData:
			if len(text) > 0 || len(bytes.TrimSpace(token)) > 0 {
				text = append(text, token...)
			}
		}
	}
}

// fail marks err with the position of the decoder. Its own position is in the
// text already, so only the message is kept of a syntax error.
func (r *reader) fail(err error) error {
	line, column := r.decoder.InputPos()
	syntax, is := errors.AsType[*xml.SyntaxError](err)
	switch {
	case errors.Is(err, io.EOF), is && syntax.Msg == "unexpected EOF":
		err = errors.New("the text ends inside of an element")
	case is:
		err = errors.New(syntax.Msg)
	}
	return &syntaxError{line: line, column: column, err: err}
}
