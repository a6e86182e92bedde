package adapter

import "fmt"

// Rejection says why an event will never be taken. The message that carried it
// goes to the dead-letter queue with these two texts, which a person must be
// able to act on: Description names the field and what to do.
type Rejection struct { //nolint:errname // what Service Bus calls it, and what people say
	Reason      string // short and stable: "UnknownQueue", "BadEvent"
	Description string // at most 4,096 bytes; no phone number
}

// Error makes a Rejection an error.
func (r *Rejection) Error() string { return fmt.Sprintf("%s: %s", r.Reason, r.Description) }

// CommandError says that one command, or notification, can never be sent; trying it
// again is in vain. Others that were to be sent with it are not concerned.
type CommandError struct {
	ID  string
	Err error
}

// Error names the command; no cause carries a phone number.
func (e *CommandError) Error() string { return fmt.Sprintf("command %s: %v", e.ID, e.Err) }

// Unwrap gives the cause.
func (e *CommandError) Unwrap() error { return e.Err }
