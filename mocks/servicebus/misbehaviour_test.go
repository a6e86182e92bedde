package servicebus_test

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
)

func (w world) misbehave(m servicebus.Misbehaviour) {
	w.Helper()
	w.ok(w.server.Misbehave("q", m))
}

func (w world) struck(fault string) int {
	w.Helper()
	for _, f := range w.server.Faults() {
		if f.Fault == fault {
			return f.Struck
		}
	}
	return 0
}

func TestDuplicateComesOnceMoreAfterCompletion(t *testing.T) {
	everywhere(t, plain(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{Duplicate: 1})
		w.send("q", text("a"))
		r := w.receiver("q", nil)
		for attempt := range uint32(2) {
			m := w.receiveOne(r)
			if m.DeliveryCount != attempt+1 {
				w.Errorf("delivery count %d", m.DeliveryCount)
			}
			w.ok(r.CompleteMessage(w.Context(), m, nil))
		}
		w.nothing(r)
		w.counts("q", servicebus.Counts{})
		if n := w.struck("duplicate"); n != 1 {
			w.Errorf("struck %d times", n)
		}
	})
}

func TestDuplicateStaysInItsSession(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{Duplicate: 1})
		w.send("q", inSession("s", "1"), inSession("s", "2"))
		r := w.accept("s")
		var got []string
		for range 4 {
			m := w.receiveOne(r)
			got = append(got, string(m.Body))
			w.ok(r.CompleteMessage(w.Context(), m, nil))
		}
		if diff := cmp.Diff([]string{"1", "1", "2", "2"}, got); diff != "" {
			w.Error(diff)
		}
		w.counts("q", servicebus.Counts{})
	})
}

func TestDuplicateNeverWearsAMessageOut(t *testing.T) {
	virtually(t, queue(servicebus.QueueConfig{MaxDeliveryCount: 1}), func(w world) {
		w.misbehave(servicebus.Misbehaviour{Duplicate: 1})
		w.send("q", text("a"))
		r := w.receiver("q", nil)
		w.ok(r.CompleteMessage(w.Context(), w.receiveOne(r), nil))
		w.counts("q", servicebus.Counts{})
	})
}

func TestReorderTakesTheNextButOne(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{Reorder: 1})
		w.send("q", text("1"), text("2"), text("3"))
		if diff := cmp.Diff([]string{"2", "3", "1"}, bodies(w.receive(w.receiver("q", nil), 3))); diff != "" {
			w.Error(diff)
		}
		if n := w.struck("reorder"); n != 2 {
			w.Errorf("struck %d times", n)
		}
	})
}

func TestLoseSettlementByChance(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{LoseSettlement: 1})
		w.send("q", text("a"))
		r := w.receiver("q", nil)
		m := w.receiveOne(r)
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := r.CompleteMessage(ctx, m, nil); err == nil {
			w.Error("the client knows")
		}
		w.counts("q", servicebus.Counts{})
	})
}

// Settlements under way at one time are delayed at one time, and nothing else is.
func TestDelaySettlementDelaysOnlyTheConfirmation(t *testing.T) {
	const delay = 250 * time.Millisecond
	virtually(t, plain(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{DelaySettlement: delay})
		start := time.Now()
		w.send("q", text("1"), text("2"), text("3"))
		r := w.receiver("q", nil)
		messages := w.receive(r, 3)
		took := time.Since(start)
		start = time.Now()
		var settling sync.WaitGroup
		for _, m := range messages {
			settling.Go(func() {
				if err := r.CompleteMessage(w.Context(), m, nil); err != nil {
					w.Error(err)
				}
			})
		}
		w.pass(delay / 2)
		w.counts("q", servicebus.Counts{}) // the effect is there
		settling.Wait()
		// The SDK itself waits 20 ms for more messages.
		if confirmed := time.Since(start); confirmed != delay || took > 50*time.Millisecond {
			w.Errorf("confirmed after %v, received after %v", confirmed, took)
		}
	})
}

func TestDelayedConfirmationsEndWithTheirSession(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{DelaySettlement: time.Minute})
		w.send("q", text("a"))
		r := w.receiver("q", nil)
		m := w.receiveOne(r)
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := r.CompleteMessage(ctx, m, nil); err == nil {
			w.Error("confirmed at once")
		}
		w.ok(r.Close(w.Context()))
		w.pass(2 * time.Minute)
		w.send("q", text("b")) // the connection lives
	})
}

// fate is how often each of many messages came, in the order of arrival.
func fate(t *testing.T, m servicebus.Misbehaviour) (trace []string) {
	t.Helper()
	virtually(t, plain(), func(w world) {
		w.misbehave(m)
		for i := range 40 {
			w.send("q", text(strconv.Itoa(i)))
		}
		r := w.receiver("q", &azservicebus.ReceiverOptions{})
		for {
			if c, err := w.server.Counts("q"); err != nil || c.Active == 0 {
				return
			}
			m := w.receiveOne(r)
			trace = append(trace, fmt.Sprintf("%s/%d", m.Body, m.DeliveryCount))
			w.ok(r.CompleteMessage(w.Context(), m, nil))
		}
	})
	return trace
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	t.Parallel()
	m := servicebus.Misbehaviour{Seed: 7, Duplicate: 0.3, Reorder: 0.3}
	first := fate(t, m)
	if diff := cmp.Diff(first, fate(t, m)); diff != "" {
		t.Error(diff)
	}
	if len(first) <= 40 || len(first) >= 80 {
		t.Errorf("%d deliveries of 40 messages", len(first))
	}
	m.Seed = 8
	if cmp.Equal(first, fate(t, m)) {
		t.Error("another seed is the same run")
	}
}

func TestMisbehaveRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t, plain())
	for name, err := range map[string]error{
		"no entity": s.Misbehave("x", servicebus.Misbehaviour{}),
		"negative":  s.Misbehave("q", servicebus.Misbehaviour{Duplicate: -0.1}),
		"too large": s.Misbehave("q", servicebus.Misbehaviour{Reorder: 1.1}),
		"no number": s.Misbehave("q", servicebus.Misbehaviour{LoseSettlement: math.NaN()}),
		"past":      s.Misbehave("q", servicebus.Misbehaviour{DelaySettlement: -1}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestFaultsTellWhatIsOnAndWhatStruck(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.misbehave(servicebus.Misbehaviour{Seed: 1, Duplicate: 0.5, DelaySettlement: time.Second})
		w.ok(w.server.RejectSend("q", 2, servicebus.ServerBusy))
		if err := w.sender("q").SendMessage(w.Context(), text("a"), nil); err == nil {
			w.Error("sent")
		}
		w.server.StartOutage()
		if _, err := w.server.Dial(w.Context()); err == nil {
			w.Error("dialled")
		}
		want := []servicebus.FaultState{
			{Fault: "outage", On: true, Struck: 1},
			{Fault: "delay-settlement", Entity: "q", On: true, Delay: time.Second},
			{Fault: "duplicate", Entity: "q", On: true, Chance: 0.5},
			{Fault: "reject-send", Entity: "q", On: true, Left: 1, Struck: 1},
		}
		if diff := cmp.Diff(want, w.server.Faults()); diff != "" {
			w.Error(diff)
		}
		w.server.ClearFaults()
		if left := w.server.Faults(); len(left) > 0 {
			w.Errorf("left: %+v", left)
		}
		w.client = pipeClient(w, w.server)
		w.send("q", text("b"))
		r := w.receiver("q", nil)
		w.ok(r.CompleteMessage(w.Context(), w.receiveOne(r), nil))
		w.counts("q", servicebus.Counts{})
	})
}
