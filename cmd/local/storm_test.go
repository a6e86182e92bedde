package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/event"
	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/servicebus"
)

// The weather.
const (
	stormLines    = 16
	callsASecond  = 200
	duplicates    = 0.05
	reordered     = 0.05
	optIn         = 3 // every third caller
	cutEvery      = time.Second
	expireEvery   = 7 * time.Second
	longestLife   = 512 << 10 // bytes that a connection carries before it breaks, at most
	shortestLife  = 32 << 10
	stormLimit    = time.Hour // of virtual time
	eventsOfACall = 4
)

// TestStorm sends calls through a Service Bus that fails all the time: events
// come twice and in the wrong order, all connections are cut every second and
// each of them somewhere inside a frame besides, locks expire. In the end every
// effect must be there exactly once.
//
// It is 100,000 events, or 10,000 with -short or -race, in virtual time.
// DIRECTCALLBACK_STORM is another number of events, DIRECTCALLBACK_STORM_SEED
// another storm.
func TestStorm(t *testing.T) {
	t.Parallel()
	calls := stormEvents(t) / eventsOfACall
	seed := stormSeed(t)
	t.Logf("%d calls, seed %d", calls, seed)
	path := filepath.Join(t.TempDir(), "storm.db")
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := newStorm(t, seed, calls, path)
		s.rage()
		s.judge()
	})
	t.Logf("in %v", time.Since(began))
}

func stormEvents(t *testing.T) int {
	t.Helper()
	if n := environmentNumber(t, "DIRECTCALLBACK_STORM", eventsOfACall); n > 0 {
		return n
	}
	if testing.Short() || raceDetector() {
		return 10_000
	}
	return 100_000
}

func stormSeed(t *testing.T) uint64 {
	t.Helper()
	return uint64(max(environmentNumber(t, "DIRECTCALLBACK_STORM_SEED", 1), 1))
}

// environmentNumber is 0 for a variable that is not set.
func environmentNumber(t *testing.T, name string, least int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		t.Fatalf("%s: %q is not a number from %d on", name, text, least)
	}
	return n
}

// raceDetector tells whether this test was built with -race.
func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// storm is an adapter, its telephony, and what tries to come between them.
type storm struct {
	*testing.T
	server   *servicebus.Server
	adapter  *namespace
	office   *office
	dynamics *switchboard
	dialer   *fragile
	phone    *telephony
	calls    int
}

func newStorm(t *testing.T, seed uint64, calls int, path string) *storm {
	t.Helper()
	config := queues()
	for i := range config.Queues {
		config.Queues[i].LockDuration = 20 * time.Second
	}
	server, err := servicebus.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s := &storm{T: t, server: server, calls: calls}
	s.dialer = &fragile{server: server, random: rand.New(rand.NewPCG(seed, 1))}
	s.dynamics = &switchboard{}
	s.adapter = &namespace{server: server, client: s.connect()}
	s.office = s.adapter.officeOf(t, path, longLines{}, s.dynamics)
	s.phone = &telephony{
		T: t, client: s.connect(), random: rand.New(rand.NewPCG(seed, 2)), out: make(chan said, 1000),
		heard: map[string]int{}, offers: map[adapter.CallID]int{}, goodbyes: map[adapter.CallID]int{}, numbers: fictitious(t, calls),
	}
	return s
}

