package overflow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"directcallback/adapter"
)

// Set is the plans of all voice queues, compiled from one reading of the
// settings. It never changes and may be shared.
type Set struct {
	plans    map[adapter.QueueID]*Plan
	programs map[programKey]*program
	findings []adapter.Finding
	errs     []error

	routes      []Route
	routed      map[routeKey]*Plan // of routes that override
	workstreams []adapter.Workstream
	ways        map[string][]way // by work stream

	inputs *inputs // for the next set
}

// programKey names a compiled ruleset. The moment belongs to it because an
// attribute has a value at one moment only.
type programKey struct {
	ruleset adapter.RulesetID
	moment  Moment
}

// RuleError is a ruleset that is not well formed.
type RuleError struct {
	Queue        adapter.QueueID
	Ruleset      adapter.RulesetID
	Line, Column int // in the stored definition, from 1
	Err          error
}

// Error names queue, ruleset and position.
func (e *RuleError) Error() string {
	return fmt.Sprintf("queue %s: ruleset %s: line %d, column %d: %v", e.Queue, e.Ruleset, e.Line, e.Column, e.Err)
}

// Unwrap gives the cause.
func (e *RuleError) Unwrap() error { return e.Err }

// Plan is the plan of a voice queue.
func (s *Set) Plan(id adapter.QueueID) (*Plan, bool) {
	p, ok := s.plans[id]
	return p, ok
}

// Queues are the voice queues, sorted.
func (s *Set) Queues() []adapter.QueueID { return slices.Sorted(maps.Keys(s.plans)) }

// Findings are those of all plans in the order of Queues, then those that
// belong to no queue. What the reader of the settings found is not repeated.
func (s *Set) Findings() []adapter.Finding { return slices.Clone(s.findings) }

// Errors are the *RuleError of this compilation, in the order of Queues.
func (s *Set) Errors() []error { return slices.Clone(s.errs) }

// Compile turns settings into plans. It never fails: what cannot be read is
// part of a plan, as a decision that is not made and a finding that says why. A
// ruleset that is not well formed is an accident of editing, so its queue keeps
// the rules of previous, which may be nil.
//
// The set is the one that all plans compiled anew would make. But a plan of
// previous that would come out the same is taken over, so that a few changes
// cost what these few cost, and not what the organization is large.
func Compile(s adapter.Settings, previous *Set) *Set {
	if previous == nil {
		previous = &Set{}
	}
	in := inputsOf(s)
	c := compiler{
		settings: s,
		previous: previous,
		inputs:   in,
		compared: compareInputs(previous.inputs, in),
		set: &Set{
			plans: make(map[adapter.QueueID]*Plan, len(s.Queues)), programs: make(map[programKey]*program, len(previous.programs)),
			routed: map[routeKey]*Plan{}, workstreams: s.Workstreams, ways: map[string][]way{}, inputs: in, findings: make([]adapter.Finding, 0, len(previous.findings)),
		},
		named: make(map[adapter.ActionID]bool, len(s.Actions)),
	}
	var unknown []adapter.Finding
	queues := slices.SortedFunc(slices.Values(s.Queues), func(a, b adapter.Queue) int {
		return strings.Compare(string(a.ID), string(b.ID))
	})
	for _, q := range queues {
		if q.Type == adapter.QueueVoice {
			p, same := c.again(q)
			if !same {
				p = c.plan(q)
			}
			c.set.plans[q.ID] = p
			c.set.findings = append(c.set.findings, p.findings...)
		} else if q.Type != adapter.QueueMessaging && q.Type != adapter.QueueRecord {
			unknown = append(unknown, queueFinding(q, "unsupported.queue", adapter.SeverityWarning,
				fmt.Sprintf("the queue type %d is not known", q.Type), "The queue is not taken for a voice queue."))
		}
	}
	if len(c.set.plans) == 0 {
		unknown = append(unknown, finding(tableQueue, "", "", "missing.queues", adapter.SeverityError,
			fmt.Sprintf("none of the %d queues that unified routing uses is a voice queue", len(queues)), "No call is decided, and no callback can be asked for."))
	}
	c.set.findings = slices.Concat(c.set.findings, unknown, c.routing(), c.overrides())
	return c.set
}

