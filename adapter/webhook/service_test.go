package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
	"directcallback/adapter/webhook"
)

// The whole way, in virtual time: the real service and store, the real Sender, and HTTP
// servers at the other end of connections in memory.

// dynamics makes a delivery of every request and has no news of any.
type dynamics struct{}

func (dynamics) Deliver(context.Context, adapter.DeliveryRequest) (adapter.Delivery, error) {
	return adapter.Delivery{ID: "delivery"}, nil
}

func (dynamics) Reports(context.Context, []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	return nil, nil
}

func (dynamics) Find(context.Context, adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	return adapter.DeliveryReport{}, false, nil
}

func (dynamics) Cancel(context.Context, adapter.Delivery) error { return nil }

// telephony takes everything.
type telephony struct{}

func (telephony) Publish(context.Context, []adapter.Command) error { return nil }

func (telephony) Reject(context.Context, []adapter.Parked, adapter.Rejection) error { return nil }

// portal has a queue that places callbacks.
type portal struct{}

func (portal) LoadSettings(_ context.Context, now time.Time) (adapter.Settings, error) {
	return adapter.Settings{
		ReadAt: now,
		Queues: []adapter.Queue{{ID: queue, Name: "Billing", Type: adapter.QueueVoice, Active: true}},
		Configurations: []adapter.EngagementConfiguration{{
			ID: "8d2f6a40-c7e1-4b95-83d0-1a9e5f7c2b64", Name: "Callbacks", Active: true,
			Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: queue,
		}},
	}, nil
}

// wall is the time of the bubble.
type wall struct{}

func (wall) Now() time.Time                       { return time.Now() }
func (wall) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

// pipes is a network of HTTP servers, by host.
type pipes struct{ hosts map[string]chan net.Conn }

