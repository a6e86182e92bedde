package overflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"directcallback/adapter"
)

// Account is a decision as it is stored: what was seen, what was decided and why, rule
// by rule. It says so to people and programs that have nothing else, so its JSON names
// are stable, and values are in words or in the unit that their name says.
type Account struct {
	Queue     adapter.QueueID `json:"queueId,omitempty"`
	QueueName string          `json:"queueName,omitempty"`
	Route     string          `json:"routingRuleId,omitempty"` // whose overflow handling replaced the queue's own
	At        time.Time       `json:"at,omitzero"`
	Moment    Moment          `json:"moment"`
	Entry     adapter.Entry   `json:"entry,omitempty"`
	Bot       adapter.Bot     `json:"bot,omitempty"`
	Seen      Seen            `json:"seen,omitzero"`

	Verdict     Verdict                    `json:"verdict"`
	Rule        int                        `json:"rule,omitempty"`   // that holds, in document order from 1
	Action      string                     `json:"action,omitempty"` // of it, in words, whatever the verdict
	ActionType  adapter.OverflowActionType `json:"actionType,omitempty"`
	ActionID    adapter.ActionID           `json:"actionId,omitempty"`
	TargetQueue adapter.QueueID            `json:"targetQueueId,omitempty"`
	TargetPhone string                     `json:"targetPhone,omitempty"` // masked
	Explanation string                     `json:"explanation,omitempty"` // in English; Explain says it in other languages too

	Rules []Step        `json:"rules"`
	Terms adapter.Terms `json:"terms,omitzero"` // of the direct callback that it comes to
}

// Seen is what was known when a decision was made.
type Seen struct {
	Waiting       *int     `json:"waiting,omitempty"`              // others in the queue; nil = not known
	EstimatedWait *float64 `json:"estimatedWaitSeconds,omitempty"` // nil = none, or no rule asks for it
	EstimateFrom  string   `json:"estimateFrom,omitempty"`         // "platform" or "average"
	Elapsed       float64  `json:"waitedSeconds,omitempty"`        // in this queue
	Hours         Openness `json:"hours"`
}

// Account writes the decision down.
func (d Decision) Account() Account {
	s := &d.snapshot
	a := Account{
		At: d.now, Moment: s.Moment, Entry: s.Entry, Bot: s.Bot, Seen: s.seen(),
		Verdict: d.Verdict, Rule: d.Rule + 1, ActionType: d.Action, ActionID: d.ActionID, TargetQueue: d.TargetQueue, Rules: d.Trace(),
	}
	if !d.TargetPhone.IsZero() {
		a.TargetPhone = d.TargetPhone.String()
	}
	if d.plan == nil {
		return a
	}
	a.Queue, a.QueueName, a.Route = d.plan.queue.ID, d.plan.queue.Name, d.plan.route
	if d.Action != 0 {
		a.Action = actionName(d.Action, d.plan.labels)
	}
	if d.Rule >= 0 {
		a.Terms = d.plan.moment(s.Moment).effects[d.Rule].terms
		if d.plan.queue.OperatingHours == "" {
			a.Terms.OutsideHours = adapter.Unsaid // it is never closed
		}
	}
	a.Explanation = a.Explain(English)
	return a
}

// seen is what of a snapshot is worth telling later.
func (s *Snapshot) seen() Seen {
	seen := Seen{Elapsed: s.Elapsed.Seconds(), Hours: s.Hours}
	if s.Size >= 0 {
		seen.Waiting = new(s.Size)
	}
	if s.EstimatedWait >= 0 {
		seen.EstimatedWait = new(s.EstimatedWait.Seconds())
	}
	return seen
}

// ReadAccount reads the decision that is kept with a call. Earlier releases kept the
// rules alone. It is false for what is no decision of rules: an offer that was not
// made, or a command that was not sent.
func ReadAccount(j adapter.Judgement) (Account, bool) {
	var a Account
	if a.Moment.UnmarshalText([]byte(j.Moment)) != nil || a.Verdict.UnmarshalText([]byte(j.Verdict)) != nil {
		return Account{}, false
	}
	if bytes.HasPrefix(bytes.TrimSpace(j.Trace), []byte("[")) {
		a.At = j.At
		return a, json.Unmarshal(j.Trace, &a.Rules) == nil
	}
	return a, json.Unmarshal(j.Trace, &a) == nil
}

// Explain says the decision in plain English: what was seen, against which limit,
// by which rule, and what comes of it.
func (d Decision) Explain() string {
	if d.plan == nil {
		return "Nothing was decided."
	}
	return d.Account().Explanation
}

// UnmarshalText reads what String says.
func (m *Moment) UnmarshalText(text []byte) error { return named(m, momentCount, text) }

// UnmarshalText reads what String says.
func (v *Verdict) UnmarshalText(text []byte) error { return named(v, NotAvailable+1, text) }

// UnmarshalText reads what String says.
func (o *Openness) UnmarshalText(text []byte) error { return named(o, HoursUnknown+1, text) }

// UnmarshalText reads what String says.
func (t *Truth) UnmarshalText(text []byte) error { return named(t, True+1, text) }

// named finds the value, of those below end, that is called text.
func named[T interface {
	~uint8
	String() string
}](value *T, end T, text []byte) error {
	for v := range end {
		if v.String() == string(text) {
			*value = v
			return nil
		}
	}
	return fmt.Errorf("no %T is called %q", *value, text)
}
