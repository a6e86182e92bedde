package bus_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/mocks/servicebus"
)

func (w *world) deadLetters(tb testing.TB, queue string) *bus.DeadLetters {
	tb.Helper()
	letters, err := bus.OpenDeadLetters(w.client, queue)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = letters.Close(tb.Context()) })
	return letters
}

// reject sends messages and lets a consumer reject all of them.
func (w *world) reject(tb testing.TB, o bus.ConsumerOptions, description string, messages ...*azservicebus.Message) {
	tb.Helper()
	before := w.counts(tb, o.Queue).DeadLettered
	h := &recorder{verdict: func(adapter.CallEvent) *adapter.Rejection {
		return &adapter.Rejection{Reason: "UnknownQueue", Description: description}
	}}
	consumer := w.consume(tb, h, o)
	w.send(tb, o.Queue, messages...)
	within(tb, time.Minute, "dead-lettered", func() bool { return w.counts(tb, o.Queue).DeadLettered == before+len(messages) })
	consumer.stop()
}

func sequences(list []bus.DeadLetter) []int64 {
	all := make([]int64, 0, len(list))
	for _, l := range list {
		all = append(all, l.Sequence)
	}
	return all
}

func TestDeadLettersAreShownWithoutNumbers(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		unreadable := &azservicebus.Message{
			Body: []byte(`{"type":"t","subject":"sip:+12025550123","data":{"from":"0202 555 0123"}`), SessionID: new("a"),
		}
		w.reject(t, o, "queue of +33155501234 is not known", series("a", 3)...)
		w.reject(t, o, "", unreadable)
		letters := w.deadLetters(t, o.Queue)

		list, err := letters.List(t.Context(), 50)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != 4 || !slices.IsSorted(sequences(list)) {
			t.Fatalf("list: %+v", list)
		}
		first := list[0]
		want := bus.DeadLetter{
			Sequence: first.Sequence, EnqueuedAt: first.EnqueuedAt, Reason: "UnknownQueue", Description: "queue of +*********34 is not known",
			Type: "directcallback.call.ended.v1", Subject: "a", MessageID: first.MessageID, SessionID: "a",
			ContentType: "application/cloudevents+json", Body: first.Body, DeliveryCount: first.DeliveryCount,
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Error(diff)
		}
		shown, err := letters.Show(t.Context(), list[3].Sequence)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(shown.Body, `"sip:+*********23","data":{"from":"**** *** **23"}`) {
			t.Errorf("body: %s", shown.Body)
		}
		if _, err := letters.Show(t.Context(), list[3].Sequence+1000); !errors.Is(err, bus.ErrNoDeadLetter) {
			t.Errorf("a number that is not there: %v", err)
		}
		if page, err := letters.List(t.Context(), 2); err != nil || !slices.Equal(sequences(page), sequences(list[:2])) {
			t.Errorf("the first two: %+v, %v", page, err)
		}
		if counts := w.counts(t, o.Queue); counts.DeadLettered != 4 || counts.Locked != 0 {
			t.Errorf("looking changed something: %+v", counts)
		}
	})
}

func TestResubmittedEventsAreTaken(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		w.reject(t, o, "no such queue", series("a", 120)...)
		letters := w.deadLetters(t, o.Queue)
		list, err := letters.List(t.Context(), 1000)
		if err != nil || len(list) != 120 {
			t.Fatalf("%d listed, %v", len(list), err)
		}
		// The oldest stays, and so do some in between.
		chosen := slices.DeleteFunc(sequences(list[1:]), func(s int64) bool { return s%7 == 0 })
		done, err := letters.Resubmit(t.Context(), append(slices.Clone(chosen), 999_999))
		if !errors.Is(err, bus.ErrNoDeadLetter) || !strings.Contains(err.Error(), "999999") {
			t.Errorf("a number that is not there: %v", err)
		}
		if !slices.Equal(done, chosen) {
			t.Errorf("done: %v", done)
		}
		if counts := w.counts(t, o.Queue); counts.DeadLettered != 120-len(chosen) || counts.Active != len(chosen) {
			t.Errorf("%+v", counts)
		}
		h := &recorder{}
		consumer := w.consume(t, h, o)
		within(t, time.Minute, "taken", func() bool { return h.count() >= len(chosen) })
		consumer.stop()
		for _, n := range h.times() {
			if n != 1 {
				t.Errorf("taken %d times", n)
			}
		}
		if counts := w.counts(t, o.Queue); counts != (servicebus.Counts{DeadLettered: 120 - len(chosen)}) {
			t.Errorf("left: %+v", counts)
		}
	})
}

func TestAResubmittedMessageIsAsItCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		sent := &azservicebus.Message{
			Body: []byte("not an event"), ContentType: new("text/plain"), MessageID: new("one"), SessionID: new("a"),
			CorrelationID: new("c"), Subject: new("s"), ReplyTo: new("r"), TimeToLive: new(time.Hour),
			ApplicationProperties: map[string]any{"tenant": "x", bus.PropertyRejectedReason: "Old", bus.PropertyRejectedDescription: "text"},
		}
		o := bus.ConsumerOptions{Queue: callEvents, Sessions: true}
		w.reject(t, o, "", sent)
		letters := w.deadLetters(t, callEvents)
		list, err := letters.List(t.Context(), 1)
		if err != nil || len(list) != 1 || list[0].Reason != "Old" {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := letters.Resubmit(t.Context(), sequences(list)); err != nil {
			t.Fatal(err)
		}
		session, err := w.client.AcceptNextSessionForQueue(t.Context(), callEvents, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close(t.Context())
		messages, err := session.ReceiveMessages(t.Context(), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := messages[0].Message()
		if *got.MessageID == "one" {
			t.Error("duplicate detection would drop it")
		}
		want := *sent
		want.MessageID, want.TimeToLive = got.MessageID, got.TimeToLive
		want.ApplicationProperties = map[string]any{"tenant": "x"}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Error(diff)
		}
	})
}

// The message stays where it is until Service Bus has the new one.
func TestWhatCannotBeSentStaysDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		w.reject(t, bus.ConsumerOptions{Queue: platformEvents}, "", series("a", 3)...)
		letters := w.deadLetters(t, platformEvents)
		all, err := letters.All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.server.RejectSend(platformEvents, 1000, servicebus.EntityDisabled); err != nil {
			t.Fatal(err)
		}
		if done, err := letters.Resubmit(t.Context(), all); err == nil || len(done) != 0 {
			t.Errorf("%v, %v", done, err)
		}
		if counts := w.counts(t, platformEvents); counts != (servicebus.Counts{DeadLettered: 3}) {
			t.Errorf("left: %+v", counts)
		}
		if err := w.server.RejectSend(platformEvents, 0, servicebus.EntityDisabled); err != nil {
			t.Fatal(err)
		}
		if done, err := letters.Resubmit(t.Context(), all); err != nil || !slices.Equal(done, all) {
			t.Errorf("%v, %v", done, err)
		}
	})
}

func TestDeletedDeadLettersAreGone(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		w.reject(t, o, "", series("a", 60)...)
		letters := w.deadLetters(t, o.Queue)
		all, err := letters.All(t.Context())
		if err != nil || len(all) != 60 {
			t.Fatalf("%v, %v", all, err)
		}
		done, err := letters.Delete(t.Context(), all[50:52])
		if err != nil || !slices.Equal(done, all[50:52]) {
			t.Fatalf("%v, %v", done, err)
		}
		if _, err := letters.Show(t.Context(), all[50]); !errors.Is(err, bus.ErrNoDeadLetter) {
			t.Errorf("it is still there: %v", err)
		}
		if counts := w.counts(t, o.Queue); counts != (servicebus.Counts{DeadLettered: 58}) {
			t.Errorf("left: %+v", counts)
		}
	})
}

func TestDeadLettersOfNoQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		letters := w.deadLetters(t, "nowhere")
		if _, err := letters.List(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("error %v", err)
		}
		if _, err := letters.Delete(t.Context(), []int64{1}); err == nil {
			t.Error("no error")
		}
	})
}

func ExampleDeadLetter() {
	letter := bus.DeadLetter{Sequence: 7, Reason: "BadEvent", Description: "data.queuedAt: missing"}
	fmt.Println(letter.Sequence, letter.Reason, letter.Description)
	// Output: 7 BadEvent data.queuedAt: missing
}
