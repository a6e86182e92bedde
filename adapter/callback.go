package adapter

import "time"

// State is where a callback is in its life. Package callback has the table.
type State string

// The states. The last six are ends.
const (
	StateScheduled   State = "scheduled"   // its window has not opened
	StateWaiting     State = "waiting"     // in line
	StateDue         State = "due"         // its place came up; Dynamics is to be asked
	StateDispatching State = "dispatching" // being asked
	StateDispatched  State = "dispatched"  // a delivery exists
	StateAccepted    State = "accepted"    // a representative took it
	StateConnected   State = "connected"   // the customer answered

	StateUncertain  State = "uncertain"  // the reply was lost
	StateCancelling State = "cancelling" // Dynamics was asked to cancel
	StateReview     State = "review"     // a person must decide

	StateCompleted  State = "completed"
	StateUnanswered State = "unanswered" // no attempt left
	StateServed     State = "served"     // a representative was reached another way
	StateExpired    State = "expired"
	StateCancelled  State = "cancelled"
	StateFailed     State = "failed"
)

// States lists all states in the order of a callback's life.
func States() []State {
	return []State{
		StateScheduled, StateWaiting, StateDue, StateDispatching, StateDispatched, StateAccepted, StateConnected,
		StateUncertain, StateCancelling, StateReview,
		StateCompleted, StateUnanswered, StateServed, StateExpired, StateCancelled, StateFailed,
	}
}

// Ended tells whether nothing more will happen.
func (s State) Ended() bool {
	switch s {
	case StateCompleted, StateUnanswered, StateServed, StateExpired, StateCancelled, StateFailed:
		return true
	default:
		return false
	}
}

// Channel is the door through which a callback was asked for.
type Channel string

// The doors.
const (
	ChannelVoice          Channel = "voice"
	ChannelWeb            Channel = "web"
	ChannelMobile         Channel = "mobile"
	ChannelBot            Channel = "bot"
	ChannelRepresentative Channel = "representative"
)

// Open tells whether anybody may come through the door: who calls by telephone, or
// speaks with a representative, is known to be there.
func (c Channel) Open() bool { return c == ChannelWeb || c == ChannelMobile || c == ChannelBot }

// Consent is the customer's agreement to be phoned, as it was given.
type Consent struct {
	Given bool      `json:"given"`
	At    time.Time `json:"at"`
	Text  string    `json:"text,omitempty"`
}

// Callback is our promise to phone a customer.
type Callback struct {
	ID      CallbackID
	Version int64 // grows with every change; changes compare and set on it

	Queue   QueueID
	Phone   Phone
	Channel Channel
	Call    CallID // the caller's own call, if it came by voice

	State  State
	Reason string // why it is where it is, in words
	Since  time.Time

	// Its place in line is by (Priority descending, QueuedAt).
	Priority int
	QueuedAt time.Time

	ReleaseFrom time.Time // not released before: own call over, retry delay
	InLineFrom  time.Time // holds no place before: a retry that waits its delay
	HeldBy      CallID    // the customer is calling again; holds no place meanwhile
	PlaceFreed  bool      // accepted, or no news: the next one may come up
	FreePlaceAt time.Time // frees its place without news; zero = not yet known
	After       State     // of StateCancelling: where it goes once the delivery is gone

	Window    Window // asked for; zero = as soon as possible
	Booked    bool   // it is a slot, of which this callback has a seat
	Wish      Wish   // what is to change once Dynamics has let it go
	CreatedAt time.Time
	ExpiresAt time.Time

	Attempts    int // made so far
	MaxAttempts int // that may ring the customer
	Rings       int // attempts that rang without an answer

	Action     ActionID      // under whose terms it was promised; empty = the product's own
	RetryDelay time.Duration // between attempts that rang; 0 = the product's own
	Throttled  bool          // its turn was put off, and is not again before its next attempt

	Contact    ContactID
	Name       string
	Email      string
	Locale     string
	TimeZone   string
	Notes      string
	Attributes map[string]string
	Consent    Consent

	Erase      bool   // what is personal goes with its end
	ManageHash string // SHA-256 of the manage token, hex
}

// Wish is another number or another time that a customer wants for a callback.
// While Dynamics may be phoning, it is only noted: the delivery goes first.
type Wish struct {
	Phone  Phone  // zero = as it is
	Moved  bool   // to Window, and else the time is as it is
	Window Window // zero = as soon as possible
	Booked bool   // it is a slot, of which a seat is kept
}

// IsZero tells that nothing is wished for.
func (w Wish) IsZero() bool { return w == Wish{} }

// HoldsPlace tells whether the callback stands in its queue's line at now.
func (c Callback) HoldsPlace(now time.Time) bool {
	if c.HeldBy != "" || c.PlaceFreed || c.InLineFrom.After(now) {
		return false
	}
	switch c.State {
	case StateWaiting, StateDue, StateDispatching, StateDispatched:
		return true
	default:
		return false
	}
}

// NextLook is when the callback wants attention without any event. Zero means
// never. Times that already passed are returned as they are.
func (c Callback) NextLook() time.Time {
	var next time.Time
	switch c.State {
	case StateScheduled:
		next = earliest(c.ExpiresAt, c.Window.Start)
	case StateWaiting:
		next = c.ExpiresAt
		if c.HeldBy == "" {
			next = earliest(next, c.ReleaseFrom)
		}
	case StateDispatched:
		next = c.ExpiresAt
		if !c.PlaceFreed {
			next = earliest(next, c.FreePlaceAt)
		}
	case StateDue, StateReview:
		next = c.ExpiresAt
	case StateAccepted, StateConnected, StateUncertain, StateCancelling:
		// Dynamics may be phoning: the promise's own end waits for the news, but
		// not for ever.
		next = c.ExpiresAt
		if silent := c.Since.Add(CallbackForgotten); !next.IsZero() && silent.After(next) {
			next = silent
		}
	default:
	}
	return next
}

// CallbackForgotten is how long a callback may be in Dynamics' hands without a
// word. After that, and after its own time, the word was lost.
const CallbackForgotten = 24 * time.Hour

// Attempt is one request to Dynamics to place the call. Its window is the
// fence: after End it cannot ring any more.
type Attempt struct {
	Callback      CallbackID
	Number        int // from 1
	RequestID     string
	Configuration ConfigurationID
	Window        Window
	Delivery      DeliveryID     // empty until Dynamics answered
	Task          DeliveryTaskID // of the task generation; empty where its answer was lost
	Status        string         // msdyn_status, as last seen
	Result        string         // msdyn_result, as last seen
	SIP           string         // msdyn_sip_diagnostics, as last seen
	SentAt        time.Time
	SeenAt        time.Time // when its row was first seen
	AcceptedAt    time.Time
	EndedAt       time.Time
	NextPoll      time.Time // zero = no more
}

// LineItem is one place in a queue's waiting line: a live call or a callback.
type LineItem struct {
	Call     CallID     // one of the two
	Callback CallbackID //
	Priority int
	QueuedAt time.Time
}
