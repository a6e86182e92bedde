package overflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"directcallback/adapter"
)

// placing groups the configurations that can place callbacks by queue, the one
// to use first: one that is not suspended and leaves the customer's conversations
// alone, then by id, so that every replica picks the same.
func placing(all []adapter.EngagementConfiguration) map[adapter.QueueID][]adapter.EngagementConfiguration {
	byQueue := map[adapter.QueueID][]adapter.EngagementConfiguration{}
	for _, c := range all {
		if c.PlacesCallbacks() {
			byQueue[c.Queue] = append(byQueue[c.Queue], c)
		}
	}
	for _, list := range byQueue {
		slices.SortFunc(list, func(a, b adapter.EngagementConfiguration) int {
			return cmp.Or(
				compareTruth(a.Suspended, b.Suspended),
				compareTruth(a.ClosesConversations, b.ClosesConversations),
				strings.Compare(string(a.ID), string(b.ID)))
		})
	}
	return byQueue
}

func compareTruth(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// configure picks the queue's engagement configuration and says what is wrong
// with it.
func (c *compiler) configure(p *Plan) {
	if c.settings.Members != nil && c.settings.Members[p.queue.ID] == 0 && p.callsBack() {
		p.findings = append(p.findings, queueFinding(p.queue, "missing.members", adapter.SeverityError,
			"direct callback is configured, but nobody is a member of the queue", "Callbacks are offered and wait until somebody is."))
	}
	list := c.inputs.placing[p.queue.ID]
	if len(list) == 0 {
		if p.callsBack() {
			p.findings = append(p.findings, queueFinding(p.queue, "missing.configuration", adapter.SeverityError,
				"direct callback is configured, but the queue has no active Voice engagement configuration in dial mode Preview",
				"No callback of this queue can be placed."))
		}
		return
	}
	p.configuration, p.hasConfiguration = list[0], true
	if len(list) > 1 {
		p.findings = append(p.findings, queueFinding(p.queue, "ambiguous.configuration", adapter.SeverityWarning,
			fmt.Sprintf("the queue has %d active Voice engagement configurations in dial mode Preview", len(list)),
			fmt.Sprintf("Callbacks are placed through %q (%s).", list[0].Name, list[0].ID)))
	}
	if list[0].ClosesConversations {
		p.findings = append(p.findings, finding(tableConfiguration, string(list[0].ID), list[0].Name, "closes.conversations", adapter.SeverityWarning,
			"the engagement configuration closes existing conversations of the customer",
			"A callback closes what the customer has open; callbacks of a number with a live call are held."))
	}
	if list[0].Suspended {
		p.findings = append(p.findings, finding(tableConfiguration, string(list[0].ID), list[0].Name, "suspended.configuration", adapter.SeverityWarning,
			"the engagement configuration is suspended", "Dynamics takes callbacks of this queue and phones nobody until it is resumed."))
	}
	if o := list[0].ProcessingOrder; o != 0 && o != adapter.OrderEarliest && o != adapter.OrderFirst {
		p.findings = append(p.findings, finding(tableConfiguration, string(list[0].ID), list[0].Name, "unordered.configuration", adapter.SeverityInfo,
			"the engagement configuration does not process deliveries in the order of their time", "Where several callbacks of the queue are out at once, a later one may be phoned first."))
	}
}

// callsBack tells whether an enabled rule can lead to a direct callback.
func (p *Plan) callsBack() bool {
	for i := range p.moments {
		m := &p.moments[i]
		for _, r := range m.program.order {
			if e := &m.effects[r]; e.action == adapter.ActionDirectCallback && e.verdict == Act {
				return true
			}
		}
	}
	return false
}
