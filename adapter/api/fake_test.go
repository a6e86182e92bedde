package api_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"directcallback/adapter"
	"directcallback/adapter/api"
	"directcallback/adapter/channels"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(wholeRun{m}) }

const (
	secret = "0123456789abcdef-0123456789abcdef-canary"
	number = "+33155501234"
	queue  = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// backend answers with what it was given.
type backend struct {
	request func(service.Request) (service.Receipt, error)
	view    service.View
	getErr  error
	after   service.View // of Cancel and Change
	cancel  error
	change  error
	asked   service.Change // of Change, last

	listed    []service.Listed
	listErr   error
	listAsked adapter.CallbackQuery // of List, last

	erased    service.Erased
	eraseErr  error
	person    adapter.Person    // of Erase, last
	signature service.Signature // of Erase, last

	queues   []service.QueueView
	line     service.LineView
	queueErr error

	free    service.FreeSlots
	slotErr error // of Slots, Hold and Release
	sought  service.SlotQuery
	held    []adapter.Hold
}

func (b *backend) Request(_ context.Context, q service.Request) (service.Receipt, error) {
	if b.request != nil {
		return b.request(q)
	}
	if w := q.Callback.Window; !w.IsZero() && !w.End.After(noon) {
		return service.Receipt{}, service.ErrWindowOver
	}
	return taken(q), nil
}

// taken is the receipt of a request that was not seen before.
func taken(q service.Request) service.Receipt {
	c := q.Callback
	c.Version, c.State, c.CreatedAt, c.ExpiresAt = 1, adapter.StateWaiting, noon, noon.Add(7*24*time.Hour)
	return service.Receipt{View: service.View{Callback: c, QueueName: "Billing", Place: 3}}
}

func (b *backend) Get(context.Context, adapter.CallbackID) (service.View, error) {
	return whole(b.view), b.getErr
}

func (b *backend) Cancel(context.Context, adapter.CallbackID, string) (service.View, error) {
	return whole(b.after), b.cancel
}

func (b *backend) Change(_ context.Context, _ adapter.CallbackID, change service.Change) (service.View, error) {
	b.asked = change
	return whole(b.after), b.change
}

func (b *backend) List(_ context.Context, q adapter.CallbackQuery) ([]service.Listed, error) {
	b.listAsked = q
	return b.listed[:min(q.Limit, len(b.listed))], b.listErr
}

func (b *backend) Erase(_ context.Context, p adapter.Person, by service.Signature) (service.Erased, error) {
	b.person, b.signature = p, by
	return b.erased, b.eraseErr
}

// Follow wakes once, for nothing.
func (b *backend) Follow(adapter.CallbackID) (<-chan struct{}, func()) {
	woken := make(chan struct{}, 1)
	woken <- struct{}{}
	return woken, func() {}
}

func (b *backend) Queues() []service.QueueView { return b.queues }

func (b *backend) Queue(_ context.Context, id adapter.QueueID) (service.QueueView, error) {
	for _, q := range b.queues {
		if q.ID == id {
			return q, b.queueErr
		}
	}
	return service.QueueView{}, cmp.Or(b.queueErr, adapter.ErrNotFound)
}

func (b *backend) Line(ctx context.Context, id adapter.QueueID) (service.LineView, error) {
	_, err := b.Queue(ctx, id)
	return b.line, err
}

func (b *backend) Slots(ctx context.Context, q service.SlotQuery) (service.FreeSlots, error) {
	b.sought = q
	if _, err := b.Queue(ctx, q.Queue); err != nil {
		return service.FreeSlots{}, err
	}
	return b.free, b.slotErr
}

func (b *backend) Hold(ctx context.Context, hold adapter.Hold) (adapter.Hold, error) {
	if _, err := b.Queue(ctx, hold.Queue); err != nil {
		return hold, err
	}
	hold.Until = noon.Add(adapter.HoldFor)
	b.held = append(b.held, hold)
	return hold, b.slotErr
}

func (b *backend) Release(_ context.Context, hold adapter.Hold) error {
	b.held = append(b.held, hold)
	return b.slotErr
}

// whole fills in what every callback has.
func whole(v service.View) service.View {
	if v.Callback.State == "" {
		v.Callback.State = adapter.StateWaiting
	}
	if v.Callback.Channel == "" {
		v.Callback.Channel = adapter.ChannelWeb
	}
	return v
}

// exemplary has the callback that the contract's examples are about.
func exemplary() *backend {
	return &backend{
		view:   service.View{Callback: adapter.Callback{ID: "0195611c-1c00-7000-8000-000000000001", Version: 1, Queue: queue}},
		free:   service.FreeSlots{Zone: time.UTC},
		queues: []service.QueueView{{ID: queue, Name: "Billing", Open: overflow.Open}},
	}
}

// ids counts: c-1, c-2, …
func ids() func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("c-%d", n.Add(1)) }
}

