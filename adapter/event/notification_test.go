package event_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

func TestNotificationsAreAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	d, _ := asyncAPI(t)
	told := d.at("#/channels/callbackEvents/messages/callbackNotified")
	payload := schema(told["payload"].(map[string]any))
	for _, what := range []string{
		"requested", "waiting", "due", "dispatched", "accepted", "connected", "completed", "unanswered", "served", "expired", "cancelled", "failed",
	} {
		body, err := event.EncodeNotification(adapter.Notification{
			ID: "id", What: what, At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Callback: "callback-1", Version: 3, Queue: "queue-1", Channel: adapter.ChannelWeb,
			Trace: trace,
		}, "directcallback")
		if err != nil {
			t.Fatal(err)
		}
		written := jsonOf(t, body)
		if err := d.check(payload, written); err != nil {
			t.Errorf("%s: %v in %s", what, err, body)
		}
		if written["subject"] != "callback-1" || written["traceparent"] != trace {
			t.Errorf("%s: %s", what, body)
		}
	}
	for _, e := range told["examples"].([]any) {
		if err := d.check(payload, e.(map[string]any)["payload"]); err != nil {
			t.Error(err)
		}
	}
}

const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTheTraceOfAnEvent(t *testing.T) {
	t.Parallel()
	e := adapter.CallEvent{ID: "1", Source: "pbx", Call: "call-1", At: time.Unix(0, 0), Sequence: 1, Data: adapter.CallEnded{Reason: "x"}}
	own := e
	own.Trace = trace
	const message = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, test := range map[string]struct {
		event      adapter.CallEvent
		properties map[string]any
		want       adapter.Trace
	}{
		"its own":                         {own, nil, trace},
		"its own before the message's":    {own, map[string]any{"Diagnostic-Id": message}, trace},
		"the message's":                   {e, map[string]any{"Diagnostic-Id": message}, message},
		"the message's by its other name": {e, map[string]any{"traceparent": message}, message},
		"none":                            {e, nil, ""},
		"none that is one":                {e, map[string]any{"traceparent": "+33155501234", "Diagnostic-Id": 7}, ""},
	} {
		body, err := event.Encode(test.event)
		if err != nil {
			t.Fatal(err)
		}
		got, err := event.Decode(event.Envelope{Body: body, ContentType: event.ContentType, Properties: test.properties})
		if err != nil || got.Trace != test.want {
			t.Errorf("%s: %q, %v", name, got.Trace, err)
		}
	}
}
