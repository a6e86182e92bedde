package dataverse

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
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

// Fault makes requests go wrong: the way its Kind says, or, without one, with the answer spelled out here.
type Fault struct {
	Kind string // a name of FaultKinds; "" answers with Status, Code and Message, or drops the connection

	Method string // "" is any
	Path   string // prefix of the path below the service root, such as "queues" or "CCaaS_"; "" is any

	// Times is how many of the requests that match it strikes. Chance is how likely it strikes each of them, above 0
	// and up to 1. Neither is once, Chance alone is without end. A draw depends on the seed, the kind, the request and
	// how often the same request came before, never on what other clients do meanwhile.
	Times  int
	Chance float64

	// Without a Kind.
	Status  int // with Code and Message; needed unless Drop
	Code    string
	Message string
	Drop    bool // close the connection instead of answering

	// With or without; FaultKind.Reads says which a kind takes.
	When          When
	RetryAfter    string        // as sent: seconds, or anything a hostile server might say
	Delay         time.Duration // how long it waits, or how far a clock is off
	Table, Column string        // logical names
}

// Throttled is service protection's refusal of too many requests.
func Throttled(after time.Duration) Fault {
	return Fault{Kind: "throttle-requests", RetryAfter: strconv.Itoa(int(after.Seconds()))}
}

// FaultState is a fault that was injected and not yet taken back.
type FaultState struct {
	Fault
	Left   int // requests it will still strike; -1 is without end
	Struck int

	kind    *FaultKind
	general bool // by Misbehave
}

// faults in the order they were added. A Server's zero value has none.
type faults struct {
	mu      sync.Mutex // guards what follows
	pending []*FaultState
	seed    uint64
	seen    map[uint64]uint64 // occurrences of a draw; by fingerprint
	struck  map[string]int    // by kind
}

// maxOccurrences bounds the memory of draws: a run that makes more distinct requests starts counting anew.
const maxOccurrences = 1 << 20

// Inject adds a fault. Of those that answer in the server's stead, the first that matches a request strikes it; of the
// others, all do. It refuses a kind it does not know and a fault that says nothing.
func (s *Server) Inject(f Fault) error {
	kind, err := f.check()
	if err != nil {
		return err
	}
	if kind.standing != nil {
		if err := kind.standing(s, &f); err != nil {
			return err
		}
	}
	left := f.Times
	switch {
	case kind.standing != nil:
		left = 0
	case f.Times == 0 && f.Chance > 0:
		left = -1
	case f.Times == 0:
		left = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.pending = append(s.faults.pending, &FaultState{Fault: f, Left: left, kind: kind})
	return nil
}

// Misbehave injects every kind that can be left to chance, each with the same one, in the place of what it injected
// before; 0 is none. The story is the seed's.
func (s *Server) Misbehave(chance float64) error {
	if !(chance >= 0 && chance <= 1) {
		return errors.New("dataverse mock: the chance is not between 0 and 1")
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.pending = slices.DeleteFunc(s.faults.pending, func(f *FaultState) bool { return f.general })
	if chance == 0 {
		return nil
	}
	for _, kind := range faultKinds() {
		if kind.byChance {
			s.faults.pending = append(s.faults.pending, &FaultState{
				Fault: Fault{Kind: kind.Name, Chance: chance}, Left: -1, kind: &kind, general: true,
			})
		}
	}
	return nil
}

// SeedFaults starts the story of another seed; at first it is that of Options.
func (s *Server) SeedFaults(seed uint64) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.seed = seed
	s.faults.seen = nil
}

// Faults are those that were injected, the spent ones included, in that order.
func (s *Server) Faults() []FaultState {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	all := make([]FaultState, 0, len(s.faults.pending))
	for _, f := range s.faults.pending {
		all = append(all, *f)
	}
	return all
}

// ClearFaults takes back what has not struck yet and says how many requests were struck so far.
func (s *Server) ClearFaults() (struck int) {
	s.showAll()
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.pending = nil
	for _, n := range s.faults.struck {
		struck += n
	}
	return struck
}

// check refuses a fault that says nothing, or something that is not read, and finds what it does.
func (f *Fault) check() (*FaultKind, error) {
	kind, err := f.find()
	if err != nil {
		return nil, err
	}
	for name, given := range map[string]bool{
		"When": f.When != BeforeApplying, "Status": f.Status != 0, "Code": f.Code != "", "Message": f.Message != "",
		"RetryAfter": f.RetryAfter != "", "Delay": f.Delay != 0, "Drop": f.Drop, "Table": f.Table != "", "Column": f.Column != "",
	} {
		if given && !slices.Contains(kind.Reads, name) {
			return nil, fmt.Errorf("dataverse mock: fault %q does not read %s", f.name(), name)
		}
	}
	switch {
	case !slices.Contains([]string{"", http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}, f.Method):
		return nil, fmt.Errorf("dataverse mock: fault %q: Method is not GET, POST, PATCH, PUT or DELETE", f.name())
	case f.Times < 0:
		return nil, fmt.Errorf("dataverse mock: fault %q: Times is negative", f.name())
	case !(f.Chance >= 0 && f.Chance <= 1):
		return nil, fmt.Errorf("dataverse mock: fault %q: Chance is not between 0 and 1", f.name())
	case f.Delay < 0 && f.Kind != "clock-skew":
		return nil, fmt.Errorf("dataverse mock: fault %q: Delay is negative", f.name())
	case f.When > AfterApplying:
		return nil, fmt.Errorf("dataverse mock: fault %q: When is neither before nor after", f.name())
	case kind.standing != nil && (f.Method != "" || f.Path != "" || f.Times != 0 || f.Chance != 0):
		return nil, fmt.Errorf("dataverse mock: fault %q is of the organisation, not of single requests", f.name())
	case strings.ContainsAny(f.RetryAfter, "\r\n"):
		return nil, fmt.Errorf("dataverse mock: fault %q: RetryAfter is no header", f.name())
	}
	return kind, nil
}

func (f *Fault) find() (*FaultKind, error) {
	switch {
	case f.Kind != "":
		kinds := faultKinds()
		if i := slices.IndexFunc(kinds, func(k FaultKind) bool { return k.Name == f.Kind }); i >= 0 {
			return &kinds[i], nil
		}
		return nil, unknownName("fault", f.Kind)
	case f.Drop:
		return &FaultKind{answers: true, strike: drop, Reads: []string{"Drop", "When"}}, nil
	case f.Status < 400 || f.Status > 599:
		return nil, errors.New("dataverse mock: a fault needs a Kind, Drop, or a Status from 400 to 599")
	default:
		return &FaultKind{answers: true, strike: custom, Reads: []string{"When", "Status", "Code", "Message", "RetryAfter"}}, nil
	}
}

// take finds the next fault from an index on that strikes the request. One that answers strikes only where no other
// one did.
func (f *faults) take(s *Server, r *http.Request, from int, answered bool) (taken *Fault, kind *FaultKind, next int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := from; i < len(f.pending); i++ {
		fault := f.pending[i]
		kind := fault.kind
		if kind.strike == nil || kind.answers && answered {
			continue
		}
		if f.strikes(s, fault, r) {
			return new(fault.Fault), kind, i + 1
		}
	}
	return nil, nil, len(f.pending)
}

// ofPart is the error that strikes a request inside a batch, if any does.
func (f *faults) ofPart(s *Server, r *http.Request) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.pending {
		if fault.kind.ofPart != nil && f.strikes(s, fault, r) {
			tracedOf(r.Context()).struck(&fault.Fault)
			return fault.kind.ofPart
		}
	}
	return nil
}

