package service

import (
	"context"
	"time"

	"directcallback/adapter"
)

// Update runs f in one transaction of the store. When it returns nil, all that
// f did is durable; otherwise none of it happened. f must not wait for anything
// but the Tx, and must not keep it. It may be run several times, where others work
// on the same database: what it leaves outside of the Tx must be as if only the
// last one had been.
type Update func(ctx context.Context, f func(Tx) error) error

// Tx is the durable state as one transaction sees it. The suite in package
// storetest says exactly what each method owes.
type Tx interface {
	// Savepoint runs f so that its changes happen together or not at all.
	Savepoint(f func() error) error

	inbox
	calls
	callbacks
	attempts
	line
	bookings
	outbox
	erasure
	leases
	pauses
	memory
	platform
	webhooks
	keys
}

// expecter is a Tx for which it pays to know beforehand what a function will do.
type expecter interface {
	// Expect says which events a function will take: each of them with FirstTime, or
	// the function fails.
	Expect(events []adapter.CallEvent, at time.Time) error
	// ExpectRequests is the same for callbacks that are asked for, and the keys of their
	// requests, ExpectPlaces for the places that are asked for before a line moves again.
	ExpectRequests(callbacks []adapter.Callback, keys []adapter.RequestKey, at time.Time) error
	ExpectPlaces(items []string, now time.Time) error
}

type inbox interface {
	FirstTime(source, id string, at time.Time) (bool, error)
	Park(adapter.Parked) error
	Unpark(waitsFor string) ([]adapter.Parked, error)
	ParkedBefore(now time.Time, limit int) ([]adapter.Parked, error)
	Unparked(source, id string) error
	Forget(before time.Time) error
	Purge(before time.Time, limit int) (int, error)
}

type calls interface {
	Call(adapter.CallID) (adapter.Call, error)
	SaveCall(adapter.Call) error
	DropCall(adapter.CallID) error
	CallsToLook(now time.Time, limit int) ([]adapter.Call, error)
	LiveCall(phone adapter.Phone, except adapter.CallID) (adapter.CallID, error)
	Decisions(adapter.CallID) ([]adapter.Judgement, error)
	SaveDecision(id adapter.CallID, at time.Time, moment, verdict string, trace []byte) error
}

type callbacks interface {
	Callback(adapter.CallbackID) (adapter.Callback, error)
	CallbackOfDelivery(adapter.DeliveryID) (adapter.Callback, error)
	Pending(adapter.Phone, adapter.QueueID) (adapter.Callback, error)
	PendingOf(adapter.Phone) ([]adapter.Callback, error)
	HeldBy(adapter.CallID) ([]adapter.Callback, error)
	CallbacksToLook(now time.Time, limit int) ([]adapter.Callback, error)
	List(adapter.CallbackQuery) ([]adapter.Callback, error)
	// Asked lists when callbacks to a number were asked for after a time, through
	// channels that are Open, the last first. Until the end of the transaction nobody
	// else asks for one.
	Asked(phone adapter.Phone, after time.Time, limit int) ([]time.Time, error)
	SaveCallback(adapter.Callback, adapter.History) (adapter.Callback, error)
	History(adapter.CallbackID) ([]adapter.History, error)
	Tally() (adapter.Tally, error)
	// PendingIn counts the callbacks of a queue that have not ended. Until the end of
	// the transaction nobody else counts them who adds one after counting.
	PendingIn(adapter.QueueID) (int, error)
}

type attempts interface {
	LastAttempt(adapter.CallbackID) (adapter.Attempt, error)
	Attempts(adapter.CallbackID) ([]adapter.Attempt, error)
	AttemptsToPoll(now time.Time, limit int) ([]adapter.Attempt, error)
	SaveAttempt(adapter.Attempt) error
	// Acceptance averages how long it took representatives to accept an attempt of a
	// queue, over those accepted since a time, and counts them.
	Acceptance(queue adapter.QueueID, since time.Time) (average time.Duration, n int, err error)
}

