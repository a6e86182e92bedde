package overflow

// Trace renders the decision.
func (d Decision) Trace() []Step { return nil }

// Step is one rule.
type Step struct{}

// Explain says the decision in English.
func (d Decision) Explain() string { return d.Verdict.String() }
