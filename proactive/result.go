package proactive

import "strings"

// Class sorts the results of a delivery by what they mean for the customer.
type Class string

// The classes.
const (
	Reached      Class = "reached"       // a person answered
	NotReached   Class = "not reached"   // it rang, or a machine answered
	NotAttempted Class = "not attempted" // nobody was dialled
	BadNumber    Class = "bad number"    // it cannot be dialled, or is no telephone
	Failed       Class = "failed"        // technically
	Cancelled    Class = "cancelled"     // as asked
	Unknown      Class = "unknown"       // a word that this table does not have, or that says nothing
)

// Retry is whether another attempt makes sense. That is our policy: Dynamics
// makes none by itself for these deliveries.
type Retry string

// The policies.
const (
	RetryNever  Retry = "never"
	RetryYes    Retry = "yes"
	RetryCapped Retry = "capped" // a few times: the failure may be ours
	RetryAsk    Retry = "ask"    // the organization has to say
)

// Result is a row of the result table.
type Result struct {
	Name    string // msdyn_result
	Class   Class
	Retry   Retry
	Meaning string
}

// Results is the page "Outcomes for proactive engagement" as data, with Busy of
// older rows. Cancelled, Expired and Error are statuses too.
func Results() []Result {
	return []Result{
		{"LiveAnswer", Reached, RetryNever, "answered by a person"},
		{"CallEnded", Reached, RetryNever, "the customer answered, and the call ended"},
		{"Undetermined", Reached, RetryAsk, "answered, without any interaction"},
		{"Abandoned", Reached, RetryAsk, "answered, and waited too long for a representative"},
		{"AnsweringMachine", NotReached, RetryYes, "a machine answered"},
		{"AnsweringMachineHangup", NotReached, RetryYes, "a machine answered, and the AI agent hung up"},
		{"NoAnswer", NotReached, RetryYes, "not answered, declined or busy"},
		{"Busy", NotReached, RetryYes, "busy"},
		{"Terminated", NotAttempted, RetryYes, "no representative accepted before the window ended"},
		{"Expired", NotAttempted, RetryYes, "no window was left"},
		{"CSRCancelled", NotAttempted, RetryAsk, "a representative accepted, and cancelled without dialling"},
		{"NotAHandset", BadNumber, RetryNever, "a fax or an error tone"},
		{"InvalidAddress", BadNumber, RetryNever, "not a number that exists"},
		{"CallFailed", Failed, RetryCapped, "the attempt failed"},
		{"NonRetriableError", Failed, RetryNever, "protocol or configuration"},
		{"BotFailed", Failed, RetryNever, "the AI agent failed"},
		{"Error", Failed, RetryNever, "bad configuration or data"},
		{"Cancelled", Cancelled, RetryNever, "cancelled as asked"},
		{"Unknown", Unknown, RetryNever, "Dynamics does not know"},
	}
}

// Lookup gives the row for a result, in any case; for a word that is not in the
// table a row of class Unknown that keeps it.
func Lookup(result string) Result {
	result = strings.TrimSpace(result)
	for _, row := range Results() {
		if strings.EqualFold(row.Name, result) {
			return row
		}
	}
	return Result{Name: result, Class: Unknown, Retry: RetryNever, Meaning: "not in the table of results"}
}

// Classify gives the class of a result. A report that ended without a result is
// classed by its status.
func Classify(result string) Class { return Lookup(result).Class }

// Terminal tells whether a delivery with this msdyn_status is over.
func Terminal(status string) bool {
	switch strings.ToLower(strings.TrimSpace(status)) {
	case "complete", "expired", "cancelled", "error":
		return true
	}
	return false
}
