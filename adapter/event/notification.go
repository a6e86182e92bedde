package event

import (
	"fmt"
	"time"

	"directcallback/adapter"
)

// notification is the data of what is told of a callback. There is no number in it.
type notification struct {
	CallbackID adapter.CallbackID `json:"callbackId"`
	Version    int64              `json:"version"`
	QueueID    adapter.QueueID    `json:"queueId"`
	Channel    adapter.Channel    `json:"channel"`
}

// NotificationType is the type of the CloudEvent that tells of a notification:
// directcallback.callback.waiting.v1.
func NotificationType(n adapter.Notification) string {
	return "directcallback.callback." + n.What + ".v1"
}

// EncodeNotification writes a notification as a structured CloudEvent that comes from
// source.
func EncodeNotification(n adapter.Notification, source string) ([]byte, error) {
	body, err := marshal(cloudEvent{
		SpecVersion: specVersion, ID: n.ID, Source: source, Type: NotificationType(n), Subject: string(n.Callback),
		Time: n.At.UTC().Truncate(time.Microsecond), Traceparent: string(n.Trace), DataContentType: "application/json",
		Data: notification{n.Callback, n.Version, n.Queue, n.Channel},
	})
	if err != nil {
		return nil, fmt.Errorf("notification %s: %w", n.What, err)
	}
	return body, nil
}
