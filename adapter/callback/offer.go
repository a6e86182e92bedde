package callback

import (
	"time"

	"directcallback/adapter"
)

// FirstOffer is when a caller first hears of the callback: the policy's delay
// after the call was queued, or at once when the rule came true later than that.
func FirstOffer(queuedAt, trueSince time.Time, p Policy) time.Time {
	at := queuedAt.Add(p.FirstOffer)
	if trueSince.After(at) {
		return trueSince
	}
	return at
}

// NextOffer is the one after an offer that was planned for planned and made at
// now. Offers keep their rhythm, start to start; those that an outage swallowed
// collapse into the one just made.
func NextOffer(planned, now time.Time, p Policy) time.Time {
	next := planned.Add(p.OfferEvery)
	if late := now.Sub(next); late >= 0 {
		next = next.Add((late/p.OfferEvery + 1) * p.OfferEvery)
	}
	return next
}

// Refusal is why a caller to whom the rules would offer a callback is not
// offered one.
type Refusal string

// The refusals.
const (
	RefusedWithheld      Refusal = "the number is withheld or cannot be dialled"
	RefusedDuplicate     Refusal = "the number already has a pending callback"
	RefusedOff           Refusal = "offers are switched off"
	RefusedShadow        Refusal = "the adapter runs in shadow: it decides and records, and sends nothing"
	RefusedPaused        Refusal = "the queue is paused"
	RefusedConfiguration Refusal = "no preview engagement configuration serves the queue"
	RefusedBlocked       Refusal = "the engagement configuration of the queue is paused"
	RefusedTerms         Refusal = "what the portal says about the callback cannot be understood"
	RefusedFull          Refusal = "as many callbacks as may be are pending in the queue"
	RefusedNext          Refusal = "the caller is next in line"
)

// Circumstances are what an offer depends on besides the rules.
type Circumstances struct {
	OffersOff     bool
	Paused        bool
	Duplicate     bool
	Configuration bool
	Blocked       bool // the configuration is paused
	Unreadable    bool // the terms are
	Full          bool
	Next          bool // in line, where such callers are not offered a callback
}

// Offerable says whether the caller may be offered a callback now, and if not, why.
func Offerable(c adapter.Call, is Circumstances) (Refusal, bool) {
	switch {
	case is.OffersOff:
		return RefusedOff, false
	case is.Paused:
		return RefusedPaused, false
	case c.From.IsZero():
		return RefusedWithheld, false
	case !is.Configuration:
		return RefusedConfiguration, false
	case is.Blocked:
		return RefusedBlocked, false
	case is.Unreadable:
		return RefusedTerms, false
	case is.Duplicate:
		return RefusedDuplicate, false
	case is.Full:
		return RefusedFull, false
	case is.Next:
		return RefusedNext, false
	}
	return "", true
}

// Tone is what a pressed key means.
type Tone string

// The meanings of a tone.
const (
	ToneIgnored Tone = "ignored" // other key, no offer, or too late
	ToneOptsIn  Tone = "opts in"
	ToneServed  Tone = "served" // pressed in time, but a representative was first
)

// JudgeTone decides a key that was pressed at pressed and is read at now. The
// time of the key counts, not of its arrival: pressed before the caller hung up
// it is an opt-in, however late it comes.
func JudgeTone(c adapter.Call, key string, pressed, now time.Time, p Policy) (Tone, string) {
	switch {
	case key != "1":
		return ToneIgnored, "only 1 asks for a callback"
	case c.Callback != "":
		return ToneIgnored, "already asked for"
	case c.Offers == 0 || pressed.Before(c.FirstOffer.Add(-p.ToneSkew)):
		return ToneIgnored, "no offer was made"
	}
	if !c.ConnectedAt.IsZero() { // whatever the call is now: the caller was served
		if pressed.Before(c.ConnectedAt) {
			return ToneServed, "a representative was faster"
		}
		return ToneIgnored, "the caller was in conversation"
	}
	switch c.State {
	case adapter.CallWaiting:
		return ToneOptsIn, ""
	case adapter.CallOver:
		if pressed.After(c.ChangedAt) {
			return ToneIgnored, "the call was over"
		}
		if now.Sub(c.ChangedAt) > p.ToneMemory {
			return ToneIgnored, "the call ended too long ago"
		}
		return ToneOptsIn, ""
	default:
		return ToneIgnored, "the call left the queue"
	}
}
