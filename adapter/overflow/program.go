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

	code  []instruction // see generate
	entry int32
	reads []attribute // by enabled rules

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

// members are the nodes of rule i, as a range.
func (p *program) members(i int) (first, end int32) {
	root := p.rules[i].root
	return root, p.nodes[root].end
}
