package overflow

import (
	"fmt"

	"directcallback/adapter"
)

// The tables whose rows findings name.
const (
	tableQueue         = "queue"
	tableRuleset       = "msdyn_decisionruleset"
	tableAction        = "msdyn_overflowactionconfig"
	tableConfiguration = "msdyn_proactive_engagement_config"
)

// note adds a warning about the ruleset. What a disabled rule looks like
// surprises nobody.
func (b *builder) note(code, reason, consequence string) {
	b.find(code, adapter.SeverityWarning, reason, consequence)
}

func (b *builder) find(code string, severity adapter.Severity, reason, consequence string) {
	p := b.program
	if b.rule < len(p.rules) && p.rules[b.rule].disabled {
		return
	}
	f := rulesetFinding(p.source, code, severity, reason, consequence)
	f.Part = b.part()
	p.findings = append(p.findings, f)
}

// part names the rule being read by what stays when rules are moved about.
func (b *builder) part() string {
	p := b.program
	if b.rule >= len(p.rules) {
		return p.moment.String()
	}
	return partOf(p, b.rule)
}

func partOf(p *program, index int) string {
	if id := p.rules[index].id; id != "" {
		return p.moment.String() + " rule " + id
	}
	return fmt.Sprintf("%s rule %d", p.moment, index+1)
}

// distinct numbers the findings of one ruleset that are alike in all that makes
// their id: a rule may have two conditions which cannot be read.
func distinct(findings []adapter.Finding) {
	if len(findings) < 2 {
		return
	}
	seen := map[string]int{}
	for i := range findings {
		id := findings[i].ID()
		if seen[id]++; seen[id] > 1 {
			findings[i].Part = fmt.Sprintf("%s (%d)", findings[i].Part, seen[id])
		}
	}
}

// unreadable gives up on the ruleset: its moment is indeterminate.
func (b *builder) unreadable(code, reason string) {
	p := b.program
	p.unreadable = reason
	p.rules, p.nodes, p.clauses = nil, nil, nil
	b.find(code, adapter.SeverityError, "the ruleset cannot be evaluated: "+reason, "No decision is made "+p.moment.String()+", and nothing is offered.")
}

// unknown stands for an element that cannot be read.
func (b *builder) unknown(e *element, depth int, kind, reason string) {
	b.unknownClause(e, clause{depth: depth}, &problem{kind, reason})
}

func (b *builder) unknownClause(e *element, c clause, p *problem) {
	c.raw, c.problem = e.raw, p.reason
	b.append(node{op: compare, attribute: opaque, holds: related}, c)
	if a, ok := attributeNamed(c.attribute); ok {
		b.current().reads.add(a) // an hours rule is asked first also when its operand cannot be read
	}
	b.find("unsupported."+p.kind, adapter.SeverityError, b.ruleLabel()+": "+p.reason,
		"The condition counts as unknown; a later rule that holds is shown, not acted on.")
}

func rulesetFinding(source adapter.Ruleset, code string, severity adapter.Severity, reason, consequence string) adapter.Finding {
	return finding(tableRuleset, string(source.ID), source.Name, code, severity, reason, consequence)
}

func actionFinding(row adapter.OverflowAction, code string, severity adapter.Severity, reason, consequence string) adapter.Finding {
	return finding(tableAction, string(row.ID), row.Name, code, severity, reason, consequence)
}

func queueFinding(queue adapter.Queue, code string, severity adapter.Severity, reason, consequence string) adapter.Finding {
	return finding(tableQueue, string(queue.ID), queue.Name, code, severity, reason, consequence)
}

func finding(table, row, name, code string, severity adapter.Severity, reason, consequence string) adapter.Finding {
	return adapter.Finding{
		Code: code, Severity: severity, Table: table, Row: row, Name: name,
		Reason: reason, Consequence: consequence, Remedy: remedy(code),
	}
}

// brokenFinding tells of a ruleset that is not well formed.
func brokenFinding(source adapter.Ruleset, m Moment, err error, kept bool) adapter.Finding {
	consequence := "No decision is made " + m.String() + ", and nothing is offered."
	if kept {
		consequence = "The rules as they last could be read stay in force."
	}
	return rulesetFinding(source, "broken.ruleset", adapter.SeverityError, fmt.Sprintf("the ruleset is not well formed: %v", err), consequence)
}
