package bus_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter/bus"
	"directcallback/mocks/servicebus"
)

// Bursts, single messages and pauses in turn: the reader asks for many at once, is
// left with fewer, and the SDK gives back what arrives between two calls.
func TestReadingAheadKeepsTheOrder(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]func(testing.TB) *world{"memory": inMemory, "TCP": overTCP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w(t)
			h := &recorder{}
			consumer := w.consume(t, h, bus.ConsumerOptions{Receivers: 2, Gather: time.Millisecond})
			const count = 3000
			w.trickle(t, "a", count)
			within(t, time.Minute, "all taken", func() bool { return h.count() >= count })
			consumer.stop()
			h.inOrder(t)
			h.once(t, "a", count)
			if stats := consumer.Stats(); stats.Interruptions+stats.Unsettled != 0 {
				t.Errorf("stats: %+v", stats)
			}
			if counts := w.counts(t, callEvents); counts != (servicebus.Counts{}) {
				t.Errorf("left: %+v", counts)
			}
		})
	}
}

// trickle sends a series in bursts of all sizes, with pauses around those of a receive.
func (w *world) trickle(tb testing.TB, session string, count int) {
	tb.Helper()
	sender, err := w.client.NewSender(callEvents, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer sender.Close(tb.Context())
	random := rand.New(rand.NewPCG(1, 1))
	for all := series(session, count); len(all) > 0; {
		burst := min(1+random.IntN(60)*random.IntN(2), len(all))
		batch, err := sender.NewMessageBatch(tb.Context(), nil)
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range all[:burst] {
			if random.IntN(4) > 0 {
				if err := batch.AddMessage(m, nil); err != nil {
					tb.Fatal(err)
				}
				continue
			}
			if batch.NumMessages() > 0 {
				w.sendBatch(tb, sender, batch)
				if batch, err = sender.NewMessageBatch(tb.Context(), nil); err != nil {
					tb.Fatal(err)
				}
			}
			if err := sender.SendMessage(tb.Context(), m, nil); err != nil {
				tb.Fatal(err)
			}
		}
		if batch.NumMessages() > 0 {
			w.sendBatch(tb, sender, batch)
		}
		all = all[burst:]
		if random.IntN(3) == 0 {
			pause(tb, time.Duration(random.Int64N(int64(3*time.Millisecond))))
		}
	}
}

func (w *world) sendBatch(tb testing.TB, sender *azservicebus.Sender, batch *azservicebus.MessageBatch) {
	tb.Helper()
	if err := sender.SendMessageBatch(tb.Context(), batch, nil); err != nil {
		tb.Fatal(err)
	}
}

func TestALongBacklogIsReadInFewReceives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		for range 10 {
			w.send(t, callEvents, series("a", 200)...)
		}
		h := &recorder{}
		w.consume(t, h, bus.ConsumerOptions{Receivers: 1, BatchSize: 64})
		within(t, time.Minute, "all taken", func() bool { return h.count() >= 2000 })
		if h.calls > 500 {
			t.Errorf("2000 events came in %d batches", h.calls)
		}
	})
}
