package overflow

import (
	"time"

	"directcallback/adapter"
)

// Verdict is what a decision means.
type Verdict uint8

// The verdicts. Only Act lets anything happen to the caller.
const (
	NoRule        Verdict = iota // no rule holds: the caller waits in the queue
	Act                          // the action is to be carried out
	Excluded                     // rules do not apply to this item at this moment
	Unsupported                  // a rule holds and its action is not known here; the platform would act
	Shadowed                     // a rule holds, and one before it cannot be decided
	Indeterminate                // nothing holds, and something cannot be decided
	NotAvailable                 // a rule holds and its action cannot be had by this item or for this condition
)

// String is "no rule", "act", "excluded" and so on.
func (v Verdict) String() string {
	return nameOf(v, "no rule", "act", "excluded", "unsupported", "shadowed", "indeterminate", "not available")
}

// MarshalText writes what String says.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Decision is the answer of one queue's rules to one snapshot. Action and
// targets are filled in whenever a rule holds, whatever the verdict, so that
// what is not acted on can still be shown.
type Decision struct {
	Verdict     Verdict
	Action      adapter.OverflowActionType // 0 when no rule holds or its row is missing
	ActionID    adapter.ActionID
	TargetQueue adapter.QueueID // of ActionTransferToQueue
	TargetPhone adapter.Phone   // of ActionTransferToPhone
	Rule        int             // index of the rule that holds, in document order; -1 = none

	beneath  Verdict // what a Shadowed decision would be
	plan     *Plan
	snapshot Snapshot
	now      time.Time
}

// Snapshot is what was decided on.
func (d Decision) Snapshot() Snapshot { return d.snapshot }

// At is when it was decided.
func (d Decision) At() time.Time { return d.now }

// Decide asks the rules. It is pure: the same snapshot always gets the same
// decision. It neither allocates nor renders anything; see [Decision.Trace].
func (p *Plan) Decide(s Snapshot, now time.Time) (d Decision) {
	d.Rule, d.plan, d.snapshot, d.now = -1, p, s, now
	if exclusion(&s) != "" {
		d.Verdict = Excluded
		return d
	}
	m := p.moment(s.Moment)
	if m.unreadable != "" {
		d.Verdict = Indeterminate
		return d
	}
	r := s.read()
	holds, undecided := m.program.decide(&r)
	if holds < 0 {
		if undecided >= 0 {
			d.Verdict = Indeterminate
		}
		return d
	}

	e := &m.effects[holds]
	d.Rule, d.Verdict = holds, e.verdict
	d.Action, d.ActionID, d.TargetQueue, d.TargetPhone = e.action, e.id, e.targetQueue, e.targetPhone
	if d.Verdict == Act && s.Moment == InQueue && s.moved() && !availableAfterMove(e.action) {
		d.Verdict = NotAvailable
	}
	if undecided >= 0 {
		d.beneath, d.Verdict = d.Verdict, Shadowed
	}
	return d
}

// WithShadowed is the decision under the other policy: what holds behind a rule
// that cannot be decided counts as if that rule were false.
func (d Decision) WithShadowed() Decision {
	if d.Verdict == Shadowed {
		d.Verdict = d.beneath
	}
	return d
}

// exclusion says why rules do not apply to an item, or nothing.
func exclusion(s *Snapshot) string {
	switch {
	case s.Bot == adapter.BotHandling:
		return "an AI agent still handles the call"
	case s.Moment == InQueue:
		return ""
	case s.Entry == adapter.EntryFallback:
		return "the call came to the fallback queue"
	case s.Entry == adapter.EntryTransfer:
		return "the call was transferred to this queue"
	case s.Entry == adapter.EntryOverflow:
		return "the call overflowed from another queue"
	default:
		return ""
	}
}
