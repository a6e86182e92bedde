package api_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/api"
	"directcallback/adapter/callback"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
)

// dynamics makes a delivery of every request and has no news of any.
type dynamics struct{}

func (dynamics) Deliver(context.Context, adapter.DeliveryRequest) (adapter.Delivery, error) {
	return adapter.Delivery{ID: "d-1"}, nil
}

func (dynamics) Reports(context.Context, []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	return nil, nil
}

func (dynamics) Find(context.Context, adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	return adapter.DeliveryReport{}, false, nil
}

func (dynamics) Cancel(context.Context, adapter.Delivery) error {
	return nil
}

// telephony takes everything.
type telephony struct{}

func (telephony) Publish(context.Context, []adapter.Command) error { return nil }

func (telephony) Reject(context.Context, []adapter.Parked, adapter.Rejection) error { return nil }

const unconfigured = "b84c1a70-25de-4f3b-8c66-1f0e9d7a5b32"

// portal has a queue that places callbacks and one that cannot.
type portal struct{}

func (portal) LoadSettings(_ context.Context, now time.Time) (adapter.Settings, error) {
	return adapter.Settings{
		ReadAt: now,
		Queues: []adapter.Queue{
			{ID: queue, Name: "Billing", Type: adapter.QueueVoice, Active: true},
			{ID: unconfigured, Name: "Sales", Type: adapter.QueueVoice, Active: true},
		},
		Configurations: []adapter.EngagementConfiguration{{
			ID: "8d2f6a40-c7e1-4b95-83d0-1a9e5f7c2b64", Name: "Callbacks", Active: true,
			Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: queue,
		}},
	}, nil
}

// clock stands still until it is told otherwise.
type clock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (*clock) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

// house is the API on the real service and store.
type house struct {
	http.Handler
	clock   *clock
	service *service.Service
	store   *sqlite.Store
	steps   chan service.Step
}

func build(tb testing.TB, change ...func(*api.Options)) *house {
	tb.Helper()
	db, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "store.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	h := &house{clock: &clock{now: noon}, store: db, steps: make(chan service.Step, 1000)}
	h.service = service.New(service.Options{
		Update: func(ctx context.Context, f func(service.Tx) error) error {
			return db.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
		},
		Deliverer: dynamics{}, Publisher: telephony{}, Settings: portal{}, Clock: h.clock, NewID: ids(),
		Logger: slog.New(slog.DiscardHandler), Policy: callback.DefaultPolicy(), Channels: channels.Default(), Observe: func(s service.Step) { h.steps <- s },
	})
	if err := h.service.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	o := options(h.service)
	o.Now = h.clock.Now
	for _, c := range change {
		c(&o)
	}
	h.Handler = handler(tb, o)
	return h
}

// keyed is a good request under a key.
func keyed(key string, members map[string]any) call {
	c := post(order(members))
	c.header = map[string]string{"Idempotency-Key": key}
	return c
}

// ahead puts somebody at the front, who is due at once; the next one waits.
func (h *house) ahead(tb testing.TB) {
	tb.Helper()
	keyed("ahead", map[string]any{"phone": "+33155501299"}).to(tb, h).wants(tb, http.StatusCreated)
	h.clock.advance(time.Second)
}

func at(method string, a answer, token string) call {
	return call{method: method, path: a.Header().Get("Location"), token: token}
}

func TestCreateSeeCancel(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.ahead(t)
	made := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	token := made.text("manageToken")
	if !strings.HasPrefix(token, "dcm_") || len(token) != 47 {
		t.Errorf("manage token %q", token)
	}
	seen := at("GET", made, token).to(t, h).wants(t, http.StatusOK)
	want := maps.Clone(made.body)
	delete(want, "manageToken")
	for name, v := range want {
		if got := seen.body[name]; name != "links" && got != v {
			t.Errorf("%s: %v when created, %v when seen", name, v, got)
		}
	}
	if seen.text("phone") != number || seen.text("queueName") != "Billing" || seen.body["place"] != 2.0 || seen.text("state") != "waiting" {
		t.Errorf("seen: %s", seen.Body)
	}
	if made.Header().Get("ETag") != seen.Header().Get("ETag") || !strings.HasPrefix(seen.Header().Get("ETag"), `"`) {
		t.Errorf("tags %s and %s", made.Header().Get("ETag"), seen.Header().Get("ETag"))
	}
	if _, ok := seen.body["manageToken"]; ok {
		t.Error("the manage token is shown again")
	}
	for range 2 {
		at("DELETE", made, token).to(t, h).wants(t, http.StatusNoContent)
	}
	seen = at("GET", made, token).to(t, h).wants(t, http.StatusOK)
	if seen.text("state") != "cancelled" || seen.text("reason") != "The callback was cancelled." || seen.body["place"] != nil {
		t.Errorf("after the end: %s", seen.Body)
	}
	if seen = at("GET", made, secret).to(t, h); seen.text("reason") != "cancelled by the customer" {
		t.Errorf("the backend is told %q", seen.text("reason"))
	}
}