// lagOfPart is how far a read inside a batch lags behind.
func (f *faults) lagOfPart(s *Server, r *http.Request) (lag time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.pending {
		if fault.kind.Name == elasticLag && f.strikes(s, fault, r) {
			tracedOf(r.Context()).struck(&fault.Fault)
			lag = max(lag, fault.delay())
		}
	}
	return lag
}

// strikes draws, and counts what it drew. Called with the lock held.
func (f *faults) strikes(s *Server, fault *FaultState, r *http.Request) bool {
	if fault.Left == 0 || !fault.matches(s, r) || !f.drawn(&fault.Fault, r) {
		return false
	}
	if fault.Left > 0 {
		fault.Left--
	}
	fault.Struck++
	if f.struck == nil {
		f.struck = map[string]int{}
	}
	f.struck[fault.name()]++
	return true
}

// name is what lists call it.
func (f *Fault) name() string {
	switch {
	case f.Kind != "":
		return f.Kind
	case f.Drop:
		return "drop"
	default:
		return strconv.Itoa(f.Status)
	}
}

func (f *FaultState) matches(s *Server, r *http.Request) bool {
	return (f.Method == "" || f.Method == r.Method) && strings.HasPrefix(resourceOf(r), f.Path) &&
		(f.kind.matches == nil || f.kind.matches(s, r))
}

// resourceOf is the path below the service root, as sent. Inside a batch it may be an absolute address.
func resourceOf(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if i := strings.Index(path, "/api/data/"); i > 0 {
		path = path[i:]
	}
	return strings.TrimPrefix(path[len(servicePath.FindString(path)):], "/")
}

// drawn says whether chance has it.
func (f *faults) drawn(fault *Fault, r *http.Request) bool {
	if fault.Chance == 0 || fault.Chance == 1 {
		return true
	}
	draw := fingerprint(fault.name() + " " + r.Method + " " + r.RequestURI)
	if f.seen == nil || len(f.seen) >= maxOccurrences {
		f.seen = map[uint64]uint64{}
	}
	occurrence := f.seen[draw]
	f.seen[draw]++
	const precision = 1 << 53
	return float64(mix(f.seed^mix(draw^mix(occurrence)))%precision)/precision < fault.Chance
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

func (l *unsupportedLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

// Unsupported lists the requests answered 501: a test that ends with any was not tested.
func (s *Server) Unsupported() []string {
	s.unsupported.mu.Lock()
	defer s.unsupported.mu.Unlock()
	return append([]string(nil), s.unsupported.lines...)
}
