package servicebus_test

import (
	"context"
	"errors"
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

// pipeClient is a client over an in-memory connection, fit for a bubble.
func pipeClient(tb testing.TB, s *servicebus.Server) *azservicebus.Client {
	tb.Helper()
	c, err := azservicebus.NewClientFromConnectionString(s.ConnectionString("emulator.test"), &azservicebus.ClientOptions{
		NewWebSocketConn: func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) { return s.Dial(ctx) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// tcpClient is a client over a loopback socket.
func tcpClient(tb testing.TB, s *servicebus.Server) *azservicebus.Client {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	tb.Cleanup(func() {
		_ = s.Close()
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	c, err := azservicebus.NewClientFromConnectionString(s.ConnectionString(l.Addr().String()), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func send(tb testing.TB, c *azservicebus.Client, entity string, ms ...*azservicebus.Message) {
	tb.Helper()
	s, err := c.NewSender(entity, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close(tb.Context())
	for _, m := range ms {
		if err := s.SendMessage(tb.Context(), m, nil); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestSmoke(t *testing.T) {
	for _, over := range []struct {
		name   string
		client func(testing.TB, *servicebus.Server) *azservicebus.Client
	}{{"tcp", tcpClient}, {"pipe", pipeClient}} {
		t.Run(over.name, func(t *testing.T) {
			s := newServer(t, servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q"}, {Name: "sq", RequiresSession: true}}})
			c := over.client(t, s)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			send(t, c, "q", &azservicebus.Message{Body: []byte("one")}, &azservicebus.Message{Body: []byte("two")})
			r, err := c.NewReceiverForQueue("q", nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.ReceiveMessages(ctx, 10, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range got {
				t.Logf("%s %d %v", m.Body, m.DeliveryCount, *m.LockedUntil)
				if err := r.RenewMessageLock(ctx, m, nil); err != nil {
					t.Fatal(err)
				}
				if string(m.Body) == "one" {
					err = r.CompleteMessage(ctx, m, nil)
				} else {
					reason := "because"
					err = r.DeadLetterMessage(ctx, m, &azservicebus.DeadLetterOptions{Reason: &reason})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			t.Log(s.Counts("q"))
			id := "s1"
			send(t, c, "sq", &azservicebus.Message{Body: []byte("one"), SessionID: &id})
			sr, err := c.AcceptNextSessionForQueue(ctx, "sq", nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err = sr.ReceiveMessages(ctx, 10, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := sr.SetSessionState(ctx, []byte("x"), nil); err != nil {
				t.Fatal(err)
			}
			if err := sr.CompleteMessage(ctx, got[0], nil); err != nil {
				t.Fatal(err)
			}
			if err := sr.RenewSessionLock(ctx, nil); err != nil {
				t.Fatal(err)
			}
			if err := sr.Close(ctx); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSmokeVirtual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q"}, {Name: "sq", RequiresSession: true}}})
		c := pipeClient(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := c.AcceptNextSessionForQueue(ctx, "sq", nil)
		var sbErr *azservicebus.Error
		if !errors.As(err, &sbErr) || sbErr.Code != azservicebus.CodeTimeout {
			t.Fatal(err)
		}
		t.Log(time.Since(start))
		send(t, c, "q", &azservicebus.Message{Body: []byte("one")})
		r, err := c.NewReceiverForQueue("q", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = r.ReceiveMessages(t.Context(), 1, nil); err != nil {
			t.Fatal(err)
		}
		got, err := r.ReceiveMessages(t.Context(), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(time.Since(start), got[0].DeliveryCount)
	})
}
