package servicebus_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
)

func sessions() servicebus.Config { return queue(servicebus.QueueConfig{RequiresSession: true}) }

func (w world) accept(id string) *azservicebus.SessionReceiver {
	w.Helper()
	r, err := w.client.AcceptSessionForQueue(w.Context(), "q", id, nil)
	w.ok(err)
	return r
}

func (w world) acceptNext(wait time.Duration) (*azservicebus.SessionReceiver, error) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), wait)
	defer cancel()
	return w.client.AcceptNextSessionForQueue(ctx, "q", nil)
}

func TestSessionIsAnOrderedStream(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		w.send("q", inSession("s", "1"), inSession("other", "x"), inSession("s", "2"), inSession("s", "3"))
		r := w.accept("s")
		got := w.receive(r, 3)
		if diff := cmp.Diff([]string{"1", "2", "3"}, bodies(got)); diff != "" {
			w.Error(diff)
		}
		if r.SessionID() != "s" || r.LockedUntil().Before(time.Now()) || !got[0].LockedUntil.Equal(r.LockedUntil()) {
			w.Errorf("session %q locked until %v, message until %v", r.SessionID(), r.LockedUntil(), got[0].LockedUntil)
		}
		w.ok(r.AbandonMessage(w.Context(), got[1], nil))
		again := w.receiveOne(r)
		if string(again.Body) != "2" || again.DeliveryCount != 2 {
			w.Errorf("received %q, count %d", again.Body, again.DeliveryCount)
		}
		for _, m := range []*azservicebus.ReceivedMessage{got[0], again, got[2]} {
			w.ok(r.CompleteMessage(w.Context(), m, nil))
		}
		w.nothing(r)
		w.counts("q", servicebus.Counts{Active: 1})
	})
}

func TestAcceptNextTakesTheOldest(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		w.send("q", inSession("a", "1"), inSession("b", "2"), inSession("", "3"), inSession("a", "4"))
		var order []string
		for range 3 {
			r, err := w.acceptNext(time.Minute)
			w.ok(err)
			order = append(order, r.SessionID())
		}
		if diff := cmp.Diff([]string{"a", "b", ""}, order); diff != "" {
			w.Error(diff)
		}
	})
}

func TestAcceptNextTimesOutInTime(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		for _, wait := range []time.Duration{20 * time.Millisecond, time.Second, 10 * time.Minute} {
			start := time.Now()
			_, err := w.acceptNext(wait)
			if code(err) != azservicebus.CodeTimeout || time.Since(start) > wait {
				w.Errorf("after %v of %v: %v", time.Since(start), wait, err)
			}
		}
	})
}

func TestAcceptNextWaitsForAMessage(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		accepted := make(chan string)
		for range 2 {
			go func() {
				r, err := w.acceptNext(time.Minute)
				if err != nil {
					w.Error(err)
				}
				accepted <- r.SessionID()
			}()
		}
		w.pass(time.Second)
		w.send("q", inSession("a", "1"), inSession("a", "2"), inSession("b", "3"))
		got := []string{<-accepted, <-accepted}
		slices.Sort(got)
		if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
			w.Error(diff)
		}
	})
}

func TestAcceptNextGivenUpTakesNothing(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		ctx, cancel := context.WithCancel(w.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			_, _ = w.client.AcceptNextSessionForQueue(ctx, "q", nil)
		}()
		w.pass(time.Second)
		cancel()
		<-gone
		w.ok(w.client.Close(w.Context()))
		w.pass(time.Second)
		again := world{w.T, w.server, pipeClient(w, w.server)}
		again.send("q", inSession("a", "1"))
		_, err := again.acceptNext(time.Second)
		w.ok(err)
	})
}

func TestSessionTaken(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		first := w.accept("s")
		_, err := w.client.AcceptSessionForQueue(w.Context(), "q", "s", nil)
		if condition(err) != "com.microsoft:session-cannot-be-locked" {
			w.Errorf("second receiver: %v", err)
		}
		w.ok(first.Close(w.Context()))
		w.accept("s")
	})
}

func TestClosingASessionCountsNoAttempt(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		w.send("q", inSession("s", "1"))
		r := w.accept("s")
		w.receiveOne(r)
		w.ok(r.Close(w.Context()))
		w.counts("q", servicebus.Counts{Active: 1})
		if m := w.receiveOne(w.accept("s")); m.DeliveryCount != 1 {
			w.Errorf("delivery count %d", m.DeliveryCount)
		}
	})
}

func TestSessionLock(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		w.send("q", inSession("s", "1"))
		r := w.accept("s")
		m := w.receiveOne(r)
		w.pass(50 * time.Second)
		until := r.LockedUntil()
		w.ok(r.RenewSessionLock(w.Context(), nil))
		if want := until.Add(50 * time.Second); !r.LockedUntil().Equal(want) {
			w.Errorf("renewed until %v, want %v", r.LockedUntil(), want)
		}
		w.pass(50 * time.Second)
		w.counts("q", servicebus.Counts{Locked: 1})
		w.pass(10 * time.Second)
		w.counts("q", servicebus.Counts{Active: 1})
		if err := r.RenewSessionLock(w.Context(), nil); code(err) != azservicebus.CodeLockLost {
			w.Errorf("renew: %v", err)
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := r.CompleteMessage(ctx, m, nil); err == nil {
			w.Error("completed without the lock")
		}
		_ = r.Close(w.Context()) // reports the lost lock again
		again := w.receiveOne(w.accept("s"))
		if again.DeliveryCount != 2 {
			w.Errorf("delivery count %d", again.DeliveryCount)
		}
	})
}

