package hours

import "time"

// Openness is what operating hours say of an instant.
type Openness uint8

// The answers. Unknown means that the rows cannot be read for that instant.
const (
	Closed Openness = iota
	Unknown
	Open
)

// String is "closed", "unknown" or "open".
func (o Openness) String() string {
	if o > Open {
		return "unknown"
	}
	return [...]string{"closed", "unknown", "open"}[o]
}

// Schedule is when a queue is open. It never changes and may be shared.
type Schedule struct {
	location *time.Location
	anywhere bool  // location means nothing
	eras     []era // in order, at least one; the first also stands for all before it
}

// era is a stretch of days in which the same rules are in force. It repeats its
// table until the next era begins; the last one for ever.
type era struct {
	begin   int      // its first minute, since 1970-01-01 on the wall clock
	length  int      // of the table, in minutes
	changes []change // in order; the first is at minute 0
}

// change is from when on something holds, in minutes of an era's table.
type change struct {
	minute int
	is     Openness
}

const (
	dayMinutes    = 24 * 60
	minuteSeconds = 60
)

// Always is the schedule of a queue without operating hours.
func Always() *Schedule { return constant(Open) }

// constant is a schedule with one answer, wherever it is.
func constant(is Openness) *Schedule {
	return &Schedule{location: time.UTC, anywhere: true, eras: []era{{length: dayMinutes, changes: []change{{is: is}}}}}
}

// Location is the zone whose wall clock counts.
func (s *Schedule) Location() *time.Location { return s.location }

// Zone is the IANA name of that zone; empty where the same holds everywhere, because
// there are no hours or none that can be read.
func (s *Schedule) Zone() string {
	if s.anywhere {
		return ""
	}
	return s.location.String()
}

// Open tells whether the queue is open at an instant.
func (s *Schedule) Open(at time.Time) Openness {
	minute := floor(s.wall(at), minuteSeconds)
	e := &s.eras[s.eraIndex(minute)]
	return e.changes[e.index(e.within(minute))].is
}

// wall is what the clock on the wall shows, as seconds since 1970-01-01 there.
func (s *Schedule) wall(at time.Time) int {
	_, offset := at.In(s.location).Zone()
	return int(at.Unix()) + offset
}

// eraIndex is the era that a minute of the wall clock lies in. The searches are
// written out because a call for each step would cost half of what Open does.
func (s *Schedule) eraIndex(minute int) int {
	low, high := 0, len(s.eras)
	for high-low > 1 {
		if middle := int(uint(low+high) >> 1); s.eras[middle].begin <= minute {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// within is the minute of the table that a minute of the wall clock is.
func (e *era) within(minute int) int { return remainder(minute-e.begin, e.length) }

// index is the change that is in force at a minute of the table.
func (e *era) index(minute int) int {
	low, high := 0, len(e.changes)
	for high-low > 1 {
		if middle := int(uint(low+high) >> 1); e.changes[middle].minute <= minute {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// floor divides downwards, before 1970 too.
func floor(a, b int) int { return (a - remainder(a, b)) / b }

// remainder is never negative.
func remainder(a, b int) int {
	if r := a % b; r < 0 {
		return r + b
	} else {
		return r
	}
}
