package adapter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Notification says that something became of a callback. It carries no number, no
// name and nothing that a person wrote: whoever wants more asks for the callback.
type Notification struct {
	ID       string     `json:"id"`   // of the outbox entry; see [NotificationID]
	What     string     `json:"what"` // one of [Notices]
	At       time.Time  `json:"at"`
	Callback CallbackID `json:"callbackId"`
	Version  int64      `json:"version"` // of the callback; grows with what became of it
	Queue    QueueID    `json:"queueId"`
	Channel  Channel    `json:"channel"`
	Trace    Trace      `json:"trace,omitempty"`
}

// NoticeRequested is what is told of a new callback, whatever its state.
const NoticeRequested = "requested"

// Notices lists all that can be told of a callback, in the order of its life: that it
// was asked for, and the states that are other people's business. How it gets from one
// of these to another is nobody's.
func Notices() []string {
	all := []string{NoticeRequested}
	for _, s := range States() {
		switch s {
		case StateScheduled, StateDispatching, StateUncertain, StateCancelling, StateReview:
		default:
			all = append(all, string(s))
		}
	}
	return all
}

// Told says what is told of a step from one state to another: most often one thing or
// nothing.
func Told(from, to State) []string {
	var what []string
	if from == "" {
		what = append(what, NoticeRequested)
	}
	if from != to && slices.Contains(Notices(), string(to)) {
		what = append(what, string(to))
	}
	return what
}

// NotificationID names what a target is told. It is the same however often the target
// is told it, by whichever process, from the outbox or from the history, so that a
// repeat is known by it. It is a UUID of version 8, whose content RFC 9562 leaves to us.
func NotificationID(target string, n Notification) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q", target, n.Callback, n.Version, n.What))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	text := hex.EncodeToString(sum[:16])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// NotifyError is the error of a target that did not take all of what it was told.
type NotifyError struct {
	Told       []string      // ids of what it took all the same
	RetryAfter time.Duration // when it wants to be asked again; 0 = it does not say
	Gone       bool          // it wants to be told nothing any more
	Err        error
}

// Error says why the rest was not taken.
func (e *NotifyError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *NotifyError) Unwrap() error { return e.Err }

// StateChange is a step of a callback's life to another state, with what is told of it.
type StateChange struct {
	At       time.Time
	Callback CallbackID
	Version  int64
	From, To State
	Queue    QueueID
	Channel  Channel
	Trace    Trace
}

// Notifications are those that a step was worth.
func (c StateChange) Notifications() []Notification {
	var all []Notification
	for _, what := range Told(c.From, c.To) {
		all = append(all, Notification{
			What: what, At: c.At, Callback: c.Callback, Version: c.Version, Queue: c.Queue, Channel: c.Channel, Trace: c.Trace,
		})
	}
	return all
}

// ChangePosition is the place of a StateChange among all, which are ordered by these.
type ChangePosition struct {
	At       time.Time  `json:"at"`
	Callback CallbackID `json:"callbackId"`
	Version  int64      `json:"version"`
}

// Position is where the change stands.
func (c StateChange) Position() ChangePosition {
	return ChangePosition{At: c.At, Callback: c.Callback, Version: c.Version}
}
