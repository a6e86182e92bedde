// Package page is an answer that is the same for everybody: a file or a page that was
// made at the start, with its type, its tag and the header fields of its own.
//
// It is no file server: no folders, no ranges, no guessed types. A browser that has
// the content already is told so (304); one that reads gzip gets that.
//
//	mux.Handle("GET /style.css", page.New("text/css; charset=utf-8", content))
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// Page is one answer to GET and HEAD. It does not change.
type Page struct {
	content, zipped []byte
	tag             string // without quotes
	header          http.Header
}

// New makes the answer of content, whose media type is told whole.
func New(mediaType string, content []byte) Page {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(content) // memory takes everything
	_ = w.Close()
	hash := sha256.Sum256(content)
	return Page{
		content: content, zipped: zipped.Bytes(), tag: base64.RawURLEncoding.EncodeToString(hash[:12]),
		header: http.Header{"Content-Type": {mediaType}},
	}
}

// With is the page with another header field.
func (p Page) With(name, value string) Page {
	p.header = maps.Clone(p.header)
	p.header.Set(name, value)
	return p
}

// ServeHTTP answers. Its header fields replace those that were set before, such as a
// policy that forbids everything.
func (p Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	maps.Copy(header, p.header.Clone())
	header.Add("Vary", "Accept-Encoding")
	content, tag := p.content, `"`+p.tag+`"`
	zip := takesGzip(r.Header)
	if zip {
		content, tag = p.zipped, `"`+p.tag+`-gzip"` // other bytes, another tag
	}
	header.Set("ETag", tag)
	if has(r.Header, tag) {
		header.Del("Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if zip {
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // that the client is gone is not our error
	}
}

// takesGzip tells whether the client reads gzip. One that weighs encodings may give
// this one nothing: gzip;q=0.
func takesGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for offer := range strings.SplitSeq(line, ",") {
			name, weight, weighed := strings.Cut(strings.ReplaceAll(offer, " ", ""), ";q=")
			if strings.EqualFold(name, "gzip") {
				return !weighed || strings.Trim(weight, "0.") != ""
			}
		}
	}
	return false
}

// has tells whether the client already has what the tag names.
func has(h http.Header, tag string) bool {
	for _, line := range h.Values("If-None-Match") {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
