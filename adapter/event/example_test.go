package event_test

import (
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// A call starts to wait; the caller's number never prints in full.
func ExampleDecode() {
	decoded, err := event.Decode(event.Envelope{
		ContentType: event.ContentType,
		Body: []byte(`{
			"specversion": "1.0", "type": "directcallback.call.queued.v1",
			"id": "e-17", "source": "/pbx/paris", "subject": "call-4711", "sequence": 1,
			"time": "2026-03-02T09:15:04Z", "datacontenttype": "application/json",
			"data": {
				"queueId": "7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11", "from": "+33155501234",
				"queuedAt": "2026-03-02T09:15:03Z", "entry": "route", "bot": "none"
			}}`),
	})
	call := decoded.Data.(adapter.CallQueued)
	fmt.Println(decoded.Call, call.Queue, call.From, err)
	// Output: call-4711 7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11 +33*******34 <nil>
}

// What cannot be read says what to mend, all at once.
func ExampleDecode_rejection() {
	_, err := event.Decode(event.Envelope{Body: []byte(`{
		"specversion": "1.0", "type": "directcallback.queue.representatives.v1",
		"id": "e-18", "source": "/pbx/paris", "time": "yesterday",
		"data": {"queueId": "7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11", "available": -1}}`)})
	rejection, _ := errors.AsType[*adapter.Rejection](err)
	fmt.Println(rejection.Reason)
	fmt.Println(rejection.Description)
	// Output:
	// BadEvent
	// time: not an RFC 3339 time; data.available: not a whole number ≥ 0
}

// The telephony is asked to end a call, if it is still waiting by then.
func ExampleEncodeCommand() {
	body, err := event.EncodeCommand(adapter.Command{
		ID: "c-1", Type: adapter.CommandEnd, Call: "call-4711", Queue: "7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11",
		At: time.Date(2026, 3, 2, 9, 20, 0, 0, time.UTC), OnlyWhile: adapter.CallWaiting,
	}, "directcallback")
	fmt.Println(string(body), err)
	// Output: {"specversion":"1.0","id":"c-1","source":"directcallback","type":"directcallback.call.end.v1","subject":"call-4711","time":"2026-03-02T09:20:00Z","datacontenttype":"application/json","data":{"callId":"call-4711","queueId":"7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11","onlyWhile":"waiting"}} <nil>
}
