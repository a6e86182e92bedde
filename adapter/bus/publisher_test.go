package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/event"
	"directcallback/mocks/servicebus"
)

func (w *world) publisher(tb testing.TB) *bus.Publisher {
	tb.Helper()
	publisher, err := bus.NewPublisher(w.client, callCommands, bus.PublisherOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := publisher.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return publisher
}

func play(line string, n int, text string) adapter.Command {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	return adapter.Command{
		ID: fmt.Sprintf("%s/%d", line, n), Type: adapter.CommandPlay, Call: "call-1", Queue: adapter.QueueID(line), At: now,
		OnlyWhile: adapter.CallWaiting, Prompt: adapter.PromptOffer, Text: text, Locale: "fr-FR", Collect: "1",
		Sequence: int64(n), NotAfter: now.Add(time.Minute),
	}
}

// commands receives a session of call-commands until it is empty, as a telephony does.
func (w *world) commands(tb testing.TB, line string) []adapter.Command {
	tb.Helper()
	session, err := w.client.AcceptSessionForQueue(tb.Context(), callCommands, line, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer session.Close(context.Background())
	var commands []adapter.Command
	for {
		ctx, cancel := context.WithTimeout(tb.Context(), 200*time.Millisecond)
		messages, err := session.ReceiveMessages(ctx, 1, nil)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return commands
		}
		if err != nil {
			tb.Fatal(err)
		}
		for _, m := range messages {
			command, err := event.DecodeCommand(m.Body)
			if err != nil {
				tb.Fatal(err)
			}
			if m.MessageID != command.ID || *m.ContentType != event.ContentType {
				tb.Errorf("message %s of type %s carries command %s", m.MessageID, *m.ContentType, command.ID)
			}
			commands = append(commands, command)
			if err := session.CompleteMessage(tb.Context(), m, nil); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

func TestCommandsArriveInOrderAndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		publisher := w.publisher(t)
		var commands []adapter.Command
		for i := range 300 {
			commands = append(commands, play(fmt.Sprintf("line-%d", i%7), i, strings.Repeat("x", 1000)))
		}
		for range 2 { // the second time as after an error
			if err := publisher.Publish(t.Context(), commands); err != nil {
				t.Fatal(err)
			}
		}
		total := 0
		for line := range 7 {
			last := int64(-1)
			for _, c := range w.commands(t, fmt.Sprintf("line-%d", line)) {
				if total++; c.Sequence <= last {
					t.Errorf("line %d: %d came after %d", line, c.Sequence, last)
				}
				last = c.Sequence
			}
		}
		if total != 300 {
			t.Errorf("%d commands arrived", total)
		}
	})
}

func TestALargeSessionIsSentInSeveralBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		publisher := w.publisher(t)
		var commands []adapter.Command
		for i := range 100 { // 3 MB; a batch holds one at most
			commands = append(commands, play("a", i, strings.Repeat("x", 30_000)))
		}
		if err := publisher.Publish(t.Context(), commands); err != nil {
			t.Fatal(err)
		}
		if got := w.commands(t, "a"); len(got) != 100 || got[0].Sequence != 0 || got[99].Sequence != 99 {
			t.Errorf("%d commands arrived", len(got))
		}
	})
}

func TestACommandThatCannotBeWrittenDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		publisher := w.publisher(t)
		bad := play("a", 2, "")
		err := publisher.Publish(t.Context(), []adapter.Command{play("a", 1, "x"), bad, play("a", 3, "x")})
		wrong, ok := errors.AsType[*adapter.CommandError](err)
		if !ok || wrong.ID != bad.ID || !strings.Contains(err.Error(), "data.text: missing") {
			t.Errorf("error: %v", err)
		}
		if got := w.commands(t, "a"); len(got) != 2 {
			t.Errorf("%d commands arrived", len(got))
		}
	})
}

func TestPublishSurvivesAnOutageByTryingAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		publisher := w.publisher(t)
		commands := []adapter.Command{play("a", 1, "x"), play("a", 2, "x"), play("b", 1, "x")}
		if err := publisher.Publish(t.Context(), commands[:1]); err != nil {
			t.Fatal(err)
		}
		w.server.StartOutage()
		began := time.Now()
		if err := publisher.Publish(t.Context(), commands); err == nil {
			t.Error("published during an outage")
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("noticing took %s", took)
		}
		w.server.EndOutage()
		if err := publisher.Publish(t.Context(), commands); err != nil {
			t.Fatal(err)
		}
		if a, b := w.commands(t, "a"), w.commands(t, "b"); len(a) != 2 || len(b) != 1 {
			t.Errorf("%d and %d commands arrived", len(a), len(b))
		}
	})
}

func TestAClosedPublisherSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		publisher, err := bus.NewPublisher(w.client, callCommands, bus.PublisherOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := publisher.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := publisher.Publish(t.Context(), []adapter.Command{play("a", 1, "x")}); err == nil {
			t.Error("published after Close")
		}
	})
}

func TestReturnedEventsAreDeadLetteredUnseen(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		publisher := w.publisher(t)
		stale := bus.ReturnedEvent{
			Queue: o.Queue,
			Event: adapter.CallEvent{
				ID: "e-1", Source: "/pbx", Call: "call-1", At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Data: adapter.CallConnected{},
			},
			Rejection: adapter.Rejection{Reason: "UnknownCall", Description: "subject: no call of this id was queued within 10 minutes"},
		}
		if err := publisher.Return(t.Context(), []bus.ReturnedEvent{stale}); err != nil {
			t.Fatal(err)
		}
		h := &recorder{}
		w.consume(t, h, o)
		within(t, time.Minute, "dead-lettered", func() bool {
			return w.counts(t, o.Queue) == servicebus.Counts{DeadLettered: 1}
		})
		if h.calls != 0 {
			t.Error("the handler saw it")
		}
		dead := w.dead(t, o.Queue)[0]
		if *dead.DeadLetterReason != stale.Rejection.Reason || *dead.DeadLetterErrorDescription != stale.Rejection.Description {
			t.Errorf("dead-lettered as %s: %s", *dead.DeadLetterReason, *dead.DeadLetterErrorDescription)
		}
		if back, err := event.Decode(event.Envelope{Body: dead.Body, ContentType: *dead.ContentType}); err != nil || back.ID != "e-1" {
			t.Errorf("its body: %+v, %v", back, err)
		}
	})
}

func TestEveryFormOfBodyIsRead(t *testing.T) {
	t.Parallel()
	both(t, func(w *world, o bus.ConsumerOptions) {
		t := w.t
		h := &recorder{}
		consumer := w.consume(t, h, o)
		sender, err := w.client.NewSender(o.Queue, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer sender.Close(t.Context())
		for i, form := range []func([]byte) azservicebus.AMQPAnnotatedMessageBody{
			func(b []byte) azservicebus.AMQPAnnotatedMessageBody {
				return azservicebus.AMQPAnnotatedMessageBody{Data: [][]byte{b[:10], b[10:]}}
			},
			func(b []byte) azservicebus.AMQPAnnotatedMessageBody {
				return azservicebus.AMQPAnnotatedMessageBody{Value: string(b)}
			},
			func(b []byte) azservicebus.AMQPAnnotatedMessageBody {
				return azservicebus.AMQPAnnotatedMessageBody{Value: b}
			},
			func(b []byte) azservicebus.AMQPAnnotatedMessageBody {
				return azservicebus.AMQPAnnotatedMessageBody{Sequence: [][]any{{string(b[:10])}, {b[10:]}}}
			},
			func([]byte) azservicebus.AMQPAnnotatedMessageBody {
				return azservicebus.AMQPAnnotatedMessageBody{Value: int64(4711)}
			},
		} {
			m := ended("a", int64(i+1))
			if err := sender.SendAMQPAnnotatedMessage(t.Context(), &azservicebus.AMQPAnnotatedMessage{
				Body:       form(m.Body),
				Properties: &azservicebus.AMQPAnnotatedMessageProperties{GroupID: m.SessionID, ContentType: m.ContentType},
			}, nil); err != nil {
				t.Fatal(err)
			}
		}
		within(t, time.Minute, "all settled", func() bool { s := consumer.Stats(); return s.Taken == 4 && s.Rejected == 1 })
	})
}
