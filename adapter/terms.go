package adapter

import "time"

// Terms are what the portal says about the promises of one overflow action: its
// callback profile, or the settings of classic direct callback on its row. The zero
// value of a field leaves it to the product.
type Terms struct {
	Action  ActionID  // whose they are; empty = no action of the queue calls back
	Profile ProfileID // that they are read from; empty = none is linked
	// Unreadable says why they cannot be known; nothing is promised then, because
	// what is not understood could be what forbids it.
	Unreadable string

	OfferEvery time.Duration // from one offer to the next

	Duplicates  DuplicateReach
	OnDuplicate DuplicateAnswer

	Limit   int  // the most callbacks that may be pending in the queue,
	Limited bool // if there is a limit

	Attempts   int           // that may ring without an answer
	RetryDelay time.Duration // between them

	OutsideHours Choice // whether callbacks go out while the queue is closed

	// Throttle: the longest that callbacks shall wait on average for a
	// representative, over the last LookBack. 0 = no throttle.
	Throttle, LookBack time.Duration
}

// Choice is yes, no, or left open.
type Choice uint8

// The choices.
const (
	Unsaid Choice = iota
	Yes
	No
)

// DuplicateReach is where a number that waits already counts as a duplicate.
type DuplicateReach uint8

// The reaches. DuplicatesUnsaid differs from DuplicatesAllowed only where the
// product's own rule, one callback a number and queue, is switched off.
const (
	DuplicatesUnsaid DuplicateReach = iota
	DuplicatesAllowed
	DuplicatesInQueue
	DuplicatesInWorkstream
	DuplicatesAnywhere
)

// DuplicateAnswer is what happens to the call of a duplicate when its queue would
// offer it a callback.
type DuplicateAnswer uint8

// The answers. In each of them the caller is offered nothing.
const (
	DuplicateWaits       DuplicateAnswer = iota // in silence, like everybody else
	DuplicateIsToldWaits                        // hears that a callback is pending, and waits on
	DuplicateIsToldEnds                         // hears it, and the call ends
)