func TestManageTokenOpensOneCallback(t *testing.T) {
	t.Parallel()
	h := build(t)
	mine := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	other := keyed("k-2", map[string]any{"phone": "+33155501235"}).to(t, h).wants(t, http.StatusCreated)
	for _, method := range []string{"GET", "DELETE"} {
		theirs := at(method, other, mine.text("manageToken")).to(t, h).wants(t, http.StatusNotFound)
		nobodys := call{method: method, path: "/v1/callbacks/none", token: mine.text("manageToken")}.to(t, h).wants(t, http.StatusNotFound)
		delete(theirs.body, "requestId")
		delete(nobodys.body, "requestId")
		if !maps.Equal(theirs.body, nobodys.body) {
			t.Errorf("%s tells another's callback (%v) from none (%v)", method, theirs.body, nobodys.body)
		}
	}
	at("GET", other, other.text("manageToken")).to(t, h).wants(t, http.StatusOK)
}

func TestRepeat(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.ahead(t)
	first := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	if first.Header().Get("Idempotent-Replayed") != "" {
		t.Error("the first answer is marked as a repeat")
	}
	again := keyed("k-1", map[string]any{"phone": "+33 1 55 50 12 34", "attributes": map[string]string{}, "channel": "web"})
	replay := again.to(t, h).wants(t, http.StatusCreated)
	if replay.Body.String() != first.Body.String() || replay.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("first: %s\nrepeat: %s", first.Body, replay.Body)
	}
	at("DELETE", replay, replay.text("manageToken")).to(t, h).wants(t, http.StatusNoContent)
	if replay = again.to(t, h).wants(t, http.StatusCreated); replay.text("state") != "cancelled" {
		t.Errorf("the repeat does not show the callback as it is: %s", replay.Body)
	}
}