// compiler holds what one compilation needs.
type compiler struct {
	settings adapter.Settings
	previous *Set
	inputs   *inputs
	compared *comparison // with those of previous; nil if there are none
	set      *Set
	named    map[adapter.ActionID]bool
}

// plan compiles one queue.
func (c *compiler) plan(q adapter.Queue) *Plan {
	p := &Plan{queue: q, texts: c.inputs.texts, labels: c.inputs.labels}
	for m, id := range rulesetsOf(q) {
		c.moment(p, Moment(m), id)
	}
	c.configure(p)
	c.promise(p)
	if !q.Active {
		p.findings = append(p.findings, queueFinding(q, "inactive.queue", adapter.SeverityInfo,
			"the queue is inactive", "Its rules are asked for calls that name it all the same."))
	}
	for i := range p.findings {
		p.findings[i].Queue, p.findings[i].QueueName = q.ID, q.Name
	}
	distinct(p.findings)
	return p
}

// moment compiles one of a queue's two rulesets. Without one no rule holds.
func (c *compiler) moment(p *Plan, at Moment, id adapter.RulesetID) {
	m := &p.moments[at]
	m.program = &program{moment: at, entry: exit(-1)}
	if id == "" {
		return
	}
	source, ok := c.settings.Rulesets[id]
	if !ok {
		m.unreadable = "its ruleset " + string(id) + " does not exist or cannot be read"
		p.findings = append(p.findings, rulesetFinding(adapter.Ruleset{ID: id}, "missing.ruleset", adapter.SeverityError,
			"the ruleset does not exist or cannot be read", "No decision is made "+at.String()+", and nothing is offered."))
		return
	}
	compiled, err := c.program(source, programKey{id, at})
	if err != nil {
		compiled = c.kept(p.queue.ID, at)
		p.findings = append(p.findings, brokenFinding(source, at, err, compiled != nil))
		c.set.errs = append(c.set.errs, ruleError(p.queue.ID, id, err))
	}
	if compiled == nil {
		m.unreadable = "its ruleset is not well formed"
		return
	}
	m.program, m.unreadable = compiled, compiled.unreadable
	p.findings = append(p.findings, compiled.findings...)
	for i := range compiled.rules {
		e, findings := c.bind(compiled, i)
		m.effects = append(m.effects, e)
		c.named[compiled.rules[i].action] = true
		if compiled.rules[i].disabled {
			continue
		}
		for _, f := range findings {
			f.Part = partOf(compiled, i)
			p.findings = append(p.findings, f)
		}
	}
}

// program compiles a ruleset unless it was compiled before: by another queue,
// or in the previous set from the very same row.
func (c *compiler) program(source adapter.Ruleset, key programKey) (*program, error) {
	if p, ok := c.set.programs[key]; ok {
		return p, nil
	}
	if p, ok := c.previous.programs[key]; ok && p.source == source {
		c.set.programs[key] = p
		return p, nil
	}
	p, err := compileRuleset(source, key.moment)
	if err != nil {
		return nil, err
	}
	c.set.programs[key] = p
	return p, nil
}

// kept is what the queue's previous plan evaluates at this moment, if it
// evaluates anything.
func (c *compiler) kept(id adapter.QueueID, at Moment) *program {
	p, ok := c.previous.plans[id]
	if !ok || p.moments[at].unreadable != "" || p.moments[at].program.source.ID == "" {
		return nil
	}
	return p.moments[at].program
}

func ruleError(queue adapter.QueueID, ruleset adapter.RulesetID, err error) error {
	e := &RuleError{Queue: queue, Ruleset: ruleset, Err: err}
	if syntax, ok := errors.AsType[*syntaxError](err); ok {
		e.Line, e.Column, e.Err = syntax.line, syntax.column, syntax.err
	}
	return e
}
