package check

import (
	"fmt"
	"slices"

	"directcallback/adapter"
)

// Part is one part of the set-up.
type Part struct {
	Name     string            `json:"name"`
	Summary  string            `json:"summary"` // what was seen, in a few words
	Findings []adapter.Finding `json:"findings"`
	Rights   []Right           `json:"rights,omitempty"` // of part "privileges"
}

func (p *Part) find(f adapter.Finding) { p.Findings = append(p.Findings, f) }

// Worst is the severity of the gravest finding; empty when there is none.
func (p Part) Worst() adapter.Severity {
	worst := adapter.Severity("")
	for _, f := range p.Findings {
		if rank(f.Severity) > rank(worst) {
			worst = f.Severity
		}
	}
	return worst
}

// Report is what was found, part by part.
type Report struct {
	Parts []Part `json:"parts"`
}

// Findings are those of all parts, the gravest first; one that two parts came
// across is told once.
func (r Report) Findings() []adapter.Finding {
	var all []adapter.Finding
	seen := map[string]bool{}
	for _, p := range r.Parts {
		for _, f := range p.Findings {
			if !seen[f.ID()] {
				seen[f.ID()] = true
				all = append(all, f)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b adapter.Finding) int { return rank(b.Severity) - rank(a.Severity) })
	return all
}

// Count is how many findings there are of a severity.
func (r Report) Count(s adapter.Severity) int {
	n := 0
	for _, f := range r.Findings() {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Code is the exit code: 2 with an error, 1 with a warning, else 0.
func (r Report) Code() int {
	switch {
	case r.Count(adapter.SeverityError) > 0:
		return 2
	case r.Count(adapter.SeverityWarning) > 0:
		return 1
	default:
		return 0
	}
}

func rank(s adapter.Severity) int {
	return slices.Index([]adapter.Severity{"", adapter.SeverityInfo, adapter.SeverityWarning, adapter.SeverityError}, s)
}

// broken is an error about something that has no row.
func broken(code, name, reason, consequence, remedy string) adapter.Finding {
	return adapter.Finding{Code: code, Severity: adapter.SeverityError, Name: name, Part: name, Reason: reason, Consequence: consequence, Remedy: remedy}
}

// Count writes "1 queue" or "2 queues".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
