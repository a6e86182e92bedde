package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"go.uber.org/goleak"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/event"
	"directcallback/mocks/servicebus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	callEvents     = "call-events"     // sessions
	platformEvents = "platform-events" // none
	callCommands   = "call-commands"   // sessions, duplicate detection
	lockDuration   = 10 * time.Second
	maxDeliveries  = 3
)

// world is a namespace with the product's queues, and one client.
type world struct {
	server *servicebus.Server
	client *azservicebus.Client
	t      *testing.T // of a test that [both] runs
}

func namespace(tb testing.TB) *servicebus.Server {
	tb.Helper()
	server, err := servicebus.New(servicebus.Config{Queues: []servicebus.QueueConfig{
		{Name: callEvents, RequiresSession: true, LockDuration: lockDuration, MaxDeliveryCount: maxDeliveries},
		{Name: platformEvents, LockDuration: lockDuration, MaxDeliveryCount: maxDeliveries},
		{Name: callCommands, RequiresSession: true, RequiresDuplicateDetection: true},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// inMemory is a world without sockets, fit for a bubble.
func inMemory(tb testing.TB) *world {
	tb.Helper()
	w := &world{server: namespace(tb)}
	w.client = connect(tb, bus.ConnectConfig{ConnectionString: w.server.ConnectionString("emulator.test"), NewWebSocketConn: w.dial})
	return w
}

func (w *world) dial(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
	return w.server.Dial(ctx)
}

func overTCP(tb testing.TB) *world {
	tb.Helper()
	server := namespace(tb)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	tb.Cleanup(func() {
		_ = server.Close()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return &world{server: server, client: connect(tb, bus.ConnectConfig{ConnectionString: server.ConnectionString(listener.Addr().String())})}
}

func connect(tb testing.TB, config bus.ConnectConfig) *azservicebus.Client {
	tb.Helper()
	client, err := bus.Connect(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close(context.Background()) })
	return client
}

func (w *world) send(tb testing.TB, queue string, messages ...*azservicebus.Message) {
	tb.Helper()
	sender, err := w.client.NewSender(queue, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer sender.Close(tb.Context())
	for _, m := range messages {
		if err := sender.SendMessage(tb.Context(), m, nil); err != nil {
			tb.Fatal(err)
		}
	}
}

// ended is the message of an event that a call of the session ended.
func ended(session string, sequence int64) *azservicebus.Message {
	body, err := event.Encode(adapter.CallEvent{
		ID: fmt.Sprintf("%s/%d", session, sequence), Source: "/pbx", Call: adapter.CallID(session),
		At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Sequence: sequence, Data: adapter.CallEnded{Reason: "hangup"},
	})
	if err != nil {
		panic(err)
	}
	return &azservicebus.Message{Body: body, ContentType: new(event.ContentType), SessionID: &session}
}

func series(session string, count int) []*azservicebus.Message {
	messages := make([]*azservicebus.Message, 0, count)
	for i := range count {
		messages = append(messages, ended(session, int64(i+1)))
	}
	return messages
}

// dead receives what lies in the dead-letter queue and leaves it there.
func (w *world) dead(tb testing.TB, queue string) []*azservicebus.ReceivedMessage {
	tb.Helper()
	receiver, err := w.client.NewReceiverForQueue(queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
	if err != nil {
		tb.Fatal(err)
	}
	defer receiver.Close(context.Background())
	messages, err := receiver.PeekMessages(tb.Context(), 100, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return messages
}

func (w *world) counts(tb testing.TB, queue string) servicebus.Counts {
	tb.Helper()
	counts, err := w.server.Counts(queue)
	if err != nil {
		tb.Fatal(err)
	}
	return counts
}

// recorder is a handler that takes everything, unless it is told otherwise.
type recorder struct {
	verdict func(adapter.CallEvent) *adapter.Rejection
	before  func(events []adapter.CallEvent) error

	mu     sync.Mutex
	taken  []adapter.CallEvent
	probes int
	calls  int
}

func (r *recorder) Handle(_ context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	if r.before != nil {
		if err := r.before(events); err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(events) == 0 {
				r.probes++
			}
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	verdicts := make([]*adapter.Rejection, len(events))
	for i, e := range events {
		if r.verdict != nil {
			verdicts[i] = r.verdict(e)
		}
		if verdicts[i] == nil {
			r.taken = append(r.taken, e)
		}
	}
	return verdicts, nil
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.taken)
}

// times counts how often each event was taken.
func (r *recorder) times() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	times := map[string]int{}
	for _, e := range r.taken {
		times[e.ID]++
	}
	return times
}

// once complains about every event of the session that was not taken exactly once.
func (r *recorder) once(tb testing.TB, session string, count int) {
	tb.Helper()
	times := r.times()
	for i := range count {
		if n := times[session+"/"+strconv.Itoa(i+1)]; n != 1 {
			tb.Errorf("event %s/%d was taken %d times", session, i+1, n)
		}
	}
}

// inOrder complains when an event was taken after a later one of its call.
func (r *recorder) inOrder(tb testing.TB) {
	tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	last := map[adapter.CallID]int64{}
	for _, e := range r.taken {
		if e.Sequence < last[e.Call] {
			tb.Errorf("%s came after sequence %d", e.ID, last[e.Call])
		}
		last[e.Call] = e.Sequence
	}
}

// running is a consumer that runs.
type running struct {
	*bus.Consumer
	stop func()
}

func (w *world) consume(tb testing.TB, h bus.Handler, o bus.ConsumerOptions) *running {
	tb.Helper()
	if o.Queue == "" {
		o.Queue, o.Sessions = callEvents, true
	}
	o.Clients = append(o.Clients, w.client)
	if testing.Verbose() {
		o.Logger = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	consumer, err := bus.NewConsumer(h, o)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	tb.Cleanup(stop)
	return &running{consumer, stop}
}

// within waits until ok holds; inside a bubble that takes no time.
func within(tb testing.TB, limit time.Duration, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("not within %s: %s", limit, what)
		}
		pause(tb, 5*time.Millisecond)
	}
}

func pause(tb testing.TB, d time.Duration) {
	tb.Helper()
	select {
	case <-time.After(d):
	case <-tb.Context().Done():
	}
}

var errDown = errors.New("store is down")
