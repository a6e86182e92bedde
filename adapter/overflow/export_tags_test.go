package overflow

import (
	"fmt"
	"reflect"
)

// ReadTwice reads a definition in both ways. It tells whether the reader of our own
// reads it, and what is different then.
func ReadTwice(definition string) (own bool, problem string) {
	tags, ok := parseTags(definition)
	if !ok {
		return false, ""
	}
	tokens, err := parseTokens(definition)
	if err != nil {
		return true, fmt.Sprintf("not well formed: %v", err)
	}
	return true, differ(tags, tokens)
}

func differ(a, b *element) string {
	x, y := *a, *b
	x.children, y.children = nil, nil
	if len(x.attrs) == 0 && len(y.attrs) == 0 {
		x.attrs, y.attrs = nil, nil
	}
	if !reflect.DeepEqual(x, y) || len(a.children) != len(b.children) {
		return fmt.Sprintf("%+v with %d children\ninstead of\n%+v with %d", x, len(a.children), y, len(b.children))
	}
	for i := range a.children {
		if problem := differ(a.children[i], b.children[i]); problem != "" {
			return problem
		}
	}
	return ""
}
