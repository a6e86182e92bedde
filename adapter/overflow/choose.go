package overflow

import (
	"cmp"
	"time"

	"directcallback/adapter"
)

// Candidate is a queue that an item may go to, with what its rules decide of it.
type Candidate struct {
	Queue    adapter.QueueID
	Name     string
	Decision Decision
	Opens    time.Time // when the queue opens next; zero = not known, or it is open
	Read     bool      // whether the queue is a voice queue that was read; else nothing is decided
}

// name is what people call the queue.
func (c Candidate) name() string { return cmp.Or(c.Name, string(c.Queue)) }

// overflows tells whether the item would not simply wait in the queue.
func (c Candidate) overflows() bool {
	return c.Decision.Verdict != NoRule && c.Decision.Verdict != Excluded
}

// operates tells whether the queue is open, which one without hours always is.
func (c Candidate) operates() bool {
	is := c.Decision.snapshot.Hours
	return is == Open || is == HoursAbsent
}

// Choose is the place of the queue that Dynamics takes where several match: the
// first that does not overflow; else the first that operates; else the one that
// opens earliest. The chosen one's decision is then carried out. It is -1 for no
// candidates.
func Choose(candidates []Candidate) int {
	operating, earliest := -1, -1
	for i, c := range candidates {
		if !c.overflows() {
			return i
		}
		if operating < 0 && c.operates() {
			operating = i
		}
		if earliest < 0 || sooner(c.Opens, candidates[earliest].Opens) {
			earliest = i
		}
	}
	if operating >= 0 {
		return operating
	}
	return earliest
}

// sooner compares openings, of which one that is not known comes last.
func sooner(a, b time.Time) bool {
	return !a.IsZero() && (b.IsZero() || a.Before(b))
}
