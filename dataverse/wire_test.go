package dataverse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a listener on in-memory connections, so that client and server live in
// one synctest bubble and waiting costs nothing.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	fail  atomic.Int32 // so many dials are refused
	dials atomic.Int32
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), done: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error   { w.once.Do(func() { close(w.done) }); return nil }
func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (w *wire) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	w.dials.Add(1)
	if w.fail.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	}
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.done:
	case <-ctx.Done():
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("closed")}
}

// credential counts its tokens.
type credential struct {
	name  string
	asked []policy.TokenRequestOptions
	err   error
	life  time.Duration
}

func (c *credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked = append(c.asked, o)
	if c.err != nil {
		return azcore.AccessToken{}, c.err
	}
	life := c.life
	if life == 0 {
		life = time.Hour
	}
	return azcore.AccessToken{Token: fmt.Sprintf("%s-%d", c.name, len(c.asked)), ExpiresOn: time.Now().Add(life)}, nil
}

const testOrigin = "http://127.0.0.1:8080"

// bench is a client and the server it talks to.
type bench struct {
	*Client
	wire  *wire
	creds *credential
	log   *strings.Builder
	calls atomic.Int32
}

// newBench serves handler for as long as the test runs. Call it inside a bubble.
func newBench(t *testing.T, o Options, handler http.HandlerFunc) *bench {
	t.Helper()
	b := &bench{wire: newWire(), creds: &credential{name: "token"}, log: new(strings.Builder)}
	transport := &http.Transport{DialContext: b.wire.dial, DisableKeepAlives: true}
	server := &http.Server{
		Handler:  http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.calls.Add(1); handler(w, r) }),
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(b.wire) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	})
	o.HTTPClient = &http.Client{Transport: transport}
	o.Logger = slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := New(testOrigin, b.creds, &o)
	if err != nil {
		t.Fatal(err)
	}
	b.Client = client
	return b
}

// replies answers the n-th request with the n-th reply, and later ones with the last.
func replies(all ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) { all[min(int(n.Add(1)), len(all))-1](w, r) }
}

func ok(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPatch || r.Method == http.MethodDelete {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	_, _ = w.Write([]byte(`{"name":"x","value":[]}`))
}

func refuse(status int, code string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"error":{"code":%q,"message":"no, %d"}}`, code, status)
	}
}

// reset closes the connection without a word.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_ = conn.Close()
}

// cut breaks off inside the body of a 200.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(`{"value":[`))
}

// garbage is a 200 of something that is not Dataverse.
func garbage(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("<html>Please sign in</html>"))
}

// hang answers nothing until the client goes away, which a server notices only
// after it has read the body.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
