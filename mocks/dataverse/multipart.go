package dataverse

import (
	"bytes"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// mimePart is one part of a multipart body. Its content is a slice of that body.
type mimePart struct {
	header  http.Header
	content []byte
}

const maxBoundary = 70 // RFC 2046

// parseBoundary reads the Content-Type of a batch or a change set. Boundaries such as batch_(x) come unquoted, which the
// standard library's parser refuses.
func parseBoundary(contentType string) (boundary string, err error) {
	kind, rest, _ := strings.Cut(contentType, ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "multipart/mixed") {
		return "", malformed("The content type '%.100s' is not multipart/mixed.", contentType)
	}
	if _, parameters, err := mime.ParseMediaType(contentType); err == nil {
		boundary = parameters["boundary"]
	} else if name, value, ok := strings.Cut(rest, "="); ok && strings.EqualFold(strings.TrimSpace(name), "boundary") {
		value, _, _ = strings.Cut(value, ";")
		boundary = strings.TrimSpace(value)
	}
	if boundary == "" || len(boundary) > maxBoundary {
		return "", malformed("The content type '%.100s' has no boundary of 1 to %d characters.", contentType, maxBoundary)
	}
	return boundary, nil
}

// splitParts cuts a multipart body at its delimiters: lines of two hyphens and the boundary, the last with two more
// behind it. Every line ends in CRLF. What follows the last delimiter is returned too.
func splitParts(body []byte, boundary string) (contents [][]byte, rest []byte, err error) {
	delimiter := []byte("--" + boundary)
	after, found := bytes.CutPrefix(body, delimiter)
	if !found {
		return nil, nil, noDelimiter(body, delimiter)
	}
	for {
		if rest, last := bytes.CutPrefix(after, []byte("--")); last {
			return contents, rest, nil
		}
		content, err := cutLineEnd(after)
		if err != nil {
			return nil, nil, err
		}
		end := nextDelimiter(content, delimiter)
		switch {
		case end < 0:
			return nil, nil, malformed("The last delimiter of the boundary '%s' is missing.", boundary)
		case end == 0:
			return nil, nil, malformed("A part between two delimiters of the boundary '%s' is empty.", boundary)
		case content[end-1] != '\r':
			return nil, nil, lineFeedOnly()
		}
		if contents = append(contents, content[:end-1]); len(contents) > maxSubrequests {
			return nil, nil, tooManySubrequests()
		}
		after = content[end+1+len(delimiter):]
	}
}

// noDelimiter says why a body does not begin as it must.
func noDelimiter(body, delimiter []byte) error {
	if nextDelimiter(body, delimiter) >= 0 {
		return unsupported("text before the first delimiter of a batch")
	}
	return malformed("The body does not begin with the delimiter '%s'.", delimiter)
}

// nextDelimiter is where the line feed before the next delimiter line stands, or -1. Another boundary may begin with
// the same characters.
func nextDelimiter(content, delimiter []byte) int {
	needle := append([]byte("\n"), delimiter...)
	for from := 0; ; {
		i := bytes.Index(content[from:], needle)
		if i < 0 {
			return -1
		}
		i += from
		behind := content[i+len(needle):]
		if bytes.HasPrefix(behind, []byte("--")) || len(behind) > 0 && strings.IndexByte(" \t\r\n", behind[0]) >= 0 {
			return i
		}
		from = i + len(needle)
	}
}

// cutLineEnd takes the rest of a delimiter line away.
func cutLineEnd(text []byte) (rest []byte, err error) {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(text, " \t"), []byte("\r\n"))
	switch {
	case ok:
		return rest, nil
	case bytes.HasPrefix(bytes.TrimLeft(text, " \t"), []byte("\n")):
		return nil, lineFeedOnly()
	default:
		return nil, malformed("Text stands behind a delimiter.")
	}
}

// cutLine takes one line off; the last one may end with the text.
func cutLine(text []byte) (line string, rest []byte, err error) {
	before, rest, found := bytes.Cut(text, []byte("\n"))
	line, ok := strings.CutSuffix(string(before), "\r")
	if found && !ok {
		return "", nil, lineFeedOnly()
	}
	return line, rest, nil
}

const maxPartHeaders = 100

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// cutHeader reads headers up to the blank line, or to the end of the text.
func cutHeader(text []byte) (header http.Header, rest []byte, err error) {
	header = http.Header{}
	for lines := 0; len(text) > 0; lines++ {
		var line string
		if line, text, err = cutLine(text); err != nil {
			return nil, nil, err
		}
		if line == "" {
			break
		}
		if lines == maxPartHeaders {
			return nil, nil, malformed("A part has more than %d headers.", maxPartHeaders)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !headerName.MatchString(name) {
			return nil, nil, malformed("The line '%.100s' is not a header.", line)
		}
		header.Add(name, strings.TrimSpace(value))
	}
	return header, text, nil
}

// readParts is splitParts with the headers of each part read.
func readParts(body []byte, boundary string) (parts []mimePart, rest []byte, err error) {
	contents, rest, err := splitParts(body, boundary)
	if err != nil {
		return nil, nil, err
	}
	for _, content := range contents {
		header, content, err := cutHeader(content)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, mimePart{header, content})
	}
	return parts, rest, nil
}

// lineFeedOnly is what a batch with bare line feeds runs into.
func lineFeedOnly() error { return malformed("Stream was not readable.") }

func malformed(format string, args ...any) error { return payloadError("$batch", format, args...) }
