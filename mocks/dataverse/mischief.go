package dataverse

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// mischief is what a fault does to one request; apply is the request's own way through the server.
type mischief func(s *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response

// What a fault takes when it is not told.
const (
	defaultDelay      = time.Second
	defaultSkew       = 5 * time.Minute
	defaultRetryAfter = "5"
)

func (f *Fault) delay() time.Duration { return f.delayOr(defaultDelay) }

func (f *Fault) delayOr(d time.Duration) time.Duration { return cmp.Or(f.Delay, d) }

// faulty is a request's way through the faults, from an index on, to its answer.
func (s *Server) faulty(r *http.Request, t *traced, from int, answered bool) *response {
	fault, kind, next := s.faults.take(s, r, from, answered)
	if fault == nil {
		answer := s.answer(r)
		s.hooks.drain()
		return answer
	}
	t.struck(fault)
	return kind.strike(s, fault, r, func(r *http.Request) *response {
		return s.faulty(r, t, next, answered || kind.answers)
	})
}

// refuse answers with an error object, before or after the effect.
func refuse(status int, code, message string) mischief {
	return func(_ *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
		if f.When == AfterApplying {
			apply(r)
		}
		answer := errorResponse(&failure{status: status, code: code, message: message})
		f.retryAfter(answer)
		return answer
	}
}

// custom answers as the fault spells out.
func custom(s *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
	return refuse(f.Status, f.Code, f.Message)(s, f, r, apply)
}

// retryAfter is sent when the fault says so; the kinds that Dataverse sends with one always have it.
func (f *Fault) retryAfter(answer *response) {
	text := f.RetryAfter
	if f.Kind != "" && (answer.status == http.StatusTooManyRequests || answer.status == http.StatusServiceUnavailable) {
		text = cmp.Or(text, defaultRetryAfter)
	}
	if text != "" {
		answer.set("Retry-After", text)
	}
}

// gateway answers as what stands in front of the organisation does: not in JSON.
func gateway(status int) mischief {
	return func(_ *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
		if f.When == AfterApplying {
			apply(r)
		}
		page := fmt.Sprintf("<html><head><title>%d</title></head><body><h1>%[1]d %s</h1></body></html>", status, http.StatusText(status))
		answer := newResponse(status, []byte(page)).set("Content-Type", "text/html")
		f.retryAfter(answer)
		return answer
	}
}

// drop closes the connection.
func drop(_ *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
	if f.When == AfterApplying {
		apply(r)
	}
	return &response{header: http.Header{}, wire: wire{dropped: true}}
}

// slow holds an answer back that is ready.
func slow(_ *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
	answer := apply(r)
	wait(r.Context(), f.delay())
	return answer
}

// wait is over early when the client has gone.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// claimsChallenge asks for a claim that no token of the past has.
func claimsChallenge(s *Server, _ *Fault, r *http.Request, _ func(*http.Request) *response) *response {
	claims := fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, s.now().Unix())
	return s.challenge(r, `error="insufficient_claims"`, `claims="`+base64.StdEncoding.EncodeToString([]byte(claims))+`"`)
}

// touch is somebody else's write to the row that the request is about to change.
func touch(s *Server, _ *Fault, r *http.Request, apply func(*http.Request) *response) *response {
	s.touch(r)
	return apply(r)
}

func (s *Server) touch(r *http.Request) {
	path, _, err := parseTarget(r.RequestURI, maxURL)
	if err != nil {
		return // the request fails by itself
	}
	segments, err := parsePath(path[len(servicePath.FindString(path)):])
	if err != nil || len(segments) == 0 || !segments[0].called {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.schema.bySet[segments[0].name]
	if t == nil {
		return
	}
	rq := s.local()
	if a, err := s.resolveKey(t, segments[0].arguments, rq); err == nil && a.row != nil {
		_, _ = s.update(rq, t, a.row, changes{}) // nothing is set, so nothing can be refused
	}
}

// twist is what a fault changes inside a request.
type twist struct {
	skew      time.Duration // of the server's clock
	lag       time.Duration // of what is read from elastic tables
	forgetful bool          // of request ids
	repeat    bool          // of changed rows
}

type twistKey struct{}

// twistOf is the zero value for almost every request.
func twistOf(ctx context.Context) twist {
	t, _ := ctx.Value(twistKey{}).(twist)
	return t
}

// twisted sends the request on with a twist.
func twisted(change func(*twist, *Fault)) mischief {
	return func(_ *Server, f *Fault, r *http.Request, apply func(*http.Request) *response) *response {
		t := twistOf(r.Context())
		change(&t, f)
		answer := apply(r.WithContext(context.WithValue(r.Context(), twistKey{}, t)))
		answer.skew = max(answer.skew, t.skew)
		if t.skew < 0 {
			answer.skew = t.skew
		}
		return answer
	}
}

// hide takes a column away from the wire.
func (s *Server) hide(f *Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.schema.byName[f.Table]
	switch {
	case t == nil:
		return unknownName("table", f.Table)
	case !t.has(f.Column):
		return unknownName("column", f.Table+"."+f.Column)
	case t.at(f.Column) == 0:
		return fmt.Errorf("dataverse mock: %s is the key of %s: no table is without", f.Column, f.Table)
	}
	c := t.columns[t.at(f.Column)]
	c.absent = true
	delete(t.byProperty, c.property())
	return nil
}

// showAll brings hidden columns back.
func (s *Server) showAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.schema.all {
		for i, c := range t.columns {
			if c.absent {
				c.absent = false
				t.byProperty[c.property()] = i
			}
		}
	}
}
