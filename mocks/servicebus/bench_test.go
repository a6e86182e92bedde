package servicebus_test

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// bodySize is that of a typical call event with room to spare.
const bodySize = 2048

// fill sends n messages to q in batches.
func fill(tb testing.TB, c *azservicebus.Client, n int) {
	tb.Helper()
	s, err := c.NewSender("q", nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer s.Close(context.Background())
	body := bytes.Repeat([]byte("x"), bodySize)
	for n > 0 {
		batch, err := s.NewMessageBatch(tb.Context(), nil)
		if err != nil {
			tb.Fatal(err)
		}
		for batch.NumMessages() < int32(min(n, 100)) {
			if err := batch.AddMessage(&azservicebus.Message{Body: body}, nil); err != nil {
				tb.Fatal(err)
			}
		}
		if err := s.SendMessageBatch(tb.Context(), batch, nil); err != nil {
			tb.Fatal(err)
		}
		n -= int(batch.NumMessages())
	}
}

// BenchmarkReceiveComplete is the bare SDK loop over TCP: receive, and complete
// with 64 settlements in flight.
func BenchmarkReceiveComplete(b *testing.B) {
	const inFlight = 64
	s := newServer(b, servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q"}}})
	c := tcpClient(b, s)
	fill(b, c, b.N)
	r, err := c.NewReceiverForQueue("q", nil)
	if err != nil {
		b.Fatal(err)
	}
	slots := make(chan struct{}, inFlight)
	var settling sync.WaitGroup
	b.ResetTimer()
	for done := 0; done < b.N; {
		messages, err := r.ReceiveMessages(b.Context(), min(500, b.N-done), &azservicebus.ReceiveMessagesOptions{TimeAfterFirstMessage: time.Millisecond})
		if err != nil {
			b.Fatal(err)
		}
		done += len(messages)
		for _, m := range messages {
			slots <- struct{}{}
			settling.Go(func() {
				if err := r.CompleteMessage(b.Context(), m, nil); err != nil {
					b.Error(err)
				}
				<-slots
			})
		}
	}
	settling.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkSend is single messages from 32 goroutines.
func BenchmarkSend(b *testing.B) {
	const senders = 32
	s := newServer(b, servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q"}}})
	sender, err := tcpClient(b, s).NewSender("q", nil)
	if err != nil {
		b.Fatal(err)
	}
	message := &azservicebus.Message{Body: bytes.Repeat([]byte("x"), bodySize)}
	if err := sender.SendMessage(b.Context(), message, nil); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism((senders + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := sender.SendMessage(b.Context(), message, nil); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkQueued100k reports the memory of 100,000 queued messages.
func BenchmarkQueued100k(b *testing.B) {
	const messages = 100_000
	for range b.N {
		s := newServer(b, servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q"}}})
		c := pipeClient(b, s)
		before := heap()
		fill(b, c, messages)
		b.ReportMetric(float64(heap()-before)/(1<<20), "MB")
		runtime.KeepAlive(s)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkStart is from nothing to a client's first message received.
func BenchmarkStart(b *testing.B) {
	for range b.N {
		s := newServer(b, servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q"}}})
		c := pipeClient(b, s)
		send(b, c, "q", &azservicebus.Message{Body: []byte("x")})
		r, err := c.NewReceiverForQueue("q", nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.ReceiveMessages(b.Context(), 1, nil); err != nil {
			b.Fatal(err)
		}
	}
}
