package dataverse

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// When says whether a fault strikes before the request had any effect or after.
type When uint8

// A fault before applying leaves no trace; one after applying is the reply that was lost.
const (
	BeforeApplying When = iota
	AfterApplying
)

// Fault replaces the answers of the next requests that match.
type Fault struct {
	Method string // "" is any
	Path   string // prefix of the path below the service root, such as "queues" or "CCaaS_"; "" is any
	Times  int    // how many requests; 0 is one

	When       When
	Status     int // with Code and Message; needed unless Drop
	Code       string
	Message    string
	RetryAfter string // as sent: seconds, or anything a hostile server might say
	Drop       bool   // close the connection instead of answering
}

// Throttled is service protection's refusal of too many requests.
func Throttled(after time.Duration) Fault {
	return Fault{
		Status: http.StatusTooManyRequests, Code: "0x80072322", RetryAfter: strconv.Itoa(int(after.Seconds())),
		Message: "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
	}
}

// faults in the order they were added. A Server's zero value has none.
type faults struct {
	mu      sync.Mutex
	pending []Fault
	struck  int
}

// Inject adds a fault; the first that matches a request strikes it.
func (s *Server) Inject(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults.pending = append(s.faults.pending, f)
}

// ClearFaults takes back what has not struck yet and says how many requests were struck so far.
func (s *Server) ClearFaults() (struck int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.pending = nil
	return s.faults.struck
}

func (f *faults) take(r *http.Request) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, _, _ := strings.Cut(r.RequestURI, "?")
	resource := strings.TrimPrefix(path[len(servicePath.FindString(path)):], "/")
	for i := range f.pending {
		fault := &f.pending[i]
		if fault.Times > 0 && (fault.Method == "" || fault.Method == r.Method) && strings.HasPrefix(resource, fault.Path) {
			fault.Times--
			f.struck++
			taken := *fault
			return &taken
		}
	}
	return nil
}

func (f *Fault) response() *response {
	w := &jsonWriter{}
	w.open('{')
	w.name("error")
	w.open('{')
	w.member("code", f.Code)
	w.member("message", f.Message)
	w.close('}')
	w.close('}')
	r := newResponse(f.Status, w.buf)
	if f.RetryAfter != "" {
		r.set("Retry-After", f.RetryAfter)
	}
	return r
}

// unsupportedLog remembers what the mock could not do.
type unsupportedLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *unsupportedLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// Unsupported lists the requests answered 501: a test that ends with any was not tested.
func (s *Server) Unsupported() []string {
	s.unsupported.mu.Lock()
	defer s.unsupported.mu.Unlock()
	return append([]string(nil), s.unsupported.lines...)
}
