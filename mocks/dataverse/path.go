package dataverse

import (
	"net/http"
	"net/url"
	"strings"
)

// segment is one step of a resource path: a name with, perhaps, what stood in parentheses.
type segment struct {
	name      string
	arguments string // decoded, without the parentheses
	called    bool   // there were parentheses
}

const maxURL = 32_768

// parseTarget splits what stood in the request line. The standard library's URL is not used on purpose: it cleans
// paths, and '//' inside a quoted key must survive.
func parseTarget(uri string, longest int) (path, query string, err error) {
	if len(uri) > longest {
		return "", "", fail(http.StatusRequestURITooLong, codeCrmHTTP,
			"The request URI is longer than %d characters.", longest)
	}
	if _, rest, ok := strings.Cut(uri, "://"); ok && !strings.HasPrefix(uri, "/") {
		uri = "/"
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			uri = rest[i:]
		}
	}
	path, query, _ = strings.Cut(uri, "?")
	return path, query, nil
}

// parsePath splits at slashes outside quotes and parentheses and decodes what lies between, so that an encoded slash
// stays inside its segment.
func parsePath(path string) ([]segment, error) {
	// What structures the path may come encoded; what is decoded later cannot be taken for structure any more.
	path = strings.NewReplacer("%27", "'", "%28", "(", "%29", ")").Replace(strings.TrimSuffix(path, "/"))
	var segments []segment
	for _, raw := range splitOutside(path, '/') {
		text, err := url.PathUnescape(raw)
		if err != nil {
			return nil, badRequest(codeCrmHTTP, "Malformed escape in the segment '%s'.", raw)
		}
		name, arguments, called := strings.Cut(text, "(")
		if called {
			if !strings.HasSuffix(arguments, ")") {
				return nil, badRequest(codeCrmHTTP, "Bad Request - Error in query syntax.")
			}
			arguments = strings.TrimSuffix(arguments, ")")
		}
		if name == "" {
			return nil, badRequest(codeCrmHTTP, "Empty segment encountered in request URL. Please make sure that a valid request URL is specified.")
		}
		segments = append(segments, segment{name, arguments, called})
	}
	return segments, nil
}

// splitOutside splits at a separator that is neither in a quoted text nor in parentheses or brackets.
func splitOutside(s string, separator byte) []string {
	if s == "" {
		return nil
	}
	var parts []string
	depth, start := 0, 0
	quoted := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted // a doubled quote toggles twice
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == separator && depth <= 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// keyPart is one name=value of a key predicate; a lone identifier has no name.
type keyPart struct{ name, literal string }

func parseKey(arguments string) []keyPart {
	var parts []keyPart
	for _, item := range splitOutside(arguments, ',') {
		name, literal, named := strings.Cut(item, "=")
		if !named || strings.ContainsAny(name, "'") {
			parts = append(parts, keyPart{literal: strings.TrimSpace(item)})
			continue
		}
		parts = append(parts, keyPart{strings.TrimSpace(name), strings.TrimSpace(literal)})
	}
	return parts
}