func (s *storm) connect() *azservicebus.Client {
	s.Helper()
	client, err := bus.Connect(bus.ConnectConfig{
		ConnectionString: s.server.ConnectionString("emulator.test"), NewWebSocketConn: s.dialer.dial,
		RetryOptions: azservicebus.RetryOptions{RetryDelay: 100 * time.Millisecond, MaxRetryDelay: time.Second},
	})
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// rage lets all callers call, and returns when the last one has hung up and
// nothing is left to do.
func (s *storm) rage() {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	var work, weather errgroup.Group
	work.Go(func() error { return s.office.service.Run(ctx) })
	work.Go(func() error { return s.office.consumer.Run(ctx) })
	work.Go(func() error { return s.phone.speak(ctx) })
	for range stormLines {
		work.Go(func() error { return s.phone.listen(ctx) })
	}
	raging, calm := context.WithCancel(ctx)
	weather.Go(func() error { every(raging, cutEvery, s.server.DropConnections); return nil })
	weather.Go(func() error {
		every(raging, expireEvery, func() {
			if err := errors.Join(s.server.ExpireLocks(world.CallEvents), s.server.ExpireLocks(world.CallCommands)); err != nil {
				s.Error(err)
			}
		})
		return nil
	})
	every(ctx, time.Second/callsASecond, func() bool {
		s.phone.ring(s.phone.rang)
		return s.phone.rang < s.calls
	})
	deadline := time.Now().Add(stormLimit)
	every(ctx, time.Second, func() bool { return !s.over() && time.Now().Before(deadline) })
	calm()
	s.dialer.mend()
	_ = weather.Wait() // no errors
	every(ctx, 10*time.Second, func() bool { return !s.empty() && time.Now().Before(deadline) })
	cancel()
	if err := work.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		s.Error(err)
	}
	ctx = context.WithoutCancel(ctx)
	// That what broke cannot be closed any more is no news.
	_ = errors.Join(s.office.publisher.Close(ctx), s.adapter.client.Close(ctx), s.phone.client.Close(ctx), s.server.Close())
	// Where a connection broke while a link was being set up, the SDK leaves a
	// goroutine behind that ends when it would renew its token and the client is closed.
	<-time.After(24 * time.Hour)
}

// every does something again and again until ctx ends or it answers false.
func every[F func() | func() bool](ctx context.Context, pause time.Duration, f F) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		switch f := any(f).(type) {
		case func():
			f()
		case func() bool:
			if !f() {
				return
			}
		}
	}
}

// over tells that every caller has hung up.
func (s *storm) over() bool { return s.phone.hungUp() == s.calls }

// empty tells that nothing is under way either.
func (s *storm) empty() bool {
	events, err := s.server.Counts(world.CallEvents)
	commands, err2 := s.server.Counts(world.CallCommands)
	if err := errors.Join(err, err2); err != nil {
		s.Fatal(err)
	}
	return s.phone.silent() && events.Active+events.Locked+commands.Active+commands.Locked == 0
}

// judge compares what the adapter knows with what the telephony lived through.
func (s *storm) judge() {
	defer func() {
		if err := s.office.store.Close(); err != nil {
			s.Error(err)
		}
	}()
	p := s.phone
	s.Logf("%d events were put on the bus for %d, %d commands were heard %d times; %d connections broke; %+v",
		p.put, s.calls*eventsOfACall, len(p.heard), p.received, s.dialer.broken.Load(), s.office.consumer.Stats())
	for _, queue := range []string{world.CallEvents, world.CallCommands} {
		if counts, err := s.server.Counts(queue); err != nil || counts != (servicebus.Counts{}) {
			s.Errorf("left in %s: %+v, %v", queue, counts, err)
		}
	}
	if worn := p.worst; worn >= servicebus.DefaultMaxDeliveryCount/2 {
		s.Errorf("a command was delivered %d times", worn)
	}
	if !s.over() {
		s.Errorf("the storm did not end: %d of %d callers hung up", p.hungUp(), s.calls)
	}
	wrong := 0
	complain := func(format string, args ...any) {
		if wrong++; wrong <= 20 {
			s.Errorf(format, args...)
		}
	}
	err := s.office.store.Update(s.Context(), func(tx *sqlite.Tx) error {
		callbacks, err := tx.CallbacksOfCalls()
		if err != nil {
			return err
		}
		for n := range s.calls {
			if err := s.judgeCall(tx, n, callbacks, complain); err != nil {
				return err
			}
		}
		tally, err := tx.Tally()
		if err != nil {
			return err
		}
		promised := 0
		for _, count := range tally.Callbacks {
			promised += count
		}
		if want := (s.calls + optIn - 1) / optIn; promised != want || len(callbacks) != want {
			complain("%d callbacks of %d calls, want %d", promised, len(callbacks), want)
		}
		return nil
	})
	if err != nil {
		s.Error(err)
	}
	if wrong > 20 {
		s.Errorf("… and %d more", wrong-20)
	}
	s.dynamics.judge(s.T)
}

