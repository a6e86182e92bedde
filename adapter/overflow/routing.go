package overflow

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// Routing is where the rules of a work stream would lead an item, and what the overflow
// handling of the queues makes of that. It is for people who ask beforehand: of a call
// that is there the platform has judged the rules, and the event names the queue.
type Routing struct {
	Workstream adapter.Workstream
	Rules      []RoutingRule
	Outcomes   []Outcome // each with its chance, the likeliest first
	Unsaid     []string  // attributes that decide between rules, and of which nothing is known
}

// RoutingRule is one rule as it stands for the item.
type RoutingRule struct {
	Route
	Number     int // in document order over all steps, from 1
	Result     string
	Conditions []Observation
}

// Outcome is one thing that may become of the item. There is more than one where a rule
// leads to several queues by percentage: overflow is asked of the one that is picked.
type Outcome struct {
	Percent  float64
	Queues   []Candidate // of the rules that match, in their order
	Chosen   int         // place in Queues; -1 = there is none
	Fallback bool        // no rule matches: it is the work stream's fallback queue
}

// maxOutcomes bounds what percentages of several rules multiply to.
const maxOutcomes = 64

// Look tells what is the case in a queue, and when it opens next.
type Look func(*Plan) (Snapshot, time.Time)

// Route tells where an item goes that comes in by a work stream at now. Rules that
// cannot be judged count as not matching; they are told.
func (s *Set) Route(w adapter.Workstream, item Item, look Look, now time.Time) Routing {
	r := Routing{Workstream: w}
	picks := []Outcome{{Percent: 100}}
	for _, one := range s.ways[w.ID] {
		rule := RoutingRule{Route: one.route, Number: len(r.Rules) + 1, Result: ResultDisabled}
		if !one.disabled {
			rule.Result = one.criteria.judge(item).String()
			r.Unsaid = one.criteria.unsaid(item, r.Unsaid)
		}
		rule.Conditions = one.criteria.observe(item)
		r.Rules = append(r.Rules, rule)
		if rule.Result == ResultTrue {
			picks = s.pick(picks, one.route, look, now)
		}
	}
	if len(picks[0].Queues) == 0 && w.Fallback != "" {
		picks[0].Fallback = true
		picks[0].Queues = []Candidate{s.candidate(w.Fallback, "", func(p *Plan) (Snapshot, time.Time) {
			snapshot, opens := look(p)
			snapshot.Entry = adapter.EntryFallback
			return snapshot, opens
		}, now)}
	}
	for i := range picks {
		picks[i].Chosen = Choose(picks[i].Queues)
	}
	r.Outcomes = picks
	slices.SortStableFunc(r.Outcomes, func(a, b Outcome) int {
		switch {
		case a.Percent > b.Percent:
			return -1
		case a.Percent < b.Percent:
			return 1
		default:
			return 0
		}
	})
	return r
}

// pick adds the queue of a rule that matches to all that may become of the item.
func (s *Set) pick(outcomes []Outcome, route Route, look Look, now time.Time) []Outcome {
	shares := slices.DeleteFunc(slices.Clone(route.Shares), func(share Share) bool { return share.Percent <= 0 })
	if len(shares) == 0 || len(outcomes)*len(shares) > maxOutcomes {
		return outcomes
	}
	total := 0.0
	for _, share := range shares {
		total += share.Percent
	}
	all := make([]Outcome, 0, len(outcomes)*len(shares))
	for _, o := range outcomes {
		for _, share := range shares {
			all = append(all, Outcome{
				Percent: o.Percent * share.Percent / total,
				Queues:  append(slices.Clip(o.Queues), s.candidate(share.Queue, route.ID, look, now)),
			})
		}
	}
	return all
}

// candidate is a queue with what its rules make of an item that a route sends there.
func (s *Set) candidate(queue adapter.QueueID, route string, look Look, now time.Time) Candidate {
	c := Candidate{Queue: queue, Name: s.inputs.names[queue]}
	p, ok := s.PlanFor(queue, route)
	if !ok {
		return c
	}
	snapshot, opens := look(p)
	c.Decision, c.Opens, c.Read = p.Decide(snapshot, now), opens, true
	return c
}

// way is a route with its conditions.
type way struct {
	route    Route
	criteria criteria
	disabled bool
}

// Workstreams are the voice work streams, in the order of the settings.
func (s *Set) Workstreams() []adapter.Workstream { return slices.Clone(s.workstreams) }

// Told says the rules one by one.
func (r Routing) Told(l Language) []Told {
	w := l.words()
	all := make([]Told, 0, len(r.Rules))
	for _, rule := range r.Rules {
		t := w.told(Step{Number: rule.Number, Name: rule.Name, Result: rule.Result, Effect: effectNone, Conditions: rule.Conditions})
		var shares []string
		for _, share := range rule.Shares {
			name := r.name(share.Queue)
			if len(rule.Shares) > 1 {
				name = fill(w.percent, w.number(share.Percent)) + " " + name
			}
			shares = append(shares, name)
		}
		t.Action, t.Reason = strings.Join(shares, ", "), w.reason(rule.Problem)
		all = append(all, t)
	}
	return all
}

// name is a queue's name, as far as an outcome knows it.
func (r Routing) name(id adapter.QueueID) string {
	for _, o := range r.Outcomes {
		for _, c := range o.Queues {
			if c.Queue == id {
				return c.name()
			}
		}
	}
	return string(id)
}

// Explain says what becomes of the item, an outcome a paragraph.
func (r Routing) Explain(l Language) []string {
	w := l.words()
	if len(r.Rules) == 0 {
		return []string{w.noRoutes}
	}
	var all []string
	for _, o := range r.Outcomes {
		x := explainer{words: w}
		x.outcome(o)
		text := strings.Join(x.sentences, " ")
		if len(r.Outcomes) > 1 {
			text = fill(w.percent, w.number(roundTo(o.Percent, 10))) + w.colon + text
		}
		all = append(all, text)
	}
	if len(r.Unsaid) > 0 {
		all = append(all, fill(w.unsaid, strings.Join(r.Unsaid, ", ")))
	}
	return all
}

func roundTo(value, parts float64) float64 { return float64(int(value*parts+0.5)) / parts }

// outcome says which queue is chosen, why, and what happens there.
func (x *explainer) outcome(o Outcome) {
	if o.Chosen < 0 {
		x.say(x.noQueue)
		return
	}
	c := o.Queues[o.Chosen]
	switch {
	case o.Fallback:
		x.say(x.toFallback, c.name())
	case !c.overflows() && len(o.Queues) > 1:
		x.say(x.firstFree, strconv.Itoa(len(o.Queues)), c.name())
	case c.overflows() && len(o.Queues) > 1 && c.operates():
		x.say(x.allFull, strconv.Itoa(len(o.Queues)), c.name())
	case c.overflows() && len(o.Queues) > 1:
		x.say(x.opensFirst, strconv.Itoa(len(o.Queues)), c.name())
	default:
		x.say(x.toQueue, c.name())
	}
	if !c.Read {
		x.say(x.unread)
		return
	}
	x.sentences = append(x.sentences, c.Decision.Account().explain(x.words))
}
