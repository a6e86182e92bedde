package bus

import "sync/atomic"

// Stats counts what a [Consumer] did since it was made.
type Stats struct {
	Open          int   // sessions or receivers held now
	Received      int64 // messages, repeated ones included
	Taken         int64 // completed
	Rejected      int64 // dead-lettered
	Refused       int64 // events handed over in vain, because the handler failed
	Unsettled     int64 // settlements that failed; the messages come again
	Unrenewed     int64 // lock renewals that failed
	Interruptions int64 // receives or accepts that ended in an error
	Panics        int64 // of the SDK, see the package's invariants
}

type counters struct {
	open                                                     atomic.Int32
	received, taken, rejected, refused, unsettled, unrenewed atomic.Int64
	interruptions, panics                                    atomic.Int64
}

// Stats may be called at any time.
func (c *Consumer) Stats() Stats {
	return Stats{
		Open:          int(c.counts.open.Load()),
		Received:      c.counts.received.Load(),
		Taken:         c.counts.taken.Load(),
		Rejected:      c.counts.rejected.Load(),
		Refused:       c.counts.refused.Load(),
		Unsettled:     c.counts.unsettled.Load(),
		Unrenewed:     c.counts.unrenewed.Load(),
		Interruptions: c.counts.interruptions.Load(),
		Panics:        c.counts.panics.Load(),
	}
}
