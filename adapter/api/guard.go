package api

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
)

// guards keep strangers from having a contact centre phone whomever they like, as an
// open form would. Backends and applications are known, and not counted.
type guards struct {
	calls    *often[netip.Prefix]  // of any kind
	requests *often[netip.Prefix]  // for callbacks
	holds    *often[netip.Prefix]  // of slots
	keys     *often[adapter.KeyID] // calls with a key, from everywhere
}

const (
	// callsPerMinute keeps one address from being all load. Pages ask every few seconds,
	// and many customers may share an address.
	callsPerMinute = 1200
	// holdsPerRequest is how many slots a customer may try before one is booked.
	holdsPerRequest = 3
)

func newGuards(l channels.Limits) guards {
	holds := l.PerAddress
	holds.N *= holdsPerRequest
	return guards{
		calls: newOften[netip.Prefix](channels.Rate{N: callsPerMinute, Per: time.Minute}), requests: newOften[netip.Prefix](l.PerAddress),
		holds: newOften[netip.Prefix](holds), keys: newOften[adapter.KeyID](l.PerKey),
	}
}

// notTooOften counts a call.
func (a *api) notTooOften(r *http.Request, c caller) error {
	if !c.public() {
		return nil
	}
	now := a.o.Now()
	if wait := a.guards.calls.again(a.address(r), now); wait > 0 {
		return tooMany(r, "calls from an address", "Too many calls come from your address.", wait)
	}
	if c.role == rolePage {
		if wait := a.guards.keys.again(c.key.ID, now); wait > 0 {
			return tooMany(r, "calls with a key", "Too many calls come with this key.", wait)
		}
	}
	return nil
}

// mayAskNow counts a callback that is asked for.
func (a *api) mayAskNow(r *http.Request, c caller) error {
	if !c.public() {
		return nil
	}
	if wait := a.guards.requests.again(a.address(r), a.o.Now()); wait > 0 {
		return tooMany(r, "requests from an address", "Too many callbacks are asked for from your address.", wait)
	}
	return nil
}

// mayHoldNow counts a hold.
func (a *api) mayHoldNow(r *http.Request, c caller) error {
	if !c.public() {
		return nil
	}
	if wait := a.guards.holds.again(a.address(r), a.o.Now()); wait > 0 {
		return tooMany(r, "holds from an address", "Too many slots are held from your address.", wait)
	}
	return nil
}

// tooMany answers whoever must wait.
func tooMany(r *http.Request, what, detail string, wait time.Duration) error {
	visitOf(r).refusal = "too many " + what
	return tooManyFor(detail, wait)
}

func tooManyFor(detail string, wait time.Duration) *problem {
	seconds := max(int(math.Ceil(wait.Seconds())), 1)
	return &problem{
		kind: tooOften, detail: detail, members: map[string]any{"retryAfter": seconds}, header: map[string]string{"Retry-After": strconv.Itoa(seconds)},
	}
}

// objection says why a number is not phoned that came through an open door, or from a
// caller who cannot be asked whose it is; empty = it may be.
func (a *api) objection(c caller, through adapter.Channel, phone adapter.Phone) string {
	if phone.IsZero() || !through.Open() && c.allows(mayVouch) {
		return ""
	}
	if objection := phone.Objection(); objection != "" {
		return objection
	}
	allowed, country := a.o.Countries(), phone.Country()
	if len(allowed) == 0 || slices.Contains(allowed, channels.Country(country)) {
		return ""
	}
	return fmt.Sprintf("is a number of %s, and numbers of that country are not phoned", country)
}

// beyond is what a request asks for that is not for its caller.
func (c caller) beyond(q asked, v value) fieldErrors {
	var errs fieldErrors
	if !c.allows(mayWindow) && !q.when.IsZero() && q.when.slot == nil {
		errs = errs.note("when", `must be "asap" or a slot`)
	}
	if c.allows(mayVouch) {
		return errs
	}
	if !q.Channel.Open() {
		errs = errs.note("channel", "must be web, mobile or bot")
	}
	if _, named := v.member("contactId"); named {
		errs = errs.note("contactId", "is not taken from a page: it could name anybody")
	}
	return errs
}
