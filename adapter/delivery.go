package adapter

import (
	"fmt"
	"time"
)

// DeliveryRequest asks Dynamics to offer a callback to a representative and,
// once accepted, to phone the customer.
type DeliveryRequest struct {
	RequestID     string // ours; at most one delivery must come of it
	Configuration ConfigurationID
	Phone         Phone
	Window        Window    // the fence: after End it cannot ring any more
	Contact       ContactID // empty: found by number, else created
	DoNotPhone    bool      // the contact's wish not to be phoned is honoured: OutcomeRefused
	Name          string
	Email         string
	Priority      int               // higher first; only the task generation has one
	Attributes    map[string]string // become the delivery's Input attributes
}

// Delivery names what Dynamics made of a request.
type Delivery struct {
	Configuration ConfigurationID
	ID            DeliveryID
	Task          DeliveryTaskID // empty: none, or its name was lost with the answer
}

// DeliveryReport is a row of msdyn_proactive_delivery, as last read.
type DeliveryReport struct {
	ID        DeliveryID
	RequestID string // msdyn_tracking_id; empty where the organization does not store it
	Status    string // msdyn_status
	Result    string // msdyn_result
	SIP       string // msdyn_sip_diagnostics
	EndedAt   time.Time
	// RingsUntil is the end of its window as Dynamics keeps it; zero: not told. One
	// later than ours says that the window was not understood, and is no fence yet.
	RingsUntil time.Time
	// GoesOn says that Dynamics may still make an attempt of its own inside the window,
	// although this one ended.
	GoesOn bool
}

// Outcome classes what became of asking Dynamics for a delivery.
type Outcome string

// The outcomes that are not a delivery id.
const (
	OutcomeNotSent   Outcome = "not sent"  // no delivery came of it; ask again
	OutcomeThrottled Outcome = "throttled" // the same, not before RetryAfter
	OutcomeRefused   Outcome = "refused"   // this number, contact or window will never do
	OutcomeBlocked   Outcome = "blocked"   // this configuration cannot be used until someone mends it
	OutcomeLost      Outcome = "lost"      // perhaps there is a delivery, perhaps not
)

// DeliverError is the error of every request that brought no delivery id.
type DeliverError struct {
	Outcome    Outcome
	RetryAfter time.Duration // of OutcomeThrottled
	Err        error
}

// Error says outcome and cause; causes carry no phone number.
func (e *DeliverError) Error() string { return fmt.Sprintf("deliver: %s: %v", e.Outcome, e.Err) }

// Unwrap gives the cause.
func (e *DeliverError) Unwrap() error { return e.Err }
