package overflow

import (
	"maps"
	"reflect"
	"slices"

	"directcallback/adapter"
)

// inputs are the rows that plans are compiled from, beside those that they hold:
// their queues and rulesets.
type inputs struct {
	actions  map[adapter.ActionID]adapter.OverflowAction
	profiles map[adapter.ProfileID]adapter.CallbackProfile
	labels   map[adapter.OverflowActionType]string
	members  map[adapter.QueueID]int // nil = cannot be read
	queues   map[adapter.QueueID]bool
	names    map[adapter.QueueID]string
	placing  map[adapter.QueueID][]adapter.EngagementConfiguration
	texts    *texts
}

// inputsOf copies what the caller may go on to change.
func inputsOf(s adapter.Settings) *inputs {
	in := &inputs{
		actions: maps.Clone(s.Actions), profiles: maps.Clone(s.Profiles), labels: s.ActionNames(), members: maps.Clone(s.Members),
		queues: make(map[adapter.QueueID]bool, len(s.Queues)), names: make(map[adapter.QueueID]string, len(s.Queues)), placing: placing(s.Configurations), texts: newTexts(s.Messages, s.Channels),
	}
	for _, q := range s.Queues {
		in.queues[q.ID], in.names[q.ID] = true, q.Name
	}
	return in
}

// comparison tells which inputs are as they were.
type comparison struct {
	was, is *inputs
	labels  bool // those of all actions are
	actions map[adapter.ActionID]bool
}

// compareInputs compares them when asked; was is nil if there was nothing before.
func compareInputs(was, is *inputs) *comparison {
	if was == nil {
		return nil
	}
	if reflect.DeepEqual(was.texts, is.texts) {
		is.texts = was.texts
	}
	return &comparison{was: was, is: is, labels: maps.Equal(was.labels, is.labels), actions: make(map[adapter.ActionID]bool, len(is.actions))}
}

// queue tells whether who works in a queue and what places its callbacks is as it was.
func (c *comparison) queue(id adapter.QueueID) bool {
	return (c.was.members == nil) == (c.is.members == nil) && c.was.members[id] == c.is.members[id] &&
		slices.Equal(c.was.placing[id], c.is.placing[id])
}

// action tells whether an action is as it was, with all that it names.
func (c *comparison) action(id adapter.ActionID) bool {
	same, known := c.actions[id]
	if !known {
		same = c.sameAction(id)
		c.actions[id] = same
	}
	return same
}

func (c *comparison) sameAction(id adapter.ActionID) bool {
	was, existed := c.was.actions[id]
	is, exists := c.is.actions[id]
	if existed != exists || was != is {
		return false
	}
	if is.Profile != "" {
		before, had := c.was.profiles[is.Profile]
		now, has := c.is.profiles[is.Profile]
		if had != has || !reflect.DeepEqual(before, now) {
			return false
		}
	}
	if is.Type == adapter.ActionTransferToQueue {
		target := adapter.QueueID(adapter.NormalizeID(is.Data))
		return c.was.queues[target] == c.is.queues[target]
	}
	return true
}

// again is the queue's plan of the previous set, if it would come out the same.
func (c *compiler) again(q adapter.Queue) (*Plan, bool) {
	if c.compared == nil || !c.compared.labels {
		return nil, false
	}
	p, ok := c.previous.plans[q.ID]
	if !ok || p.queue != q || !c.compared.queue(q.ID) {
		return nil, false
	}
	for m, id := range rulesetsOf(q) {
		if id != "" && !c.sameMoment(&p.moments[m], programKey{id, Moment(m)}) {
			return nil, false
		}
	}
	for m := range p.moments {
		for _, r := range p.moments[m].program.rules {
			c.named[r.action] = true
		}
	}
	if p.texts != c.inputs.texts {
		another := *p
		another.texts = c.inputs.texts
		p = &another
	}
	return p, true
}

// sameMoment tells whether a ruleset and the actions that it names are as they were.
func (c *compiler) sameMoment(m *moment, key programKey) bool {
	source, ok := c.settings.Rulesets[key.ruleset]
	if !ok {
		return false
	}
	p, err := c.program(source, key)
	if err != nil || p != m.program {
		return false
	}
	return !slices.ContainsFunc(p.rules, func(r rule) bool { return r.problem == "" && !c.compared.action(r.action) })
}

// rulesetsOf are the rulesets of a queue by moment; empty = there is none.
func rulesetsOf(q adapter.Queue) [momentCount]adapter.RulesetID {
	return [momentCount]adapter.RulesetID{PreQueue: q.PreQueue, InQueue: q.InQueue}
}
