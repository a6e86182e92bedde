package callback

import "directcallback/adapter"

// Event is something that happens to a callback.
type Event string

// The events of a callback's life.
const (
	WindowOpened    Event = "window opened"
	PlaceReached    Event = "place reached"
	SendingStarted  Event = "sending started"
	DeliveryCreated Event = "delivery created"
	NotSent         Event = "not sent"
	RequestRefused  Event = "request refused"
	ReplyLost       Event = "reply lost"
	AttemptGone     Event = "attempt gone" // no such delivery, and its window is over
	Contradicted    Event = "contradicted"

	Accepted          Event = "accepted"
	CustomerConnected Event = "customer connected"
	CustomerReached   Event = "customer reached"
	NotReached        Event = "not reached" // an attempt is left
	AttemptsSpent     Event = "attempts spent"
	NobodyAccepted    Event = "nobody accepted" // inside the window
	WindowPassed      Event = "window passed"   // and the delivery's row is still pending
	DeliveryFailed    Event = "delivery failed"
	DeliveryCancelled Event = "delivery cancelled"

	CancelAsked      Event = "cancel asked"
	LaterAsked       Event = "asked for later" // another number or time, and the time is to come
	NowAsked         Event = "asked for now"   // another number or time, and the time has come
	CustomerCallsNow Event = "customer calls"  // a live call of the same number
	CustomerServed   Event = "customer served"
	HeldBack         Event = "held back" // its queue is paused or closed, or it is quiet where the customer is
	LifeOver         Event = "life over"

	// What a person decides in review.
	FoundReached Event = "found to be reached"
	CallAgain    Event = "call again"
	GivenUp      Event = "given up"
)

// Effect is what must leave in the transaction of a step.
type Effect string

// The effects.
const (
	Deliver        Effect = "deliver"         // ask Dynamics to place the call
	CancelDelivery Effect = "cancel delivery" // ask Dynamics not to
)

// Transition is one row of the table.
type Transition struct {
	From   adapter.State
	On     Event
	To     adapter.State
	Effect Effect // empty = none
}

// Events lists all events, in the order of a callback's life.
func Events() []Event {
	return []Event{
		WindowOpened, PlaceReached, SendingStarted, DeliveryCreated, NotSent, RequestRefused, ReplyLost, AttemptGone, Contradicted,
		Accepted, CustomerConnected, CustomerReached, NotReached, AttemptsSpent, NobodyAccepted, WindowPassed, DeliveryFailed, DeliveryCancelled,
		CancelAsked, LaterAsked, NowAsked, CustomerCallsNow, CustomerServed, HeldBack, LifeOver, FoundReached, CallAgain, GivenUp,
	}
}

