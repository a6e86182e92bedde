package dataverse

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Outcome says what became of a request.
type Outcome string

// The outcomes. A refusal is Dataverse's own; unsupported is the mock's.
const (
	OutcomeHandled     Outcome = "handled"
	OutcomeRefused     Outcome = "refused"
	OutcomeUnsupported Outcome = "unsupported"
	OutcomeFault       Outcome = "fault"
)

// TraceEntry is one request and what became of it. Numbers that could be of phones, and what is called a key, a
// token, a secret or a password, are masked: it may be kept and shown.
type TraceEntry struct {
	Number    int           `json:"number"` // 1 is the first since the start or the last reset
	At        time.Time     `json:"at"`
	Took      time.Duration `json:"-"`
	Method    string        `json:"method"`
	Target    string        `json:"target"` // path and query
	Body      string        `json:"body,omitempty"`
	Status    int           `json:"status,omitempty"` // 0: no answer was sent
	Answer    string        `json:"answer,omitempty"` // of a refusal, what it said
	Outcome   Outcome       `json:"outcome"`
	Faults    []string      `json:"faults,omitempty"` // that struck, "limits" among them
	RequestID string        `json:"requestId"`        // x-ms-service-request-id
}

// Counters are sums over all requests since the start or the last reset.
type Counters struct {
	Requests int            `json:"requests"`
	Methods  map[string]int `json:"methods"`
	Sets     map[string]int `json:"sets"` // by the first segment of the path
	Statuses map[int]int    `json:"statuses"`
	Outcomes map[string]int `json:"outcomes"`
	Faults   map[string]int `json:"faults"`
}

// The trace keeps the last requests only, and the beginning of their bodies.
const (
	traceLength = 1000
	traceBody   = 2048
	maxSets     = 1000 // names are the client's: a scanner must not fill the memory
)

// trace remembers requests. A Server's zero value has seen none.
type trace struct {
	mu       sync.Mutex // guards what follows
	number   int
	entries  []TraceEntry // as they came, masked when shown; at most twice traceLength, oldest first
	counters Counters
}

// traced is a request under way; its goroutine owns it.
type traced struct {
	TraceEntry
	set  string
	body *prefix
}

// begin looks over the shoulder of whoever reads the body.
func (t *trace) begin(r *http.Request, now time.Time) *traced {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number++
	d := &traced{
		TraceEntry: TraceEntry{Number: t.number, At: now, Method: r.Method, Target: r.RequestURI},
		body:       &prefix{},
	}
	d.set, _, _ = strings.Cut(resourceOf(r), "/")
	d.set, _, _ = strings.Cut(d.set, "(")
	if r.Body != nil {
		r.Body = readCloser{io.TeeReader(r.Body, d.body), r.Body}
	}
	return d
}

type readCloser struct {
	io.Reader
	io.Closer
}

// prefix keeps the beginning of what is written to it.
type prefix struct{ kept bytes.Buffer }

func (p *prefix) Write(data []byte) (int, error) {
	p.kept.Write(data[:min(len(data), traceBody-min(traceBody, p.kept.Len()))])
	return len(data), nil
}

type tracedKey struct{}

// tracedOf is the request that others are inside of; it keeps what befalls them.
func tracedOf(ctx context.Context) *traced {
	if d, ok := ctx.Value(tracedKey{}).(*traced); ok {
		return d
	}
	return &traced{}
}

func (d *traced) struck(f *Fault) { d.Faults = append(d.Faults, f.name()) }
func (d *traced) throttled()      { d.Faults = append(d.Faults, "limits") }

// requestID names the request to the client and in the trace.
func (d *traced) requestID(s *Server) string {
	if d.RequestID == "" {
		d.RequestID = s.newID()
	}
	return d.RequestID
}

// end files the request.
func (t *trace) end(d *traced, answer *response, now time.Time) {
	d.Took = now.Sub(d.At)
	d.Body = d.body.kept.String()
	d.Outcome = outcome(d, answer)
	if d.Status = answer.status; d.Status >= http.StatusBadRequest {
		d.Answer = string(answer.body[:min(len(answer.body), traceBody)])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.entries) >= 2*traceLength {
		t.entries = slices.Clone(t.entries[traceLength:])
	}
	t.entries = append(t.entries, d.TraceEntry)
	t.counters.count(d)
}

func outcome(d *traced, answer *response) Outcome {
	switch {
	case len(d.Faults) > 0:
		return OutcomeFault
	case answer.header[headerUnsupported] != nil:
		return OutcomeUnsupported
	case answer.status >= http.StatusBadRequest:
		return OutcomeRefused
	default:
		return OutcomeHandled
	}
}

func (c *Counters) count(d *traced) {
	if c.Methods == nil {
		*c = Counters{Methods: map[string]int{}, Sets: map[string]int{}, Statuses: map[int]int{}, Outcomes: map[string]int{}, Faults: map[string]int{}}
	}
	c.Requests++
	c.Methods[d.Method]++
	c.Statuses[d.Status]++
	c.Outcomes[string(d.Outcome)]++
	if _, known := c.Sets[d.set]; known || len(c.Sets) < maxSets {
		c.Sets[d.set]++
	}
	for _, f := range d.Faults {
		c.Faults[f]++
	}
}

// Trace is the last requests from a number on, oldest first; 0 is all that are kept.
func (s *Server) Trace(from int) []TraceEntry {
	s.trace.mu.Lock()
	defer s.trace.mu.Unlock()
	all := s.trace.entries[max(0, len(s.trace.entries)-traceLength):]
	i, _ := slices.BinarySearchFunc(all, from, func(e TraceEntry, n int) int { return e.Number - n })
	shown := slices.Clone(all[i:])
	for i := range shown {
		e := &shown[i]
		e.Target, e.Body, e.Answer = mask(e.Target), mask(e.Body), mask(e.Answer)
	}
	return shown
}

// Counters counts all requests, those that the trace has forgotten included.
func (s *Server) Counters() Counters {
	s.trace.mu.Lock()
	defer s.trace.mu.Unlock()
	c := s.trace.counters
	c.Methods, c.Sets, c.Statuses = maps.Clone(c.Methods), maps.Clone(c.Sets), maps.Clone(c.Statuses)
	c.Outcomes, c.Faults = maps.Clone(c.Outcomes), maps.Clone(c.Faults)
	return c
}

func (t *trace) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number, t.entries, t.counters = 0, nil, Counters{}
}

var (
	// Identifiers and dates keep their digits; any other run of seven and more may be of a phone, with what people put between.
	numbers = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b20[0-9]{2}-[01][0-9]-[0-3][0-9]T?|[0-9](?:(?:[ ().-]|%20|%28|%29)*[0-9]){6,}`)
	date    = regexp.MustCompile(`^20[0-9]{2}-[01][0-9]-[0-3][0-9]T?$`)
	secrets = regexp.MustCompile(`(?i)("[^"]*(?:key|token|secret|password|authvalue|connectionstring)[^"]*"\s*:\s*")((?:[^"\\]|\\.)*)`)
	shared  = regexp.MustCompile(`(?i)(SharedAccessKey=|[?&](?:sig|token|key)=)[^;&"\s]+`)
)

// mask hides numbers but for their last two digits, and secrets wholly.
func mask(text string) string {
	text = secrets.ReplaceAllString(text, `${1}***`)
	text = shared.ReplaceAllString(text, `${1}***`)
	return numbers.ReplaceAllStringFunc(text, func(found string) string {
		if _, isID := parseGUID(found); isID || date.MatchString(found) {
			return found
		}
		return "***" + found[len(found)-2:]
	})
}
