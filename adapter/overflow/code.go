package overflow

import "slices"

// instruction is one comparison of a compiled program: go to yes when it holds,
// to no otherwise. A target below zero ends the program; see exit.
//
// All rules of a ruleset are one chain of instructions: where a rule fails, its
// last targets lead into the next rule. AND and OR leave no trace but targets,
// so deciding is a walk without calls, branches on kinds, or memory.
type instruction struct {
	limit     float64
	yes, no   int32
	attribute attribute
	holds     relation
}

// exit is the target that says "rule i holds", exit(-1) that none does.
func exit(i int) int32 { return ^int32(i + 1) }

// exited is the rule that such a target names.
func exited(target int32) int { return int(^target) - 1 }

// walk gives the first rule that holds, or -1. Two-valued walks suffice for
// three-valued logic, because there is no NOT: what holds with every unknown
// taken for false holds for certain, what fails with every unknown taken for
// true fails for certain. hope is the relations that an unreadable value is
// taken to stand in: none, or all.
func (p *program) walk(r *readings, hope relation) int {
	at, code := p.entry, p.code
	for uint(at) < uint(len(code)) { // an exit is beyond all code: one check for both
		in := &code[at]
		v := &r.of[in.attribute]
		if in.holds&(stands(v.value, in.limit)|v.maybe&hope) != 0 {
			at = in.yes
		} else {
			at = in.no
		}
	}
	return exited(at)
}

// decide asks the rules in order. It gives the first that holds, or -1, and the
// first before it that could not be decided, or -1.
func (p *program) decide(r *readings) (holds, undecided int) {
	holds, undecided = p.walk(r, 0), -1
	for _, a := range p.reads {
		if r.of[a].maybe != 0 {
			if first := p.walk(r, related); first != holds {
				undecided = first
			}
			break
		}
	}
	return holds, undecided
}

// generate makes the code. It works from the last rule to the first and from
// the last member to the first, so that every target is known when it is needed.
func (p *program) generate() {
	p.entry = exit(-1)
	for _, i := range slices.Backward(p.order) {
		p.entry = p.emit(p.rules[i].root, exit(int(i)), p.entry)
	}
	for a := range attributeCount {
		for _, i := range p.order {
			if p.rules[i].reads.has(a) {
				p.reads = append(p.reads, a)
				break
			}
		}
	}
}

// emit makes the code of the subtree at i and gives its entry.
func (p *program) emit(i, yes, no int32) int32 {
	n := &p.nodes[i]
	if n.op == compare {
		p.code = append(p.code, instruction{limit: n.limit, yes: yes, no: no, attribute: n.attribute, holds: n.holds})
		return int32(len(p.code)) - 1
	}
	var members []int32
	for m := i + 1; m < n.end; m = p.nodes[m].end {
		members = append(members, m)
	}
	entry := yes
	if n.op == some {
		entry = no
	}
	for _, m := range slices.Backward(members) {
		switch {
		case n.op == some:
			entry = p.emit(m, yes, entry)
		case !p.guards(m, n.end):
			entry = p.emit(m, entry, no)
		}
	}
	return entry
}

// guards tells whether node m is a "not-null" right before a comparison of the
// same attribute in the same AND, as the portal always writes it. The
// comparison alone says the same: it is false of an absent value, too.
func (p *program) guards(m, end int32) bool {
	n, next := &p.nodes[m], m+1
	return n.op == compare && n.holds == related && n.attribute != opaque && next < end &&
		p.nodes[next].op == compare && p.nodes[next].attribute == n.attribute
}
