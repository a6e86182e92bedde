package overflow

import (
	"time"

	"directcallback/adapter"
)

// program is one ruleset, compiled. It knows nothing of a queue or of action
// rows, so that a ruleset which did not change is never compiled twice.
type program struct {
	source  adapter.Ruleset
	moment  Moment
	rules   []rule   // in document order
	order   []int32  // enabled rules in the order they are asked
	nodes   []node   // of all rules; see node
	clauses []clause // one a node

	// turns are the elapsed waits at which a condition can change, ascending.
	turns []time.Duration

	// unreadable says why the ruleset cannot be evaluated; then there are no rules.
	unreadable string
	findings   []adapter.Finding // without a queue
}

// rule is one <rule>.
type rule struct {
	id       string
	name     string
	root     int32 // its node
	reads    attributeSet
	disabled bool
	action   adapter.ActionID
	problem  string // why action is empty
}

// decide asks the rules in order. It gives the first that holds, or -1, and the
// first before it that could not be decided, or -1.
func (p *program) decide(r *readings) (holds, undecided int) {
	undecided = -1
	for _, i := range p.order {
		switch eval(p.nodes, p.rules[i].root, r) {
		case True:
			return int(i), undecided
		case Unknown:
			if undecided < 0 {
				undecided = int(i)
			}
		default:
		}
	}
	return -1, undecided
}

// members are the nodes of rule i, as a range.
func (p *program) members(i int) (first, end int32) {
	root := p.rules[i].root
	return root, p.nodes[root].end
}
