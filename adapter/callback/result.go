package callback

import (
	"strings"

	"directcallback/adapter"
)

// resultClass is what a value of msdyn_result means for a promise.
type resultClass uint8

const (
	reached resultClass = iota + 1
	notReached
	notAttempted
	failed
	cancelled
)

// result is a row of the table below.
type result struct {
	name    string // msdyn_result
	class   resultClass
	meaning string
}

// results is the page "Outcomes for proactive engagement", with Busy of older
// rows. Cancelled, Expired and Error are statuses too. Whether to try again is
// our policy; Dynamics makes no attempt of its own for these deliveries.
func results() []result {
	return []result{
		{"LiveAnswer", reached, "answered by a person"},
		{"CallEnded", reached, "the customer answered, and the call ended"},
		{"Undetermined", reached, "answered, without any interaction"},
		{"Abandoned", reached, "answered, and waited too long for a representative"},
		{"NoAnswer", notReached, "not answered, declined or busy"},
		{"Busy", notReached, "busy"},
		{"AnsweringMachine", notReached, "a machine answered"},
		{"AnsweringMachineHangup", notReached, "a machine answered"},
		{"CallFailed", notReached, "the attempt failed"},
		{"Terminated", notAttempted, "no representative accepted before the window ended"},
		{"Expired", notAttempted, "no window was left"},
		{"CSRCancelled", notAttempted, "a representative accepted, and cancelled without dialling"},
		{"NotAHandset", failed, "a fax or an error tone"},
		{"InvalidAddress", failed, "not a number that exists"},
		{"NonRetriableError", failed, "protocol or configuration"},
		{"BotFailed", failed, "the AI agent failed"},
		{"Error", failed, "bad configuration or data"},
		{"Cancelled", cancelled, "cancelled as asked"},
	}
}

// resultOf finds the row of a value of msdyn_result, in any case.
func resultOf(name string) (result, bool) {
	for _, row := range results() {
		if strings.EqualFold(row.name, name) {
			return row, true
		}
	}
	return result{}, false
}

// News turns what a delivery's row or a progress event says into an event of
// the callback's life. The second value is the reason to keep; false means that
// there is nothing to do yet.
//
// status is msdyn_status (Pending, InProcess, Complete, Expired, Cancelled,
// Error), word is msdyn_result. A terminal status with a result we do not know
// cannot be guessed at: it contradicts, and a person decides. over says that the
// attempt's window has passed: what is still pending then cannot ring any more,
// whether or not Dynamics ever comes to write it down.
func News(c adapter.Callback, status, word string, over bool) (Event, string, bool) {
	if word != "" {
		row, known := resultOf(word)
		if !known {
			return Contradicted, "unknown result " + word, terminal(status)
		}
		reason := row.name + ": " + row.meaning
		switch row.class {
		case reached:
			return CustomerReached, reason, true
		case notReached:
			if c.Rings+1 >= c.MaxAttempts {
				return AttemptsSpent, reason, true
			}
			return NotReached, reason, true
		case notAttempted:
			return NobodyAccepted, reason, true
		case failed:
			return DeliveryFailed, reason, true
		case cancelled:
			return DeliveryCancelled, reason, true
		}
	}
	switch status {
	case "Pending":
		return WindowPassed, "still pending after its window", over
	case "InProcess":
		return Accepted, status, true
	case "Expired":
		return NobodyAccepted, status, true
	case "Cancelled":
		return DeliveryCancelled, status, true
	case "Error":
		return DeliveryFailed, status, true
	case "Complete":
		return Contradicted, "complete without a result", true
	}
	return "", "", false
}

func terminal(status string) bool {
	switch status {
	case "Complete", "Expired", "Cancelled", "Error":
		return true
	}
	return false
}

// FreesCustomer tells whether an event lets the customer be phoned anew, or not at
// all: it must not be believed while the delivery before may still ring.
func FreesCustomer(on Event) bool {
	switch on {
	case NotReached, AttemptsSpent, NobodyAccepted, DeliveryFailed, DeliveryCancelled:
		return true
	default:
		return false
	}
}

// Rang tells whether the event means that a customer's phone rang in vain.
func Rang(on Event) bool { return on == NotReached || on == AttemptsSpent }