// judgeCall checks the effects of one call.
func (s *storm) judgeCall(tx *sqlite.Tx, n int, callbacks map[adapter.CallID]adapter.CallbackOfCall, complain func(string, ...any)) error {
	id := callID(n)
	call, err := tx.Call(id)
	if err != nil {
		return err
	}
	if call.State != adapter.CallOver {
		complain("%s is %s", id, call.State)
	}
	if heard := s.phone.offers[id]; heard != call.Offers || heard == 0 {
		complain("%s heard %d offers of %d", id, heard, call.Offers)
	}
	_, promised := callbacks[id]
	goodbyes, want := s.phone.goodbyes[id], 0
	if n%optIn == 0 {
		want = 1
	}
	if promised != (want == 1) || goodbyes != want {
		complain("%s: callback %t, %d confirmations; pressed 1: %t", id, promised, goodbyes, want == 1)
	}
	return nil
}

// fragile dials connections that break after so many bytes, wherever that is.
type fragile struct {
	server *servicebus.Server
	broken atomic.Int64
	sound  atomic.Bool

	mu     sync.Mutex
	random *rand.Rand // guarded by mu
}

func (f *fragile) mend() { f.sound.Store(true) }

func (f *fragile) dial(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
	conn, err := f.server.Dial(ctx)
	if err != nil || f.sound.Load() {
		return conn, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &mortal{Conn: conn, of: f}
	c.left.Store(shortestLife + f.random.Int64N(longestLife-shortestLife))
	return c, nil
}

// mortal is a connection that breaks in the middle of a read or a write.
type mortal struct {
	net.Conn
	of   *fragile
	left atomic.Int64
}

func (c *mortal) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return c.spend(n), err
}

func (c *mortal) Write(b []byte) (int, error) {
	if left := c.left.Load(); left > 0 && left < int64(len(b)) {
		n, _ := c.Conn.Write(b[:left]) // the half that still gets through
		c.spend(len(b))
		return n, net.ErrClosed
	}
	n, err := c.Conn.Write(b)
	return c.spend(n), err
}

func (c *mortal) spend(n int) int {
	if left := c.left.Add(-int64(n)); left <= 0 && left+int64(n) > 0 && !c.of.sound.Load() {
		c.of.broken.Add(1)
		_ = c.Close() // breaking is the point
	}
	return n
}

// telephony is the other side: callers who are queued, hear offers, press 1 or
// are connected, and hang up. It sends at least once and recognises repeated
// commands by their ids, as a real one must.
type telephony struct {
	*testing.T
	client  *azservicebus.Client
	numbers []adapter.Phone
	out     chan said

	rang int // by the one goroutine that lets them ring

	mu       sync.Mutex // guards all below; never held over a wait
	random   *rand.Rand
	put      int // messages, repeated ones included
	waiting  int // events on their way to the bus
	over     int
	received int
	worst    uint32
	heard    map[string]int // by message id
	offers   map[adapter.CallID]int
	goodbyes map[adapter.CallID]int
}

// said is an event on its way.
type said struct {
	line  int
	event adapter.CallEvent
}

func callID(n int) adapter.CallID { return adapter.CallID(fmt.Sprintf("call-%06d", n)) }

// ring is a caller who is queued.
func (p *telephony) ring(n int) {
	wait := 3 * time.Minute
	p.rang++
	p.tell(n, 1, adapter.CallQueued{
		Queue: queueOf(n % stormLines), From: p.numbers[n], QueuedAt: time.Now(), Locale: "en-US", Entry: adapter.EntryRoute, Bot: adapter.BotNone,
		Measures: adapter.Measures{EstimatedWait: &wait},
	})
	p.tell(n, 2, adapter.CallUpdated{Measures: adapter.Measures{EstimatedWait: &wait}})
}

