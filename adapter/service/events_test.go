package service_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

func TestRepeatedEventsHaveNoSecondEffect(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		queued := w.event("a", adapter.CallQueued{Queue: billing, From: from, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		w.handle(queued)
		w.pass(40 * time.Second)
		tone, ended := w.event("a", adapter.ToneReceived{Tone: "1"}), w.event("a", adapter.CallEnded{Reason: "hung up"})
		w.handle(queued, tone, tone, ended)
		w.handle(ended, tone, queued)
		w.pass(time.Second)
		w.wantAsked(40 * time.Second)
		if n := len(see(w, everyCallback)); n != 1 || len(w.bus.commands("a")) != 2 {
			t.Errorf("%d callbacks, %d commands", n, len(w.bus.commands("a")))
		}
	})
}

func TestOlderEventsThatComeLaterAreDropped(t *testing.T) {
	virtual(t, func(w *world) {
		w.rings("a", billing, w.phone())
		w.pass(time.Second)
		high := 9
		older := w.event("a", adapter.CallUpdated{Priority: &high})
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.handle(older)
		if c := w.call("a"); c.State != adapter.CallOver || c.Priority != 0 {
			t.Errorf("call is %s with priority %d", c.State, c.Priority)
		}
		w.wantLine(billing)
	})
}

func TestCallQueuedEventIsTheSameWaitWhenItComesAgain(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		begin := time.Now()
		again := func() adapter.EventData {
			return adapter.CallQueued{Queue: billing, From: from, QueuedAt: begin, Entry: adapter.EntryRoute, Bot: adapter.BotNone, Priority: 3}
		}
		w.tell("a", again())
		w.pass(40 * time.Second)
		w.tell("a", again())
		w.pass(time.Second)
		w.tell("a", adapter.ToneReceived{Tone: "1"})
		if w.call("a").Callback == "" {
			t.Error("the offer that was made is forgotten")
		}
		w.wantOffers("a", 30*time.Second)
	})
}

func TestRulesAreAskedOnceTheBotHandsOver(t *testing.T) {
	virtual(t, func(w *world) {
		from, begin := w.phone(), time.Now()
		stage := func(bot adapter.Bot) {
			w.tell("a", adapter.CallQueued{Queue: billing, From: from, QueuedAt: begin, Entry: adapter.EntryRoute, Bot: bot})
		}
		stage(adapter.BotHandling)
		w.pass(10 * time.Minute)
		w.wantOffers("a")
		stage(adapter.BotEscalated)
		w.pass(time.Minute)
		w.wantOffers("a", 10*time.Minute, 10*time.Minute+30*time.Second) // the rhythm is that of its wait
	})
}

func TestCallThatMovesIsDecidedInItsNewQueue(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		w.rings("a", sales, from)
		w.pass(time.Minute)
		w.tell("a", adapter.CallTransferred{ToQueue: support})
		w.wantLine(sales)
		moved := time.Now()
		w.tell("a", adapter.CallQueued{Queue: support, From: from, QueuedAt: moved, Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		w.wantLine(support, "a")
		w.pass(3 * time.Minute)
		w.wantOffers("a", 3*time.Minute)
	})
}

