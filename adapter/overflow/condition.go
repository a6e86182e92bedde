package overflow

// reading is the value of one attribute at the moment of deciding. A value that
// is absent reads False, one that exists and cannot be read Unknown: exactly
// what any condition on it then yields.
type reading struct {
	value float64
	known Truth
}

type readings [attributeCount]reading

// op is what a node does with its operands.
type op uint8

const (
	compare op = iota // a leaf: value against limit
	all               // AND of the nodes up to end
	some              // OR of the nodes up to end
)

// node is one step of a compiled rule. A rule is a tree laid out flat in
// document order: a group is followed by its members, each subtree ends at end.
// What a node looked like in the ruleset is kept apart, in clause, so that
// deciding touches these sixteen bytes only.
type node struct {
	limit     float64
	end       int32
	op        op
	attribute attribute
	holds     relation
}

// test compares one reading with the node's limit.
func (n *node) test(r *readings) Truth {
	v := &r[n.attribute]
	if v.known != True {
		return v.known
	}
	stands := equal
	if v.value < n.limit {
		stands = less
	} else if v.value > n.limit {
		stands = greater
	}
	if n.holds&stands != 0 {
		return True
	}
	return False
}

// eval is the truth of the subtree at i. It stops as soon as the rest cannot
// matter: a false member decides an AND whatever is unknown beside it, a true
// one an OR.
func eval(nodes []node, i int32, r *readings) Truth {
	n := &nodes[i]
	switch n.op {
	case all:
		result := True
		for c := i + 1; c < n.end; c = nodes[c].end {
			if result = min(result, member(nodes, c, r)); result == False {
				break
			}
		}
		return result
	case some:
		result := False
		for c := i + 1; c < n.end; c = nodes[c].end {
			if result = max(result, member(nodes, c, r)); result == True {
				break
			}
		}
		return result
	default:
		return n.test(r)
	}
}

// member spares leaves, which are most nodes, the recursion.
func member(nodes []node, i int32, r *readings) Truth {
	if n := &nodes[i]; n.op == compare {
		return n.test(r)
	}
	return eval(nodes, i, r)
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
