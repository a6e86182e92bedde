package adapter

import "time"

// History is one step of a callback's life, as it is kept for audit.
type History struct {
	At     time.Time `json:"at"`
	From   State     `json:"from,omitempty"`
	Event  string    `json:"event"`
	To     State     `json:"to"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"` // the person who decided it; empty = the adapter
	Trace  Trace     `json:"trace,omitempty"`
}

// Judgement is why a call was treated as it was: what a queue's rules, or the offer,
// made of it at one moment.
type Judgement struct {
	At      time.Time `json:"at"`
	Moment  string    `json:"moment"`  // "pre-queue", "in-queue", "offer", "opt-in", "command"
	Verdict string    `json:"verdict"` // such as "act" or "NotOffered"
	Trace   []byte    `json:"-"`       // JSON: what was seen
}

// CallbackQuery says which callbacks to list, the newest first. The zero value of
// a field asks for all.
type CallbackQuery struct {
	States []State
	Queue  QueueID
	Phone  Phone
	After  CallbackPosition // where the page before ended
	Limit  int
}

// CallbackPosition is a callback's place in the list of all.
type CallbackPosition struct {
	CreatedAt time.Time
	ID        CallbackID
}

// OutgoingKind says who takes an outbox entry.
type OutgoingKind string

// The kinds of effects that leave.
const (
	OutgoingCommand OutgoingKind = "command" // to the telephony
	OutgoingDeliver OutgoingKind = "deliver" // to Dynamics: place the call
	OutgoingCancel  OutgoingKind = "cancel"  // to Dynamics: do not
	OutgoingNotify  OutgoingKind = "notify"  // to those who want to know what becomes of callbacks
	OutgoingReturn  OutgoingKind = "return"  // to the bus: an event that waited in vain
)

// Outgoing is an entry of the outbox: something that must leave, written in the
// transaction that decided it.
type Outgoing struct {
	Seq       int64  // set by the store; the order within a Key
	ID        string // ours, for ever
	Kind      OutgoingKind
	Key       string       // what keeps its order: the queue, or the target of a notification
	Command   Command      // of OutgoingCommand
	Notice    Notification // of OutgoingNotify
	Parked    Parked       // of OutgoingReturn
	Callback  CallbackID   // of the others, and of a notification
	PutAt     time.Time    // when it was decided
	NotBefore time.Time
	Tries     int
	Claim     Claim // of who is sending it; zero = nobody

	// The dead end of what never can be sent: it leaves no more until a person says
	// so, and holds nothing up.
	DeadAt time.Time
	Reason string

	Unreadable string // why its content cannot be read back; such an entry never leaves
}

// OutgoingQuery says which entries of the outbox to list, in their order. The zero
// value of a field asks for all.
type OutgoingQuery struct {
	ID       string
	Kind     OutgoingKind
	Key      string
	DeadOnly bool
	Limit    int
}

// Claim says under which lease something was taken.
type Claim struct {
	Owner string
	Epoch int64
}

// Lease says that a process lives: its beat grows. Another process that saw it
// stand still for long enough takes the lease away, and all that was claimed under
// it. The process itself then goes on under a new epoch.
type Lease struct {
	Claim
	Beat int64
}

// RequestKey names a request of a client, who repeats it under the same key.
type RequestKey struct{ Client, Key string }

// Parked is an encoded event that waits for something not known yet.
type Parked struct {
	Source   string
	ID       string
	WaitsFor string // "call/…", "queue/…" or "delivery/…"
	Sequence int64
	Until    time.Time
	Event    []byte
}

// NextWork holds the earliest times at which something is to be done without
// any event. Zero means never.
type NextWork struct{ Look, Poll, Leave, Parked time.Time }

// Tally counts what the store holds.
type Tally struct {
	Calls      int
	Overflowed int
	Attempts   int
	Leaving    int // entries of the outbox, but for the dead ones
	Dead       int
	Callbacks  map[State]int

	// PlatformCalls counts, by queue, the conversations that are Dynamics' own and
	// whose customer is on the line, as far as Dataverse events told.
	PlatformCalls map[QueueID]int
}

// CallbackOfCall is what became of a call's opt-in.
type CallbackOfCall struct {
	ID    CallbackID
	State State
	Since time.Time
}
