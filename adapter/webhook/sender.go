package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
)

const (
	// patience is how long one try may take, from looking the name up.
	patience = 15 * time.Second
	// lanes are how many callbacks' messages are under way to one webhook at once.
	lanes = 8
	// maxBody is how much of an answer is read, so that its connection serves again.
	maxBody = 4 << 10
	// maxHeader bounds the header of an answer.
	maxHeader = 32 << 10
)

// Options are what a Sender is made of. The zero value is for the real world.
type Options struct {
	Private  bool             // private addresses and plain HTTP too: for laboratories
	Resolver *net.Resolver    // nil = the machine's own
	Roots    *x509.CertPool   // whose certificates are good; nil = the machine's own
	Now      func() time.Time // nil = time.Now: receivers compare it with their own clocks
}

// Sender sends messages. It may be used from any goroutine.
type Sender struct {
	o      Options
	guard  *guard // nil = every address is good
	client *http.Client
}

// New makes a Sender.
func New(o Options) *Sender {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Sender{o: o}
	dialer := &net.Dialer{Timeout: patience, Resolver: o.Resolver}
	if !o.Private {
		s.guard = newGuard()
		dialer.Control = s.guard.control
	}
	s.client = &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:       nil, // one of the environment would be dialled, and not what is behind it
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: lanes, IdleConnTimeout: 90 * time.Second,
		},
	}
	return s
}

// Close closes the connections that are at rest.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Call makes one try to tell a webhook of notifications. Those of one callback are sent
// one after the other, those of several at once; after one that was not taken no other
// is begun. Its error is a *adapter.NotifyError.
func (s *Sender) Call(ctx context.Context, to adapter.Webhook, all []adapter.Notification) error {
	var t try
	var lane errgroup.Group
	lane.SetLimit(lanes)
	for _, chain := range byCallback(all) {
		lane.Go(func() error {
			for _, n := range chain {
				if t.over() {
					return nil
				}
				t.note(n.ID, s.tell(ctx, to, n))
			}
			return nil
		})
	}
	_ = lane.Wait() // what went wrong is noted
	return t.result()
}

// byCallback takes notifications apart, each callback's in their order.
func byCallback(all []adapter.Notification) [][]adapter.Notification {
	var chains [][]adapter.Notification
	at := map[adapter.CallbackID]int{}
	for _, n := range all {
		i, begun := at[n.Callback]
		if !begun {
			i = len(chains)
			at[n.Callback] = i
			chains = append(chains, nil)
		}
		chains[i] = append(chains[i], n)
	}
	return chains
}

// try is what became of notifications that are sent together.
type try struct {
	mu      sync.Mutex
	told    []string             // guarded by mu
	refused *adapter.NotifyError // guarded by mu: nil = all were taken so far
}

func (t *try) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused != nil
}

// note notes an outcome. The first refusal says why; what the others ask for counts too.
func (t *try) note(id string, refused *adapter.NotifyError) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case refused == nil:
		t.told = append(t.told, id)
	case t.refused == nil:
		t.refused = refused
	case refused.Gone && !t.refused.Gone:
		t.refused = refused
	default:
		t.refused.RetryAfter = max(t.refused.RetryAfter, refused.RetryAfter)
	}
}

func (t *try) result() error {
	if t.refused == nil {
		return nil
	}
	t.refused.Told = t.told
	return t.refused
}

func (s *Sender) tell(ctx context.Context, to adapter.Webhook, n adapter.Notification) *adapter.NotifyError {
	m, err := messageOf(n)
	if err != nil {
		return &adapter.NotifyError{Err: &adapter.CommandError{ID: n.ID, Err: err}}
	}
	_, refused := s.send(ctx, to, m)
	return refused
}

// Test sends a message that says nothing, and tells what was answered. An error says
// why that was not 2xx.
func (s *Sender) Test(ctx context.Context, to adapter.Webhook, id string) (Answer, error) {
	m, err := newMessage(id, testType, s.o.Now(), testData{to.ID})
	if err != nil {
		return Answer{}, err
	}
	answer, refused := s.send(ctx, to, m)
	if refused != nil {
		return answer, refused
	}
	return answer, nil
}

// send makes one request.
func (s *Sender) send(ctx context.Context, to adapter.Webhook, m message) (Answer, *adapter.NotifyError) {
	began := s.o.Now()
	request, err := s.request(ctx, to, m, began)
	if err != nil {
		return Answer{}, &adapter.NotifyError{Err: err}
	}
	answer, err := s.client.Do(request)
	took := s.o.Now().Sub(began)
	if err != nil {
		return Answer{Took: took}, &adapter.NotifyError{Err: unanswered(err)}
	}
	_, _ = io.CopyN(io.Discard, answer.Body, maxBody)
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return Answer{answer.StatusCode, took}, refusalOf(answer, s.o.Now())
	}
	return Answer{answer.StatusCode, took}, nil
}

// request is checked again: a webhook that was added in a laboratory may have come with
// its database to where there is none.
func (s *Sender) request(ctx context.Context, to adapter.Webhook, m message, at time.Time) (*http.Request, error) {
	if err := s.CheckURL(to.URL); err != nil {
		return nil, err
	}
	signatures, err := m.signatures(to.Signing(at), at)
	if err != nil {
		return nil, err
	}
	if signatures == "" {
		return nil, errors.New("the webhook has no secret")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(m.body))
	if err != nil {
		return nil, errors.New("the URL cannot be called")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "directcallback")
	request.Header.Set(HeaderID, m.id)
	request.Header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(HeaderSignature, signatures)
	return request, nil
}
