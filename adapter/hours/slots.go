package hours

import (
	"iter"
	"time"

	"directcallback/adapter"
)

// Slots are the windows of a length, one after the other, in which the queue is
// surely open from beginning to end. They begin and end on the grid of the wall clock
// that starts at midnight, so that they stay the same whenever they are asked
// for, and lie between from and to. Where the clock jumps off its grid in a window,
// which only long ones meet, there is no slot. A length below a minute has none.
func (s *Schedule) Slots(from, to time.Time, length time.Duration) iter.Seq[adapter.Window] {
	return func(yield func(adapter.Window) bool) {
		if length < time.Minute {
			return
		}
		for at := from; at.Add(length).Compare(to) <= 0; {
			opening, is := s.find(at, to, func(is Openness) bool { return is == Open })
			if is != Open {
				return
			}
			start, sure := s.onGrid(opening, length)
			if !sure || s.Open(start) != Open {
				at = start
				continue
			}
			end := start.Add(length)
			if end.After(to) {
				return
			}
			closing, is := s.find(start, end, func(is Openness) bool { return is != Open })
			if is != Open && closing.Before(end) {
				at = closing
				continue
			}
			if s.sinceMidnight(end)%length != 0 {
				at = start.Add(1)
				continue
			}
			if !yield(adapter.Window{Start: start.UTC(), End: end.UTC()}) {
				return
			}
			at = end
		}
	}
}

// sinceMidnight is what the clock on the wall shows.
func (s *Schedule) sinceMidnight(at time.Time) time.Duration {
	return time.Duration(remainder(s.wall(at), dayMinutes*minuteSeconds))*time.Second + time.Duration(at.Nanosecond())
}

// onGrid is the first instant of the grid from at on. It is not sure of it when
// the clock jumps in between, and says when to ask again.
func (s *Schedule) onGrid(at time.Time, length time.Duration) (start time.Time, sure bool) {
	const day = 24 * time.Hour
	sinceMidnight := s.sinceMidnight(at)
	over := sinceMidnight % length
	if over == 0 {
		return at, true
	}
	start = at.Add(min(length-over, day-sinceMidnight))
	if _, jump := at.In(s.location).ZoneBounds(); !jump.IsZero() && jump.Before(start) {
		return jump, false
	}
	return start, true
}