// Each field counts: leaving one out of the fingerprint would answer a request
// with another one's callback.
func TestKeyOfAnotherRequest(t *testing.T) {
	t.Parallel()
	h := build(t)
	base := window(time.Hour, 2*time.Hour)
	keyed("k-1", base).to(t, h).wants(t, http.StatusCreated)
	for name, v := range map[string]any{
		"phone": "+33155501235", "queueId": unconfigured, "when": window(time.Hour, 3*time.Hour)["when"], "timeZone": "Europe/Rome",
		"name": "Ann", "email": "a@example.org", "contactId": queue, "locale": "fr", "notes": "n",
		"attributes": map[string]string{"a": "b"}, "consent": consent("text", "Other words.")["consent"], "channel": "bot",
	} {
		members := maps.Clone(base)
		members[name] = v
		if got := keyed("k-1", members).to(t, h).wants(t, http.StatusUnprocessableEntity); got.problem(t) != "idempotency-key-reused" {
			t.Errorf("another %s: %s", name, got.Body)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	h := build(t)
	first := keyed("k-1", map[string]any{"name": "Ann"}).to(t, h).wants(t, http.StatusCreated)
	for _, mark := range []string{"", "true"} { // the second time is a repeat
		got := keyed("k-2", map[string]any{"name": "Eve"}).to(t, h).wants(t, http.StatusOK)
		if got.Header().Get("Location") != first.Header().Get("Location") || got.Header().Get("Idempotent-Replayed") != mark {
			t.Errorf("header %v", got.Header())
		}
		if got.body["joined"] != true || got.text("state") != "due" || got.body["place"] != 1.0 {
			t.Errorf("joined: %s", got.Body)
		}
		if len(got.body) != 5 || strings.Contains(got.Body.String(), "Ann") || strings.Contains(got.Body.String(), number) {
			t.Errorf("tells more than state and place: %s", got.Body)
		}
	}
	if again := keyed("k-1", map[string]any{"name": "Ann"}).to(t, h).wants(t, http.StatusCreated); again.text("manageToken") != first.text("manageToken") {
		t.Error("the first one's token changed")
	}
}

func TestAnotherStaticTokenMakesOtherManageTokens(t *testing.T) {
	t.Parallel()
	h := build(t)
	first := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	const next = "another-token-of-thirty-two-characters"
	o := options(h.service)
	o.Token = next
	h.Handler = handler(t, o)
	repeat := keyed("k-1", nil)
	repeat.token = next
	if got := repeat.to(t, h).wants(t, http.StatusOK); got.text("manageToken") != "" {
		t.Errorf("got %s", got.Body)
	}
	at("GET", first, first.text("manageToken")).to(t, h).wants(t, http.StatusOK)
	at("GET", first, secret).to(t, h).wants(t, http.StatusUnauthorized)
}

func TestScheduled(t *testing.T) {
	t.Parallel()
	h := build(t)
	got := keyed("k-1", window(time.Hour, 2*time.Hour)).to(t, h).wants(t, http.StatusCreated)
	w, _ := got.body["window"].(map[string]any)
	if got.text("state") != "scheduled" || got.body["place"] != nil || w["start"] != "2026-03-04T13:00:00Z" || got.text("expiresAt") != "2026-03-04T14:00:00Z" {
		t.Errorf("got %s", got.Body)
	}
}

// A client that heard no answer repeats its request for as long as the key is kept,
// and that is longer than some windows.
func TestRepeatAfterTheWindow(t *testing.T) {
	t.Parallel()
	h := build(t)
	asked := keyed("k-1", window(time.Hour, 2*time.Hour))
	first := asked.to(t, h).wants(t, http.StatusCreated)
	h.clock.advance(3 * time.Hour)
	again := asked.to(t, h).wants(t, http.StatusCreated)
	if again.text("id") != first.text("id") || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %s, again %s", first.Body, again.Body)
	}
	late := keyed("k-2", window(time.Hour, 2*time.Hour)).to(t, h).wants(t, http.StatusUnprocessableEntity)
	if strings.Join(late.wrong(), " ") != "when.end" {
		t.Errorf("got %s", late.Body)
	}
}

func TestQueuesThatCannot(t *testing.T) {
	t.Parallel()
	h := build(t)
	got := keyed("k-1", map[string]any{"queueId": unconfigured}).to(t, h).wants(t, http.StatusConflict)
	if got.problem(t) != "not-offered" || got.text("detail") != "no preview engagement configuration serves the queue" {
		t.Errorf("got %s", got.Body)
	}
	got = keyed("k-1", map[string]any{"queueId": "00000000-0000-4000-8000-000000000000"}).to(t, h).wants(t, http.StatusUnprocessableEntity)
	if strings.Join(got.wrong(), " ") != "queueId" {
		t.Errorf("got %s", got.Body)
	}
}

func TestPollingNoticesTheLine(t *testing.T) {
	t.Parallel()
	h := build(t)
	first := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	h.clock.advance(time.Second)
	second := keyed("k-2", map[string]any{"phone": "+33155501235"}).to(t, h).wants(t, http.StatusCreated)
	poll := at("GET", second, second.text("manageToken"))
	for _, have := range []string{second.Header().Get("ETag"), "W/" + second.Header().Get("ETag"), `"x", ` + second.Header().Get("ETag"), "*"} {
		poll.header = map[string]string{"If-None-Match": have}
		if got := poll.to(t, h).wants(t, http.StatusNotModified); got.Body.Len() > 0 || got.Header().Get("ETag") != second.Header().Get("ETag") {
			t.Errorf("If-None-Match %s: %v %s", have, got.Header(), got.Body)
		}
	}
	at("DELETE", first, secret).to(t, h).wants(t, http.StatusNoContent)
	poll.header = map[string]string{"If-None-Match": second.Header().Get("ETag")}
	if got := poll.to(t, h).wants(t, http.StatusOK); got.body["place"] != 1.0 {
		t.Errorf("got %s", got.Body)
	}
}

// TestCancelWhatDynamicsHas runs the service until a delivery exists.
func TestCancelWhatDynamicsHas(t *testing.T) {
	t.Parallel()
	h := build(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.service.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	made := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	for step := range h.steps {
		if step.To == adapter.StateDispatched {
			break
		}
	}
	for range 2 {
		got := at("DELETE", made, made.text("manageToken")).to(t, h).wants(t, http.StatusAccepted)
		if links, _ := got.body["links"].(map[string]any); got.text("state") != "cancelling" || links["cancel"] != nil {
			t.Errorf("got %s", got.Body)
		}
	}
}

func TestStoreIsClosed(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *api.Options) {
		o.Unavailable = func(err error) bool { return errors.Is(err, sqlite.ErrClosed) }
	})
	if err := h.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := keyed("k-1", nil).to(t, h).wants(t, http.StatusServiceUnavailable)
	if got.problem(t) != "unavailable" || got.Header().Get("Retry-After") == "" {
		t.Errorf("got %v %s", got.Header(), got.Body)
	}
}
