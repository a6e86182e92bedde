package servicebus_test

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
)

func (w world) subscription(topic, name string) *azservicebus.Receiver {
	w.Helper()
	r, err := w.client.NewReceiverForSubscription(topic, name, nil)
	w.ok(err)
	return r
}

func TestSubscriptionsGetCopies(t *testing.T) {
	c := servicebus.Config{Topics: []servicebus.TopicConfig{{
		Name: "events", RequiresDuplicateDetection: true,
		Subscriptions: []servicebus.SubscriptionConfig{
			{QueueConfig: servicebus.QueueConfig{Name: "all"}},
			{
				QueueConfig: servicebus.QueueConfig{Name: "some", MaxDeliveryCount: 1},
				Filters: []servicebus.Filter{
					{Subject: "queued", Properties: map[string]any{"priority": 5}},
					{Subject: "ended"},
				},
			},
			{QueueConfig: servicebus.QueueConfig{Name: "sessions", RequiresSession: true}},
		},
	}}}
	everywhere(t, c, func(w world) {
		queued := func(id string, priority any) *azservicebus.Message {
			return &azservicebus.Message{
				MessageID: &id, Body: []byte(id), Subject: new("queued"), SessionID: &id,
				ApplicationProperties: map[string]any{"priority": priority},
			}
		}
		ended := text("ended")
		ended.Subject = new("ended")
		w.send("events", queued("five", int64(5)), queued("five", int64(5)), queued("six", int64(6)), ended)
		for name, want := range map[string][]string{"all": {"five", "six", "ended"}, "some": {"five", "ended"}} {
			if diff := cmp.Diff(want, bodies(w.receive(w.subscription("events", name), len(want)))); diff != "" {
				w.Errorf("%s: %s", name, diff)
			}
		}
		w.counts("events/Subscriptions/sessions", servicebus.Counts{Active: 2})
		w.counts("events", servicebus.Counts{})
		r, err := w.client.AcceptNextSessionForSubscription(w.Context(), "events", "sessions", nil)
		w.ok(err)
		if r.SessionID() != "five" {
			w.Errorf("session %q", r.SessionID())
		}
		// The copies have lives of their own.
		w.ok(w.server.ExpireLocks("events/subscriptions/SOME"))
		w.counts("events/Subscriptions/some", servicebus.Counts{DeadLettered: 2})
		w.counts("events/Subscriptions/all", servicebus.Counts{Locked: 3})
	})
}

func TestScheduledForATopic(t *testing.T) {
	c := servicebus.Config{Topics: []servicebus.TopicConfig{{
		Name: "t", DefaultTimeToLive: time.Minute,
		Subscriptions: []servicebus.SubscriptionConfig{{QueueConfig: servicebus.QueueConfig{Name: "s"}}},
	}}}
	virtually(t, c, func(w world) {
		at := time.Now().Add(time.Hour)
		_, err := w.sender("t").ScheduleMessages(w.Context(), []*azservicebus.Message{text("later")}, at, nil)
		w.ok(err)
		w.counts("t", servicebus.Counts{Scheduled: 1})
		w.pass(time.Hour)
		w.counts("t", servicebus.Counts{})
		if m := w.receiveOne(w.subscription("t", "s")); !m.EnqueuedTime.Equal(at) || *m.TimeToLive != time.Minute {
			w.Errorf("enqueued %v, time to live %v", m.EnqueuedTime, *m.TimeToLive)
		}
	})
}

func TestNobodySendsToASubscriptionOrReceivesFromATopic(t *testing.T) {
	c := servicebus.Config{Topics: []servicebus.TopicConfig{{
		Name:          "t",
		Subscriptions: []servicebus.SubscriptionConfig{{QueueConfig: servicebus.QueueConfig{Name: "s"}}},
	}}}
	virtually(t, c, func(w world) {
		if err := w.sender("t/Subscriptions/s").SendMessage(w.Context(), text("a"), nil); condition(err) != "amqp:not-allowed" {
			w.Error(err)
		}
		if _, err := w.receiver("t", nil).ReceiveMessages(w.Context(), 1, nil); condition(err) != "amqp:not-allowed" {
			w.Error(err)
		}
	})
}