func TestEventsThatComeBeforeTheirCallArePutInOrder(t *testing.T) {
	virtual(t, func(w *world) {
		from := w.phone()
		queued := w.event("a", adapter.CallQueued{Queue: billing, From: from, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		high, low := 9, 1
		first, second := w.event("a", adapter.CallUpdated{Priority: &high}), w.event("a", adapter.CallUpdated{Priority: &low})
		w.handle(second)
		w.handle(first)
		w.pass(time.Minute)
		w.handle(queued)
		if got := w.call("a").Priority; got != low {
			t.Errorf("priority %d, want %d", got, low)
		}
		w.pass(time.Hour)
		if n := len(w.bus.rejections()); n != 0 {
			t.Errorf("%d events were rejected", n)
		}
	})
}

func TestEventsThatWaitInVainGoWhereAPersonFindsThem(t *testing.T) {
	virtual(t, func(w *world) {
		w.tell("stranger", adapter.CallEnded{Reason: "hung up"})
		w.pass(30 * time.Second)
		w.tell("other", adapter.CallQueued{Queue: "0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001", QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		w.until(2*time.Minute - time.Second)
		if n := len(w.bus.rejections()); n != 0 {
			t.Fatalf("%d events were rejected too soon", n)
		}
		w.until(2*time.Minute + time.Second)
		if n := len(w.bus.rejections()); n != 1 {
			t.Fatalf("%d events were rejected, want 1", n)
		}
		w.until(2*time.Minute + 31*time.Second)
		ids := []string{}
		for _, p := range w.bus.rejections() {
			ids = append(ids, p.ID)
		}
		if diff := cmp.Diff([]string{"stranger/1", "other/1"}, ids); diff != "" {
			t.Errorf("rejected (-want +got):\n%s", diff)
		}
		if w.bus.reason.Reason != "NeverKnown" || !strings.Contains(w.bus.reason.Description, "2m0s") {
			t.Errorf("reason %+v", w.bus.reason)
		}
	})
}

func TestRejectedEventMayBeSubmittedAgain(t *testing.T) {
	virtual(t, func(w *world) {
		w.seqs["a"] = 1
		tone := w.event("a", adapter.CallEnded{Reason: "hung up"})
		w.handle(tone)
		w.pass(3 * time.Minute)
		w.seqs["a"] = 0
		w.rings("a", billing, w.phone())
		w.handle(tone)
		if c := w.call("a"); c.State != adapter.CallOver {
			t.Errorf("call is %s: the event was taken for a repeat", c.State)
		}
	})
}

func TestRejectionIsRepeatedUntilItIsTaken(t *testing.T) {
	virtual(t, func(w *world) {
		w.bus.set(func(b *bus) { b.reject = errDown })
		w.tell("stranger", adapter.CallEnded{Reason: "hung up"})
		w.pass(10 * time.Minute)
		w.bus.set(func(b *bus) { b.reject = nil })
		w.pass(time.Minute)
		if n := len(w.bus.rejections()); n != 1 {
			t.Errorf("%d events were rejected, want 1", n)
		}
	})
}

type unheardOf struct{ adapter.EventData }

func TestOneBadEventOfABatchIsRejectedAlone(t *testing.T) {
	virtual(t, func(w *world) {
		good := func(id adapter.CallID) adapter.CallEvent {
			return w.event(id, adapter.CallQueued{Queue: billing, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		}
		bad := w.event("b", unheardOf{})
		verdicts, err := w.service.Handle(w.Context(), []adapter.CallEvent{good("a"), bad, good("c")})
		if err != nil {
			t.Fatal(err)
		}
		if verdicts[0] != nil || verdicts[1] == nil || verdicts[1].Reason != "UnknownEventType" || verdicts[2] != nil {
			t.Errorf("verdicts %v", verdicts)
		}
		w.wantLine(billing, "a", "c")
	})
}

// An event that was parked by an older program and cannot be read any more must
// not take the event with it that it waited for.
func TestParkedEventThatCannotBeReadHoldsNobodyUp(t *testing.T) {
	virtual(t, func(w *world) {
		broken := &brokenCodec{}
		w.halt()
		w.options.Codec = broken
		w.start()
		w.seqs["a"] = 1
		w.tell("a", adapter.CallEnded{Reason: "hung up"})
		w.seqs["a"] = 0
		broken.broken = true
		w.rings("a", billing, w.phone())
		w.wantLine(billing, "a")
		w.pass(5 * time.Minute)
		if dead := w.dead(); len(dead) != 1 || dead[0].Kind != adapter.OutgoingReturn || dead[0].Reason == "" {
			t.Errorf("a person sees %+v", dead)
		}
	})
}

type brokenCodec struct {
	codec
	broken bool
}

func (c *brokenCodec) Decode(body []byte) (adapter.CallEvent, error) {
	if c.broken {
		return adapter.CallEvent{}, &adapter.Rejection{Reason: "BadEvent", Description: "says the test"}
	}
	return c.codec.Decode(body)
}
