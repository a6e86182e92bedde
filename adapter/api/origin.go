package api

import (
	"net/http"
	"slices"
	"strings"

	"directcallback/adapter"
)

// What a page may send and read across origins, beside what every page may.
const (
	mayBeSent = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID"
	mayBeRead = "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id"
	askAgain  = "600" // seconds after which a browser asks whether it may
)

// preflight answers a browser that asks whether a page may call. The key is not told
// yet, so it may if the page's origin is one of any key; see [api.admit] for the call.
func (a *api) preflight(w http.ResponseWriter, r *http.Request, methods []string) bool {
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" || !a.knows(r) {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	header.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	header.Set("Access-Control-Allow-Headers", mayBeSent)
	header.Set("Access-Control-Max-Age", askAgain)
	w.WriteHeader(http.StatusNoContent)
	return true
}

// admit lets the page that calls read the answer: one of the key's own origins or,
// with a manage token, of any key. Nobody else calls from a page.
func (a *api) admit(r *http.Request, c caller) {
	if r.Header.Get("Origin") == "" || c.role != rolePage && (c.role != roleOwner || !a.knows(r)) {
		return
	}
	header := visitOf(r).header
	header.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	header.Set("Access-Control-Expose-Headers", mayBeRead)
}

// knows tells whether a request comes from an origin that any key is for. While the
// keys cannot be read none does.
func (a *api) knows(r *http.Request) bool {
	if a.o.Keys == nil {
		return false
	}
	origin, err := adapter.ParseOrigin(r.Header.Get("Origin"))
	if err != nil {
		return false
	}
	all, err := a.o.Keys.KeysInForce(r.Context())
	return err == nil && slices.ContainsFunc(all, func(k adapter.PublishableKey) bool { return k.Allows(origin) })
}

// fromPageOf tells whether a request comes from a page that a key is for. A browser
// does not name the origin of a page that reads from where it came from itself, but
// says that it does; no page can say either of another.
func fromPageOf(r *http.Request, key adapter.PublishableKey) bool {
	named := r.Header.Values("Origin")
	if len(named) == 0 && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		named = []string{"https://" + r.Host, "http://" + r.Host}
	} else if len(named) != 1 {
		return false
	}
	return slices.ContainsFunc(named, func(text string) bool {
		origin, err := adapter.ParseOrigin(text)
		return err == nil && key.Allows(origin)
	})
}
