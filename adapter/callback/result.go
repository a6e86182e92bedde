package callback

import "directcallback/adapter"

// resultClass is what a value of msdyn_result means for a promise.
type resultClass uint8

const (
	reached resultClass = iota + 1
	notReached
	notAttempted
	failed
	cancelled
)

// resultOf maps the documented values of msdyn_result (Outcomes for proactive
// engagement). Busy stands in historical rows.
func resultOf(result string) (resultClass, bool) {
	switch result {
	case "LiveAnswer", "CallEnded", "Undetermined", "Abandoned":
		return reached, true
	case "NoAnswer", "Busy", "AnsweringMachine", "AnsweringMachineHangup", "CallFailed":
		return notReached, true
	case "Terminated", "Expired", "CSRCancelled":
		return notAttempted, true
	case "NotAHandset", "InvalidAddress", "NonRetriableError", "BotFailed", "Error":
		return failed, true
	case "Cancelled":
		return cancelled, true
	}
	return 0, false
}

// News turns what a delivery's row or a progress event says into an event of
// the callback's life. The second value is the reason to keep; false means that
// there is nothing to do yet.
//
// status is msdyn_status (Pending, InProcess, Complete, Expired, Cancelled,
// Error), result is msdyn_result. A terminal status with a result we do not know
// cannot be guessed at: it contradicts, and a person decides.
func News(c adapter.Callback, status, result string) (Event, string, bool) {
	if result != "" {
		class, known := resultOf(result)
		if !known {
			return Contradicted, "unknown result " + result, terminal(status)
		}
		switch class {
		case reached:
			return CustomerReached, result, true
		case notReached:
			if c.Rings+1 >= c.MaxAttempts {
				return AttemptsSpent, result, true
			}
			return NotReached, result, true
		case notAttempted:
			return NobodyAccepted, result, true
		case failed:
			return DeliveryFailed, result, true
		case cancelled:
			return DeliveryCancelled, result, true
		}
	}
	switch status {
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

// Rang tells whether the event means that a customer's phone rang in vain.
func Rang(on Event) bool { return on == NotReached || on == AttemptsSpent }
