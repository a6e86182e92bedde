package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// followed has one callback, which changes as it is told to.
type followed struct {
	backend
	woken chan struct{}

	mu   sync.Mutex
	view service.View // guarded by mu
	err  error        // guarded by mu
}

func newFollowed() *followed {
	return &followed{woken: make(chan struct{}, 1), view: service.View{Place: 3, Callback: adapter.Callback{ID: "c", Version: 1, ManageHash: strangersHash}}}
}

func (f *followed) Get(context.Context, adapter.CallbackID) (service.View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return whole(f.view), f.err
}

func (f *followed) Follow(adapter.CallbackID) (<-chan struct{}, func()) { return f.woken, func() {} }

// becomes changes the callback as another replica does it: nobody here is woken.
func (f *followed) becomes(change func(*service.View)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.view)
}

func (f *followed) fails(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// steps changes its state, in this process.
func (f *followed) steps(to adapter.State) {
	f.becomes(func(v *service.View) {
		v.Callback.State = to
		v.Callback.Version++
	})
	f.woken <- struct{}{}
}

// pipes is a listener in memory: a bubble's clock stands still while a socket is read.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// wire serves the API in a bubble, with the deadlines that adapter serve has.
type wire struct {
	*testing.T
	client   *http.Client
	server   *http.Server
	stopping chan struct{}
}

func serving(t *testing.T, f func(*followed, *wire)) {
	t.Helper()
	t.Parallel()
	_ = theContract() // outside of the bubble
	synctest.Test(t, func(t *testing.T) {
		b := newFollowed()
		d := &wire{T: t, stopping: make(chan struct{})}
		o := options(b)
		o.Stopping = d.stopping
		o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
		listener := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		d.server = &http.Server{Handler: handler(t, o), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute}
		transport := &http.Transport{DialContext: listener.dial}
		d.client = &http.Client{Transport: transport}
		served := make(chan error, 1)
		go func() { served <- d.server.Serve(listener) }()
		defer func() {
			transport.CloseIdleConnections()
			if err := d.server.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}()
		f(b, d)
	})
}

// told is one event, or a comment.
type told struct {
	id, event, data, comment, retry string
	after                           time.Duration // since the stream began
	body                            map[string]any
}

// reader is a client of a stream.
type reader struct {
	*wire
	*http.Response
	lines *bufio.Reader
	begun time.Time
	all   strings.Builder
	leave context.CancelFunc
}

// follow opens a stream.
func (d *wire) follow(token, last string) *reader {
	d.Helper()
	ctx, leave := context.WithCancel(d.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://api.example/v1/callbacks/c/events", nil)
	if err != nil {
		d.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	begun := time.Now()
	response, err := d.client.Do(request)
	if err != nil {
		d.Fatal(err)
	}
	r := &reader{wire: d, Response: response, lines: bufio.NewReader(response.Body), begun: begun, leave: leave}
	return r
}

// next reads the next event; io.EOF after the clean end of the stream.
func (r *reader) next() (told, error) {
	var e told
	for {
		line, err := r.lines.ReadString('\n')
		r.all.WriteString(line)
		if err != nil {
			return e, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "":
			if value != "" {
				e.comment = value
			} else {
				e.after = time.Since(r.begun)
				return e, nil
			}
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "retry":
			e.retry = value
		case "data":
			e.data = value
			if err := json.Unmarshal([]byte(value), &e.body); err != nil {
				return e, err
			}
		}
	}
}

// news is the next event that is no comment.
func (r *reader) news() told {
	r.Helper()
	for {
		e, err := r.next()
		if err != nil {
			r.Fatalf("the stream ended: %v", err)
		}
		if e.event != "" {
			return e
		}
	}
}

// alive reads signs of life for as many quarters of a minute.
func (r *reader) alive(quarters int) {
	r.Helper()
	for range quarters {
		if e, err := r.next(); err != nil || e.comment != "keep-alive" {
			r.Fatalf("%+v, %v", e, err)
		}
	}
}

// ends reads what is left, and holds all that was read to the contract.
func (r *reader) ends() (after time.Duration) {
	r.Helper()
	for {
		_, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.Fatalf("the stream was cut: %v", err)
		}
	}
	w := httptest.NewRecorder()
	maps.Copy(w.Header(), r.Header)
	w.WriteHeader(r.StatusCode)
	w.Body.WriteString(r.all.String())
	if err := theContract().check(r.Request, w); err != nil {
		r.Error(err)
	}
	return time.Since(r.begun)
}

func TestFollow(t *testing.T) {
	serving(t, func(b *followed, d *wire) {
		r := d.follow(secret, "")
		if e, err := r.next(); err != nil || e.retry != "2000" {
			t.Errorf("at first: %+v, %v", e, err)
		}
		if e := r.news(); e.event != "callback" || e.after != 0 || e.body["place"] != 3.0 || !strings.HasPrefix(e.id, "1-") {
			t.Errorf("as it is: %+v", e)
		}
		<-time.After(time.Second)
		b.becomes(func(v *service.View) { v.Place = 2 })
		if e := r.news(); e.after != 3*time.Second || e.body["place"] != 2.0 || !strings.HasPrefix(e.id, "1-") {
			t.Errorf("moved up: %+v", e)
		}
		<-time.After(time.Second)
		b.steps(adapter.StateDue)
		if e := r.news(); e.after != 4*time.Second || e.body["state"] != "due" || !strings.HasPrefix(e.id, "2-") {
			t.Errorf("due: %+v", e)
		}
		for i := range 40 { // ten minutes, with the server's deadlines
			e, err := r.next()
			if want := 4*time.Second + time.Duration(i+1)*15*time.Second; err != nil || e.comment != "keep-alive" || e.after != want {
				t.Fatalf("%+v after %v, %v", e, want, err)
			}
		}
		b.steps(adapter.StateCompleted)
		if e := r.news(); e.body["state"] != "completed" || e.body["reason"] == "" {
			t.Errorf("over: %+v", e)
		}
		if after := r.ends(); after != 604*time.Second {
			t.Errorf("ended after %v", after)
		}
	})
}

func TestFollowAgain(t *testing.T) {
	serving(t, func(b *followed, d *wire) {
		r := d.follow(secret, "")
		first := r.news()
		r.leave()
		synctest.Wait()

		r = d.follow(secret, first.id)
		<-time.After(10 * time.Second)
		b.steps(adapter.StateDue)
		second := r.news()
		if second.after != 10*time.Second || second.body["state"] != "due" {
			t.Errorf("after nothing new: %+v", second)
		}
		r.leave()
		synctest.Wait()

		b.becomes(func(v *service.View) { v.Place = 1 })
		r = d.follow(secret, second.id)
		if e := r.news(); e.after != 0 || e.body["place"] != 1.0 {
			t.Errorf("after a place: %+v", e)
		}
		b.steps(adapter.StateCancelled)
		last := r.news()
		r.ends()

		r = d.follow(secret, first.id)
		if e := r.news(); e.id != last.id {
			t.Errorf("after the end, without having heard of it: %+v", e)
		}
		r.ends()
		r = d.follow(secret, last.id)
		if r.StatusCode != http.StatusNoContent {
			t.Errorf("after the end: %d", r.StatusCode)
		}
		r.ends()
		r = d.follow(secret, strings.Repeat("x", 10_000))
		if e := r.news(); e.id != last.id {
			t.Errorf("after anything: %+v", e)
		}
		r.ends()
	})
}

func TestStreamsEnd(t *testing.T) {
	for name, test := range map[string]struct {
		when  func(*followed, *wire)
		after time.Duration
	}{
		"when the process stops":              {func(_ *followed, d *wire) { close(d.stopping) }, 10 * time.Second},
		"when the callback is gone":           {func(b *followed, _ *wire) { b.fails(adapter.ErrNotFound) }, 12 * time.Second},
		"when it is not the caller's anymore": {func(b *followed, _ *wire) { b.becomes(func(v *service.View) { v.Callback.ManageHash = "" }) }, 12 * time.Second},
		"after half an hour":                  {func(*followed, *wire) {}, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			serving(t, func(b *followed, d *wire) {
				r := d.follow(stranger, "")
				r.news()
				<-time.After(10 * time.Second)
				test.when(b, d)
				if after := r.ends(); after != test.after {
					t.Errorf("ended after %v", after)
				}
			})
		})
	}
}

// While the server shuts down a stream keeps nobody waiting.
func TestAStreamDoesNotHoldUpTheEnd(t *testing.T) {
	serving(t, func(_ *followed, d *wire) {
		r := d.follow(secret, "")
		r.news()
		close(d.stopping)
		begun := time.Now()
		done := make(chan error, 1)
		go func() { done <- d.server.Shutdown(d.Context()) }()
		r.ends()
		if err := <-done; err != nil || time.Since(begun) > time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestAStreamOutlivesTheStoresTrouble(t *testing.T) {
	serving(t, func(b *followed, d *wire) {
		r := d.follow(secret, "")
		r.news()
		b.fails(errClosed)
		r.alive(4)
		b.steps(adapter.StateDue)
		r.alive(4)
		b.fails(nil)
		if e := r.news(); e.body["state"] != "due" || e.after > 2*time.Minute+3*time.Second {
			t.Errorf("afterwards: %+v", e)
		}
		b.fails(errClosed)
		r.leave()
		synctest.Wait()
		if again := d.follow(secret, ""); again.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("meanwhile: %d", again.StatusCode)
		}
	})
}

// A client that does not read is left, so that it holds no place for ever.
func TestWhoDoesNotReadIsLeft(t *testing.T) {
	serving(t, func(b *followed, d *wire) {
		var deaf []*reader
		for range 10 {
			r := d.follow(secret, "")
			r.news()
			deaf = append(deaf, r)
		}
		if r := d.follow(secret, ""); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
			t.Errorf("one too many for a callback: %d", r.StatusCode)
		}
		<-time.After(time.Minute) // in which nobody took a sign of life
		r := d.follow(secret, "")
		r.news()
		r.leave()
		for _, r := range deaf {
			r.leave()
		}
	})
}

func TestFollowStatuses(t *testing.T) {
	t.Parallel()
	events := call{method: "GET", path: "/v1/callbacks/c/events", token: secret}
	for name, test := range map[string]struct {
		call   call
		err    error
		status int
		kind   string
	}{
		"headers only":            {call{method: "HEAD", path: events.path, token: secret}, nil, 200, ""},
		"no token":                {as(events, ""), nil, 401, "unauthorized"},
		"manage token of another": {as(events, "dcm_"+strings.Repeat("B", 42)+"A"), nil, 404, "not-found"},
		"unknown":                 {events, adapter.ErrNotFound, 404, "not-found"},
		"a parameter":             {call{method: "GET", path: events.path + "?token=x", token: secret}, nil, 422, "invalid-request"},
		"what nobody expected":    {events, errors.New("disk on fire"), 500, "internal"},
		"the store is away":       {events, errClosed, 503, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFollowed()
			b.fails(test.err)
			o := options(b)
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" && got.problem(t) != test.kind {
				t.Errorf("problem %s, want %s", got.problem(t), test.kind)
			}
		})
	}
}
