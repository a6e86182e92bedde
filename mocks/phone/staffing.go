package phone

import (
	"cmp"
	"slices"
	"time"
)

// Shift is a stretch in which a representative is on duty.
type Shift struct {
	Server   string
	From, To time.Duration
}

// breakAfter is how long a representative shows no activity before we take it
// for a break and not for waiting. People do more than talk: with half an hour
// the embedded day's callers wait less than half as long as they really did.
const breakAfter = 15 * time.Minute

// shifts derives who was on duty from who talked: from a server's first to last
// conversation, without the gaps that are breaks.
func shifts(conversations []Conversation) []Shift {
	byServer := slices.Clone(conversations)
	slices.SortStableFunc(byServer, func(a, b Conversation) int {
		return cmp.Or(cmp.Compare(a.Server, b.Server), cmp.Compare(a.From, b.From))
	})
	var all []Shift
	for _, c := range byServer {
		if c.Server == "" {
			continue
		}
		last := len(all) - 1
		if last >= 0 && all[last].Server == c.Server && c.From-all[last].To <= breakAfter {
			all[last].To = max(all[last].To, c.To)
			continue
		}
		all = append(all, Shift{Server: c.Server, From: c.From, To: c.To})
	}
	return all
}

// OnDuty counts the representatives on duty at a time of the day.
func (t Traffic) OnDuty(at time.Duration) int {
	n := 0
	for _, s := range t.Shifts {
		if s.From <= at && at < s.To {
			n++
		}
	}
	return n
}

// busyUntil tells when a server's conversation that spans a time ends; 0 when
// there is none.
func (t Traffic) busyUntil(server string, at time.Duration) time.Duration {
	var until time.Duration
	for _, c := range t.Conversations {
		if c.Server == server && c.From < at && at < c.To {
			until = max(until, c.To)
		}
	}
	return until
}

// serviceTimes are the lengths of the day's conversations with callers, from
// which those who hung up in the trace draw theirs.
func (t Traffic) serviceTimes() []time.Duration {
	var times []time.Duration
	for _, c := range t.Conversations {
		if length := c.To - c.From; !c.Outbound && length > 0 {
			times = append(times, length)
		}
	}
	return times
}