func (p *telephony) tell(n, sequence int, data adapter.EventData) {
	p.mu.Lock()
	p.waiting++
	p.mu.Unlock()
	id := callID(n)
	p.out <- said{n % stormLines, adapter.CallEvent{
		ID: fmt.Sprintf("%s/%d", id, sequence), Source: "/pbx", Call: id, At: time.Now(), Sequence: int64(sequence), Data: data,
	}}
}

// hears is a caller to whom something is played for the first time.
func (p *telephony) hears(c adapter.Command) {
	var n int
	if _, err := fmt.Sscanf(string(c.Call), "call-%d", &n); err != nil {
		p.Errorf("a command for %q", c.Call)
		return
	}
	p.mu.Lock()
	first := false
	switch c.Prompt {
	case adapter.PromptOffer:
		p.offers[c.Call]++
		first = p.offers[c.Call] == 1
	case adapter.PromptConfirmation:
		p.goodbyes[c.Call]++
		first = p.goodbyes[c.Call] == 1
	default:
		p.Errorf("nobody was to hear %q", c.Prompt)
	}
	p.mu.Unlock()
	confirmed := c.Prompt == adapter.PromptConfirmation
	switch {
	case !first:
	case confirmed:
		p.hangUp(n)
	case n%optIn == 0:
		time.AfterFunc(2*time.Second, func() { p.tell(n, 3, adapter.ToneReceived{Tone: "1", Prompt: c.ID}) })
	default:
		time.AfterFunc(2*time.Second, func() {
			p.tell(n, 3, adapter.CallConnected{Representative: "somebody"})
			p.hangUp(n)
		})
	}
}

func (p *telephony) hangUp(n int) {
	p.tell(n, 4, adapter.CallEnded{Reason: "hangup"})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over++
}

func (p *telephony) hungUp() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// silent tells that everything said is on the bus.
func (p *telephony) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting == 0
}

// speak puts events on the bus, some of them twice and some behind the next.
func (p *telephony) speak(ctx context.Context) error {
	sender, err := p.client.NewSender(world.CallEvents, nil)
	if err != nil {
		return err
	}
	defer func() { _ = sender.Close(context.WithoutCancel(ctx)) }()
	flush := time.NewTicker(50 * time.Millisecond)
	defer flush.Stop()
	for {
		var all []said
		select {
		case <-flush.C:
		case <-ctx.Done():
			return nil
		}
		for more := true; more; {
			select {
			case e := <-p.out:
				all = append(all, e)
			default:
				more = false
			}
		}
		p.send(ctx, sender, all)
	}
}

func (p *telephony) send(ctx context.Context, sender *azservicebus.Sender, all []said) {
	lines := map[int][]*azservicebus.Message{}
	for _, e := range p.jumble(all) {
		lines[e.line] = append(lines[e.line], p.message(e))
	}
	for _, messages := range lines {
		for ctx.Err() == nil {
			if err := sendAll(ctx, sender, messages); err == nil {
				break
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting -= len(all)
}

// jumble repeats some and puts some behind what follows them.
func (p *telephony) jumble(all []said) []said {
	p.mu.Lock()
	defer p.mu.Unlock()
	var jumbled []said
	for _, e := range all {
		jumbled = append(jumbled, e)
		if p.random.Float64() < duplicates {
			jumbled = append(jumbled, e)
		}
	}
	for i := range jumbled {
		if j := i + 1 + p.random.IntN(2*stormLines); j < len(jumbled) && p.random.Float64() < reordered {
			jumbled[i], jumbled[j] = jumbled[j], jumbled[i]
		}
	}
	p.put += len(jumbled)
	return jumbled
}

func (p *telephony) message(e said) *azservicebus.Message {
	body, err := event.Encode(e.event)
	if err != nil {
		p.Error(err)
	}
	return &azservicebus.Message{
		Body: bytes.Clone(body), ContentType: new(event.ContentType), SessionID: new(string(queueOf(e.line))),
	}
}

func sendAll(ctx context.Context, sender *azservicebus.Sender, messages []*azservicebus.Message) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	batch, err := sender.NewMessageBatch(ctx, nil)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := batch.AddMessage(m, nil); err != nil {
			return err
		}
	}
	return sender.SendMessageBatch(ctx, batch, nil)
}

// listen receives commands, one session after the other.
func (p *telephony) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		accepting, cancel := context.WithTimeout(ctx, 10*time.Second)
		session, err := p.client.AcceptNextSessionForQueue(accepting, world.CallCommands, nil)
		cancel()
		if err != nil {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		p.listenTo(ctx, session)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		_ = session.Close(closing) // its connection may be gone
		cancel()
	}
	return nil
}

