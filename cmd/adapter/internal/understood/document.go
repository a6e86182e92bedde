// Package understood writes down what was understood of the portal's settings, in a
// form that is the same whenever the settings are: sorted, without times, versions or
// secrets. It is made to be kept beside other configuration, reviewed, and compared
// with what the portal says later.
package understood

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
)

// Document is what was understood.
type Document struct {
	Queues   []Queue   `json:"queues" yaml:"queues"`
	Others   []Other   `json:"otherQueues,omitempty" yaml:"otherQueues,omitempty"` // that take no calls
	Hours    []Hours   `json:"hours,omitempty" yaml:"hours,omitempty"`             // that voice queues are open by
	Streams  []Stream  `json:"workstreams,omitempty" yaml:"workstreams,omitempty"` // of calls
	Messages []Message `json:"messages,omitempty" yaml:"messages,omitempty"`
	Findings []Finding `json:"findings,omitempty" yaml:"findings,omitempty"` // of no queue
}

// Other is a queue that unified routing uses and that is no voice queue.
type Other struct {
	ID   string `json:"id" yaml:"id"`
	Name string `json:"name" yaml:"name"`
	Type string `json:"type" yaml:"type"`
}

// Queue is a voice queue.
type Queue struct {
	ID            string    `json:"id" yaml:"id"`
	Name          string    `json:"name" yaml:"name"`
	Inactive      bool      `json:"inactive,omitempty" yaml:"inactive,omitempty"`
	Priority      int       `json:"priority,omitempty" yaml:"priority,omitempty"`
	Assignment    string    `json:"assignment,omitempty" yaml:"assignment,omitempty"` // as the organization calls it
	Hours         string    `json:"hours,omitempty" yaml:"hours,omitempty"`           // empty = always open
	Members       *int      `json:"members,omitempty" yaml:"members,omitempty"`
	Configuration string    `json:"configuration,omitempty" yaml:"configuration,omitempty"`             // that places its callbacks
	BeforeRow     string    `json:"beforeQueuedRuleset,omitempty" yaml:"beforeQueuedRuleset,omitempty"` // the row the rules came from
	Before        []Rule    `json:"beforeQueued,omitempty" yaml:"beforeQueued,omitempty"`
	WaitingRow    string    `json:"whileWaitingRuleset,omitempty" yaml:"whileWaitingRuleset,omitempty"`
	Waiting       []Rule    `json:"whileWaiting,omitempty" yaml:"whileWaiting,omitempty"`
	Findings      []Finding `json:"findings,omitempty" yaml:"findings,omitempty"`
}

// Rule is an overflow rule.
type Rule struct {
	Rule     int    `json:"rule" yaml:"rule"` // by its place in the ruleset
	Name     string `json:"name,omitempty" yaml:"name,omitempty"`
	Disabled bool   `json:"disabled,omitempty" yaml:"disabled,omitempty"`
	When     string `json:"when" yaml:"when"`
	Then     string `json:"then" yaml:"then"`
	Target   string `json:"target,omitempty" yaml:"target,omitempty"` // of a transfer
	Action   string `json:"action,omitempty" yaml:"action,omitempty"` // its row
	Terms    string `json:"terms,omitempty" yaml:"terms,omitempty"`   // of a direct callback, where the portal says any
}

// Hours are operating hours.
type Hours struct {
	ID   string   `json:"id" yaml:"id"`
	Name string   `json:"name" yaml:"name"`
	Zone string   `json:"zone,omitempty" yaml:"zone,omitempty"` // whose clock on the wall counts
	Open []string `json:"open" yaml:"open"`
}

// Stream is a voice work stream.
type Stream struct {
	ID       string `json:"id" yaml:"id"`
	Name     string `json:"name" yaml:"name"`
	Inactive bool   `json:"inactive,omitempty" yaml:"inactive,omitempty"`
	Fallback string `json:"fallbackQueue,omitempty" yaml:"fallbackQueue,omitempty"`
	Bot      bool   `json:"bot,omitempty" yaml:"bot,omitempty"`       // one answers first; overflow is judged after escalation
	Silent   bool   `json:"silent,omitempty" yaml:"silent,omitempty"` // automated messages are switched off
	Routes   []Rule `json:"routes,omitempty" yaml:"routes,omitempty"` // to queues, of the active routing configuration
}