type line interface {
	Size(queue adapter.QueueID, now time.Time) (int, error)
	Front(queue adapter.QueueID, n int, now time.Time) ([]adapter.LineItem, error)
	Place(item string, now time.Time) (int, error)
	Available(adapter.QueueID) (int, error)
	SetAvailable(adapter.QueueID, int) error
	// LookAtLine has a queue's line looked at at a time, without any event; zero = not
	// any more. LinesToLook lists those whose time has come.
	LookAtLine(queue adapter.QueueID, at time.Time) error
	LinesToLook(now time.Time, limit int) ([]adapter.QueueID, error)
}

// bookings are the seats of slots: those that callbacks have, see
// [adapter.Callback.Seats], and holds. Who takes one calls Booking before counting.
type bookings interface {
	// Booking keeps others from taking a seat in a queue until the end of the
	// transaction. Those who only look are not kept from it.
	Booking(adapter.QueueID) error
	// Booked counts the seats that the queue's callbacks have, window by window, of
	// those that overlap a window; Holds are the holds of such that are not over at now.
	Booked(queue adapter.QueueID, in adapter.Window) ([]adapter.Booked, error)
	Holds(queue adapter.QueueID, in adapter.Window, now time.Time) ([]adapter.Hold, error)
	SaveHold(adapter.Hold) error
	DropHold(adapter.Hold) error // harmless without one
}

type pauses interface {
	Pauses() ([]adapter.Pause, error)
	SavePause(adapter.Pause) error // in place of an earlier one of the same
	Resume(adapter.Paused) error   // adapter.ErrNotFound if it is not paused
}

// keys are the publishable keys, revoked ones too.
type keys interface {
	Keys() ([]adapter.PublishableKey, error) // in the order in which they were created
	SaveKey(adapter.PublishableKey) error    // a new one
	// RevokeKey ends one. One that was revoked before stays as it is; one that is not
	// there is adapter.ErrNotFound.
	RevokeKey(id adapter.KeyID, at time.Time, by string) error
}

// webhooks are those who asked to be told by HTTP what becomes of callbacks.
type webhooks interface {
	Webhooks() ([]adapter.Webhook, error) // in the order in which they were added
	Webhook(adapter.WebhookID) (adapter.Webhook, error)
	SaveWebhook(adapter.Webhook) error // in place of an earlier one of its id
	RemoveWebhook(adapter.WebhookID) error
	// Changes lists steps of all callbacks to another state, behind a position and up to
	// a time, in the order of their positions.
	Changes(after adapter.ChangePosition, until time.Time, limit int) ([]adapter.StateChange, error)
}

type outbox interface {
	Send(adapter.Outgoing) error
	Leaving(kind adapter.OutgoingKind, now time.Time, limit int) ([]adapter.Outgoing, error)
	// Claim, Retry and Sent compare and set: the entries must be under the claims that
	// they are given with, else adapter.ErrTakenOver. Claim also wants the lease to be
	// in force.
	Claim(by adapter.Claim, entries ...adapter.Outgoing) error
	Retry(entry adapter.Outgoing, notBefore time.Time) error
	Sent(entries ...adapter.Outgoing) error
	Die(entry adapter.Outgoing, at time.Time, reason string) error // compares and sets too
	Revive(entry adapter.Outgoing, at time.Time) error             // a dead one
	Ahead(target string, limit int) ([]adapter.Outgoing, error)    // notifications, claimed or not
	Targets() ([]string, error)                                    // of notifications that are not dead
	Outgoing(adapter.OutgoingQuery) ([]adapter.Outgoing, error)
	Orphans(adapter.OutgoingKind) ([]adapter.Outgoing, error) // claimed under a lease that is not in force
	NextWork() (adapter.NextWork, error)
}

// erasure finds and removes what is known of a person.
type erasure interface {
	CallbacksOf(adapter.Person) ([]adapter.Callback, error)
	CallsOf(adapter.Phone) ([]adapter.Call, error)
	EraseCall(adapter.CallID) error
	EraseTraces(adapter.CallbackID) error // what is kept beside a callback
	EraseParked(adapter.Phone) error
}

