package callback

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// NetworkAnswer puts msdyn_sip_diagnostics into words: "SIP 486 busy here, Q.850 17".
// Empty text is no answer.
//
// What the JSON holds is documented, how its members are called is not: a SIP code is
// looked for under names that speak of SIP or of a response, a cause under those that
// speak of Q.850 or of a cause. Its own texts are left out, for they may quote the
// number. A form that is not understood is said to be so.
func NetworkAnswer(diagnostics string) string {
	if strings.TrimSpace(diagnostics) == "" {
		return ""
	}
	var told any
	if json.Unmarshal([]byte(diagnostics), &told) != nil {
		return "the network's answer is in an unknown form"
	}
	var found networkCodes
	found.look("", told)
	var parts []string
	if found.sip != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("SIP %d %s", found.sip, sipMeaning(found.sip))))
	}
	if found.cause != 0 {
		parts = append(parts, fmt.Sprintf("Q.850 %d", found.cause))
	}
	if len(parts) == 0 {
		return "the network's answer is in an unknown form"
	}
	return strings.Join(parts, ", ")
}

// networkCodes are what is found in diagnostics; 0 = not there.
type networkCodes struct{ sip, cause int }

// look walks through a JSON value. Of several answers the higher code counts, so that
// the order of members does not matter.
func (f *networkCodes) look(name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for member, inner := range v {
			f.look(member, inner)
		}
	case []any:
		for _, inner := range v {
			f.look(name, inner)
		}
	case float64:
		f.take(name, v)
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			f.take(name, float64(n))
		}
	}
}

func (f *networkCodes) take(name string, value float64) {
	says := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(strings.ToLower(name), word) {
				return true
			}
		}
		return false
	}
	n := int(value)
	switch {
	case float64(n) != value:
	case says("850", "cause") && 1 <= n && n <= 127:
		f.cause = max(f.cause, n)
	case says("sip", "response") && 100 <= n && n <= 699:
		f.sip = max(f.sip, n)
	}
}

// sipMeaning is what the page "Outcomes for proactive engagement" has codes of, in the
// words of RFC 3261, 3398 and 8197.
func sipMeaning(code int) string {
	return map[int]string{
		401: "unauthorized", 404: "not found", 405: "method not allowed", 407: "proxy authentication required", 408: "request timeout",
		410: "gone", 415: "unsupported media type", 480: "temporarily unavailable", 484: "address incomplete", 485: "ambiguous",
		486: "busy here", 487: "request terminated", 488: "not acceptable here", 500: "server internal error", 501: "not implemented",
		502: "bad gateway", 503: "service unavailable", 504: "server time-out", 505: "version not supported",
		600: "busy everywhere", 603: "decline", 604: "does not exist anywhere", 607: "unwanted",
	}[code]
}
