package dataverse

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// subrequest is one request inside a batch, as sent.
type subrequest struct {
	contentID string
	method    string
	target    string
	header    http.Header
	body      []byte
}

// batchItem is a request by itself, or a change set.
type batchItem struct {
	requests  []subrequest
	changeSet bool
}

const maxSubrequests = 1000

// parseBatch reads a whole batch before anything of it is run.
func parseBatch(contentType string, body []byte) (items []batchItem, err error) {
	boundary, err := parseBoundary(contentType)
	if err != nil {
		return nil, err
	}
	parts, rest, err := readParts(body, boundary)
	switch {
	case err != nil:
		return nil, err
	case !bytes.HasPrefix(rest, []byte("\r\n")):
		return nil, lineFeedOnly() // nor may the CRLF behind the last delimiter be missing
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, unsupported("text after the last delimiter of a batch")
	case len(parts) == 0:
		return nil, malformed("The batch is empty.")
	}
	count := 0
	for _, part := range parts {
		item, err := parseItem(part)
		if err != nil {
			return nil, err
		}
		if count += len(item.requests); count > maxSubrequests {
			return nil, tooManySubrequests()
		}
		items = append(items, item)
	}
	return items, nil
}

func tooManySubrequests() error {
	return badRequest(codeCrmHTTP, "The batch has more than %d requests.", maxSubrequests)
}

func parseItem(part mimePart) (batchItem, error) {
	if kind, _, _ := strings.Cut(part.header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "multipart/mixed") {
		one, err := parseSubrequest(part)
		return batchItem{requests: []subrequest{one}}, err
	}
	item := batchItem{changeSet: true}
	boundary, err := parseBoundary(part.header.Get("Content-Type"))
	if err != nil {
		return item, err
	}
	parts, rest, err := readParts(part.content, boundary)
	switch {
	case err != nil:
		return item, err
	case len(bytes.TrimSpace(rest)) > 0:
		return item, unsupported("text after the last delimiter of a change set")
	case len(parts) == 0:
		return item, malformed("A change set is empty.")
	}
	for _, part := range parts {
		one, err := parseSubrequest(part)
		if err != nil {
			return item, err
		}
		if err := item.add(one); err != nil {
			return item, err
		}
	}
	return item, nil
}

var contentID = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)

// add puts a write into a change set.
func (item *batchItem) add(one subrequest) error {
	switch {
	case one.method == http.MethodGet:
		return malformed("An invalid HTTP method 'GET' was detected for a request in a change set. Requests in change sets only support the HTTP methods 'POST', 'PUT', 'DELETE', and 'PATCH'.")
	case !contentID.MatchString(one.contentID):
		return malformed("Each request of a change set needs a Content-ID of letters, digits, '.', '_', '~' and '-'.")
	case slices.ContainsFunc(item.requests, func(other subrequest) bool { return other.contentID == one.contentID }):
		return malformed("The content ID '%s' was found more than once in the same change set.", one.contentID)
	}
	item.requests = append(item.requests, one)
	return nil
}

// parseSubrequest reads a part that holds a request: its line, its headers, a blank line and its body.
func parseSubrequest(part mimePart) (one subrequest, err error) {
	kind, _, _ := strings.Cut(part.header.Get("Content-Type"), ";")
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "multipart/mixed":
		return one, malformed("A change set cannot stand inside another.")
	case kind != "application/http":
		return one, malformed("The content type '%.100s' of a part is neither application/http nor multipart/mixed.", kind)
	case !strings.EqualFold(part.header.Get("Content-Transfer-Encoding"), "binary"):
		return one, malformed("A part needs the header Content-Transfer-Encoding: binary.")
	}
	line, rest, err := cutLine(part.content)
	if err != nil {
		return one, err
	}
	one.contentID = part.header.Get("Content-ID")
	if one.method, one.target, err = parseRequestLine(line); err != nil {
		return one, err
	}
	one.header, one.body, err = cutHeader(rest)
	// The CRLF before the next delimiter is not the body's; a length that is announced is not to be trusted.
	one.body = bytes.TrimSpace(one.body)
	return one, err
}

// parseRequestLine splits at the first and the last blank: an address may hold more.
func parseRequestLine(line string) (method, target string, err error) {
	method, rest, _ := strings.Cut(line, " ")
	target, ok := strings.CutSuffix(rest, " HTTP/1.1")
	if target = strings.TrimSpace(target); !ok || target == "" {
		return "", "", malformed("The line '%.100s' is not METHOD address HTTP/1.1.", line)
	}
	if !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}, method) {
		return "", "", malformed("The method '%.100s' is not supported in a batch.", method)
	}
	return method, strings.ReplaceAll(target, " ", "%20"), nil
}
