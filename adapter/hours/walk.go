package hours

import "time"

// Forever is the time left of a queue that never closes.
const Forever = time.Duration(1<<63 - 1)

// NextOpening is when the queue opens next: at itself while it is open. With
// Unknown it may open from then on, which cannot be read; it surely does not
// before. With Closed it never opens again.
func (s *Schedule) NextOpening(at time.Time) (time.Time, Openness) {
	return s.find(at, time.Time{}, func(is Openness) bool { return is != Closed })
}

// TimeLeft is how long the queue stays open, and what it is then: 0 when it is
// not open now, and Forever with Open when it never closes.
func (s *Schedule) TimeLeft(at time.Time) (time.Duration, Openness) {
	end, then := s.find(at, time.Time{}, func(is Openness) bool { return is != Open })
	if then == Open {
		return Forever, Open
	}
	return end.Sub(at), then
}

// find is the first instant from at on whose answer is wanted, with that answer.
// Without one before the limit it is the zero time and the answer that stays.
func (s *Schedule) find(at, limit time.Time, wanted func(Openness) bool) (time.Time, Openness) {
	if end := s.horizon(at); limit.IsZero() || end.Before(limit) {
		limit = end
	}
	for {
		is := s.Open(at)
		if wanted(is) {
			return at, is
		}
		next, ok := s.turn(at)
		if !ok || next.After(limit) {
			return time.Time{}, is
		}
		at = next
	}
}

// horizon is when all that can still happen has happened: after the last era
// began, its table was run through twice.
func (s *Schedule) horizon(at time.Time) time.Time {
	last := &s.eras[len(s.eras)-1]
	minutes := max(floor(int(at.Unix()), minuteSeconds), last.begin) + 2*last.length + 2*dayMinutes
	return time.Unix(int64(minutes)*minuteSeconds, 0)
}

// turn is an instant after at up to which the answer stays what it is at at; it
// need not be another one then. Without one nothing changes any more.
func (s *Schedule) turn(at time.Time) (time.Time, bool) {
	wall := s.wall(at)
	_, zoneEnd := at.In(s.location).ZoneBounds()
	minute, ok := s.nextChange(floor(wall, minuteSeconds))
	if !ok {
		return zoneEnd, false
	}
	next := time.Unix(at.Unix()+int64(minute*minuteSeconds-wall), 0)
	if !zoneEnd.IsZero() && zoneEnd.Before(next) { // the clock jumps before
		next = zoneEnd
	}
	return next.UTC(), true
}

// nextChange is a minute of the wall clock after this one up to which nothing
// changes.
func (s *Schedule) nextChange(minute int) (next int, ok bool) {
	i := s.eraIndex(minute)
	e := &s.eras[i]
	isLast := i+1 == len(s.eras)
	if len(e.changes) == 1 {
		if isLast {
			return 0, false
		}
		return s.eras[i+1].begin, true
	}
	in := e.within(minute)
	end := e.length
	if change := e.index(in) + 1; change < len(e.changes) {
		end = e.changes[change].minute
	}
	next = minute - in + end
	if !isLast {
		next = min(next, s.eras[i+1].begin)
	}
	return next, true
}
