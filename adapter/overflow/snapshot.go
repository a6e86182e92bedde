package overflow

import (
	"time"

	"directcallback/adapter"
)

// Moment is when a queue's overflow rules are asked.
type Moment uint8

// The two moments. PreQueue is asked once, when a work item enters its queue;
// InQueue again and again while the item waits.
const (
	PreQueue Moment = iota
	InQueue
	momentCount
)

// String is "pre-queue" or "in-queue".
func (m Moment) String() string {
	return nameOf(m, "pre-queue", "in-queue")
}

// MarshalText writes what String says.
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// Openness is what a queue's operating hours say at the moment of deciding.
type Openness uint8

// HoursAbsent means that the queue has no operating hours, so that a rule about
// them is false; HoursUnknown that it has some which cannot be read.
const (
	HoursAbsent Openness = iota
	Open
	Closed
	HoursUnknown
)

// String is "no operating hours", "open", "closed" or "unknown".
func (o Openness) String() string {
	return nameOf(o, "no operating hours", "open", "closed", "unknown")
}

// MarshalText writes what String says.
func (o Openness) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Values of the measures that are not measures. They differ: without an
// estimate a wait rule is false, as Dynamics documents; an estimate that exists
// but cannot be read makes it unknown.
const (
	NoEstimate         = time.Duration(-1)
	UnreadableEstimate = time.Duration(-2)
	UnknownSize        = -1
)

// Snapshot is everything a decision depends on.
type Snapshot struct {
	Moment        Moment
	Size          int           // other work items waiting in the queue, or UnknownSize
	EstimatedWait time.Duration // of the queue, or NoEstimate, or UnreadableEstimate
	Elapsed       time.Duration // how long this item has waited in this queue; read in-queue only
	Hours         Openness
	Entry         adapter.Entry
	Bot           adapter.Bot
}

// moved tells that the item came from another queue or representative.
func (s *Snapshot) moved() bool {
	return s.Entry == adapter.EntryTransfer || s.Entry == adapter.EntryOverflow
}

// read turns the snapshot into one reading for each attribute.
func (s *Snapshot) read() (r readings) {
	r.of[opaque] = unreadable()
	switch {
	case s.EstimatedWait >= 0:
		r.of[estimatedWait].value = float64(s.EstimatedWait)
	case s.EstimatedWait == NoEstimate:
		r.of[estimatedWait] = absent()
	default:
		r.of[estimatedWait] = unreadable()
	}
	if s.Size >= 0 {
		r.of[queueSize].value = float64(s.Size)
	} else {
		r.of[queueSize] = unreadable()
	}
	switch s.Hours {
	case Open:
		r.of[withinHours].value = 1
	case Closed:
	case HoursAbsent:
		r.of[withinHours] = absent()
	default:
		r.of[withinHours] = unreadable()
	}
	r.of[elapsedWait].value = float64(s.Elapsed)
	return r
}

// nameOf is the name at place v, or "unknown" beyond the table.
func nameOf[T ~uint8](v T, names ...string) string {
	if int(v) >= len(names) {
		return "unknown"
	}
	return names[v]
}
