package overflow

import (
	"fmt"

	"directcallback/adapter"
)

// Account is a decision as it is stored: all that its explanation needs. Where a
// decision was stored, its moment, verdict and trace are beside each other, and how
// the call came in is with the call.
type Account struct {
	Moment  Moment        `json:"moment"`
	Verdict Verdict       `json:"verdict"`
	Entry   adapter.Entry `json:"entry,omitempty"`
	Rules   []Step        `json:"rules"`
	Terms   adapter.Terms `json:"terms,omitzero"` // of the direct callback that it comes to; stored traces have none
}

// Account writes the decision down.
func (d Decision) Account() Account {
	a := Account{Moment: d.snapshot.Moment, Verdict: d.Verdict, Entry: d.snapshot.Entry, Rules: d.Trace()}
	if d.plan != nil && d.Rule >= 0 {
		a.Terms = d.plan.moment(d.snapshot.Moment).effects[d.Rule].terms
		if d.plan.queue.OperatingHours == "" {
			a.Terms.OutsideHours = adapter.Unsaid // it is never closed
		}
	}
	return a
}

// Explain says the decision in plain English: what was seen, against which limit,
// by which rule, and what comes of it.
func (d Decision) Explain() string {
	if d.plan == nil {
		return "Nothing was decided."
	}
	return d.Account().Explain(English)
}

// UnmarshalText reads what String says.
func (m *Moment) UnmarshalText(text []byte) error { return named(m, momentCount, text) }

// UnmarshalText reads what String says.
func (v *Verdict) UnmarshalText(text []byte) error { return named(v, NotAvailable+1, text) }

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
