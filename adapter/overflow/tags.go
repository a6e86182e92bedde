package overflow

import (
	"encoding/xml"
	"strings"
	"unicode/utf8"
)

// tags reads the XML that the portal writes: elements, attributes and text, in
// ASCII letters where it matters, with the five entities. It is many times as fast
// as encoding/xml, which spends its time on what no ruleset has.
//
// It has no errors and no opinion. On anything else, well formed or not, it gives
// up, and encoding/xml decides what it is.
type tags struct {
	text string
	at   int

	asked          int // the place that position was asked for last,
	newlines, line int // how many are before it, and where its line begins

	elements []element // to take from, so that not each is allocated alone
	children []*element
	attrs    []xml.Attr
}

// parseTags is parseXML for documents that it understands; otherwise ok is false.
func parseTags(definition string) (root *element, ok bool) {
	if len(definition) > maxCharacters {
		return nil, false
	}
	r := tags{text: definition}
	r.space()
	if root, ok = r.element(1); !ok {
		return nil, false
	}
	r.space()
	return root, r.at == len(r.text)
}

// element reads one from its "<" to the end of its end tag.
func (r *tags) element(depth int) (*element, bool) {
	start := r.at
	if depth > maxDepth || !r.skip('<') {
		return nil, false
	}
	e := r.newElement()
	e.line, e.column = r.position(start)
	if e.name = r.name(); e.name == "" {
		return nil, false
	}
	closed, ok := r.attributes(e)
	if !ok || !closed && !r.content(e, depth) {
		return nil, false
	}
	e.raw = r.text[start:r.at]
	return e, true
}

// attributes reads what follows the name of a start tag, and tells whether that
// is an end tag too.
func (r *tags) attributes(e *element) (closed, ok bool) {
	first := len(r.attrs)
	for {
		spaced := r.space()
		switch {
		case r.skip('>'):
			e.attrs = r.attrs[first:len(r.attrs):len(r.attrs)]
			return false, true
		case strings.HasPrefix(r.text[r.at:], "/>"):
			r.at += len("/>")
			e.attrs = r.attrs[first:len(r.attrs):len(r.attrs)]
			return true, true
		case !spaced:
			return false, false
		}
		name := r.name()
		if name == "" || !r.skip('=') {
			return false, false
		}
		value, ok := r.quoted()
		if !ok {
			return false, false
		}
		r.attrs = append(r.attrs, xml.Attr{Name: xml.Name{Local: name}, Value: value})
	}
}

// quoted reads the value of an attribute.
func (r *tags) quoted() (string, bool) {
	if r.at == len(r.text) {
		return "", false
	}
	quote := r.text[r.at]
	if quote != '"' && quote != '\'' {
		return "", false
	}
	value, _, found := strings.Cut(r.text[r.at+1:], string(quote))
	r.at += len(value) + 2
	if !found {
		return "", false
	}
	return plain(value)
}

// content reads what is inside of e, and its end tag.
func (r *tags) content(e *element, depth int) bool {
	first := len(r.children)
	var text string
	for {
		end := strings.IndexByte(r.text[r.at:], '<')
		if end < 0 {
			return false
		}
		piece := r.text[r.at : r.at+end]
		r.at += end
		if text != "" || strings.TrimSpace(piece) != "" {
			piece, ok := plain(piece)
			if !ok {
				return false
			}
			text += piece
		} else if !blank(piece) {
			return false
		}
		if strings.HasPrefix(r.text[r.at:], "</") {
			e.text = strings.TrimSpace(text)
			e.children = append(e.children, r.children[first:]...)
			r.children = r.children[:first]
			return r.endTag(e.name)
		}
		child, ok := r.element(depth + 1)
		if !ok {
			return false
		}
		r.children = append(r.children, child)
	}
}

func (r *tags) endTag(name string) bool {
	r.at += len("</")
	if !strings.HasPrefix(r.text[r.at:], name) {
		return false
	}
	r.at += len(name)
	r.space()
	return r.skip('>')
}

// name reads a name of ASCII letters, digits, "-", "_" and "."; empty = it is no
// such. What follows a name decides whether it was all of it.
func (r *tags) name() string {
	start := r.at
	for r.at < len(r.text) && inName(r.text[r.at], r.at > start) {
		r.at++
	}
	return r.text[start:r.at]
}

func inName(c byte, further bool) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || further && (c >= '0' && c <= '9' || c == '-' || c == '.')
}

// space skips white space and tells whether there was any.
func (r *tags) space() bool {
	start := r.at
	for r.at < len(r.text) && isBlank(r.text[r.at]) {
		r.at++
	}
	return r.at > start
}

func (r *tags) skip(c byte) bool {
	if r.at == len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// blank tells whether text is white space as XML has it; others have more of it.
func blank(text string) bool {
	for i := range len(text) {
		if !isBlank(text[i]) {
			return false
		}
	}
	return true
}

// plain is a text or value with its entities put in, if it has no others than the
// five and no character that takes a closer look.
func plain(text string) (string, bool) {
	entities := false
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ' && c != '\t' && c != '\n', c == '<', c == ']', c >= utf8.RuneSelf: // a "]" may begin "]]>"
			return "", false
		case c == '&':
			entities = true
		}
	}
	if !entities {
		return text, true
	}
	var whole strings.Builder
	for {
		before, rest, found := strings.Cut(text, "&")
		whole.WriteString(before)
		if !found {
			return whole.String(), true
		}
		name, after, closed := strings.Cut(rest, ";")
		c, known := entity(name)
		if !closed || !known {
			return "", false
		}
		whole.WriteByte(c)
		text = after
	}
}

func entity(name string) (byte, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	default:
		return 0, false
	}
}

// position is the line and column of a place after the last one asked for.
func (r *tags) position(at int) (line, column int) {
	between := r.text[r.asked:at]
	if n := strings.Count(between, "\n"); n > 0 {
		r.newlines += n
		r.line = r.asked + strings.LastIndexByte(between, '\n') + 1
	}
	r.asked = at
	return r.newlines + 1, at - r.line + 1
}

// newElement takes one of many allocated at once, few for a short text.
func (r *tags) newElement() *element {
	if len(r.elements) == 0 {
		r.elements = make([]element, min(max(len(r.text)/64, 8), 128))
	}
	e := &r.elements[0]
	r.elements = r.elements[1:]
	return e
}
