package dataverse

import (
	"encoding/json"
	"fmt"
	"slices"
)

// sipAnswer is how a telephone network says why nobody talked.
type sipAnswer struct {
	code   int
	reason string
	cause  int // Q.850, as RFC 3398 translates the code
	result string
}

// sipAnswers are the codes of the page "Outcomes for proactive engagement" with the results they lead to.
func sipAnswers() []sipAnswer {
	return []sipAnswer{
		{486, "Busy Here", 17, "NoAnswer"},
		{600, "Busy Everywhere", 17, "NoAnswer"},
		{603, "Decline", 21, "NoAnswer"},
		{607, "Unwanted", 21, "NoAnswer"},

		{408, "Request Timeout", 102, "CallFailed"},
		{480, "Temporarily Unavailable", 18, "CallFailed"},
		{487, "Request Terminated", 127, "CallFailed"},
		{500, "Server Internal Error", 41, "CallFailed"},
		{502, "Bad Gateway", 38, "CallFailed"},
		{503, "Service Unavailable", 41, "CallFailed"},
		{504, "Server Time-out", 102, "CallFailed"},

		{404, "Not Found", 1, "InvalidAddress"},
		{410, "Gone", 22, "InvalidAddress"},
		{484, "Address Incomplete", 28, "InvalidAddress"},
		{485, "Ambiguous", 1, "InvalidAddress"},
		{604, "Does Not Exist Anywhere", 1, "InvalidAddress"},

		{401, "Unauthorized", 21, "NonRetriableError"},
		{405, "Method Not Allowed", 63, "NonRetriableError"},
		{407, "Proxy Authentication Required", 21, "NonRetriableError"},
		{415, "Unsupported Media Type", 79, "NonRetriableError"},
		{488, "Not Acceptable Here", 127, "NonRetriableError"},
		{501, "Not Implemented", 79, "NonRetriableError"},
		{505, "Version Not Supported", 127, "NonRetriableError"},
	}
}

// diagnostics is the JSON text of msdyn_sip_diagnostics. What it holds is documented, the names of its members are
// not: they are this mock's.
func (a sipAnswer) diagnostics() string {
	text, err := json.Marshal(map[string]any{"sipCode": a.code, "sipReason": a.reason, "q850Cause": a.cause})
	if err != nil {
		panic(err) // numbers and a text always encode
	}
	return string(text)
}

// sipBehind draws an answer of the network that leads to a result; most results have none.
func sipBehind(result string, seed, occurrence uint64) (a sipAnswer, ok bool) {
	all := slices.DeleteFunc(sipAnswers(), func(a sipAnswer) bool { return a.result != result })
	if len(all) == 0 {
		return sipAnswer{}, false
	}
	return all[mix(seed^mix(occurrence))%uint64(len(all))], true
}

// FailDelivery is FinishDelivery with what the network answered: the result follows from the SIP code. It fails with
// ErrUnknownDelivery, ErrNotInProcess or, for a code that the outcomes page does not list, ErrUnknownResult.
func (s *Server) FailDelivery(id string, sipCode int) error {
	i := slices.IndexFunc(sipAnswers(), func(a sipAnswer) bool { return a.code == sipCode })
	if i < 0 {
		return fmt.Errorf("%w of SIP code %d", ErrUnknownResult, sipCode)
	}
	return s.finish(id, sipAnswers()[i].result, &sipAnswers()[i])
}
