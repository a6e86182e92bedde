package dataverse_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/mocks/dataverse"
)

// wired is an organisation behind a network in memory, inside a testing/synctest bubble: real connections that break,
// and waits that take no time.
type wired struct {
	*org

	client *http.Client // a connection for each request; neither limits nor repeats of its own
}

// inBubble runs a test that speaks HTTP to the demo organisation.
func inBubble(t *testing.T, change func(*dataverse.Options), test func(w wired)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, func(opts *dataverse.Options) {
			opts.URL = ""
			if change != nil {
				change(opts)
			}
		})
		l := &pipeListener{dialled: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: o.mock.Handler(), ReadHeaderTimeout: time.Minute}
		var serving sync.WaitGroup
		serving.Go(func() { _ = server.Serve(l) })
		transport := &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
		test(wired{o, &http.Client{Transport: transport}})
		transport.CloseIdleConnections()
		_ = server.Close()
		o.mock.Close()
		serving.Wait()
	})
}

type pipeListener struct {
	dialled chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.dialled <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialled:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// reply is what came of one attempt.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // of sending, or of reading the body: then body is what came
}

const wiredRoot = "http://org.test/api/data/v9.2/"

// try makes one request, with a limit of time if one is given.
func (w wired) try(limit time.Duration, method, resource, body string, headers ...string) reply {
	w.tb.Helper()
	ctx := w.tb.Context()
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	target := resource
	if !strings.HasPrefix(target, "http") {
		target = wiredRoot + resource
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.ReplaceAll(target, " ", "%20"), strings.NewReader(body))
	if err != nil {
		w.tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := w.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, data, err}
}

func (r reply) ok() bool { return r.err == nil && r.status < 300 }

// code of the error object; empty when there is none.
func (r reply) code() string {
	var body struct{ Error struct{ Code string } }
	_ = json.Unmarshal(r.body, &body)
	return body.Error.Code
}

// page is an answer with rows.
type page struct {
	Value []map[string]any
	Next  string `json:"@odata.nextLink"`
	Delta string `json:"@odata.deltaLink"`
}

func (r reply) page() (p page, err error) {
	if r.err != nil {
		return p, r.err
	}
	if r.status != http.StatusOK {
		return p, fmt.Errorf("status %d", r.status)
	}
	return p, json.Unmarshal(r.body, &p)
}
