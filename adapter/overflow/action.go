package overflow

import (
	"fmt"
	"slices"
	"strings"

	"directcallback/adapter"
)

// actionSet is a set of the documented actions.
type actionSet uint8

const (
	doEnd       actionSet = 1 << (adapter.ActionEnd - adapter.ActionDefault)
	doPhone     actionSet = 1 << (adapter.ActionTransferToPhone - adapter.ActionDefault)
	doCallback  actionSet = 1 << (adapter.ActionDirectCallback - adapter.ActionDefault)
	doVoicemail actionSet = 1 << (adapter.ActionVoicemail - adapter.ActionDefault)
	doQueue     actionSet = 1 << (adapter.ActionTransferToQueue - adapter.ActionDefault)
	doStay      actionSet = 1 << (adapter.ActionStay - adapter.ActionDefault)

	documentedActions = adapter.ActionStay - adapter.ActionDefault + 1
)

func (s actionSet) has(a adapter.OverflowActionType) bool {
	return documented(a) && s&(1<<(a-adapter.ActionDefault)) != 0
}

func documented(a adapter.OverflowActionType) bool {
	return a >= adapter.ActionDefault && a < adapter.ActionDefault+documentedActions
}

// availableAfterMove is what a voice item that came by transfer or overflow can
// still get.
func availableAfterMove(a adapter.OverflowActionType) bool {
	return a == adapter.ActionTransferToQueue || a == adapter.ActionTransferToPhone
}

// actionName says an action in the portal's words; one that is not documented
// keeps its number and, where the organization has one, its label.
func actionName(a adapter.OverflowActionType, labels map[adapter.OverflowActionType]string) string {
	if documented(a) {
		return [documentedActions]string{
			"none (default)", "end call", "transfer to an external number", "direct callback",
			"voicemail", "transfer to a different queue", "assign to queue anyway",
		}[a-adapter.ActionDefault]
	}
	name := fmt.Sprintf("unknown overflow action %d", a)
	if label := labels[a]; label != "" {
		name += fmt.Sprintf(" (%q)", label)
	}
	return name
}

// effect is what a rule does once it holds, with everything looked up.
type effect struct {
	verdict     Verdict // Act, Unsupported or NotAvailable
	action      adapter.OverflowActionType
	id          adapter.ActionID
	targetQueue adapter.QueueID
	targetPhone adapter.Phone
	terms       adapter.Terms // of a direct callback
	reason      string        // why the verdict is not Act
}

// bind looks up what the rule at place index does.
func (c *compiler) bind(p *program, index int) (effect, []adapter.Finding) {
	r := &p.rules[index]
	label := ruleLabel(index, r.name)
	if r.problem != "" {
		f := rulesetFinding(p.source, "missing.action", adapter.SeverityError, label+": "+r.problem, consequenceUnsupported)
		return effect{verdict: Unsupported, reason: r.problem}, []adapter.Finding{f}
	}
	row, ok := c.settings.Actions[r.action]
	if !ok {
		f := rulesetFinding(p.source, "missing.action", adapter.SeverityError,
			fmt.Sprintf("%s: its action row %s does not exist or cannot be read", label, r.action), consequenceUnsupported)
		return effect{verdict: Unsupported, id: r.action, reason: "its action row does not exist or cannot be read"}, []adapter.Finding{f}
	}

	e := effect{verdict: Act, action: row.Type, id: r.action}
	e.targetQueue, e.targetPhone, e.reason = c.target(row)
	code := "unsupported.target"
	switch {
	case !row.Active:
		code, e.reason = "inactive.action", "its action row is inactive"
	case !documented(row.Type):
		code, e.reason = "unsupported.action", "the action is not known here"
	}
	var findings []adapter.Finding
	if e.reason != "" {
		e.verdict = Unsupported
		return e, append(findings, actionFinding(row, code, adapter.SeverityError,
			fmt.Sprintf("%s, %s: %s", label, actionName(row.Type, c.inputs.labels), e.reason), consequenceUnsupported))
	}
	if a, ok := notOffered(r.reads, row.Type); ok {
		e.verdict = NotAvailable
		e.reason = fmt.Sprintf("%s is not offered in classic for the condition %s", actionName(row.Type, nil), a.facts().label)
		findings = append(findings, actionFinding(row, "unavailable.action", adapter.SeverityWarning, label+": "+e.reason,
			"It is shown and not acted on."))
	}
	if e.targetQueue != "" && !c.inputs.queues[e.targetQueue] {
		findings = append(findings, actionFinding(row, "unknown.target", adapter.SeverityWarning,
			label+": its target queue "+string(e.targetQueue)+" is not among the queues that were read", "Calls are transferred there all the same."))
	}
	if row.Type == adapter.ActionDirectCallback {
		terms, more := c.terms(row)
		e.terms, findings = terms, append(findings, more...)
	}
	return e, append(findings, remarks(p, row, label)...)
}

const consequenceUnsupported = "When the rule holds nothing is offered, and no later rule is asked."

// target reads the data column of the two transfers.
func (c *compiler) target(row adapter.OverflowAction) (adapter.QueueID, adapter.Phone, string) {
	switch row.Type {
	case adapter.ActionTransferToQueue:
		id := adapter.NormalizeID(row.Data)
		if !adapter.IsGUID(id) {
			return "", adapter.Phone{}, "its target queue cannot be read"
		}
		return adapter.QueueID(id), adapter.Phone{}, ""
	case adapter.ActionTransferToPhone:
		phone, err := adapter.ParsePhone(row.Data)
		if err != nil {
			return "", adapter.Phone{}, "its target number cannot be read: " + err.Error()
		}
		return "", phone, ""
	default:
		return "", adapter.Phone{}, ""
	}
}

// notOffered finds an attribute of the rule whose condition the action cannot
// be combined with. The default action does nothing and fits everywhere.
func notOffered(reads attributeSet, action adapter.OverflowActionType) (attribute, bool) {
	for _, a := range []attribute{withinHours, estimatedWait, queueSize, elapsedWait} {
		if action != adapter.ActionDefault && reads.has(a) && !a.facts().offers.has(action) {
			return a, true
		}
	}
	return opaque, false
}

// remarks are worth knowing about a rule that is evaluated as it stands.
func remarks(p *program, row adapter.OverflowAction, label string) []adapter.Finding {
	if row.Type != adapter.ActionDirectCallback {
		return nil
	}
	var findings []adapter.Finding
	if p.moment == InQueue {
		findings = append(findings, actionFinding(row, "overflow.page.only", adapter.SeverityInfo,
			label+": direct callback while work items are queued is on the overflow page only, not on the page about direct callback",
			"it is offered"))
	}
	return findings
}

// overrides tells of direct callback actions that no ruleset of a voice queue
// names: where a route-to-queue rule keeps its own overflow handling is not
// documented, and this is what it would leave behind.
func (c *compiler) overrides() []adapter.Finding {
	for _, w := range c.settings.Workstreams {
		c.named[w.BotFails] = true // what a bot's failure leads to is no overflow
	}
	var findings []adapter.Finding
	for id, row := range c.settings.Actions {
		if row.Active && row.Type == adapter.ActionDirectCallback && !c.named[id] {
			findings = append(findings, actionFinding(row, "possible.override", adapter.SeverityInfo,
				"no overflow ruleset of a voice queue names this action; a route-to-queue rule may",
				"Rule-specific overflow handling is not read; the queue's own rules are asked."))
		}
	}
	slices.SortFunc(findings, func(a, b adapter.Finding) int { return strings.Compare(a.Row, b.Row) })
	return findings
}
