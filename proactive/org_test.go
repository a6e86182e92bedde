package proactive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"directcallback/adapter"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	origin = "http://127.0.0.1:8080"
	number = "+33155501234" // the canary
)

// wire is a listener on in-memory connections, for a synctest bubble.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error   { w.once.Do(func() { close(w.done) }); return nil }
func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (w *wire) dial(_ context.Context, network, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.done:
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	}
}

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "canary-token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// org is an organization in a bubble.
type org struct {
	*Client
	t    *testing.T
	mock *mock.Server
	demo mock.Demo
	wire *wire
	log  *strings.Builder

	mu    sync.Mutex
	sent  []string                                      // "POST contacts <body>"; guarded by mu
	first func(http.ResponseWriter, *http.Request) bool // may answer before the mock does
}

// newOrg starts it. Call it inside a bubble.
func newOrg(t *testing.T, options *Options, keys ...mock.Key) *org {
	t.Helper()
	o := &org{t: t, wire: &wire{conns: make(chan net.Conn), done: make(chan struct{})}, log: new(strings.Builder)}
	var err error
	if o.mock, err = mock.New(mock.Options{StaticToken: "canary-token", URL: origin, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	if o.demo, err = o.mock.Demo(); err != nil {
		t.Fatal(err)
	}
	handler := o.mock.Handler()
	server := &http.Server{
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o.record(r)
			if o.first == nil || !o.first(w, r) {
				handler.ServeHTTP(w, r)
			}
		}),
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(o.wire) }()
	transport := &http.Transport{DialContext: o.wire.dial, DisableKeepAlives: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
		o.mock.Close()
		if missing := o.mock.Unsupported(); len(missing) > 0 {
			t.Errorf("the mock cannot do: %q", missing)
		}
	})
	client, err := dataverse.New(origin, token{}, &dataverse.Options{
		HTTPClient: &http.Client{Transport: transport},
		Logger:     slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	if o.Client, err = New(client, options); err != nil {
		t.Fatal(err)
	}
	return o
}

// asked is what a request asks for, also from inside a $batch of one: method and
// path below the service root.
func asked(r *http.Request) (method, path string) {
	method, path = r.Method, r.URL.Path
	if strings.HasSuffix(path, "/$batch") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if line := requestLine.FindStringSubmatch(string(body)); line != nil {
			method, path = line[1], line[2]
		}
	}
	return method, strings.TrimPrefix(path, "/api/data/v9.2/")
}

var requestLine = regexp.MustCompile(`(?m)^([A-Z]+) ([^ ?]+)\S* HTTP/1\.1\r$`)

// record keeps what was asked, and fails on a URL that says too much.
func (o *org) record(r *http.Request) {
	if strings.Contains(r.RequestURI, "155501234") {
		o.t.Errorf("a telephone number in the URL %s", r.RequestURI)
	}
	method, path := asked(r)
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, method+" "+path+" "+string(body))
}

// count is how many requests began so.
func (o *org) count(prefix string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, line := range o.sent {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

// request is one that the organization takes.
func (o *org) request(t *testing.T) adapter.DeliveryRequest {
	t.Helper()
	phone, err := adapter.ParsePhone(number)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	return adapter.DeliveryRequest{
		RequestID:     "cd98ef68-0f24-4ebf-ac90-4d490948b667",
		Configuration: adapter.ConfigurationID(o.demo.RetailEngagement),
		Phone:         phone,
		Window:        adapter.Window{Start: now, End: now.Add(15 * time.Minute)},
		Name:          "Ada King Lovelace",
		Attributes:    map[string]string{"isFinalAttempt": "false", "queue": "<Retail & more>"},
	}
}

// answer is a refusal in Dataverse's form, to requests below a prefix.
func answer(prefix string, status int, code, message string, headers ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		wanted, below, _ := strings.Cut(prefix, " ")
		method, path := asked(r)
		if method != wanted || !strings.HasPrefix(path, below) {
			return false
		}
		body := `{"error":{"code":"` + code + `","message":"` + message + `"}}`
		if strings.HasSuffix(r.URL.Path, "/$batch") {
			refusePart(w, status, body, headers)
			return true
		}
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// refusePart refuses the one request inside a batch.
func refusePart(w http.ResponseWriter, status int, body string, headers []string) {
	w.Header().Set("Content-Type", "multipart/mixed; boundary=b")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = fmt.Fprintf(w, "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 %d No\r\n", status)
	for i := 0; i < len(headers); i += 2 {
		_, _ = fmt.Fprintf(w, "%s: %s\r\n", headers[i], headers[i+1])
	}
	_, _ = fmt.Fprintf(w, "\r\n%s\r\n--b--\r\n", body)
}
