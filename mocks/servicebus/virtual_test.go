package servicebus_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// An idle client stays connected for hours: keep-alives in both directions, and
// token renewals of sender, receiver and their $management, some at one time.
func TestHoursOfIdleKeepTheConnection(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		var dials atomic.Int32
		client := clientOf(w, w.server.ConnectionString("emulator.test"), &azservicebus.ClientOptions{
			NewWebSocketConn: func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
				dials.Add(1)
				return w.server.Dial(ctx)
			},
		})
		w.client = client
		s := w.sender("q")
		w.ok(s.SendMessage(w.Context(), inSession("s", "1"), nil))
		r := w.accept("s")
		for range 3 * 60 * 2 {
			w.pass(30 * time.Second)
			w.ok(r.RenewSessionLock(w.Context(), nil))
		}
		m := w.receiveOne(r)
		w.ok(r.CompleteMessage(w.Context(), m, nil))
		w.ok(s.SendMessage(w.Context(), inSession("s", "2"), nil))
		if m.DeliveryCount != 1 || dials.Load() != 1 {
			w.Errorf("delivery count %d, %d connections", m.DeliveryCount, dials.Load())
		}
	})
}

// Many sessions at once in virtual time: nothing may hang, and order holds.
func TestADayOfCalls(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		const lines, calls = 5, 24
		ctx, cancel := context.WithCancel(w.Context())
		done := make(chan error, lines)
		got := make(chan string, lines*calls)
		for range lines {
			client := pipeClient(w, w.server)
			go func() { done <- serveLine(ctx, client, got) }()
		}
		s := w.sender("q")
		for call := range calls {
			for line := range lines {
				w.ok(s.SendMessage(w.Context(), inSession("line"+strconv.Itoa(line), strconv.Itoa(call)), nil))
			}
			w.pass(15 * time.Minute)
		}
		for range lines * calls {
			<-got
		}
		cancel()
		for range lines {
			w.ok(<-done)
		}
		w.counts("q", servicebus.Counts{})
	})
}

// serveLine holds one session until ctx ends, renewing its lock when idle.
func serveLine(ctx context.Context, client *azservicebus.Client, got chan<- string) error {
	r, err := client.AcceptNextSessionForQueue(ctx, "q", nil)
	if err != nil {
		return err
	}
	defer r.Close(context.WithoutCancel(ctx))
	want := 0
	for ctx.Err() == nil {
		short, cancel := context.WithTimeout(ctx, 30*time.Second)
		ms, err := r.ReceiveMessages(short, 10, nil)
		cancel()
		if err != nil && short.Err() == nil {
			return err
		}
		for _, m := range ms {
			if string(m.Body) != strconv.Itoa(want) {
				return fmt.Errorf("received %s, want %d", m.Body, want)
			}
			want++
			if err := r.CompleteMessage(ctx, m, nil); err != nil {
				return err
			}
			got <- string(m.Body)
		}
		if ctx.Err() == nil {
			if err := r.RenewSessionLock(ctx, nil); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}