// leases are the processes that live. Each method compares and sets; what is not as
// the caller believes is adapter.ErrTakenOver.
type leases interface {
	Leases() ([]adapter.Lease, error)
	Lease(adapter.Lease) error   // a new one; the owner must have none
	Beat(adapter.Lease) error    // the same one, with another beat
	Unlease(adapter.Lease) error // gives up one's own, or takes that of a dead process, as it was seen
}

type memory interface {
	Answer(client, key string) (request, answer string, err error)
	SaveAnswer(client, key, request, answer string, at time.Time) error
	// Settings are those that were saved last, as they were given, and when they were
	// those of the portal: as they were read, or later on, when nothing had changed.
	// They are adapter.ErrNotFound if none ever were saved.
	Settings() (body []byte, readAt time.Time, err error)
	SaveSettings(readAt time.Time, body []byte) error
	SettingsStand(readAt time.Time) error
	// Of each day there is one snapshot of the settings, under the day's beginning; the
	// first that is saved stays. Snapshot is adapter.ErrNotFound where there is none.
	SaveSnapshot(day time.Time, body []byte) error
	Snapshot(day time.Time) ([]byte, error)
	Snapshots() ([]time.Time, error) // the days, the first first
	ForgetSnapshots(before time.Time) error
	Waits(adapter.QueueID) ([]byte, error) // nil: nothing is known of this queue
	SaveWaits(adapter.QueueID, []byte) error
}

// Deliverer asks Dynamics to place calls and what became of them.
type Deliverer interface {
	// Deliver returns a delivery with an id, or a *adapter.DeliverError.
	Deliver(context.Context, adapter.DeliveryRequest) (adapter.Delivery, error)
	// Reports reads what became of deliveries; what is not there (yet) is left out.
	Reports(context.Context, []adapter.Delivery) ([]adapter.DeliveryReport, error)
	// Find looks for the delivery of a request whose reply was lost.
	Find(context.Context, adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error)
	// Cancel asks; whether it came in time is said by the row.
	Cancel(context.Context, adapter.Delivery) error
}

// Publisher sends to the telephony.
type Publisher interface {
	// Publish sends commands, those of one queue in their order. An error means
	// that all are to be sent again, and repeats are recognised by their ids; but
	// the command of a *adapter.CommandError never can be.
	Publish(context.Context, []adapter.Command) error
	// Reject puts events that waited in vain where a person finds them.
	Reject(context.Context, []adapter.Parked, adapter.Rejection) error
}

// Notifier tells one target what becomes of callbacks.
type Notifier interface {
	// Notify sends notifications, those of one callback in their order. An error means
	// that all are to be sent again, and repeats are recognised by their ids; but the
	// notification of a *adapter.CommandError never can be.
	Notify(context.Context, []adapter.Notification) error
}

// WebhookCaller tells webhooks what becomes of callbacks.
type WebhookCaller interface {
	// Call tells a webhook of notifications, those of one callback in their order. An
	// error is a *adapter.NotifyError, which says what the webhook took all the same.
	Call(ctx context.Context, to adapter.Webhook, all []adapter.Notification) error
}

// SettingsReader reads the portal's settings from Dataverse.
type SettingsReader interface {
	LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error)
}

// SettingsFollower is a SettingsReader that can read what changed alone.
type SettingsFollower interface {
	SettingsReader
	// FollowSettings gives the settings as they are now and tells whether they
	// differ from those given before. written are tables, by their logical names,
	// of which somebody says that rows were written.
	FollowSettings(ctx context.Context, now time.Time, written []string) (settings adapter.Settings, changed bool, err error)
}

// ConversationReader reads the row of a conversation that is Dynamics' own, and
// when it was changed; adapter.ErrNotFound if there is none.
type ConversationReader interface {
	Conversation(ctx context.Context, id adapter.ConversationID) (adapter.ConversationChanged, time.Time, error)
}

// Codec writes events down and reads them back, for those that are parked.
type Codec interface {
	Encode(adapter.CallEvent) ([]byte, error)
	Decode([]byte) (adapter.CallEvent, error)
}

// Clock is the time as this process sees it. Its timers fire after a duration
// of its own time, which in a simulation may pass faster.
type Clock interface {
	Now() time.Time
	NewTimer(time.Duration) *time.Timer
}
