package bus_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/mocks/servicebus"
)

func TestSubscribersAreToldWhatBecomesOfCallbacks(t *testing.T) {
	t.Parallel()
	server, err := servicebus.New(servicebus.Config{Topics: []servicebus.TopicConfig{{
		Name: "callback-events", RequiresDuplicateDetection: true,
		Subscriptions: []servicebus.SubscriptionConfig{{QueueConfig: servicebus.QueueConfig{Name: "crm", RequiresSession: true}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := &world{server: server}
	w.client = connect(t, bus.ConnectConfig{ConnectionString: server.ConnectionString("emulator.test"), NewWebSocketConn: w.dial})
	topic, err := bus.NewTopic(w.client, "callback-events", bus.PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := topic.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	var all []adapter.Notification
	for n, what := range []string{"requested", "waiting", "due"} {
		for _, id := range []adapter.CallbackID{"callback-1", "callback-2"} {
			all = append(all, adapter.Notification{
				ID: fmt.Sprint(id, "/", n), What: what, At: time.Date(2026, 3, 2, 9, 0, n, 0, time.UTC), Callback: id, Version: int64(n + 1), Queue: "queue-1", Channel: adapter.ChannelWeb,
			})
		}
	}
	for range 2 { // a repeat arrives once
		if err := topic.Notify(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	session, err := w.client.AcceptSessionForSubscription(t.Context(), "callback-events", "crm", "callback-2", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close(context.Background()) }()
	var subjects []string
	for len(subjects) < 3 {
		messages, err := session.ReceiveMessages(t.Context(), 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			subjects = append(subjects, *m.Subject)
		}
	}
	want := []string{"directcallback.callback.requested.v1", "directcallback.callback.waiting.v1", "directcallback.callback.due.v1"}
	if diff := cmp.Diff(want, subjects); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
