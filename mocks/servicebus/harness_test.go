package servicebus_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"go.uber.org/goleak"

	"directcallback/mocks/servicebus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer makes a server that is closed with the test.
func newServer(tb testing.TB, c servicebus.Config) *servicebus.Server {
	tb.Helper()
	s, err := servicebus.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// noRetries makes errors visible at once.
func noRetries() azservicebus.RetryOptions { return azservicebus.RetryOptions{MaxRetries: -1} }

// pipeClient is a client over in-memory connections, fit for a bubble.
func pipeClient(tb testing.TB, s *servicebus.Server) *azservicebus.Client {
	tb.Helper()
	return clientOf(tb, s.ConnectionString("emulator.test"), &azservicebus.ClientOptions{
		RetryOptions:     noRetries(),
		NewWebSocketConn: func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) { return s.Dial(ctx) },
	})
}

// tcpClient is a client over a loopback socket.
func tcpClient(tb testing.TB, s *servicebus.Server) *azservicebus.Client {
	tb.Helper()
	return clientOf(tb, s.ConnectionString(listen(tb, s)), &azservicebus.ClientOptions{RetryOptions: noRetries()})
}

func clientOf(tb testing.TB, connection string, o *azservicebus.ClientOptions) *azservicebus.Client {
	tb.Helper()
	c, err := azservicebus.NewClientFromConnectionString(connection, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// listen serves on a loopback port until the test ends.
func listen(tb testing.TB, s *servicebus.Server) (addr string) {
	tb.Helper()
	return listenOn(tb, s, func(l net.Listener) net.Listener { return l })
}

// listenOn is the same with something around the listener, TLS for instance.
func listenOn(tb testing.TB, s *servicebus.Server, wrap func(net.Listener) net.Listener) (addr string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	l = wrap(l)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	tb.Cleanup(func() {
		_ = s.Close()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return l.Addr().String()
}

// world is a server with a client.
type world struct {
	*testing.T

	server *servicebus.Server
	client *azservicebus.Client
}

// everywhere runs a scenario over a socket in real time, and over memory in
// virtual time.
func everywhere(t *testing.T, c servicebus.Config, scenario func(w world)) {
	t.Helper()
	t.Run("tcp", func(t *testing.T) {
		t.Parallel()
		s := newServer(t, c)
		scenario(world{t, s, tcpClient(t, s)})
	})
	t.Run("virtual", func(t *testing.T) {
		t.Parallel()
		virtually(t, c, scenario)
	})
}

// virtually runs a scenario inside a bubble, where waiting costs nothing.
func virtually(t *testing.T, c servicebus.Config, scenario func(w world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, c)
		scenario(world{t, s, pipeClient(t, s)})
	})
}

func (w world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func send(tb testing.TB, c *azservicebus.Client, entity string, ms ...*azservicebus.Message) {
	tb.Helper()
	s, err := c.NewSender(entity, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close(context.Background())
	for _, m := range ms {
		if err := s.SendMessage(tb.Context(), m, nil); err != nil {
			tb.Fatal(err)
		}
	}
}

func (w world) send(entity string, ms ...*azservicebus.Message) {
	w.Helper()
	send(w, w.client, entity, ms...)
}

func (w world) sender(entity string) *azservicebus.Sender {
	w.Helper()
	s, err := w.client.NewSender(entity, nil)
	w.ok(err)
	return s
}

func (w world) receiver(queue string, o *azservicebus.ReceiverOptions) *azservicebus.Receiver {
	w.Helper()
	r, err := w.client.NewReceiverForQueue(queue, o)
	w.ok(err)
	return r
}

func (w world) deadLetters() *azservicebus.Receiver {
	w.Helper()
	return w.receiver("q", &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter})
}

// receives is what both kinds of receivers do.
type receives interface {
	ReceiveMessages(context.Context, int, *azservicebus.ReceiveMessagesOptions) ([]*azservicebus.ReceivedMessage, error)
}

// receive takes exactly n messages.
func (w world) receive(r receives, n int) []*azservicebus.ReceivedMessage {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Hour)
	defer cancel()
	var all []*azservicebus.ReceivedMessage
	for len(all) < n {
		some, err := r.ReceiveMessages(ctx, n-len(all), nil)
		w.ok(err)
		all = append(all, some...)
	}
	return all
}

func (w world) receiveOne(r receives) *azservicebus.ReceivedMessage {
	w.Helper()
	return w.receive(r, 1)[0]
}

// nothing checks that there is nothing to receive.
func (w world) nothing(r receives) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 100*time.Millisecond)
	defer cancel()
	if got, err := r.ReceiveMessages(ctx, 1, nil); len(got) > 0 {
		w.Fatalf("received %q, want nothing (%v)", got[0].Body, err)
	}
}

func (w world) counts(entity string, want servicebus.Counts) {
	w.Helper()
	got, err := w.server.Counts(entity)
	w.ok(err)
	if got != want {
		w.Fatalf("counts of %s: %+v, want %+v", entity, got, want)
	}
}

// pass lets virtual time go by.
func (w world) pass(d time.Duration) {
	w.Helper()
	<-time.After(d)
	synctest.Wait()
}

func text(body string) *azservicebus.Message { return &azservicebus.Message{Body: []byte(body)} }

func inSession(id, body string) *azservicebus.Message {
	return &azservicebus.Message{Body: []byte(body), SessionID: &id}
}

// bodies are the texts of messages, in order.
func bodies(ms []*azservicebus.ReceivedMessage) []string {
	var all []string
	for _, m := range ms {
		all = append(all, string(m.Body))
	}
	return all
}

// plain is a queue q with defaults.
func plain() servicebus.Config { return queue(servicebus.QueueConfig{}) }

func queue(q servicebus.QueueConfig) servicebus.Config {
	q.Name = "q"
	return servicebus.Config{Queues: []servicebus.QueueConfig{q}}
}
