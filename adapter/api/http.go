package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"directcallback/adapter/api/body"
)

const (
	maxBody = 64 << 10 // bytes
	maxKey  = 255      // characters of an Idempotency-Key
)

// readBody reads a request's JSON.
func readBody(w http.ResponseWriter, r *http.Request) (value, error) {
	if err := mediaType(r); err != nil {
		return value{}, err
	}
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return value{}, &problem{kind: tooLarge, members: map[string]any{"maxBytes": maxBody}}
	}
	if err != nil {
		return value{}, &problem{kind: unreadableBody}
	}
	v, err := readJSON(content)
	if err != nil {
		return value{}, malformed(content, err)
	}
	return v, nil
}

func malformed(content []byte, err error) error {
	p := &problem{kind: malformedJSON, detail: err.Error()}
	if at, ok := errors.AsType[*jsonError](err); ok {
		line, column := lineAndColumn(content, at.offset)
		p.detail = fmt.Sprintf("Line %d, column %d: %s.", line, column, at.what)
		p.members = map[string]any{"offset": at.offset, "line": line, "column": column}
	}
	return p
}

// mediaType wants JSON in UTF-8, not compressed.
func mediaType(r *http.Request) error {
	h := r.Header
	media, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset, named := parameters["charset"]
	if err != nil || media != "application/json" || (named && !strings.EqualFold(charset, "utf-8")) || h.Get("Content-Encoding") != "" {
		accept := map[string]string{http.MethodPost: "Accept-Post", http.MethodPatch: "Accept-Patch"}[r.Method]
		return &problem{kind: badMediaType, header: map[string]string{accept: "application/json"}}
	}
	return nil
}

func idempotencyKey(h http.Header) (string, error) {
	values := h.Values("Idempotency-Key")
	if len(values) != 1 || values[0] == "" || len(values[0]) > maxKey || !visible(values[0]) {
		return "", &problem{kind: badKey, detail: fmt.Sprintf("Send one Idempotency-Key of 1 to %d visible ASCII characters, new for each new request.", maxKey)}
	}
	return values[0], nil
}

// invalid answers with all fields that are wrong.
func invalid(err error) error {
	return &problem{kind: invalidRequest, detail: "See errors for every field that is wrong.", members: map[string]any{"errors": err}}
}

// etag covers a body: the version alone would miss that the line moved on.
func etag(version int64, shown body.Callback) (string, error) {
	content, err := json.Marshal(shown)
	if err != nil {
		return "", fmt.Errorf("entity tag: %w", err)
	}
	hash := sha256.Sum256(content)
	return `"` + strconv.FormatInt(version, 10) + "-" + base64.RawURLEncoding.EncodeToString(hash[:9]) + `"`, nil
}

// matches tells whether the client already has what the tag names.
func matches(h http.Header, tag string) bool {
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

// show answers with JSON.
func show(w http.ResponseWriter, status int, shown any) error {
	return write(w, status, "application/json", shown)
}

// write sends a body that is complete before the first byte leaves, so that an
// error can still be answered as one. That the client is gone is not our error.
func write(w http.ResponseWriter, status int, mediaType string, shown any) error {
	var content bytes.Buffer
	if err := json.NewEncoder(&content).Encode(shown); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(content.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(content.Bytes())
	return nil
}
