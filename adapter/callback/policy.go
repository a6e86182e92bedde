package callback

import (
	"cmp"
	"time"

	"directcallback/adapter"
)

// Policy holds the durations and counts that the portal does not set. The zero
// Policy is not usable; start from [DefaultPolicy].
type Policy struct {
	FirstOffer time.Duration // after the call was queued
	OfferEvery time.Duration // from the start of one offer to the start of the next

	CallOver       time.Duration // an opted-in call is taken for over this long after its confirmation
	ToneMemory     time.Duration // a tone of an ended call counts this long
	ToneSkew       time.Duration // how far the telephony's clock may be behind ours
	AttemptWindow  time.Duration // how long one delivery may ring
	FreePlace      time.Duration // a delivery without news frees its place this long after its row was seen
	UncertainGrace time.Duration // after an attempt's window, before it is taken for never made
	ProgressSkew   time.Duration // how far the clock of who reports progress may be behind ours
	Life           time.Duration // of a promise

	Rings      int           // attempts that may ring without an answer
	RetryDelay time.Duration // between them

	NobodyDelay    time.Duration // before the third attempt that nobody accepted is made; it doubles with each
	NobodyDelayMax time.Duration

	FirstPoll time.Duration // after a delivery was created, until its row is asked for
	PollEvery time.Duration // while its place in line depends on it
	PollLater time.Duration // afterwards, when events tell sooner
	PollRare  time.Duration // while a person is to decide: the row may yet tell
}

// DefaultPolicy is Dynamics' classic direct callback where that is documented
// (offers, 7 days, no retry) and this product's design where it is not.
func DefaultPolicy() Policy {
	return Policy{
		FirstOffer:     30 * time.Second,
		OfferEvery:     120 * time.Second,
		CallOver:       60 * time.Second,
		ToneMemory:     24 * time.Hour,
		ToneSkew:       15 * time.Second,
		AttemptWindow:  15 * time.Minute,
		FreePlace:      60 * time.Second,
		UncertainGrace: 5 * time.Minute,
		ProgressSkew:   time.Minute,
		Life:           7 * 24 * time.Hour,
		Rings:          1,
		RetryDelay:     5 * time.Minute,
		NobodyDelay:    time.Minute,
		NobodyDelayMax: 30 * time.Minute,
		FirstPoll:      10 * time.Second,
		PollEvery:      10 * time.Second,
		PollLater:      60 * time.Second,
		PollRare:       15 * time.Minute,
	}
}

// Under is the policy for what is promised under terms: what they say counts, and
// what they leave open stays.
func (p Policy) Under(t adapter.Terms) Policy {
	if t.OfferEvery > 0 {
		p.OfferEvery = t.OfferEvery
	}
	if t.Attempts > 0 {
		p.Rings = t.Attempts
	}
	if t.RetryDelay > 0 {
		p.RetryDelay = t.RetryDelay
	}
	return p
}

// Throttle is how long a callback whose turn has come is put off, when representatives
// took average to accept one lately and target is the most that they should take.
// Dynamics' page has the example: with a target of 5 minutes, 8 make it 3, 6 make it 1.
func Throttle(average, target time.Duration) time.Duration { return max(average-target, 0) }

// Delay is how long a callback steps out of line after an attempt. The first one
// that nobody accepted costs nothing; what goes on like that would keep everybody
// behind it from being called, and its delay grows.
func (p Policy) Delay(c adapter.Callback, after Event) time.Duration {
	switch after {
	case NotReached:
		return cmp.Or(c.RetryDelay, p.RetryDelay) // as it was promised
	case NobodyAccepted, WindowPassed:
		delay := time.Duration(0)
		for n := 1; n < c.Attempts && delay < p.NobodyDelayMax; n++ {
			delay = min(max(2*delay, p.NobodyDelay), p.NobodyDelayMax)
		}
		return delay
	default:
		return 0
	}
}

// NextPoll is when a delivery's row is read again: soon while a place in line
// depends on it, else seldom. Times are rounded down to [PollTogether], so that
// rows are read many at a time.
func (p Policy) NextPoll(c adapter.Callback, now time.Time) time.Time {
	after := p.PollEvery
	switch {
	case c.State == adapter.StateReview:
		after = p.PollRare
	case c.PlaceFreed:
		after = p.PollLater
	}
	if together := now.Add(after).Truncate(PollTogether); together.After(now) {
		return together
	}
	return now.Add(after)
}

// PollTogether is the grid on which rows are read.
const PollTogether = 5 * time.Second
