package overflow

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"directcallback/adapter"
)

// Route is one rule of a work stream's route-to-queue ruleset, as far as it
// matters here: to which queues it leads, and whether it handles overflow by
// itself. Whether its conditions hold is the platform's to judge.
type Route struct {
	ID         string // what call events name as their routing rule
	Name       string
	Workstream string
	Shares     []Share
	Override   adapter.RulesetID // replaces the pre-queue rules of its queues; empty = none
	Problem    string            // why its overflow handling cannot be read; empty = there is none or it can
}

// Share is a queue that a route leads to, with its part of the items in percent.
type Share struct {
	Queue   adapter.QueueID
	Percent float64
}

// routeKey names a queue as one route leads to it.
type routeKey struct {
	queue adapter.QueueID
	route string
}

// Routes are the route-to-queue rules of the voice work streams, in their order.
func (s *Set) Routes() []Route { return slices.Clone(s.routes) }

// PlanFor is the plan of a queue for an item that a route-to-queue rule sent
// there: the queue's own, unless the rule has overflow handling of its own.
func (s *Set) PlanFor(queue adapter.QueueID, routingRule string) (*Plan, bool) {
	if p, ok := s.routed[routeKey{queue, adapter.NormalizeID(routingRule)}]; ok {
		return p, true
	}
	return s.Plan(queue)
}

// routing reads the route-to-queue rulesets and makes the plans of the rules that
// override those of their queues.
func (c *compiler) routing() []adapter.Finding {
	var findings []adapter.Finding
	for _, w := range c.settings.Workstreams {
		for _, step := range w.Steps {
			switch step.Type {
			case adapter.StepRouteToQueue:
				findings = append(findings, c.routes(w, step)...)
			case adapter.StepClassification: // sets attributes only
			default:
				findings = append(findings, finding("msdyn_routingconfigurationstep", step.ID, step.Name, "unsupported.step", adapter.SeverityInfo,
					fmt.Sprintf("work stream %q routes by skills or groups (step type %d)", w.Name, step.Type),
					"The step is not evaluated; the queue that an event names counts."))
			}
		}
		findings = append(findings, c.templates(w)...)
	}
	return findings
}

const ownRulesCount = "Overflow handling of its rules is not known; the queue's own rules are asked."

func (c *compiler) routes(w adapter.Workstream, step adapter.RoutingStep) []adapter.Finding {
	source, ok := c.settings.Rulesets[step.Ruleset]
	if !ok {
		f := rulesetFinding(adapter.Ruleset{ID: step.Ruleset, Name: step.Name}, "missing.ruleset", adapter.SeverityWarning,
			fmt.Sprintf("the route-to-queue ruleset of work stream %q does not exist or cannot be read", w.Name), ownRulesCount)
		f.Remedy = "Allow the application user to read table msdyn_decisionruleset, or set the work stream's route-to-queue rules again."
		return []adapter.Finding{f}
	}
	root, err := parseXML(strings.TrimPrefix(source.Definition, "\ufeff"))
	if err != nil {
		f := rulesetFinding(source, "broken.ruleset", adapter.SeverityWarning,
			fmt.Sprintf("the route-to-queue ruleset of work stream %q is not well formed: %v", w.Name, err), ownRulesCount)
		f.Remedy = "Open the work stream's route-to-queue rules in the portal and save them again."
		return []adapter.Finding{f}
	}
	disabled := builder{program: &program{source: source}}
	var findings []adapter.Finding
	if !disabled.readDisabled() {
		findings = append(findings, rulesetFinding(source, "unsupported.disabledrules", adapter.SeverityWarning,
			fmt.Sprintf("which route-to-queue rules of work stream %q are disabled cannot be read", w.Name), "All of them are shown as enabled."))
	}
	for _, list := range root.children {
		for i, e := range list.children {
			if e.name != "rule" {
				continue
			}
			r := c.route(e)
			r.Workstream = w.ID
			c.set.routes = append(c.set.routes, r)
			c.set.ways[w.ID] = append(c.set.ways[w.ID], way{r, readCriteria(e), r.ID != "" && slices.Contains(disabled.disabled, r.ID)})
			for _, f := range c.judge(source, r, i) {
				f.Part = cmp.Or(f.Part, r.ID)
				findings = append(findings, f)
			}
		}
	}
	distinct(findings)
	return findings
}

// route reads one <rule>.
func (c *compiler) route(e *element) Route {
	id, _ := e.attr("id")
	name, _ := e.attr("name")
	r := Route{ID: adapter.NormalizeID(id), Name: name}
	for _, action := range e.children {
		switch action.name {
		case "condition", "logical":
		case "action":
			for _, part := range action.children {
				c.routePart(&r, part)
			}
		default:
			c.override(&r, action)
		}
	}
	return r
}

// routePart reads what a rule does: one queue, or several by percentage. What
// else it holds may be its overflow handling.
func (c *compiler) routePart(r *Route, e *element) {
	left, right, ok := sides(e)
	switch {
	case e.name == "setattribute" && ok && left.text == "assign_to.queue":
		r.Shares = append(r.Shares, Share{adapter.QueueID(adapter.NormalizeID(right.text)), 100})
	case e.name == "upsertrecords" && c.split(r, e):
	default:
		c.override(r, e)
	}
}

