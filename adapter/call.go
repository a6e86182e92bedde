package adapter

import "time"

// CallState is where a caller's own call is.
type CallState string

// The states of a call. A call that opted in is CallEnded like any other once
// the telephony hung up; that it lives on as a callback is said by its Callback.
const (
	CallWaiting CallState = "waiting"
	CallTaken   CallState = "connected"
	CallMoved   CallState = "moved"
	CallOver    CallState = "ended"
)

// Call is a caller's own call, as far as its telephony told us.
type Call struct {
	ID          CallID
	Source      string
	Sequence    int64 // of the newest event of Source that was taken; older ones come too late
	Queue       QueueID
	Workstream  string
	RoutingRule string
	From        Phone
	Priority    int
	QueuedAt    time.Time
	Locale      string
	Entry       Entry
	Bot         Bot
	State       CallState
	ChangedAt   time.Time // when it came into its state, by the telephony's clock
	ConnectedAt time.Time // when a representative took it; stays when the call ends

	CallsWaiting  int           // the platform's own count; -1 = not told
	EstimatedWait time.Duration // the platform's own estimate; -1 = not told

	// Overflow is the action that applies to the call now, 0 for none.
	Overflow   OverflowActionType
	OverflowAt time.Time // when it began to apply
	Action     ActionID
	CheckAt    time.Time // when the in-queue rules want another look; zero = never

	Offers      int       // offers sent
	FirstOffer  time.Time // when the first one was sent
	LastOffer   time.Time
	NextOffer   time.Time  // zero = none planned
	Callback    CallbackID // set once the caller opted in
	ConfirmedAt time.Time

	Attributes map[string]string
}

// Waits tells whether the call stands in its queue's line as a live call.
func (c Call) Waits() bool { return c.State == CallWaiting && c.Callback == "" }

// NextLook is when the call wants attention without any event: its next offer,
// its next in-queue check, or the time when its end must have been lost. Zero
// means never.
func (c Call) NextLook() time.Time {
	forgotten := c.QueuedAt.Add(CallForgotten)
	switch {
	case c.Waits():
		return earliest(earliest(c.NextOffer, c.CheckAt), forgotten)
	case c.State == CallMoved:
		return forgotten
	default:
		return time.Time{}
	}
}

// CallForgotten is how long a call may wait, or be somewhere else, without an
// end. After that the end was lost on its way, and a ghost must neither keep a
// place in front of the living nor hold its number's callback.
const CallForgotten = 6 * time.Hour

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