// dial fails for hosts that there are not.
func (p *pipes) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ours, theirs := net.Pipe()
	select {
	case p.hosts[host] <- theirs: // nil for a host that there is not
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// door is the listener of one of the servers.
type door struct {
	came   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case conn := <-d.came:
		return conn, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error   { d.once.Do(func() { close(d.closed) }); return nil }
func (d *door) Addr() net.Addr { return &net.TCPAddr{} }

// site is one of the servers: what came, and what it answers.
type site struct {
	mu     sync.Mutex
	came   []came                                   // guarded by mu
	answer func(http.ResponseWriter, *http.Request) // guarded by mu: nil = 204
}

type came struct {
	at     time.Time
	id     string
	header http.Header
	body   string
	taken  bool
	wrong  error // what the library says of its signature, when it came
}

func (s *site) answers(with func(http.ResponseWriter, *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = with
}

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// noting notes the status of an answer.
type noting struct {
	http.ResponseWriter
	status int
}

func (n *noting) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	n := &noting{w, http.StatusOK}
	if answer != nil {
		answer(n, r)
	}
	secret, _ := secrets()
	library, err := standardwebhooks.NewWebhook(string(secret))
	if err == nil {
		err = library.Verify(body, r.Header)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.came = append(s.came, came{time.Now(), r.Header.Get(webhook.HeaderID), r.Header, string(body), n.status/100 == 2 && r.Context().Err() == nil, err})
}

// all is what came; taken alone is what was answered with 2xx.
func (s *site) all() []came {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.came)
}

func (s *site) taken() []came {
	return slices.DeleteFunc(s.all(), func(c came) bool { return !c.taken })
}

// town is the service with its webhooks, one for each site.
type town struct {
	*testing.T
	service *service.Service
	sites   map[string]*site
	log     *bytes.Buffer // read it after the service has stopped
	made    int
}

const customer = "+33155501234"

func anna() service.Signature { return service.Signature{By: "anna", Reason: "they want to know"} }

// inTown runs a test in a bubble. stopped is called when all has ended.
func inTown(t *testing.T, hosts []string, f func(*town), stopped func(*town)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		w := &town{T: t, sites: map[string]*site{}, log: &bytes.Buffer{}}
		network := &pipes{hosts: map[string]chan net.Conn{}}
		var servers []*http.Server
		var serving sync.WaitGroup
		for _, host := range hosts {
			d := &door{came: make(chan net.Conn), closed: make(chan struct{})}
			network.hosts[host], w.sites[host] = d.came, &site{}
			server := &http.Server{Handler: w.sites[host], ErrorLog: discard(), ReadHeaderTimeout: time.Minute}
			servers = append(servers, server)
			serving.Go(func() { _ = server.Serve(d) })
		}
		sender := webhook.New(webhook.Options{Private: true})
		sender.DialBy(network.dial)
		store, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		var ids int
		var mu sync.Mutex
		w.service = service.New(service.Options{
			Update: func(ctx context.Context, f func(service.Tx) error) error {
				return store.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
			},
			Deliverer: dynamics{}, Publisher: telephony{}, Settings: portal{}, Clock: wall{}, Policy: callback.DefaultPolicy(), Channels: channels.Default(), Webhooks: sender,
			NewID:  func() string { mu.Lock(); defer mu.Unlock(); ids++; return fmt.Sprintf("id-%04d", ids) },
			Logger: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		if err := w.service.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.service.Run(ctx) }()
		for _, host := range hosts {
			hook := to("http://" + host + "/hooks?token=canary-of-the-owner")
			hook.ID = adapter.WebhookID(host)
			if _, err := w.service.AddWebhook(ctx, hook, anna()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		f(w)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		sender.Close()
		for _, server := range servers {
			_ = server.Close()
		}
		serving.Wait()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if stopped != nil {
			stopped(w)
		}
	})
}

func (w *town) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// promises makes callbacks for tomorrow and takes them back, which is worth two messages
// each: requested and cancelled.
func (w *town) promises(n int) {
	w.Helper()
	for range n {
		w.made++
		id := adapter.CallbackID(fmt.Sprintf("promise-%03d", w.made))
		number, err := adapter.ParsePhone(fmt.Sprintf("+331555%05d", 1233+w.made)) // the first is the customer's
		if err != nil {
			w.Fatal(err)
		}
		window := adapter.Window{Start: time.Now().Add(24 * time.Hour), End: time.Now().Add(25 * time.Hour)}
		_, err = w.service.Request(w.Context(), service.Request{Client: "web", Key: string(id), Callback: adapter.Callback{
			ID: id, Queue: queue, Phone: number, Channel: adapter.ChannelWeb, Window: window, Name: "Zoë Canary", Notes: "canary of the customer's", TimeZone: "Europe/Paris",
			Consent: adapter.Consent{Given: true, At: time.Now(), Text: "canary of the consent"},
		}})
		if err != nil {
			w.Fatal(err)
		}
		if _, err := w.service.Cancel(w.Context(), id, "canary of the reason"); err != nil {
			w.Fatal(err)
		}
	}
	synctest.Wait()
}

// wantAll checks that a site took every message once, each callback's in their order,
// and that each is signed for the time at which it came.
func (w *town) wantAll(s *site) {
	w.Helper()
	seen, last := map[string]bool{}, map[string]string{}
	for _, c := range s.taken() {
		if seen[c.id] {
			w.Errorf("%s came twice: %s", c.id, c.body)
		}
		seen[c.id] = true
		if c.wrong != nil {
			w.Errorf("at %v: %v", c.at, c.wrong)
		}
		_, rest, _ := strings.Cut(c.body, `"callbackId":"`)
		of, _, _ := strings.Cut(rest, `"`)
		if strings.Contains(c.body, "callback.requested") == (last[of] != "") {
			w.Errorf("%s came after %q", c.body, last[of])
		}
		last[of] = c.body
	}
	if len(seen) != 2*w.made {
		w.Errorf("%d messages of %d were taken", len(seen), 2*w.made)
	}
}

func TestAReceiverThatIsDownIsToldAllOfItLater(t *testing.T) {
	inTown(t, []string{"down.example", "up.example"}, func(w *town) {
		down, up := w.sites["down.example"], w.sites["up.example"]
		down.answers(status(http.StatusInternalServerError))
		w.promises(20)
		w.wantAll(up)
		w.pass(2 * time.Hour)
		w.promises(5)
		w.wantAll(up)
		if n := len(down.all()); n == 0 || n > 80 {
			t.Errorf("in two hours it was asked %d times", n)
		}
		down.answers(nil)
		w.pass(7 * time.Hour)
		w.wantAll(down)
	}, nil)
}

func TestAReceiverThatNeverAnswersHoldsUpNobody(t *testing.T) {
	inTown(t, []string{"slow.example", "quick.example"}, func(w *town) {
		w.sites["slow.example"].answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		began := time.Now()
		w.promises(10)
		w.pass(time.Second)
		w.wantAll(w.sites["quick.example"])
		for _, c := range w.sites["quick.example"].all() {
			if c.at.Sub(began) > time.Second {
				t.Errorf("%s came after %v", c.body, c.at.Sub(began))
			}
		}
		w.pass(time.Hour)
		w.sites["slow.example"].answers(nil)
		w.pass(7 * time.Hour)
		w.wantAll(w.sites["slow.example"])
	}, nil)
}

func TestAReceiverIsAskedWhenItWantsToBe(t *testing.T) {
	inTown(t, []string{"busy.example"}, func(w *town) {
		busy := w.sites["busy.example"]
		busy.answers(status(http.StatusServiceUnavailable, "Retry-After", "600"))
		w.promises(1)
		began := time.Now()
		w.pass(599 * time.Second)
		if n := len(busy.all()); n != 1 {
			t.Errorf("before its time it was asked %d times", n)
		}
		busy.answers(nil)
		w.pass(2 * time.Second)
		w.wantAll(busy)
		if at := busy.taken()[0].at.Sub(began); at < 600*time.Second || at > 601*time.Second {
			t.Errorf("it was asked again after %v", at)
		}
	}, nil)
}

func TestAReceiverThatIsGoneIsAskedNoMoreAndToldWhatItMissed(t *testing.T) {
	inTown(t, []string{"gone.example"}, func(w *town) {
		gone := w.sites["gone.example"]
		w.promises(1)
		w.pass(time.Second) // or it would be replayed too
		gone.answers(status(http.StatusGone))
		w.promises(3)
		w.pass(time.Minute)
		asked := len(gone.all())
		w.promises(3)
		w.pass(24 * time.Hour)
		if n := len(gone.all()); n != asked {
			t.Errorf("it was asked %d times more", n-asked)
		}
		gone.answers(nil)
		back, err := w.service.EnableWebhook(w.Context(), "gone.example", anna())
		if err != nil {
			t.Fatal(err)
		}
		w.replay("gone.example", back.MissedFrom)
		w.pass(time.Minute)
		w.wantAll(gone)
	}, nil)
}

func (w *town) replay(id adapter.WebhookID, since time.Time) {
	w.Helper()
	done, err := w.service.ReplayWebhook(w.Context(), id, service.Replay{After: adapter.ChangePosition{At: since}}, anna())
	if err != nil || !done.Done {
		w.Fatalf("%+v, %v", done, err)
	}
}

func TestAReplayIsTheSameBytesUnderTheSameIDs(t *testing.T) {
	inTown(t, []string{"a.example"}, func(w *town) {
		a, began := w.sites["a.example"], time.Now()
		w.promises(4)
		first := a.taken()
		w.pass(time.Hour)
		w.replay("a.example", began)
		w.pass(time.Second)
		again := a.taken()[len(first):]
		byID := map[string]string{}
		for _, c := range first {
			byID[c.id] = c.body
		}
		if len(again) != len(first) {
			t.Errorf("%d of %d came again", len(again), len(first))
		}
		for _, c := range again {
			if byID[c.id] != c.body {
				t.Errorf("%s came with %s, first with %s", c.id, c.body, byID[c.id])
			}
			if c.header.Get(webhook.HeaderTimestamp) == first[0].header.Get(webhook.HeaderTimestamp) {
				t.Error("it is signed for the time of the first")
			}
		}
	}, nil)
}

// One number, one secret, one token and some words go the whole way, also where it goes
// wrong; none of them is seen anywhere.
func TestNothingOfTheCustomerAndNoSecretIsSeen(t *testing.T) {
	var seen strings.Builder
	inTown(t, []string{"up.example", "down.example", "gone.example"}, func(w *town) {
		w.sites["down.example"].answers(func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(rw, "canary of the receiver")
		})
		w.sites["gone.example"].answers(status(http.StatusGone))
		w.promises(3)
		w.pass(4 * 24 * time.Hour)
		w.promises(1)
		w.pass(time.Minute)
		all, err := w.service.Outbox(w.Context(), adapter.OutgoingQuery{Limit: 1000})
		if err != nil || len(all) == 0 || !slices.ContainsFunc(all, func(o adapter.Outgoing) bool { return !o.DeadAt.IsZero() }) {
			t.Errorf("the outbox has %d, %v", len(all), err)
		}
		for _, s := range w.sites {
			for _, c := range s.all() {
				fmt.Fprintln(&seen, c.body, c.header)
			}
		}
		fmt.Fprintf(&seen, "%+v", all)
	}, func(w *town) { seen.WriteString(w.log.String()) })
	secret, _ := secrets()
	for name, canary := range map[string]string{
		"number": customer[1:], "part of the number": "155501234", "secret": strings.TrimPrefix(string(secret), "whsec_"), "words": "anary",
	} {
		if strings.Contains(seen.String(), canary) {
			at := strings.Index(seen.String(), canary)
			t.Errorf("the %s is seen: …%s", name, seen.String()[max(0, at-200):min(seen.Len(), at+60)])
		}
	}
	for _, want := range []string{"notifications were not taken", "the receiver answers 500", "is disabled"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}