func (p *telephony) listenTo(ctx context.Context, session *azservicebus.SessionReceiver) {
	for ctx.Err() == nil {
		waiting, cancel := context.WithTimeout(ctx, 2*time.Second)
		messages, err := session.ReceiveMessages(waiting, 32, nil)
		cancel()
		if err != nil || len(messages) == 0 {
			return
		}
		for _, m := range messages {
			p.obey(m)
			settling, cancel := context.WithTimeout(ctx, 5*time.Second)
			err := session.CompleteMessage(settling, m, nil)
			cancel()
			if err != nil {
				return // it comes again
			}
		}
	}
}

func (p *telephony) obey(m *azservicebus.ReceivedMessage) {
	command, err := event.DecodeCommand(m.Body)
	if err != nil {
		p.Error(err)
		return
	}
	p.mu.Lock()
	p.received++
	p.worst = max(p.worst, m.DeliveryCount)
	p.heard[m.MessageID]++
	first := p.heard[m.MessageID] == 1
	p.mu.Unlock()
	if first {
		p.hears(command)
	}
}

// fictitious lists numbers that are set aside for films and tests, in as many
// area codes as it takes.
func fictitious(t *testing.T, n int) []adapter.Phone {
	t.Helper()
	numbers := make([]adapter.Phone, 0, n)
	for area := 201; area < 990; area++ {
		for last := 100; last < 200 && len(numbers) < n; last++ {
			number, err := adapter.ParsePhone(fmt.Sprintf("+1%d555%04d", area, last))
			if err != nil {
				break // no such area
			}
			numbers = append(numbers, number)
		}
	}
	if len(numbers) < n {
		t.Fatalf("there are only %d such numbers for %d calls", len(numbers), n)
	}
	return numbers
}

// longLines is a portal where every queue offers a callback.
type longLines struct{}

func (longLines) LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error) {
	s, err := tooLong{}.LoadSettings(ctx, now)
	for id, action := range s.Actions {
		action.Type = adapter.ActionDirectCallback
		s.Actions[id] = action
	}
	for i, q := range s.Queues {
		s.Configurations = append(s.Configurations, adapter.EngagementConfiguration{
			ID: adapter.ConfigurationID(fmt.Sprintf("8d2f6a40-6c47-4a90-9b1d-%012d", i)), Name: q.Name, Active: true,
			Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: q.ID,
		})
	}
	return s, err
}

// switchboard is a Dynamics that takes every request and says no more.
type switchboard struct {
	mu    sync.Mutex
	asked map[string]int // guarded by mu; by phone number and window
}

func (b *switchboard) Deliver(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked = map[string]int{}
	}
	b.asked[q.Attributes["callbackId"]+" "+q.Window.Start.Format(time.RFC3339)]++
	return adapter.DeliveryID("delivery-" + q.RequestID), nil
}

func (*switchboard) Reports(context.Context, []adapter.DeliveryID) ([]adapter.DeliveryReport, error) {
	return nil, nil
}

func (*switchboard) Find(context.Context, adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	return adapter.DeliveryReport{}, false, nil
}

func (*switchboard) Cancel(context.Context, adapter.ConfigurationID, adapter.DeliveryID) error {
	return nil
}

func (b *switchboard) judge(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.asked) == 0 {
		t.Error("nobody was asked to call anybody back")
	}
	for attempt, n := range b.asked {
		if n != 1 {
			t.Errorf("attempt %s was made %d times", attempt, n)
		}
	}
}

var _ service.Deliverer = (*switchboard)(nil)
