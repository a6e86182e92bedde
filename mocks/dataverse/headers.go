package dataverse

import (
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// checkHeaders refuses a header that would change the outcome and is not built; what changes nothing is taken.
func checkHeaders(h http.Header) error {
	unbuilt := []string{
		"MSCRM.SolutionUniqueName", "CallerId", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override",
	}
	for _, name := range unbuilt {
		if h.Get(name) != "" {
			return unsupported("the header %s", name)
		}
	}
	known := []string{
		"Mscrm.suppressduplicatedetection", "Mscrm.bypasscustompluginexecution", "Mscrm.mergelabels", "Mscrm.sessiontoken",
		"Mscrmcallerid",
	}
	for name := range h {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "mscrm") &&
			!slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
			return unsupported("the header %s", name)
		}
	}
	if v := h.Get("MSCRM.SuppressDuplicateDetection"); v != "" && v != "true" {
		return unsupported("duplicate detection")
	}
	if v := h.Get("OData-Version"); v != "" && v != "4.0" {
		return badRequest(codeCrmHTTP, "The OData version '%s' is not supported.", v)
	}
	if v := h.Get("OData-MaxVersion"); v != "" && v != "4.0" && v != "4.01" {
		return unsupported("OData-MaxVersion: %s", v)
	}
	return nil
}

// checkAccept refuses who would take no JSON with minimal metadata, which is all that comes. The few addresses that
// answer with something else do so whatever is asked for.
func (rq *request) checkAccept() error {
	if n := len(rq.segments); n > 0 && slices.Contains([]string{"$metadata", "$batch", "$count", "$value"}, rq.segments[n-1].name) {
		return nil
	}
	accepted := strings.Join(rq.Header.Values("Accept"), ",")
	if accepted == "" || slices.ContainsFunc(strings.Split(accepted, ","), takesJSON) {
		return nil
	}
	return unsupported("Accept: %s", accepted)
}

// takesJSON judges one range of an Accept header.
func takesJSON(text string) bool {
	kind, parameters, err := mime.ParseMediaType(text)
	if err != nil || kind != "application/json" && kind != "application/*" && kind != "*/*" {
		return false
	}
	for name, value := range parameters {
		switch name {
		case "q", "charset", "type", "odata.streaming":
		case "odata.metadata":
			if value != "minimal" {
				return false
			}
		case "ieee754compatible":
			if value != "false" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// send writes the headers every answer has, and as much of the body as is to arrive.
func (s *Server) send(w http.ResponseWriter, r *http.Request, answer *response, id string) {
	if answer.dropped {
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	}
	h := w.Header()
	// A thousands comma and decimals: an integer parser fails here, as it would in production.
	h["x-ms-ratelimit-time-remaining-xrm-requests"] = []string{"1,200.00"}
	h["x-ms-ratelimit-burst-remaining-xrm-requests"] = []string{"5999"}
	h["x-ms-dop-hint"] = []string{"48"}
	maps.Copy(h, answer.header)
	h["Date"] = []string{s.now().Add(answer.skew).Format(http.TimeFormat)}
	h["x-ms-service-request-id"] = []string{id, id} // twice, as the real one does
	h["REQ_ID"] = []string{id}
	h["Cache-Control"] = []string{"no-cache"}
	h["Expires"] = []string{"-1"}
	h["OData-Version"] = []string{"4.0"}
	h["CRM.ServiceId"] = []string{"framework"}
	h["AuthActivityId"] = []string{id}
	h["Content-Length"] = []string{strconv.Itoa(len(answer.body))}
	if answer.status == http.StatusNoContent || answer.status == http.StatusNotModified {
		delete(h, "Content-Length")
	}
	w.WriteHeader(answer.status)
	if r.Method != http.MethodHead {
		answer.write(w, r)
	}
}

// parts is in how many a body that dribbles comes.
const parts = 8

// write sends the body. When the client went away, there is nobody left to tell.
func (a *response) write(w http.ResponseWriter, r *http.Request) {
	if !a.cut && a.dribble == 0 {
		_, _ = w.Write(a.body) //nolint:gosec // G705: JSON or a number with its Content-Type, never HTML with anything from outside
		return
	}
	rest := a.body
	if a.cut {
		rest = rest[:len(rest)/2]
	}
	flush := http.NewResponseController(w)
	for size := len(rest)/parts + 1; len(rest) > 0; {
		n := min(size, len(rest))
		_, _ = w.Write(rest[:n]) //nolint:gosec // G705: as above
		_ = flush.Flush()        // a recorder of a test cannot, and need not
		if rest = rest[n:]; a.dribble > 0 {
			wait(r.Context(), a.dribble/parts)
		}
	}
	if a.cut {
		panic(http.ErrAbortHandler)
	}
}
