package service_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

const chats = adapter.QueueID("f0a1b2c3-d4e5-4f60-8a7b-9c0d1e2f3a4b") // of no plan

// platformEvent is what Dataverse tells, at now.
func (w *world) platformEvent(data adapter.EventData) adapter.CallEvent {
	e := w.event("", data)
	e.Source, e.Sequence = "dataverse/bank", time.Now().UnixMicro()
	return e
}

func (w *world) wantPlatformCalls(want map[adapter.QueueID]int) {
	w.Helper()
	got, err := w.service.Tally(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	if diff := cmp.Diff(want, got.PlatformCalls); diff != "" {
		w.Errorf("calls of the platform (-want +got):\n%s", diff)
	}
}

func TestSettingsThatChangedAreReadAtOnce(t *testing.T) {
	virtual(t, func(w *world) {
		w.pass(time.Minute)
		w.settings.set(func(r *reader) { r.settings.Queues = r.settings.Queues[1:] })
		w.handle(w.platformEvent(adapter.SettingsChanged{Table: "queue", Row: string(billing)}))
		if _, known := w.service.Plans().Plan(billing); known {
			t.Error("the queue is still there")
		}
	})
}

// Whoever tries out the endpoint finds no dead letter.
func TestEndpointThatIsTriedOut(t *testing.T) {
	virtual(t, func(w *world) { w.handle(w.platformEvent(adapter.EndpointChecked{})) })
}

func TestDeliveryThatChangedIsReadAtOnce(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(time.Millisecond)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.handle(w.platformEvent(adapter.DeliveryChanged{Row: "r", Delivery: "delivery-1"}))
		w.wantState(id, adapter.StateCompleted)
	})
}

// The message is not believed: its row is read, and what the row says counts.
func TestDeliveryIsWhatItsRowSaysNotItsMessage(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(time.Millisecond)
		w.handle(w.platformEvent(adapter.DeliveryChanged{Row: "r", Delivery: "delivery-1", Status: "Complete", Result: "LiveAnswer"}))
		w.wantState(id, adapter.StateDispatched)
		w.dynamics.report("delivery-1", "Complete", "NoAnswer")
		w.pass(15 * time.Second)
		w.wantState(id, adapter.StateUnanswered)
	})
}

func TestDeliveriesOfOthersAndThoseThatAreOverAreLeftAlone(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		w.pass(time.Second)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.wantState(id, adapter.StateCompleted)
		w.handle(
			w.platformEvent(adapter.DeliveryChanged{Row: "r", Delivery: "delivery-1", Status: "Pending"}),
			w.platformEvent(adapter.DeliveryChanged{Row: "s", Delivery: "another's"}),
			w.platformEvent(adapter.DeliveryChanged{Row: "t"}),
		)
		w.pass(time.Hour)
		w.wantState(id, adapter.StateCompleted)
		next := see(w, func(tx service.Tx) (adapter.NextWork, error) { return tx.NextWork() })
		if n := len(w.bus.rejections()); n != 0 || !next.Poll.IsZero() {
			t.Errorf("%d events were rejected, next reading %v", n, next.Poll)
		}
	})
}

func TestDynamicsOwnCallsAreCountedAndNeverOffered(t *testing.T) {
	virtual(t, func(w *world) {
		tell := func(data adapter.ConversationChanged) { w.Helper(); w.handle(w.platformEvent(data)) }
		tell(adapter.ConversationChanged{Conversation: "1", Queue: billing, Status: adapter.ConversationOpen})
		tell(adapter.ConversationChanged{Conversation: "2", Queue: billing, Status: adapter.ConversationOpen})
		tell(adapter.ConversationChanged{Conversation: "3", Queue: sales, Status: adapter.ConversationActive})
		tell(adapter.ConversationChanged{Conversation: "4", Queue: sales, Status: adapter.ConversationOpen, Outbound: true})
		tell(adapter.ConversationChanged{Conversation: "5", Queue: chats, Status: adapter.ConversationOpen})
		tell(adapter.ConversationChanged{Conversation: "6"})
		w.wantPlatformCalls(map[adapter.QueueID]int{billing: 2, sales: 1})
		w.wantLine(billing)
		w.pass(time.Hour)
		w.wantAsked()
		if n := len(w.bus.commands("1")); n != 0 {
			t.Errorf("%d commands", n)
		}
		w.pass(time.Minute)
		tell(adapter.ConversationChanged{Conversation: "1", Status: adapter.ConversationClosed})
		tell(adapter.ConversationChanged{Conversation: "2", Queue: sales})
		w.wantPlatformCalls(map[adapter.QueueID]int{sales: 2})
	})
}

// Nobody waits for a day: an end that was never told is one all the same.
func TestConversationOfWhichNothingIsHeardIsForgotten(t *testing.T) {
	virtual(t, func(w *world) {
		w.handle(w.platformEvent(adapter.ConversationChanged{Conversation: "1", Queue: billing, Status: adapter.ConversationOpen}))
		w.pass(23 * time.Hour)
		w.wantPlatformCalls(map[adapter.QueueID]int{billing: 1})
		for range 3 { // what is old is looked for once an hour, when something is written
			w.pass(61 * time.Minute)
			w.handle(w.platformEvent(adapter.ConversationChanged{Conversation: "2", Queue: sales}))
		}
		w.wantPlatformCalls(map[adapter.QueueID]int{})
	})
}

// rowReader is a Dataverse whose conversations can be read.
type rowReader map[adapter.ConversationID]adapter.ConversationChanged

func (r rowReader) Conversation(_ context.Context, id adapter.ConversationID) (adapter.ConversationChanged, time.Time, error) {
	row, ok := r[id]
	if !ok {
		return row, time.Time{}, adapter.ErrNotFound
	}
	return row, time.Now(), nil
}

// Dataverse cuts the row out of a message that would be too large. Then it is read,
// and one that is gone by then is over.
func TestConversationsThatCameWithoutTheirRowsAreRead(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.options.Conversations = rowReader{"large": {Conversation: "large", Queue: billing, Status: adapter.ConversationActive}}
		w.start()
		gone := adapter.ConversationChanged{Conversation: "gone", Queue: billing, Status: adapter.ConversationActive}
		w.handle(w.platformEvent(gone))
		w.wantPlatformCalls(map[adapter.QueueID]int{billing: 1})
		w.handle(
			w.platformEvent(adapter.ConversationChanged{Conversation: "large", Cut: true}),
			w.platformEvent(adapter.ConversationChanged{Conversation: "gone", Cut: true}),
		)
		w.pass(time.Second)
		w.wantPlatformCalls(map[adapter.QueueID]int{billing: 1})
		w.options.Conversations.(rowReader)["gone"] = gone
		w.handle(w.platformEvent(adapter.ConversationChanged{Conversation: "gone", Cut: true}))
		w.pass(time.Second)
		w.wantPlatformCalls(map[adapter.QueueID]int{billing: 2})
	})
}