func TestSessionState(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		r := w.accept("s")
		read := func() string {
			state, err := r.GetSessionState(w.Context(), nil)
			w.ok(err)
			return string(state)
		}
		if got := read(); got != "" {
			w.Errorf("new state %q", got)
		}
		w.ok(r.SetSessionState(w.Context(), []byte("place 3"), nil))
		w.ok(r.Close(w.Context()))
		r = w.accept("s")
		if got := read(); got != "place 3" {
			w.Errorf("state %q", got)
		}
		w.ok(r.SetSessionState(w.Context(), nil, nil))
		if got := read(); got != "" {
			w.Errorf("cleared state %q", got)
		}
	})
}

func TestSessionDeferPeekAndDeadLetter(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		w.send("q", inSession("s", "1"), inSession("s", "2"), inSession("other", "x"))
		r := w.accept("s")
		got := w.receive(r, 2)
		w.ok(r.DeferMessage(w.Context(), got[0], nil))
		w.ok(r.DeadLetterMessage(w.Context(), got[1], nil))
		peeked, err := r.PeekMessages(w.Context(), 10, nil)
		w.ok(err)
		if diff := cmp.Diff([]string{"1"}, bodies(peeked)); diff != "" {
			w.Error(diff)
		}
		deferred, err := r.ReceiveDeferredMessages(w.Context(), []int64{*got[0].SequenceNumber}, nil)
		w.ok(err)
		w.ok(r.CompleteMessage(w.Context(), deferred[0], nil))
		dead := w.receiveOne(w.deadLetters()) // without a session
		if string(dead.Body) != "2" || *dead.SessionID != "s" {
			w.Errorf("dead letter %q of session %v", dead.Body, *dead.SessionID)
		}
		w.counts("q", servicebus.Counts{Active: 1, DeadLettered: 1})
	})
}

func TestListSessions(t *testing.T) {
	everywhere(t, sessions(), func(w world) {
		const n = 250
		var want []string
		var ms []*azservicebus.Message
		for i := range n {
			id := fmt.Sprintf("s%03d", i)
			want = append(want, id)
			ms = append(ms, inSession(id, "x"))
		}
		w.send("q", ms...)
		r := w.accept("zz only state")
		w.ok(r.SetSessionState(w.Context(), []byte("x"), nil))
		want = append(want, "zz only state")
		if diff := cmp.Diff(want, listSessions(w, nil)); diff != "" {
			w.Error(diff)
		}
		changed := &azservicebus.ListSessionsOptions{SessionStateUpdatedAfter: new(time.Now().Add(-time.Hour))}
		if diff := cmp.Diff([]string{"zz only state"}, listSessions(w, changed)); diff != "" {
			w.Error(diff)
		}
	})
}

func listSessions(w world, o *azservicebus.ListSessionsOptions) []string {
	w.Helper()
	var ids []string
	pager := w.client.NewListSessionsForQueuePager("q", o)
	for pager.More() {
		page, err := pager.NextPage(w.Context())
		w.ok(err)
		ids = append(ids, page.Sessions...)
	}
	return ids
}

func TestWrongKindOfReceiverOrMessage(t *testing.T) {
	c := servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "plain"}, {Name: "q", RequiresSession: true}}}
	everywhere(t, c, func(w world) {
		for name, err := range map[string]error{
			"message without session": w.sender("q").SendMessage(w.Context(), text("a"), nil),
			"receiver without session": func() error {
				_, err := w.receiver("q", nil).ReceiveMessages(w.Context(), 1, nil)
				return err
			}(),
			"session of a plain queue": func() error {
				_, err := w.client.AcceptSessionForQueue(w.Context(), "plain", "s", nil)
				return err
			}(),
		} {
			if condition(err) != "amqp:not-allowed" {
				w.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestManySessionsAtOnce(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		const n = 40
		for i := range n {
			w.send("q", inSession(strconv.Itoa(i), "1"), inSession(strconv.Itoa(i), "2"))
		}
		done := make(chan error)
		for range 8 {
			client := pipeClient(w, w.server)
			go func() {
				for range n / 8 {
					ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
					r, err := client.AcceptNextSessionForQueue(ctx, "q", nil)
					cancel()
					if err != nil {
						done <- err
						return
					}
					for _, m := range w.receive(r, 2) {
						if err := r.CompleteMessage(w.Context(), m, nil); err != nil {
							w.Error(err)
						}
					}
					if err := r.Close(w.Context()); err != nil {
						w.Error(err)
					}
				}
				done <- nil
			}()
		}
		for range 8 {
			w.ok(<-done)
		}
		w.counts("q", servicebus.Counts{})
	})
}
