package hours

// rule is an outer rule of a calendar together with its inner ones.
type rule struct {
	rank   int
	extent extent
	days   days
	spans  []span // by rank
}

// span is what an inner rule says, in minutes from the midnight of the day that
// the outer rule names; beyond 24 hours it goes on into the next days.
type span struct {
	rank     int
	from, to int
	says     statement
}

// extent is extentcode: how far a rule hides those of a lower rank.
type extent uint8

// The extents. An unknown one is any of the others.
const (
	extentTransparent extent = iota // not at all
	extentDay                       // on the whole day
	extentSpan                      // as long as it lasts itself
	extentUnknown
)

// holidayRank is above all others.
const holidayRank = 1 << 30

// reach is how many days after its own a rule can matter.
func (r *rule) reach() int {
	reach := 0
	for _, s := range r.spans {
		reach = max(reach, (s.to-1)/dayMinutes)
	}
	return reach
}

// says is what the rule says of a minute of a day.
func (r *rule) says(day, minute, reach int) statement {
	all := silent
	for back := 0; back <= reach; back++ {
		on := r.days.include(day - back)
		if on == no {
			continue
		}
		said := r.inner(minute + back*dayMinutes)
		if back == 0 {
			said = over(said, r.extent.shade())
		}
		if r.extent == extentTransparent && said&denies != 0 || on == maybe {
			said |= silent
		}
		all = beside(all, said)
	}
	return all
}

// inner is what the inner rules say, of a minute from the midnight of their day.
func (r *rule) inner(minute int) statement {
	p := newPile()
	for _, s := range r.spans {
		if s.from <= minute && minute < s.to {
			p.add(s.rank, s.says)
		}
	}
	return p.top()
}

// shade is what a rule says of the rest of its day.
func (e extent) shade() statement {
	switch e {
	case extentDay:
		return shade
	case extentUnknown:
		return silent | shade
	default:
		return silent
	}
}

// answer is whether a rule is in force on a day.
type answer uint8

const (
	no answer = iota
	maybe
	yes
)

// days are those on which a rule is in force.
type days struct {
	from, to int // half open, since 1970-01-01
	weekdays weekdays
	every    int  // weeks
	doubtful bool // the pattern cannot be read: any of these days
}

// weekdays is a set, Monday the lowest bit.
type weekdays uint8

const allWeek weekdays = 1<<7 - 1

// include tells whether a day is one of them. Microsoft does not say with which
// weekday the weeks of an INTERVAL begin, so where that matters it is unknown.
func (d *days) include(day int) answer {
	weekday := weekdayOf(day)
	if day < d.from || day >= d.to || d.weekdays>>weekday&1 == 0 {
		return no
	}
	if d.doubtful {
		return maybe
	}
	if d.every <= 1 {
		return yes
	}
	count, monday := 0, d.from-weekdayOf(d.from)
	beginnings := [...]int{d.from, monday, sundayBefore(d.from)}
	for _, first := range beginnings {
		if floor(day-first, 7)%d.every == 0 {
			count++
		}
	}
	switch count {
	case 0:
		return no
	case len(beginnings):
		return yes
	default:
		return maybe
	}
}

// weekdayOf is 0 for Monday. The first day of 1970 was a Thursday.
func weekdayOf(day int) int { return remainder(day+3, 7) }

func sundayBefore(day int) int { return day - (weekdayOf(day)+1)%7 }
