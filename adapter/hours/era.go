package hours

import (
	"cmp"
	"slices"
	"time"
)

// The days between which rules are in force: those of the years 1 to 9998.
const (
	firstDay = -719162
	endOfAll = 2932532
)

// maxPeriod is after how many weeks at most the weeks repeat.
const maxPeriod = 52

// maxWork is how many questions to rules a schedule may cost. An office with
// holidays costs some thousands; what costs more than this was not made by hand.
const maxWork = 20_000_000

// lay computes when rules are open. It gives up on what would take too long.
func lay(rules []rule, location *time.Location) (*Schedule, bool) {
	slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(a.rank, b.rank) })
	s := &Schedule{location: location}
	cuts := cutsOf(rules)
	work := len(cuts) * len(rules)
	for i, first := range cuts {
		end := endOfAll
		if i+1 < len(cuts) {
			end = cuts[i+1]
		}
		if work > maxWork {
			return nil, false
		}
		e, cost := layEra(rules, first, end, maxWork-work)
		s.eras, work = append(s.eras, e), work+cost
	}
	return s, work <= maxWork
}

// cutsOf are the days on which the rules in force change.
func cutsOf(rules []rule) []int {
	cuts := []int{firstDay}
	for i := range rules {
		for late := range rules[i].reach() + 1 {
			for _, day := range []int{rules[i].days.from, rules[i].days.to} {
				if day+late > firstDay && day+late < endOfAll {
					cuts = append(cuts, day+late)
				}
			}
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// layEra computes the table of the days from first to end, if it costs no more
// than it may.
func layEra(rules []rule, first, end, mayCost int) (e era, cost int) {
	active, reaches := inForce(rules, first, end)
	days := min(7*period(active), end-first)
	minutes := turnsOf(active)
	for i := range active {
		cost += days * len(minutes) * (1 + reaches[i])
	}
	if cost > mayCost {
		return era{}, cost
	}
	e = era{begin: first * dayMinutes, length: days * dayMinutes}
	for day := range days {
		for _, minute := range minutes {
			p := newPile()
			for i, r := range active {
				p.add(r.rank, r.says(first+day, minute, reaches[i]))
			}
			is := p.top().openness()
			if last := len(e.changes) - 1; last < 0 || e.changes[last].is != is {
				e.changes = append(e.changes, change{day*dayMinutes + minute, is})
			}
		}
	}
	return e, cost
}

// inForce are the rules that matter between two days, and how far each reaches.
func inForce(rules []rule, first, end int) (active []*rule, reaches []int) {
	for i := range rules {
		r := &rules[i]
		if reach := r.reach(); r.days.from < end && r.days.to+reach > first {
			active, reaches = append(active, r), append(reaches, reach)
		}
	}
	return active, reaches
}

// turnsOf are the minutes of a day at which something can change.
func turnsOf(rules []*rule) []int {
	minutes := []int{0}
	for _, r := range rules {
		for _, s := range r.spans {
			minutes = append(minutes, s.from%dayMinutes, s.to%dayMinutes)
		}
	}
	slices.Sort(minutes)
	return slices.Compact(minutes)
}

// period is after how many weeks the rules repeat.
func period(rules []*rule) int {
	weeks := 1
	for _, r := range rules {
		if r.days.every > 1 && !r.days.doubtful {
			weeks = weeks / gcd(weeks, r.days.every) * r.days.every
		}
	}
	return weeks
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// dayOf is the day of a date, whatever its zone, since 1970-01-01.
func dayOf(t time.Time) int {
	year, month, day := t.Date()
	return floor(int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()), dayMinutes*minuteSeconds)
}
