package overflow

import (
	"slices"
	"sort"
	"time"

	"directcallback/adapter"
)

// Plan is what one voice queue does about overflow. It never changes; a new
// [Set] has new plans.
type Plan struct {
	queue    adapter.Queue
	route    string // whose overflow handling replaces the queue's own; empty = nobody's
	moments  [momentCount]moment
	texts    *texts
	labels   map[adapter.OverflowActionType]string
	findings []adapter.Finding

	configuration    adapter.EngagementConfiguration
	hasConfiguration bool
}

// moment is a ruleset with its actions looked up. The program is never nil.
type moment struct {
	program    *program
	effects    []effect // one a rule
	unreadable string   // why nothing can be decided
}

// moment is the half of the plan that s asks. A moment that does not exist
// cannot be decided.
func (p *Plan) moment(m Moment) *moment {
	if m >= momentCount {
		return &moment{program: &program{}, unreadable: "there is no such moment"}
	}
	return &p.moments[m]
}

// Queue is the row that the plan was compiled for.
func (p *Plan) Queue() adapter.Queue { return p.queue }

// Findings are those about this queue, its rulesets, actions and configuration.
func (p *Plan) Findings() []adapter.Finding { return slices.Clone(p.findings) }

// Configuration is the active Voice configuration in dial mode Preview of this
// queue, through which its callbacks are placed.
func (p *Plan) Configuration() (adapter.EngagementConfiguration, bool) {
	return p.configuration, p.hasConfiguration
}

// InQueueRules tells whether waiting items must be looked at again.
func (p *Plan) InQueueRules() bool { return len(p.moments[InQueue].program.order) > 0 }

// AsksEstimate tells whether a pre-queue rule compares the estimated wait, so
// that it is needed at all.
func (p *Plan) AsksEstimate() bool {
	return slices.Contains(p.moments[PreQueue].program.reads, estimatedWait)
}

// NextCheck is the next elapsed wait at which an in-queue decision can change,
// for an item that has waited elapsed; ok is false when none follows. Between
// two of these the decision is the same, so a timer for each is enough.
func (p *Plan) NextCheck(elapsed time.Duration) (at time.Duration, ok bool) {
	turns := p.moments[InQueue].program.turns
	i := sort.Search(len(turns), func(i int) bool { return turns[i] > elapsed })
	if i == len(turns) {
		return 0, false
	}
	return turns[i], true
}