// Message is what callers hear.
type Message struct {
	ID           string            `json:"id" yaml:"id"`
	Event        int               `json:"event" yaml:"event"`
	Instance     string            `json:"instance,omitempty" yaml:"instance,omitempty"` // of a channel; empty = the whole channel
	Locale       string            `json:"locale,omitempty" yaml:"locale,omitempty"`
	Text         string            `json:"text" yaml:"text"`
	Translations map[string]string `json:"translations,omitempty" yaml:"translations,omitempty"`
}

// Finding is one in short; adapter check has all of it.
type Finding struct {
	ID     string `json:"id" yaml:"id"`
	Code   string `json:"code" yaml:"code"`
	Reason string `json:"reason" yaml:"reason"`
}

// Of writes settings down.
func Of(s adapter.Settings) Document {
	set := overflow.Compile(s, nil)
	schedules := hours.Compile(s, time.LoadLocation)
	var d Document
	told, used := map[string]bool{}, map[string]bool{}
	for _, id := range set.Queues() {
		plan, _ := set.Plan(id)
		q := queueOf(s, plan)
		for _, f := range plan.Findings() {
			told[f.ID()] = true
		}
		d.Queues = append(d.Queues, q)
		if id := plan.Queue().OperatingHours; id != "" && !used[id] {
			used[id] = true
			schedule := schedules.Of(plan.Queue())
			d.Hours = append(d.Hours, Hours{id, cmp.Or(s.Hours[id].Name, id), schedule.Zone(), schedule.Review()})
		}
	}
	slices.SortFunc(d.Hours, func(a, b Hours) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	for _, w := range set.Workstreams() {
		d.Streams = append(d.Streams, streamOf(s, set, w))
	}
	slices.SortFunc(d.Streams, func(a, b Stream) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	for _, q := range s.Queues {
		if q.Type != adapter.QueueVoice {
			d.Others = append(d.Others, Other{string(q.ID), q.Name, named(s, "queue.msdyn_queuetype", int(q.Type))})
		}
	}
	slices.SortFunc(d.Others, func(a, b Other) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	slices.SortFunc(d.Queues, func(a, b Queue) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	for _, m := range s.Messages {
		if m.Active {
			d.Messages = append(d.Messages, Message{m.ID, int(m.Event), m.Instance, m.Locale, m.Text, m.Translations})
		}
	}
	slices.SortFunc(d.Messages, func(a, b Message) int {
		return cmp.Or(cmp.Compare(a.Event, b.Event), strings.Compare(a.Locale, b.Locale), strings.Compare(a.ID, b.ID))
	})
	d.Findings = findings(slices.DeleteFunc(slices.Concat(s.Findings, set.Findings(), schedules.Findings()), func(f adapter.Finding) bool { return told[f.ID()] }))
	return d
}

// named is what the organization calls a number of a choice column.
func named(s adapter.Settings, column string, number int) string {
	if number == 0 {
		return ""
	}
	return cmp.Or(s.Choices[column][number], strconv.Itoa(number))
}

func queueOf(s adapter.Settings, plan *overflow.Plan) Queue {
	row := plan.Queue()
	q := Queue{
		ID: string(row.ID), Name: row.Name, Inactive: !row.Active, Priority: row.Priority, Assignment: named(s, "queue.msdyn_assignmentstrategy", row.Assignment),
		BeforeRow: string(row.PreQueue), WaitingRow: string(row.InQueue),
		Before: rules(s, plan, overflow.PreQueue), Waiting: rules(s, plan, overflow.InQueue), Findings: findings(plan.Findings()),
	}
	if row.OperatingHours != "" {
		q.Hours = cmp.Or(s.Hours[row.OperatingHours].Name, row.OperatingHours)
	}
	if s.Members != nil {
		members := s.Members[row.ID]
		q.Members = &members
	}
	if c, ok := plan.Configuration(); ok {
		q.Configuration = c.Name
	}
	return q
}

// streamOf writes a work stream down with its rules. What these say does not depend on
// what a call is like, so that any call shows them.
func streamOf(s adapter.Settings, set *overflow.Set, w adapter.Workstream) Stream {
	stream := Stream{ID: w.ID, Name: w.Name, Inactive: !w.Active, Fallback: queueName(s, w.Fallback), Bot: w.Bot != "", Silent: w.Silent}
	nothing := func(*overflow.Plan) (overflow.Snapshot, time.Time) {
		return overflow.Snapshot{EstimatedWait: overflow.NoEstimate}, time.Time{}
	}
	for _, r := range set.Route(w, nil, nothing, time.Time{}).Rules {
		var to []string
		for _, share := range r.Shares {
			name := queueName(s, share.Queue)
			if len(r.Shares) > 1 {
				name = strconv.FormatFloat(share.Percent, 'f', -1, 64) + "% " + name
			}
			to = append(to, name)
		}
		stream.Routes = append(stream.Routes, Rule{
			Rule: r.Number, Name: r.Name, Disabled: r.Result == overflow.ResultDisabled, When: when(r.Conditions),
			Then: cmp.Or(strings.Join(to, ", "), "no queue"), Target: overridden(r.Route),
		})
	}
	return stream
}

// overridden says what of a route replaces the overflow handling of its queues.
func overridden(r overflow.Route) string {
	switch {
	case r.Override != "":
		return "with overflow handling of its own, ruleset " + string(r.Override)
	case r.Problem != "":
		return "with overflow handling of its own, perhaps"
	default:
		return ""
	}
}

// queueName is what a queue is called, else its id.
func queueName(s adapter.Settings, id adapter.QueueID) string {
	for _, q := range s.Queues {
		if q.ID == id {
			return q.Name
		}
	}
	return string(id)
}

// rules are those of a moment. What they say does not depend on what is the case, so
// that any decision shows them.
func rules(s adapter.Settings, plan *overflow.Plan, moment overflow.Moment) []Rule {
	var all []Rule
	for _, step := range plan.Decide(overflow.Snapshot{Moment: moment, EstimatedWait: overflow.NoEstimate}, time.Time{}).Trace() {
		if step.Number == 0 {
			return []Rule{{When: "cannot be read: " + step.Reason, Then: "nothing"}}
		}
		all = append(all, Rule{
			Rule: step.Number, Name: step.Name, Disabled: step.Result == overflow.ResultDisabled,
			When: when(step.Conditions), Then: cmp.Or(step.Action, "not known"), Target: target(s, step), Action: string(step.ActionID),
			Terms: terms(plan, step),
		})
	}
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.Rule, b.Rule) })
	return all
}

// terms are those of a rule that leads to a direct callback.
func terms(plan *overflow.Plan, step overflow.Step) string {
	if step.ActionType != adapter.ActionDirectCallback || step.Result == overflow.ResultDisabled {
		return ""
	}
	t := plan.Terms(step.ActionID)
	if t.Action != step.ActionID {
		return ""
	}
	if plan.Queue().OperatingHours == "" {
		t.OutsideHours = adapter.Unsaid // it is never closed
	}
	return overflow.Promise(t, overflow.English)
}

// target names where a transfer goes: a queue, or one of the organization's numbers.
func target(s adapter.Settings, step overflow.Step) string {
	data := s.Actions[step.ActionID].Data
	switch step.ActionType {
	case adapter.ActionTransferToQueue:
		return queueName(s, adapter.QueueID(adapter.NormalizeID(data)))
	case adapter.ActionTransferToPhone:
		return data
	default:
		return ""
	}
}

// when writes conditions in one line. The guards that there is a value say nothing.
func when(all []overflow.Observation) string {
	if len(all) == 0 {
		return "always"
	}
	text, _ := group(all)
	return cmp.Or(text, "always")
}

// group writes the first observation with what is deeper behind it, and returns the rest.
func group(all []overflow.Observation) (text string, rest []overflow.Observation) {
	first, rest := all[0], all[1:]
	if first.Group == "" {
		return condition(first), rest
	}
	var members []string
	for len(rest) > 0 && rest[0].Depth > first.Depth {
		var member string
		member, rest = group(rest)
		if member != "" {
			members = append(members, member)
		}
	}
	text = strings.Join(members, " "+strings.ToLower(first.Group)+" ")
	if first.Depth > 0 && len(members) > 1 {
		text = "(" + text + ")"
	}
	return text, rest
}

func condition(o overflow.Observation) string {
	if o.Reason != "" {
		return "unknown: " + o.Reason
	}
	if strings.HasPrefix(o.Operator, "not") {
		return ""
	}
	_, column, _ := strings.Cut(o.Attribute, ".")
	return strings.TrimSpace(column + " " + o.Operator + " " + o.Threshold + " " + o.ThresholdUnit)
}

func findings(all []adapter.Finding) []Finding {
	var list []Finding
	for _, f := range all {
		list = append(list, Finding{f.ID(), f.Code, f.Reason})
	}
	slices.SortFunc(list, func(a, b Finding) int { return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.ID, b.ID)) })
	return list
}