// Table is the whole life, grouped by state. A pair that is not here changes
// nothing.
func Table() []Transition {
	return []Transition{
		{adapter.StateScheduled, WindowOpened, adapter.StateWaiting, ""},
		{adapter.StateScheduled, CancelAsked, adapter.StateCancelled, ""},
		{adapter.StateScheduled, LaterAsked, adapter.StateScheduled, ""},
		{adapter.StateScheduled, NowAsked, adapter.StateWaiting, ""},
		{adapter.StateScheduled, LifeOver, adapter.StateExpired, ""},

		{adapter.StateWaiting, PlaceReached, adapter.StateDue, Deliver},
		{adapter.StateWaiting, CancelAsked, adapter.StateCancelled, ""},
		{adapter.StateWaiting, LaterAsked, adapter.StateScheduled, ""},
		{adapter.StateWaiting, NowAsked, adapter.StateWaiting, ""},
		{adapter.StateWaiting, CustomerServed, adapter.StateServed, ""},
		{adapter.StateWaiting, LifeOver, adapter.StateExpired, ""},

		{adapter.StateDue, SendingStarted, adapter.StateDispatching, ""},
		{adapter.StateDue, CancelAsked, adapter.StateCancelled, ""},
		{adapter.StateDue, LaterAsked, adapter.StateScheduled, ""},
		{adapter.StateDue, NowAsked, adapter.StateWaiting, ""},
		{adapter.StateDue, CustomerCallsNow, adapter.StateWaiting, ""},
		{adapter.StateDue, CustomerServed, adapter.StateServed, ""},
		{adapter.StateDue, HeldBack, adapter.StateWaiting, ""},
		{adapter.StateDue, LifeOver, adapter.StateExpired, ""},

		// While the request is under way nothing else is decided: the reply, or
		// its absence, comes first.
		{adapter.StateDispatching, DeliveryCreated, adapter.StateDispatched, ""},
		{adapter.StateDispatching, NotSent, adapter.StateDue, Deliver},
		{adapter.StateDispatching, RequestRefused, adapter.StateFailed, ""},
		{adapter.StateDispatching, ReplyLost, adapter.StateUncertain, ""},
		{adapter.StateDispatching, Contradicted, adapter.StateReview, ""},

		{adapter.StateUncertain, DeliveryCreated, adapter.StateDispatched, ""},
		{adapter.StateUncertain, AttemptGone, adapter.StateWaiting, ""},
		{adapter.StateUncertain, Contradicted, adapter.StateReview, ""},
		{adapter.StateUncertain, Accepted, adapter.StateAccepted, ""},
		{adapter.StateUncertain, CustomerConnected, adapter.StateConnected, ""},
		{adapter.StateUncertain, CustomerReached, adapter.StateCompleted, ""},
		{adapter.StateUncertain, LifeOver, adapter.StateExpired, ""},

		{adapter.StateDispatched, Accepted, adapter.StateAccepted, ""},
		{adapter.StateDispatched, CustomerConnected, adapter.StateConnected, ""},
		{adapter.StateDispatched, CustomerReached, adapter.StateCompleted, ""},
		{adapter.StateDispatched, NotReached, adapter.StateWaiting, ""},
		{adapter.StateDispatched, AttemptsSpent, adapter.StateUnanswered, ""},
		{adapter.StateDispatched, NobodyAccepted, adapter.StateWaiting, ""},
		{adapter.StateDispatched, WindowPassed, adapter.StateWaiting, ""},
		{adapter.StateDispatched, DeliveryFailed, adapter.StateFailed, ""},
		{adapter.StateDispatched, DeliveryCancelled, adapter.StateCancelled, ""},
		{adapter.StateDispatched, Contradicted, adapter.StateReview, ""},
		{adapter.StateDispatched, CancelAsked, adapter.StateCancelling, CancelDelivery},
		{adapter.StateDispatched, LaterAsked, adapter.StateCancelling, CancelDelivery},
		{adapter.StateDispatched, NowAsked, adapter.StateCancelling, CancelDelivery},
		{adapter.StateDispatched, CustomerCallsNow, adapter.StateCancelling, CancelDelivery},
		{adapter.StateDispatched, CustomerServed, adapter.StateCancelling, CancelDelivery},
		{adapter.StateDispatched, LifeOver, adapter.StateCancelling, CancelDelivery},

		{adapter.StateAccepted, CustomerConnected, adapter.StateConnected, ""},
		{adapter.StateAccepted, CustomerReached, adapter.StateCompleted, ""},
		{adapter.StateAccepted, NotReached, adapter.StateWaiting, ""},
		{adapter.StateAccepted, AttemptsSpent, adapter.StateUnanswered, ""},
		{adapter.StateAccepted, NobodyAccepted, adapter.StateWaiting, ""},
		{adapter.StateAccepted, DeliveryFailed, adapter.StateFailed, ""},
		{adapter.StateAccepted, DeliveryCancelled, adapter.StateCancelled, ""},
		{adapter.StateAccepted, Contradicted, adapter.StateReview, ""},
		{adapter.StateAccepted, LifeOver, adapter.StateExpired, ""},

		{adapter.StateConnected, CustomerReached, adapter.StateCompleted, ""},
		{adapter.StateConnected, NotReached, adapter.StateWaiting, ""},
		{adapter.StateConnected, AttemptsSpent, adapter.StateUnanswered, ""},
		{adapter.StateConnected, DeliveryFailed, adapter.StateFailed, ""},
		// The customer was on the line, says one; nobody called, says the other.
		{adapter.StateConnected, NobodyAccepted, adapter.StateReview, ""},
		{adapter.StateConnected, DeliveryCancelled, adapter.StateReview, ""},
		{adapter.StateConnected, Contradicted, adapter.StateReview, ""},
		{adapter.StateConnected, LifeOver, adapter.StateExpired, ""},

		// Asked to cancel, Dynamics may still have been faster. Where the row
		// says that the delivery is gone, Step goes on to Callback.After.
		{adapter.StateCancelling, DeliveryCancelled, adapter.StateCancelled, ""},
		{adapter.StateCancelling, NobodyAccepted, adapter.StateCancelled, ""},
		{adapter.StateCancelling, WindowPassed, adapter.StateCancelled, ""},
		{adapter.StateCancelling, AttemptGone, adapter.StateCancelled, ""},
		{adapter.StateCancelling, NotReached, adapter.StateCancelled, ""},
		{adapter.StateCancelling, AttemptsSpent, adapter.StateCancelled, ""},
		{adapter.StateCancelling, DeliveryFailed, adapter.StateCancelled, ""},
		{adapter.StateCancelling, Accepted, adapter.StateAccepted, ""},
		{adapter.StateCancelling, CustomerConnected, adapter.StateConnected, ""},
		{adapter.StateCancelling, CustomerReached, adapter.StateCompleted, ""},
		{adapter.StateCancelling, Contradicted, adapter.StateReview, ""},
		{adapter.StateCancelling, LifeOver, adapter.StateCancelled, ""},

		// What the row says later may end it without the person, but nothing may ring
		// again: how often the customer was called is what is in doubt.
		{adapter.StateReview, CustomerReached, adapter.StateCompleted, ""},
		{adapter.StateReview, AttemptsSpent, adapter.StateUnanswered, ""},
		{adapter.StateReview, DeliveryFailed, adapter.StateFailed, ""},
		{adapter.StateReview, DeliveryCancelled, adapter.StateCancelled, ""},
		{adapter.StateReview, LifeOver, adapter.StateExpired, ""},
		{adapter.StateReview, FoundReached, adapter.StateCompleted, ""},
		{adapter.StateReview, CallAgain, adapter.StateWaiting, ""},
		{adapter.StateReview, GivenUp, adapter.StateCancelled, ""},
	}
}

// Next looks a pair up.
func Next(from adapter.State, on Event) (Transition, bool) {
	for _, t := range Table() {
		if t.From == from && t.On == on {
			return t, true
		}
	}
	return Transition{}, false
}
