package bus_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/mocks/servicebus"
)

// both runs a test in a bubble for a queue with and one without sessions.
func both(t *testing.T, test func(w *world, o bus.ConsumerOptions)) {
	t.Helper()
	for name, o := range map[string]bus.ConsumerOptions{
		"sessions":    {Queue: callEvents, Sessions: true},
		"unsessioned": {Queue: platformEvents},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := inMemory(t)
				w.t = t
				test(w, o)
			})
		})
	}
}

func TestEventsAreTakenOnceAndCompleted(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		h := &recorder{}
		consumer := w.consume(t, h, o)
		for _, line := range []string{"a", "b", "c"} {
			w.send(t, o.Queue, series(line, 100)...)
		}
		within(t, time.Minute, "all taken", func() bool { return h.count() >= 300 })
		for _, line := range []string{"a", "b", "c"} {
			h.once(t, line, 100)
		}
		consumer.stop()
		if counts := w.counts(t, o.Queue); counts != (servicebus.Counts{}) {
			t.Errorf("left: %+v", counts)
		}
		if stats := consumer.Stats(); stats.Taken != 300 || stats.Interruptions+stats.Unsettled+stats.Rejected != 0 || stats.Open != 0 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestEventsOverTCP(t *testing.T) {
	t.Parallel()
	w := overTCP(t)
	h := &recorder{}
	consumer := w.consume(t, h, bus.ConsumerOptions{})
	for _, line := range []string{"a", "b", "c"} {
		w.send(t, callEvents, series(line, 100)...)
	}
	within(t, 30*time.Second, "all taken", func() bool { return h.count() >= 300 })
	consumer.stop()
	h.inOrder(t)
	if counts := w.counts(t, callEvents); counts != (servicebus.Counts{}) {
		t.Errorf("left: %+v", counts)
	}
}

func TestASessionKeepsItsOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		// A handler slower than the senders: messages arrive while it works.
		h := &recorder{before: func([]adapter.CallEvent) error { pause(t, 20*time.Millisecond); return nil }}
		w.consume(t, h, bus.ConsumerOptions{BatchSize: 8})
		for i := range 200 {
			for _, line := range []string{"a", "b"} {
				w.send(t, callEvents, ended(line, int64(i+1)))
			}
			if i%3 == 0 {
				pause(t, time.Duration(i)*time.Millisecond)
			}
		}
		within(t, time.Minute, "all taken", func() bool { return h.count() >= 400 })
		h.inOrder(t)
		h.once(t, "a", 200)
		h.once(t, "b", 200)
	})
}

func TestRejectionsGoToTheDeadLetterQueueWithTheirTexts(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		long := strings.Repeat("é", 3000)
		var told atomic.Int32
		o.OnDeadLetter = func(string) { told.Add(1) }
		h := &recorder{verdict: func(e adapter.CallEvent) *adapter.Rejection {
			if e.Sequence%2 == 0 {
				return &adapter.Rejection{Reason: "UnknownQueue", Description: long}
			}
			return nil
		}}
		consumer := w.consume(t, h, o)
		w.send(t, o.Queue, series("a", 4)...)
		w.send(t, o.Queue, &azservicebus.Message{Body: []byte("hello"), SessionID: new("a")})
		within(t, time.Minute, "all settled", func() bool {
			stats := consumer.Stats()
			return stats.Taken == 2 && stats.Rejected == 3
		})
		got := map[string]int{}
		for _, m := range w.dead(t, o.Queue) {
			got[*m.DeadLetterReason]++
			if d := *m.DeadLetterErrorDescription; len(d) > 4096 || d == "" || strings.ToValidUTF8(d, "?") != d {
				t.Errorf("description of %d bytes", len(d))
			}
		}
		if got["UnknownQueue"] != 2 || got["NotCloudEvent"] != 1 || told.Load() != 3 {
			t.Errorf("dead-lettered: %v, told %d", got, told.Load())
		}
	})
}

