package callback_test

import (
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// TestEveryResultOfTheOutcomesPage is the page "Outcomes for proactive engagement",
// row by row, with what becomes of a promise of two rings after the first and the
// last of them.
func TestEveryResultOfTheOutcomesPage(t *testing.T) {
	t.Parallel()
	const (
		reached     = callback.CustomerReached
		again       = callback.NotReached
		spent       = callback.AttemptsSpent
		notRung     = callback.NobodyAccepted // a new attempt at the same place
		failed      = callback.DeliveryFailed
		cancelled   = callback.DeliveryCancelled
		contradicts = callback.Contradicted // a person decides
	)
	for _, row := range []struct {
		result      string
		first, last callback.Event
	}{
		{"LiveAnswer", reached, reached},
		{"CallEnded", reached, reached},
		{"Undetermined", reached, reached}, // somebody answered: another call would be one too many
		{"AnsweringMachine", again, spent},
		{"AnsweringMachineHangup", again, spent},
		{"NotAHandset", failed, failed},
		{"NoAnswer", again, spent},
		{"Busy", again, spent}, // of older rows
		{"CallFailed", again, spent},
		{"InvalidAddress", failed, failed},
		{"NonRetriableError", failed, failed},
		{"BotFailed", failed, failed},
		{"Abandoned", reached, reached}, // the customer answered; never in preview
		{"Terminated", notRung, notRung},
		{"CSRCancelled", notRung, notRung},
		{"Cancelled", cancelled, cancelled},
		{"Expired", notRung, notRung}, // the attempt's window is over, the promise is not
		{"Error", failed, failed},
		{"Unknown", contradicts, contradicts},
	} {
		for rings, want := range []callback.Event{row.first, row.last} {
			on, reason, ok := callback.News(adapter.Callback{Rings: rings, MaxAttempts: 2}, "Complete", row.result, false)
			if on != want || !ok || reason == "" {
				t.Errorf("%s after %d rings: %q, %q, %v; want %q", row.result, rings, on, reason, ok, want)
			}
		}
	}
}

func TestOnlyWhatMayFreeTheCustomerWaitsForDynamics(t *testing.T) {
	t.Parallel()
	for _, on := range []callback.Event{callback.NotReached, callback.AttemptsSpent, callback.NobodyAccepted, callback.DeliveryFailed, callback.DeliveryCancelled} {
		if !callback.FreesCustomer(on) {
			t.Errorf("%q lets the customer be phoned beside Dynamics", on)
		}
	}
	for _, on := range []callback.Event{callback.CustomerReached, callback.Accepted, callback.WindowPassed, callback.Contradicted} {
		if callback.FreesCustomer(on) {
			t.Errorf("%q would not be heard", on)
		}
	}
}
