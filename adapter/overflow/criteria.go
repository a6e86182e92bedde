package overflow

import (
	"slices"
	"strconv"
	"strings"

	"directcallback/adapter"
)

// Item is what is known of a work item: attributes by the name that rulesets have for
// them, "liveworkitemcontext.PreferredLanguage", or by its last part alone. An attribute
// with an empty value is one that the item does not have; of others nothing is known.
type Item map[string]string

// value is an attribute of the item, and whether anything was said of it.
func (i Item) value(name string) (value string, said bool) {
	if value, said = i[name]; said {
		return value, true
	}
	_, last, _ := strings.Cut(name, ".")
	value, said = i[last]
	return value, said
}

// criteria are the conditions of a route-to-queue rule. Unlike those of overflow they
// compare texts, of which there are as many as an organization likes.
type criteria struct {
	op       op
	members  []criteria // of a group
	clause   clause     // as the ruleset wrote it
	operator operator
	values   []string
}

// readCriteria reads the conditions of a <rule>, which stand under an implicit AND.
func readCriteria(rule *element) criteria {
	m := criteria{op: all, clause: clause{group: groupAnd}}
	for _, e := range rule.children {
		if e.name != "action" {
			m.members = append(m.members, readMember(e, 1))
		}
	}
	if len(m.members) == 1 && m.members[0].clause.group != "" {
		return m.members[0].risen()
	}
	return m
}

// risen are the criteria a step less deep: the usual group of a rule needs none around it.
func (m criteria) risen() criteria {
	m.clause.depth--
	members := make([]criteria, len(m.members))
	for i := range m.members {
		members[i] = m.members[i].risen()
	}
	m.members = members
	return m
}

func readMember(e *element, depth int) criteria {
	switch e.name {
	case "condition":
		return readComparison(e, depth)
	case "logical":
		name, _ := e.attr("operator")
		m := criteria{op: all, clause: clause{depth: depth, group: strings.ToUpper(strings.TrimSpace(name))}}
		switch m.clause.group {
		case groupAnd:
		case groupOr:
			m.op = some
		default:
			return unreadableCriteria(e, depth, "the operator "+strconv.Quote(name)+" of <logical> is not known")
		}
		for _, child := range e.children {
			m.members = append(m.members, readMember(child, depth+1))
		}
		if len(m.members) == 0 {
			return unreadableCriteria(e, depth, "<logical> has no conditions")
		}
		return m
	default:
		return unreadableCriteria(e, depth, "<"+e.name+"> among the conditions is not known")
	}
}

func unreadableCriteria(e *element, depth int, reason string) criteria {
	return criteria{op: compare, clause: clause{depth: depth, problem: reason, raw: e.raw}}
}

func readComparison(e *element, depth int) criteria {
	left, right, p := operands(e)
	word, _ := e.attr("operator")
	o, known := operatorNamed(strings.ToLower(strings.TrimSpace(word)))
	switch {
	case p != nil:
		return unreadableCriteria(e, depth, p.reason)
	case !known:
		return unreadableCriteria(e, depth, "the operator "+strconv.Quote(word)+" is not known")
	case o.operand != noOperand && (right == nil || len(valuesOn(right)) == 0):
		return unreadableCriteria(e, depth, "there is nothing to compare with")
	}
	m := criteria{op: compare, operator: o, clause: clause{depth: depth, attribute: left.text, operator: strings.TrimSpace(word)}}
	if o.operand != noOperand {
		m.values = valuesOn(right)
		m.clause.threshold = strings.Join(m.values, ", ")
	}
	return m
}

// judge tells whether the conditions hold for an item.
func (m *criteria) judge(item Item) Truth {
	if m.op == compare {
		return m.compare(item)
	}
	result := True
	if m.op == some {
		result = False
	}
	for i := range m.members {
		if m.op == some {
			result = max(result, m.members[i].judge(item))
		} else {
			result = min(result, m.members[i].judge(item))
		}
	}
	return result
}

func (m *criteria) compare(item Item) Truth {
	value, said := item.value(m.clause.attribute)
	switch {
	case m.clause.problem != "" || !said:
		return Unknown
	case value == "":
		return False // what is not there stands in no relation to anything
	case m.operator.operand == noOperand:
		return True
	}
	result := False
	for _, one := range m.values {
		result = max(result, m.operator.relates(value, one))
	}
	return result
}

// relates tells whether two texts stand as the operator says. Numbers are compared as
// such; other texts without regard to case, and identifiers however they are spelt.
func (o operator) relates(value, limit string) Truth {
	if o.textual {
		return truthOf(strings.Contains(strings.ToLower(value), strings.ToLower(limit)))
	}
	a, notA := strconv.ParseFloat(value, 64)
	b, notB := strconv.ParseFloat(limit, 64)
	switch same := strings.EqualFold(value, limit) || adapter.NormalizeID(value) == adapter.NormalizeID(limit); {
	case notA == nil && notB == nil:
		return truthOf(o.holds&stands(a, b) != 0)
	case o.ordered:
		return Unknown // an order of texts is on no page
	case same:
		return truthOf(o.holds&equal != 0)
	default:
		return truthOf(o.holds&^equal != 0)
	}
}

func truthOf(is bool) Truth {
	if is {
		return True
	}
	return False
}

// observe lists the conditions with what is known of the item.
func (m *criteria) observe(item Item) []Observation {
	c := &m.clause
	o := Observation{
		Depth: c.depth, Group: c.group, Attribute: c.attribute, Operator: c.operator, Threshold: c.threshold, Result: m.judge(item), Reason: c.problem, Raw: c.raw,
	}
	if c.attribute != "" {
		switch value, said := item.value(c.attribute); {
		case !said:
			o.Value = valueUnsaid
		case value == "":
			o.Value = valueAbsent
		default:
			o.Value = value
		}
	}
	all := []Observation{o}
	for i := range m.members {
		all = append(all, m.members[i].observe(item)...)
	}
	return all
}

// unsaid adds the attributes that matter to the result and of which nothing is known.
func (m *criteria) unsaid(item Item, names []string) []string {
	if m.judge(item) != Unknown {
		return names
	}
	for i := range m.members {
		names = m.members[i].unsaid(item, names)
	}
	if _, said := item.value(m.clause.attribute); m.clause.attribute != "" && !said && !slices.Contains(names, m.clause.attribute) {
		names = append(names, m.clause.attribute)
	}
	return names
}
