package bus_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/bus"
)

// lines is how many sessions, and receivers, the benchmarks use.
const lines = 8

// BenchmarkConsumer receives the same events twice from one emulator in one run:
// with the SDK's plain loop (receive, complete) and with a Consumer whose handler
// does nothing. The ratio is what decoding, verdicts and safety cost.
//
//	go test ./adapter/bus -run - -bench Consumer -benchtime 20000x
func BenchmarkConsumer(b *testing.B) {
	for name, o := range map[string]bus.ConsumerOptions{
		"unsessioned":         {Queue: platformEvents},
		"sessions":            {Queue: callEvents, Sessions: true},
		"sessions,one by one": {Queue: callEvents, Sessions: true, SessionAhead: 1},
	} {
		b.Run(name, func(b *testing.B) {
			w := overTCP(b)
			o.Clients = []*azservicebus.Client{w.client}
			o.Receivers = lines

			w.load(b, o.Queue, b.N)
			bare := w.bare(b, o, b.N)
			w.load(b, o.Queue, b.N)
			b.ResetTimer()
			ours := w.consumed(b, o, b.N)
			b.ReportMetric(float64(b.N)/bare.Seconds(), "bare/s")
			b.ReportMetric(float64(b.N)/ours.Seconds(), "ours/s")
			b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
		})
	}
}

// load puts n events into the queue, spread over the lines.
func (w *world) load(b *testing.B, queue string, n int) {
	b.Helper()
	sender, err := w.client.NewSender(queue, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer sender.Close(b.Context())
	for line := range lines {
		for sequence := 0; sequence*lines+line < n; {
			batch, err := sender.NewMessageBatch(b.Context(), &azservicebus.MessageBatchOptions{MaxBytes: 200_000})
			if err != nil {
				b.Fatal(err)
			}
			for ; sequence*lines+line < n; sequence++ {
				if batch.AddMessage(ended(strconv.Itoa(line), int64(sequence)), nil) != nil {
					break // full
				}
			}
			if err := sender.SendMessageBatch(b.Context(), batch, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// bare is the loop that every introduction to the SDK shows, with 64 completions
// under way.
func (w *world) bare(b *testing.B, o bus.ConsumerOptions, n int) time.Duration {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var left atomic.Int64
	left.Store(int64(n))
	began := time.Now()
	var receivers sync.WaitGroup
	for range lines {
		receivers.Go(func() {
			var receiver interface {
				ReceiveMessages(context.Context, int, *azservicebus.ReceiveMessagesOptions) ([]*azservicebus.ReceivedMessage, error)
				CompleteMessage(context.Context, *azservicebus.ReceivedMessage, *azservicebus.CompleteMessageOptions) error
				Close(context.Context) error
			}
			var err error
			if o.Sessions {
				receiver, err = w.client.AcceptNextSessionForQueue(ctx, o.Queue, nil)
			} else {
				receiver, err = w.client.NewReceiverForQueue(o.Queue, nil)
			}
			if err != nil {
				return
			}
			defer receiver.Close(context.WithoutCancel(ctx))
			for ctx.Err() == nil {
				messages, err := receiver.ReceiveMessages(ctx, 64, nil)
				if err != nil {
					return
				}
				var settling errgroup.Group
				settling.SetLimit(64)
				for _, m := range messages {
					settling.Go(func() error { return receiver.CompleteMessage(ctx, m, nil) })
				}
				if settling.Wait() == nil && left.Add(-int64(len(messages))) <= 0 {
					cancel()
				}
			}
		})
	}
	receivers.Wait()
	return time.Since(began)
}

func (w *world) consumed(b *testing.B, o bus.ConsumerOptions, n int) time.Duration {
	b.Helper()
	consumer, err := bus.NewConsumer(nothing{}, o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- consumer.Run(ctx) }()
	within(b, 5*time.Minute, "all taken", func() bool { return consumer.Stats().Taken >= int64(n) })
	took := time.Since(began)
	cancel()
	if err := <-done; err != nil {
		b.Error(err)
	}
	return took
}

// nothing takes every event and forgets it.
type nothing struct{}

func (nothing) Handle(_ context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	return make([]*adapter.Rejection, len(events)), nil
}
