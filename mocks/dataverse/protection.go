package dataverse

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits are those of service protection, for each application by itself. A field of zero is no limit. Microsoft's are
// 6,000 requests and 20 minutes of execution time in 300 seconds, and 52 at a time.
type Limits struct {
	Requests      int           // in a Window
	ExecutionTime time.Duration // in a Window, of all requests together
	Concurrent    int           // at a time: one more is refused
	Window        time.Duration // sliding, default 300 s
}

// MicrosoftLimits are the documented ones.
func MicrosoftLimits() Limits {
	return Limits{Requests: 6000, ExecutionTime: 20 * time.Minute, Concurrent: 52, Window: defaultWindow}
}

const defaultWindow = 300 * time.Second

func (l Limits) window() time.Duration { return cmp.Or(l.Window, defaultWindow) }

// protection counts what each application asks for. Requests without a good token count for nobody.
type protection struct {
	mu         sync.Mutex // guards what follows
	limits     Limits
	principals map[string]*principal
}

// principal is one application's recent past.
type principal struct {
	running int
	past    []spent // oldest first, none older than the window
	blocked time.Time
	ignored int // refusals since the last request that was let in
}

// spent is a request that was let in; took is zero while it runs.
type spent struct {
	at   time.Time
	took time.Duration
}

// SetLimits puts others in force, and forgets who has asked for how much.
func (s *Server) SetLimits(l Limits) error {
	if l.Requests < 0 || l.ExecutionTime < 0 || l.Concurrent < 0 || l.Window < 0 {
		return errors.New("dataverse mock: limits cannot be negative")
	}
	s.protection.mu.Lock()
	defer s.protection.mu.Unlock()
	s.protection.limits, s.protection.principals = l, nil
	return nil
}

// Limits are those in force.
func (s *Server) Limits() Limits {
	s.protection.mu.Lock()
	defer s.protection.mu.Unlock()
	return s.protection.limits
}

// protected refuses a request over the limits, and sends any other on.
func (s *Server) protected(r *http.Request, t *traced) *response {
	if s.Limits() == (Limits{}) {
		return s.faulty(r, t, 0, false)
	}
	application, err := s.checkToken(&request{Request: r, base: s.base(r), now: s.now()})
	if err != nil {
		return s.faulty(r, t, 0, false) // and so to the 401
	}
	name := cmp.Or(strings.ToLower(application), "static token")
	number, refused := s.protection.enter(name, s.now())
	if refused != nil {
		t.throttled()
		return refused
	}
	defer func() { s.protection.leave(name, number, s.now()) }()
	answer := s.faulty(r, t, 0, false)
	s.protection.show(name, answer)
	return answer
}

// enter lets a request in, at an instant that names it, or says why not.
func (p *protection) enter(name string, now time.Time) (at time.Time, refused *response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.principals == nil {
		p.principals = map[string]*principal{}
	}
	who := p.principals[name]
	if who == nil {
		who = &principal{}
		p.principals[name] = who
	}
	who.forget(now.Add(-p.limits.window()))
	if code, message, until := p.limits.exceeded(who, now); code != "" {
		return time.Time{}, who.refuse(code, message, until, now, p.limits.window())
	}
	who.ignored = 0
	who.running++
	who.past = append(who.past, spent{at: now})
	return now, nil
}

// forget what left the window.
func (p *principal) forget(before time.Time) {
	gone := 0
	for gone < len(p.past) && !p.past[gone].at.After(before) {
		gone++
	}
	p.past = p.past[gone:]
}

func (p *principal) executionTime() (sum time.Duration) {
	for _, s := range p.past {
		sum += s.took
	}
	return sum
}

// exceeded names the limit that a further request would exceed, and when that will be over if nobody asks meanwhile.
func (l Limits) exceeded(p *principal, now time.Time) (code, message string, until time.Time) {
	seconds := int(l.window().Seconds())
	switch {
	case l.Concurrent > 0 && p.running >= l.Concurrent:
		return codeThrottledConcurrency, fmt.Sprintf("Number of concurrent requests exceeded the limit of %d.", l.Concurrent), now
	case l.Requests > 0 && len(p.past) >= l.Requests:
		oldest := p.past[len(p.past)-l.Requests]
		return codeThrottledRequests, fmt.Sprintf("Number of requests exceeded the limit of %d over time window of %d seconds.",
			l.Requests, seconds), oldest.at.Add(l.window())
	case l.ExecutionTime > 0 && p.executionTime() >= l.ExecutionTime:
		return codeThrottledTime, fmt.Sprintf("Combined execution time of incoming requests exceeded limit of %s milliseconds over time "+
			"window of %d seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.",
			grouped(l.ExecutionTime.Milliseconds()), seconds), p.past[0].at.Add(l.window())
	case now.Before(p.blocked):
		return codeThrottledRequests, messageThrottledRequests, p.blocked
	default:
		return "", "", time.Time{}
	}
}

// refuse makes whoever asked before the time that was named wait longer: each time twice as much is added.
func (p *principal) refuse(code, message string, until, now time.Time, window time.Duration) *response {
	if now.Before(p.blocked) {
		p.ignored++
		penalty := min(window, time.Second<<min(p.ignored-1, 20))
		until = later(until, p.blocked).Add(penalty)
	}
	if longest := now.Add(longestWait * window); until.After(longest) {
		until = longest
	}
	p.blocked = until
	left := p.blocked.Sub(now)
	seconds := max(1, int((left+time.Second-1)/time.Second))
	p.blocked = now.Add(time.Duration(seconds) * time.Second)
	return errorResponse(&failure{status: http.StatusTooManyRequests, code: code, message: message}).set("Retry-After", strconv.Itoa(seconds))
}

// longestWait in windows, for whoever asks a thousand times a second.
const longestWait = 4

// leave ends the request that came at that instant.
func (p *protection) leave(name string, at, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.principals[name]
	if who == nil {
		return // the limits were set anew meanwhile
	}
	who.running = max(0, who.running-1)
	for i := range who.past {
		if who.past[i].at.Equal(at) && who.past[i].took == 0 {
			who.past[i].took = now.Sub(at)
			return
		}
	}
}

// show writes what is left, for people: a program must not steer by it.
func (p *protection) show(name string, answer *response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.principals[name]
	if who == nil {
		return
	}
	if p.limits.Requests > 0 {
		answer.set("x-ms-ratelimit-burst-remaining-xrm-requests", strconv.Itoa(max(0, p.limits.Requests-len(who.past))))
	}
	if p.limits.ExecutionTime > 0 {
		left := max(0, p.limits.ExecutionTime-who.executionTime())
		answer.set("x-ms-ratelimit-time-remaining-xrm-requests", grouped(int64(left.Seconds()))+".00")
	}
	if p.limits.Concurrent > 0 {
		answer.set("x-ms-dop-hint", strconv.Itoa(max(1, p.limits.Concurrent/2)))
	}
}
