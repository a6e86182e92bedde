package bus_test

import (
	"testing"
	"time"

	"directcallback/adapter/bus"
)

// The SDK panics on a DeadLetterReason that is not a string, and everything that
// was received with it is locked and lost.
func TestAMessageThatMakesTheSDKPanicSparesItsNeighbours(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		poison := ended("a", 5)
		poison.ApplicationProperties = map[string]any{"DeadLetterReason": int64(7)}
		messages := series("a", 9)
		messages[4] = poison
		w.send(t, o.Queue, messages...)

		h := &recorder{}
		consumer := w.consume(t, h, o)
		within(t, time.Hour, "the bad one is dead-lettered", func() bool { return w.counts(t, o.Queue).DeadLettered == 1 })
		within(t, time.Hour, "the others are taken", func() bool { return h.count() >= 8 })
		within(t, time.Minute, "and settled", func() bool { return w.counts(t, o.Queue).Active+w.counts(t, o.Queue).Locked == 0 })
		if h.times()["a/5"] != 0 || h.count() != 8 {
			t.Errorf("taken: %v", h.times())
		}
		if o.Sessions {
			h.inOrder(t)
		}
		if dead := w.dead(t, o.Queue); len(dead) != 1 || *dead[0].DeadLetterReason != "MaxDeliveryCountExceeded" {
			t.Errorf("%d in the dead-letter queue", len(dead))
		}
		if n := consumer.Stats().Panics; n < 2 || n > maxDeliveries {
			t.Errorf("%d panics", n)
		}
	})
}