func TestAnOutageOfTheStoreWearsNothingOut(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		var down atomic.Bool
		down.Store(true)
		h := &recorder{before: func([]adapter.CallEvent) error {
			if down.Load() {
				return errDown
			}
			return nil
		}}
		consumer := w.consume(t, h, o)
		w.send(t, o.Queue, series("a", 200)...)
		w.send(t, o.Queue, series("b", 200)...)
		pause(t, time.Hour)
		if stats := consumer.Stats(); stats.Taken+stats.Rejected != 0 || stats.Open != 0 {
			t.Errorf("while the store was down: %+v", stats)
		}
		down.Store(false)
		within(t, 5*time.Minute, "all taken", func() bool { return h.count() >= 400 })
		consumer.stop()
		h.once(t, "a", 200)
		h.once(t, "b", 200)
		if counts := w.counts(t, o.Queue); counts.DeadLettered != 0 {
			t.Errorf("%d events were worn out", counts.DeadLettered)
		}
		if h.probes == 0 {
			t.Error("the handler was not asked before receiving again")
		}
	})
}

func TestLocksAreRenewedWhileTheHandlerWorks(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		// Not at the same instant as a renewal, which would find the message settled.
		h := &recorder{before: func([]adapter.CallEvent) error { pause(t, 5*lockDuration/2-time.Second); return nil }}
		o.BatchSize, o.HandleTimeout = 2, time.Hour
		consumer := w.consume(t, h, o)
		w.send(t, o.Queue, series("a", 9)...)
		within(t, time.Hour, "all taken", func() bool { return consumer.Stats().Taken >= 9 })
		h.once(t, "a", 9)
		if stats := consumer.Stats(); stats.Received != 9 || stats.Unsettled+stats.Unrenewed != 0 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestALostLockOnlyMeansASecondDelivery(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		var once atomic.Bool
		h := &recorder{before: func([]adapter.CallEvent) error {
			if once.CompareAndSwap(false, true) {
				return w.server.ExpireLocks(o.Queue)
			}
			return nil
		}}
		consumer := w.consume(t, h, o)
		w.send(t, o.Queue, series("a", 20)...)
		within(t, 2*time.Minute, "queue empty", func() bool { return w.counts(t, o.Queue) == servicebus.Counts{} })
		for i := range 20 {
			if id := fmt.Sprintf("a/%d", i+1); h.times()[id] == 0 {
				t.Errorf("%s was never taken", id)
			}
		}
		if stats := consumer.Stats(); stats.Rejected != 0 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestDroppedConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		h := &recorder{}
		w.consume(t, h, o)
		for i := range 10 {
			w.send(t, o.Queue, ended("a", int64(i+1)))
			within(t, time.Minute, "taken", func() bool { return h.count() > i })
			switch i {
			case 3:
				w.server.DropConnections()
			case 6:
				w.server.StartOutage()
				pause(t, 10*time.Minute)
				w.server.EndOutage()
			case 8:
				if err := w.server.DetachLinks(o.Queue, servicebus.DetachForced); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestAQueueThatAppearsLaterIsServed(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		if err := w.server.RefuseAttach(o.Queue, 100, servicebus.EntityNotFound); err != nil {
			t.Fatal(err)
		}
		h := &recorder{}
		o.Receivers = 2
		consumer := w.consume(t, h, o)
		pause(t, time.Minute)
		if n := consumer.Stats().Interruptions; n == 0 || n > 40 {
			t.Errorf("%d attempts in a minute", n)
		}
		if err := w.server.RefuseAttach(o.Queue, 0, servicebus.EntityNotFound); err != nil {
			t.Fatal(err)
		}
		w.send(t, o.Queue, ended("a", 1))
		within(t, time.Minute, "taken", func() bool { return h.count() == 1 })
	})
}

func TestEverySessionGetsItsTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		h := &recorder{}
		// One line never falls silent.
		chatter, hush := context.WithCancel(t.Context())
		defer hush()
		sender, err := w.client.NewSender(callEvents, nil)
		if err != nil {
			t.Fatal(err)
		}
		silent := make(chan struct{})
		go func() {
			defer close(silent)
			for i := int64(1); chatter.Err() == nil; i++ {
				_ = sender.SendMessage(chatter, ended("busy", i), nil)
				select {
				case <-time.After(100 * time.Millisecond):
				case <-chatter.Done():
				}
			}
		}()
		w.consume(t, h, bus.ConsumerOptions{Receivers: 1, IdleSession: time.Second, HoldSession: 10 * time.Second})
		for i := range 40 {
			w.send(t, callEvents, series(fmt.Sprintf("line-%d", i), 3)...)
		}
		within(t, 30*time.Minute, "all lines had a turn", func() bool {
			times := h.times()
			for i := range 40 {
				if times[fmt.Sprintf("line-%d/3", i)] == 0 {
					return false
				}
			}
			return true
		})
		hush()
		<-silent
	})
}

func TestASessionIsKeptWhileNobodyWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		h := &recorder{}
		consumer := w.consume(t, h, bus.ConsumerOptions{Receivers: 2, IdleSession: time.Second, HoldSession: time.Hour})
		w.send(t, callEvents, ended("a", 1))
		pause(t, time.Minute)
		if stats := consumer.Stats(); stats.Open != 1 {
			t.Errorf("with a receiver to spare: %+v", stats)
		}
		w.send(t, callEvents, ended("b", 1))
		pause(t, time.Minute)
		w.send(t, callEvents, ended("c", 1))
		within(t, 3*time.Second, "the third line had its turn", func() bool { return h.count() == 3 })
	})
}

func TestShutdownFinishesWorkAndHandsSessionsBack(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		started := make(chan struct{}, 100)
		h := &recorder{before: func([]adapter.CallEvent) error { started <- struct{}{}; pause(t, time.Second); return nil }}
		o.BatchSize, o.Receivers = 4, 1
		consumer := w.consume(t, h, o)
		w.send(t, o.Queue, series("a", 100)...)
		<-started
		began := time.Now()
		consumer.stop()
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("stopping took %s", took)
		}
		counts := w.counts(t, o.Queue)
		if counts.Locked != 0 || counts.Active+h.count() != 100 || h.count() == 0 {
			t.Errorf("%+v left, %d taken", counts, h.count())
		}
		// What is left is there for others at once, and has lost no attempt.
		next := &recorder{}
		consumer = w.consume(t, next, o)
		within(t, 10*time.Second, "the rest is taken", func() bool { return next.count()+h.count() == 100 })
		consumer.stop()
		next.inOrder(t)
		h.inOrder(t)
	})
}

func TestHoursOfSilenceAreQuiet(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		h := &recorder{}
		o.Receivers = 2
		consumer := w.consume(t, h, o)
		for hour := range int64(3) {
			w.send(t, o.Queue, ended("a", hour+1))
			pause(t, time.Hour)
		}
		h.once(t, "a", 3)
		if stats := consumer.Stats(); stats.Received != 3 || stats.Interruptions+stats.Unrenewed+stats.Unsettled != 0 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

func TestAHandlerThatMiscountsHasTakenNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		consumer := w.consume(t, miscounting{}, bus.ConsumerOptions{})
		w.send(t, callEvents, ended("a", 1))
		within(t, time.Minute, "refused", func() bool { return consumer.Stats().Refused > 1 })
		consumer.stop()
		if counts := w.counts(t, callEvents); counts != (servicebus.Counts{Active: 1}) {
			t.Errorf("left: %+v", counts)
		}
	})
}

// miscounting answers one verdict too few.
type miscounting struct{}

func (miscounting) Handle(_ context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	return make([]*adapter.Rejection, max(len(events)-1, 0)), nil
}

func TestNewConsumerSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	client := []*azservicebus.Client{{}}
	for want, make := range map[string]func() (*bus.Consumer, error){
		"no handler": func() (*bus.Consumer, error) {
			return bus.NewConsumer(nil, bus.ConsumerOptions{Queue: "q", Clients: client})
		},
		"no queue name": func() (*bus.Consumer, error) {
			return bus.NewConsumer(miscounting{}, bus.ConsumerOptions{Clients: client})
		},
		"no Service Bus client": func() (*bus.Consumer, error) {
			return bus.NewConsumer(miscounting{}, bus.ConsumerOptions{Queue: "q"})
		},
		"1 to 2,000": func() (*bus.Consumer, error) {
			return bus.NewConsumer(miscounting{}, bus.ConsumerOptions{Queue: "q", Clients: client, BatchSize: 5000})
		},
	} {
		if _, err := make(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}
