package adapter

import "time"

// Notification says that something became of a callback. It carries no number, no
// name and nothing that a person wrote: whoever wants more asks for the callback.
type Notification struct {
	ID       string     `json:"id"`   // of the outbox entry; a repeat has the same
	What     string     `json:"what"` // "requested", or the state that was reached
	At       time.Time  `json:"at"`
	Callback CallbackID `json:"callbackId"`
	Version  int64      `json:"version"` // of the callback; grows with what became of it
	Queue    QueueID    `json:"queueId"`
	Channel  Channel    `json:"channel"`
	Trace    Trace      `json:"trace,omitempty"`
}
