package phone

import (
	"slices"
	"time"
)

// Report is the sum of a run. The simulator counts what people on the telephone
// lived through; what only the adapter can know comes in by [Report.With].
type Report struct {
	CallsQueued       int `json:"callsQueued"`      // callers who reached the line
	Overflowed        int `json:"overflowed"`       // adapter: decisions that were not to wait
	OffersPlayed      int `json:"offersPlayed"`     // callback offers heard
	CallersOffered    int `json:"callersOffered"`   // callers who heard at least one
	OptedIn           int `json:"optedIn"`          // callers who pressed 1 in answer to one
	CallbacksCreated  int `json:"callbacksCreated"` // adapter
	DeliveriesCreated int `json:"deliveriesCreated"`
	Dialled           int `json:"dialled"`    // times a customer's telephone was rung
	Connected         int `json:"connected"`  // callbacks that were answered
	Completed         int `json:"completed"`  // callbacks talked to the end
	Unanswered        int `json:"unanswered"` // rings without an answer, or busy
	Abandoned         int `json:"abandoned"`  // calls whose caller hung up while waiting
	ServedLive        int `json:"servedLive"` // calls that a representative took
	OnCall            int `json:"onCall"`     // calls that are not over
	Served            int `json:"served"`     // adapter: callbacks ended as served
	Cancelled         int `json:"cancelled"`  // adapter
	Expired           int `json:"expired"`    // adapter
	InProgress        int `json:"inProgress"` // adapter: callbacks not ended

	// Lost counts the promises of [Books.Lost]. Before With it is an upper bound:
	// everything that people did not see kept.
	Lost int `json:"lost"`

	// DialledTwice counts rings of a customer's telephone for a promise of which
	// another ring has no result yet, or that was talked about to the end before.
	// Two promises of one number in one queue are one, as long as the first is open.
	DialledTwice int `json:"dialledTwice"`

	// OrderInversions counts promises A whose first delivery was accepted by the
	// delivery service while, by (priority descending, queued at) and for at least
	// the margin ([Options.Margin]),
	//
	//   - another promise B of the queue ranked before A, had been confirmed, was
	//     not kept, had no delivery yet and got none within the next fifth of the
	//     margin, and its customer was not in a call of their own; or
	//   - more live calls of the queue that had not pressed 1 ranked before A and
	//     waited than representatives were reported idle at some time.
	//
	// With excuses a B whose callback the adapter had ended before that moment. A B
	// that the adapter set aside (its request's reply was lost, say) is not excused.
	OrderInversions int `json:"orderInversions"`

	DeadLettered int `json:"deadLettered"` // adapter: events it could not read

	books Books
}

// AdapterFigures is what the adapter's public interface tells about itself.
type AdapterFigures struct {
	Overflowed, CallbacksCreated, Served, Cancelled, Expired, InProgress, DeadLettered int

	// Open has the call ids of callbacks that have not ended and that the adapter
	// works on by itself: one that waits for a person to look at it is not kept.
	Open map[string]bool
	// Ended has the call ids of callbacks that have, and how.
	Ended map[string]CallbackEnd
}

// CallbackEnd is how a callback ended, by the adapter's word.
type CallbackEnd struct {
	State string    // "cancelled", "served", "expired", "unanswered", …
	At    time.Time // zero where that is not known
}

// With completes a report by what the adapter says.
func (r Report) With(a AdapterFigures) Report {
	r.Overflowed, r.CallbacksCreated, r.Served = a.Overflowed, a.CallbacksCreated, a.Served
	r.Cancelled, r.Expired, r.InProgress = a.Cancelled, a.Expired, a.InProgress
	r.DeadLettered = a.DeadLettered
	r.Lost = len(r.books.Lost(a))
	r.OrderInversions = len(r.books.Inversions(a))
	return r
}

// Books are the promises as the callers know them. Nothing in them comes from
// the adapter, and no telephone number is in them.
type Books struct {
	OptIns      []OptIn      `json:"optIns"`      // as they were made
	Overtakings []Overtaking `json:"overtakings"` // as they were seen, before Ended excuses
}

// OptIn is one caller who pressed 1 in answer to an offer.
type OptIn struct {
	CallID    string    `json:"callId"`
	QueueID   string    `json:"queueId"`
	Customer  string    `json:"customer"` // opaque; the same for the same number
	Priority  int       `json:"priority"`
	QueuedAt  time.Time `json:"queuedAt"`
	ToneAt    time.Time `json:"toneAt"`
	LeftAt    time.Time `json:"leftAt"`    // end of their own call; zero = still on
	Confirmed bool      `json:"confirmed"` // heard the confirmation: call.ended said "callback"
	Delivered bool      `json:"delivered"` // a delivery was created
	Rings     int       `json:"rings"`
	NoAnswer  int       `json:"noAnswer"` // rings that were not answered
	Ended     string    `json:"ended"`    // "completed" in a callback, "served" in a live call, or ""
	Joined    string    `json:"joined"`   // call id of the open promise it joined
}

// Overtaking is a delivery that came before its turn.
type Overtaking struct {
	At        time.Time `json:"at"`
	CallID    string    `json:"callId"`
	Overtaken []string  `json:"overtaken"` // promises, by call id
	LiveCalls int       `json:"liveCalls"` // calls more than representatives
}

// Lost lists the call ids of lost promises: the caller pressed 1 in answer to an
// offer and the call ended with the reason "callback", so it was confirmed; but
// nothing of this holds:
//
//   - a representative talked to that number afterwards, in a callback or live;
//   - the adapter has a callback of that call and is not done with it;
//   - it ended it for a reason that needs no ring: cancelled, served, expired;
//   - it ended it otherwise, and the telephone did ring and was not answered.
//
// So the adapter's word that a callback was completed or failed keeps nothing.
//
// A promise that joined an earlier one of the same number and queue is kept by
// that one: while it is open, or if it ended after the join or at a time unknown.
func (b Books) Lost(a AdapterFigures) []string {
	var lost []string
	kept := map[string]bool{}
	for _, o := range b.OptIns {
		kept[o.CallID] = o.Ended != "" || a.keeps(o) || o.Joined != "" && b.heir(o, a, kept)
		if o.Confirmed && !kept[o.CallID] {
			lost = append(lost, o.CallID)
		}
	}
	return lost
}

// keeps tells whether what the adapter says of a promise accounts for it.
func (a AdapterFigures) keeps(o OptIn) bool {
	end, ended := a.Ended[o.CallID]
	if !ended {
		return a.Open[o.CallID]
	}
	switch end.State {
	case "cancelled", "served", "expired":
		return true
	}
	return o.NoAnswer > 0
}

// heir tells whether the promise that o joined still stood when it joined.
func (b Books) heir(o OptIn, a AdapterFigures, kept map[string]bool) bool {
	end, ended := a.Ended[o.Joined]
	if ended && !end.At.IsZero() && end.At.Before(o.ToneAt) {
		return false
	}
	return kept[o.Joined]
}

// Inversions are the overtakings that nothing excuses.
func (b Books) Inversions(a AdapterFigures) []Overtaking {
	var left []Overtaking
	for _, o := range b.Overtakings {
		o.Overtaken = slices.DeleteFunc(slices.Clone(o.Overtaken), func(call string) bool {
			end, ended := a.Ended[call]
			return ended && !end.At.After(o.At)
		})
		if len(o.Overtaken) > 0 || o.LiveCalls > 0 {
			left = append(left, o)
		}
	}
	return left
}