// split reads a percentage-based distribution, if that is what e is.
func (c *compiler) split(r *Route, e *element) bool {
	var shares []Share
	for _, child := range e.children {
		if child.name == "target" && child.text != "percentagebaseddistribution" {
			return false
		}
		for _, record := range child.children {
			share, ok := readShare(record)
			if !ok {
				return false
			}
			shares = append(shares, share)
		}
	}
	r.Shares = append(r.Shares, shares...)
	return len(shares) > 0
}

func readShare(record *element) (share Share, ok bool) {
	for _, set := range record.children {
		left, right, both := sides(set)
		switch {
		case !both:
			return share, false
		case left.text == "queuedetails.queueid":
			share.Queue = adapter.QueueID(adapter.NormalizeID(right.text))
		case left.text == "queuedetails.percentage":
			percent, err := strconv.ParseFloat(right.text, 64)
			if err != nil || !(percent >= 0 && percent <= 100) { // nor is NaN
				return share, false
			}
			share.Percent = percent
		default:
			return share, false
		}
	}
	return share, share.Queue != ""
}

// override reads a part of a rule that is not documented. Where a rule keeps its
// overflow handling is not known; but a ruleset about a queue before queuing, named
// in here, can hardly be anything else.
func (c *compiler) override(r *Route, e *element) {
	var named []adapter.RulesetID
	e.walk(func(inner *element) {
		id := adapter.RulesetID(adapter.NormalizeID(inner.text))
		if source, ok := c.settings.Rulesets[id]; ok && strings.Contains(source.Definition, preQueuePrefix) {
			named = append(named, id)
		}
	})
	switch {
	case len(named) == 1 && (r.Override == "" || r.Override == named[0]) && r.Problem == "":
		r.Override = named[0]
	default:
		r.Override, r.Problem = "", fmt.Sprintf("<%s> in it is not known and may be its own overflow handling", e.name)
	}
}

const preQueuePrefix = "queue_prequeue."

// walk visits e and all below it.
func (e *element) walk(visit func(*element)) {
	visit(e)
	for _, child := range e.children {
		child.walk(visit)
	}
}

// judge makes the plans of a route that overrides, and says what is odd about it.
func (c *compiler) judge(source adapter.Ruleset, r Route, index int) []adapter.Finding {
	var findings []adapter.Finding
	label := ruleLabel(index, r.Name)
	sum := 0.0
	for _, share := range r.Shares {
		sum += share.Percent
		if !c.inputs.queues[share.Queue] {
			findings = append(findings, rulesetFinding(source, "unknown.target", adapter.SeverityWarning,
				label+": its queue "+string(share.Queue)+" is not among the queues that were read", "The rule is shown as it is."))
		}
	}
	if len(r.Shares) > 1 && sum != 100 {
		findings = append(findings, rulesetFinding(source, "odd.percentage", adapter.SeverityWarning,
			fmt.Sprintf("%s: its percentages add up to %g, not 100", label, sum), "Nothing: the platform picks the queue, and the event names it."))
	}
	switch {
	case r.Override != "":
		findings = append(findings, rulesetFinding(source, "rule.override", adapter.SeverityInfo,
			label+" names ruleset "+string(r.Override)+", which is about a queue before work items are queued",
			"For calls that the rule routed it replaces the pre-queue rules of their queue."))
	case r.Problem != "":
		findings = append(findings, rulesetFinding(source, "possible.override", adapter.SeverityWarning,
			label+": "+r.Problem, "Nothing is decided pre-queue for calls that the rule routed."))
	default:
		return findings
	}
	for _, share := range r.Shares {
		if p, ok := c.set.plans[share.Queue]; ok {
			routed := c.overridden(p, r)
			c.set.routed[routeKey{share.Queue, r.ID}] = routed
			findings = append(findings, routed.findings...)
		}
	}
	return findings
}

// overridden is a queue's plan with the route's rules in the place of its own.
func (c *compiler) overridden(own *Plan, r Route) *Plan {
	p := *own
	p.findings, p.route = nil, r.ID
	p.moments[PreQueue] = moment{program: &program{moment: PreQueue, entry: exit(-1)}}
	m := &p.moments[PreQueue]
	if r.Problem != "" {
		m.unreadable = "the route-to-queue rule that sent the call here may have overflow handling of its own, which cannot be read"
		return &p
	}
	source := c.settings.Rulesets[r.Override]
	if _, err := c.program(source, programKey{r.Override, PreQueue}); err != nil {
		m.unreadable = "the overflow handling of the route-to-queue rule that sent the call here is not well formed"
		p.findings = append(p.findings, brokenFinding(source, PreQueue, err, false))
		return &p
	}
	c.moment(&p, PreQueue, r.Override)
	return &p
}

// templates looks at what representatives are shown of callbacks.
func (c *compiler) templates(w adapter.Workstream) []adapter.Finding {
	if !slices.ContainsFunc(c.settings.Configurations, func(e adapter.EngagementConfiguration) bool { return e.Workstream == w.ID && e.PlacesCallbacks() }) {
		return nil
	}
	for _, t := range w.Templates {
		if t.Purpose == "agent_dial" && t.Title != "" && !saysCallback(t.Title) && !saysCallback(t.Name) {
			return []adapter.Finding{finding("msdyn_liveworkstream", w.ID, w.Name, "silent.template", adapter.SeverityWarning,
				fmt.Sprintf("the notification template %q, which representatives see before a callback is dialled, does not say that it is one", t.Name),
				"Representatives may take callbacks for other outbound calls.")}
		}
	}
	return nil
}

func saysCallback(text string) bool {
	text = strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(text))
	return strings.Contains(text, "callback") || strings.Contains(text, "rappel") || strings.Contains(text, "rückruf")
}
