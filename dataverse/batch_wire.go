package dataverse

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// encode writes the batch: CRLF throughout, and after the last delimiter too,
// because Dataverse refuses anything else.
func (b *Batch) encode() (body []byte, boundary string) {
	boundary = "batch_" + uuid.NewString()
	var w wireWriter
	for _, unit := range b.units() {
		w.line("--", boundary)
		if b.parts[unit.first].set == 0 {
			w.operation(b.client.origin, b.parts[unit.first].request)
			continue
		}
		inner := "changeset_" + uuid.NewString()
		w.line(`Content-Type: multipart/mixed; boundary="`, inner, `"`)
		w.line()
		for i := unit.first; i < unit.end; i++ {
			w.line("--", inner)
			w.line("Content-ID: ", strconv.Itoa(i+1))
			w.operation(b.client.origin, b.parts[i].request)
		}
		w.line("--", inner, "--")
	}
	w.line("--", boundary, "--")
	return w.data, boundary
}

// unit is what is answered by one part: an operation, or a whole change set.
type unit struct{ first, end int }

func (b *Batch) units() []unit {
	var all []unit
	for i := range b.parts {
		if i > 0 && b.parts[i].set > 0 && b.parts[i].set == b.parts[i-1].set {
			all[len(all)-1].end = i + 1
			continue
		}
		all = append(all, unit{i, i + 1})
	}
	return all
}

type wireWriter struct{ data []byte }

func (w *wireWriter) line(texts ...string) {
	for _, text := range texts {
		w.data = append(w.data, text...)
	}
	w.data = append(w.data, "\r\n"...)
}

func (w *wireWriter) operation(origin string, r request) {
	w.line("Content-Type: application/http")
	w.line("Content-Transfer-Encoding: binary")
	w.line()
	address := r.url
	if !strings.HasPrefix(address, "$") {
		address = address[len(origin):]
	}
	w.line(r.method, " ", address, " HTTP/1.1")
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		if name == "User-Agent" {
			continue
		}
		for _, value := range r.header[name] {
			w.line(name, ": ", value)
		}
	}
	w.line()
	w.data = append(w.data, r.body...)
	w.line()
}

var referencePattern = regexp.MustCompile(`^\$([0-9]{1,9})(?:/|$)`)

// referenced is the operation that a URL begins with.
func referenced(address string) (Op, bool) {
	found := referencePattern.FindStringSubmatch(address)
	if found == nil {
		return 0, false
	}
	n, _ := strconv.Atoi(found[1]) // at most nine digits
	return Op(n - 1), true
}

func isMultipart(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "multipart/mixed")
}

// section is one part of a multipart body.
type section struct {
	header http.Header
	body   []byte
}

// maxSections is more than any batch of ours is answered with.
const maxSections = maxOperations + 1

// sections takes a multipart body apart.
func sections(contentType string, body []byte) ([]section, error) {
	boundary, err := boundaryOf(contentType)
	if err != nil {
		return nil, err
	}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	var all []section
	for {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", len(all)+1, err)
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", len(all)+1, err)
		}
		if all = append(all, section{http.Header(p.Header), data}); len(all) > maxSections {
			return nil, errors.New("more parts than operations")
		}
	}
}

// boundaryOf reads the parameter also where it should have been quoted and is not.
func boundaryOf(contentType string) (string, error) {
	_, parameters, err := mime.ParseMediaType(contentType)
	boundary := parameters["boundary"]
	if err != nil {
		_, rest, _ := strings.Cut(contentType, "boundary=")
		boundary, _, _ = strings.Cut(rest, ";")
		boundary = strings.Trim(strings.TrimSpace(boundary), `"`)
	}
	if boundary == "" || len(boundary) > 200 {
		return "", errors.New("multipart without a boundary")
	}
	return boundary, nil
}

var statusLine = regexp.MustCompile(`^HTTP/1\.[01] ([1-5][0-9]{2})(?: |$)`)

// parseAnswer reads the HTTP answer inside a part. A Content-Length in it is not
// to be trusted, so what follows the headers is the body, but for the line end
// that belongs to the delimiter.
func parseAnswer(data []byte) (answer, error) {
	from := bufio.NewReader(bytes.NewReader(data))
	lines := textproto.NewReader(from)
	line, err := lines.ReadLine()
	if err != nil {
		return answer{}, errors.New("an empty answer")
	}
	found := statusLine.FindStringSubmatch(line)
	if found == nil {
		return answer{}, errors.New("an answer without a status line")
	}
	header, err := lines.ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return answer{}, errors.New("an answer with bad headers")
	}
	body, err := io.ReadAll(from)
	if err != nil {
		return answer{}, err
	}
	status, _ := strconv.Atoi(found[1]) // three digits
	return answer{status, http.Header(header), bytes.TrimRight(body, "\r\n")}, nil
}