// options are those of a process that is stopping: a stream ends when it has shown what
// there is.
func options(b api.Backend) api.Options {
	stopping := make(chan struct{})
	close(stopping)
	return api.Options{
		Service: b, Token: secret, Now: func() time.Time { return noon }, NewID: ids(),
		Logger: slog.New(slog.DiscardHandler), Channels: channels.Channels{Topics: map[channels.Topic]adapter.QueueID{"cards": queue}}, Stopping: stopping,
	}
}

func handler(tb testing.TB, o api.Options) http.Handler {
	tb.Helper()
	h, err := api.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// call is a request; answer is what came back, its body read as JSON.
type call struct {
	method, path, body string
	token              string // "" = none
	host               string // "" = api.example
	remote             string // "" = 192.0.2.1:1234
	header             map[string]string
	cut                bool   // the body ends early
	query              string // as it is, instead of the one in path; "" = that one
}

type answer struct {
	*httptest.ResponseRecorder
	body map[string]any
}

func (c call) to(tb testing.TB, h http.Handler) answer {
	tb.Helper()
	r := httptest.NewRequest(c.method, "http://api.example"+c.path, strings.NewReader(c.body))
	if c.query != "" {
		r.URL.RawQuery = c.query
	}
	if c.host != "" {
		r.Host = c.host
	}
	if c.remote != "" {
		r.RemoteAddr = c.remote
	}
	if c.cut {
		r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	if c.body != "" || c.method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.method == http.MethodPost {
		r.Header.Set("Idempotency-Key", "key-1")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range c.header {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := theContract().check(r, w); err != nil {
		tb.Errorf("%s %s: %v", c.method, c.path, err)
	}
	if w.Code < http.StatusBadRequest {
		r.Body = io.NopCloser(strings.NewReader(c.body))
		if err := theContract().checkTaken(r); err != nil {
			tb.Errorf("%s %s: %v", c.method, c.path, err)
		}
	}
	a := answer{ResponseRecorder: w}
	if w.Body.Len() > 0 && w.Header().Get("Content-Type") != "text/event-stream" {
		if err := json.Unmarshal(w.Body.Bytes(), &a.body); err != nil {
			tb.Fatalf("%s %s: the answer is no JSON object: %v\n%s", c.method, c.path, err, w.Body)
		}
	}
	return a
}

func (a answer) wants(tb testing.TB, status int) answer {
	tb.Helper()
	if a.Code != status {
		tb.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// problem checks what all problems have in common and returns its type.
func (a answer) problem(tb testing.TB) string {
	tb.Helper()
	if got := a.Header().Get("Content-Type"); got != "application/problem+json" {
		tb.Errorf("Content-Type %q", got)
	}
	if a.body["status"] != float64(a.Code) || a.body["title"] == "" || a.body["requestId"] != a.Header().Get("X-Request-Id") {
		tb.Errorf("problem %v of an answer with status %d", a.body, a.Code)
	}
	kind, _ := a.body["type"].(string)
	return strings.TrimPrefix(kind, "/problems/")
}

func (a answer) text(name string) string {
	s, _ := a.body[name].(string)
	return s
}

// order is a good body with members set or, where nil, left out.
func order(members map[string]any) string {
	all := map[string]any{
		"phone": number, "queueId": queue, "when": "asap",
		"consent": map[string]any{"given": true, "at": "2026-03-04T11:59:00Z", "text": "Please call me."},
	}
	for name, value := range members {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(all); err != nil {
		panic(err)
	}
	return body.String()
}

func post(body string) call {
	return call{method: http.MethodPost, path: "/v1/callbacks", body: body, token: secret}
}

// with is a call with one more header field, or none where value is empty; as is one with
// another token.
func with(c call, name, value string) call {
	c.header = maps.Clone(c.header)
	if c.header == nil {
		c.header = map[string]string{}
	}
	c.header[name] = value
	return c
}

func as(c call, token string) call {
	c.token = token
	return c
}

// stranger has the form of a manage token, and opens only what has strangersHash.
var (
	stranger      = "dcm_" + strings.Repeat("A", 43)
	strangersHash = hash(stranger)
)

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func logTo(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// quick makes a call that is not held to the contract, and returns the status.
func quick(c call, h http.Handler) int {
	r := httptest.NewRequest(c.method, "http://api.example"+c.path, strings.NewReader(c.body))
	r.Header.Set("Authorization", "Bearer "+c.token)
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// hashOf is what is kept of a manage token.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
