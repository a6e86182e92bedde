package overflow

import "math"

// reading is the value of one attribute at the moment of deciding. A value
// that is not there is NaN, which stands in no relation to anything, so that
// every comparison with it is false. One that exists and cannot be read may
// stand in any relation.
type reading struct {
	value float64
	maybe relation // the relations that cannot be ruled out
}

func absent() reading     { return reading{value: math.NaN()} }
func unreadable() reading { return reading{value: math.NaN(), maybe: related} }

// known tells whether there is a value: False means that there is none.
func (v reading) known() Truth {
	switch {
	case v.maybe != 0:
		return Unknown
	case math.IsNaN(v.value):
		return False
	default:
		return True
	}
}

type readings struct{ of [attributeCount]reading }

// op is what a node does with its operands.
type op uint8

const (
	compare op = iota // a leaf: value against limit
	all               // AND of the nodes up to end
	some              // OR of the nodes up to end
)

// node is one part of a rule. A rule is a tree laid out flat in document order:
// a group is followed by its members, each subtree ends at end. What the node
// looked like in the ruleset is in the clause of the same index.
//
// Nodes say what a rule means, and traces are made from them. Decisions are made
// by code, which is generated from nodes.
type node struct {
	limit     float64
	end       int32
	op        op
	attribute attribute
	holds     relation
}

// clause is a node as the ruleset wrote it, for the trace.
type clause struct {
	depth     int
	group     string // "AND" or "OR" of a group
	attribute string
	operator  string
	threshold string
	unit      string
	raw       string // the XML, of what could not be read
	problem   string // why it could not be read
	folded    bool   // a member of an "in" list, shown with its list
}

// eval is the truth of the subtree at i.
func eval(nodes []node, i int32, r *readings) Truth {
	n := &nodes[i]
	switch n.op {
	case all:
		result := True
		for m := i + 1; m < n.end; m = nodes[m].end {
			result = min(result, eval(nodes, m, r))
		}
		return result
	case some:
		result := False
		for m := i + 1; m < n.end; m = nodes[m].end {
			result = max(result, eval(nodes, m, r))
		}
		return result
	default:
		v := r.of[n.attribute]
		switch {
		case n.holds&stands(v.value, n.limit) != 0:
			return True
		case n.holds&v.maybe != 0:
			return Unknown
		default:
			return False
		}
	}
}
