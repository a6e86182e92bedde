package overflow

import (
	"fmt"
	"slices"
	"strings"

	"directcallback/adapter"
)

// actionReference is the attribute by which a rule names its action row.
const actionReference = "overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid"

// noAction is the problem of a rule until its action is read.
const noAction = "it names no action"

// builder compiles one ruleset into its program.
type builder struct {
	program  *program
	disabled []string // ids of rules
	rule     int      // the one being read
}

// compileRuleset compiles the rules that a queue asks at moment m. The error is
// a *syntaxError; anything else that is odd about a ruleset is part of the
// program: a part that cannot be read makes its condition unknown, a ruleset
// that cannot be read makes the moment indeterminate.
func compileRuleset(source adapter.Ruleset, m Moment) (*program, error) {
	p := &program{source: source, moment: m, entry: exit(-1)}
	b := builder{program: p}
	definition := strings.TrimSpace(strings.TrimPrefix(source.Definition, "\ufeff"))
	if source.Type != adapter.RulesetDeclarative {
		b.unreadable("unsupported.ruleset", fmt.Sprintf("its type is %d, not Declarative (%d)", source.Type, adapter.RulesetDeclarative))
		return p, nil
	}
	if !strings.HasPrefix(definition, "<") {
		b.unreadable("unsupported.definition", "its definition is empty or not XML")
		return p, nil
	}
	// Parsed untrimmed, so that positions are those of the stored text.
	root, err := parseXML(strings.TrimPrefix(source.Definition, "\ufeff"))
	if err != nil {
		return nil, err
	}
	parts := strings.Count(source.Definition, "operator=")
	p.nodes, p.clauses = make([]node, 0, parts), make([]clause, 0, parts)
	if err := b.decision(root); err != nil {
		return nil, err
	}
	return p, nil
}

// decision reads <decision>.
func (b *builder) decision(e *element) error {
	policy, hasPolicy := e.attr("hit-policy")
	version, hasVersion := e.attr("version")
	switch {
	case e.name != "decision":
		b.unreadable("unsupported.definition", fmt.Sprintf("its root element is <%s>, not <decision>", e.name))
		return nil
	case hasPolicy && policy != "all" && policy != "first":
		b.unreadable("unsupported.definition", fmt.Sprintf("its hit policy is %q", policy))
		return nil
	case !b.readDisabled():
		b.unreadable("unsupported.disabledrules", "which of its rules are disabled cannot be read")
		return nil
	case hasVersion && strings.TrimSpace(version) != "1":
		b.unreadable("unsupported.definition", fmt.Sprintf("its version is %q", version))
		return nil
	}
	lists := 0
	for _, child := range e.children {
		if child.name != "rules" {
			b.note("unsupported.element", "<"+child.name+"> beside the rules is not known", "It is ignored.")
			continue
		}
		lists++
		if err := b.rules(child); err != nil {
			return err
		}
	}
	if lists == 0 {
		b.unreadable("unsupported.definition", "it has no <rules>")
		return nil
	}
	b.checkDisabled()
	b.arrange()
	b.program.generate()
	return nil
}

// rules reads <rules>. An unknown element among the rules may be a rule of a new
// kind, so it stands in the order as one that cannot be decided.
func (b *builder) rules(e *element) error {
	for i := range e.children {
		if len(b.program.rules) == maxRules {
			return e.children[i].fail(fmt.Errorf("more than %d rules", maxRules))
		}
		child := e.children[i]
		b.rule = len(b.program.rules)
		b.program.rules = append(b.program.rules, rule{root: int32(len(b.program.nodes)), problem: noAction})
		if child.name != "rule" {
			b.unknown(child, 0, "element", "<"+child.name+"> among the rules is not known")
			continue
		}
		b.ruleElement(child)
	}
	return nil
}

// ruleElement reads <rule>: its conditions, under an implicit AND, and its action.
func (b *builder) ruleElement(e *element) {
	r := b.current()
	id, _ := e.attr("id")
	name, _ := e.attr("name")
	r.id, r.name = adapter.NormalizeID(id), name
	r.disabled = r.id != "" && slices.Contains(b.disabled, r.id)

	var conditions []*element
	for _, child := range e.children {
		if child.name == "action" {
			b.action(child)
		} else {
			conditions = append(conditions, child)
		}
	}
	_, strange := e.stray("id", "name")
	if len(conditions) == 1 && conditions[0].name == "logical" && !strange && e.text == "" {
		b.logical(conditions[0], 0) // the usual shape; spares the outer AND
		return
	}
	b.group(e, all, "AND", 0, conditions, "id", "name")
}

// logical reads <logical>.
func (b *builder) logical(e *element, depth int) {
	name, _ := e.attr("operator")
	word := strings.ToUpper(strings.TrimSpace(name))
	switch {
	case len(e.children) == 0:
		b.unknown(e, depth, "element", "<logical> has no conditions")
	case word == "AND":
		b.group(e, all, word, depth, e.children, "operator")
	case word == "OR":
		b.group(e, some, word, depth, e.children, "operator")
	default:
		b.unknown(e, depth, "operator", fmt.Sprintf("the operator %q of <logical> is not known", name))
	}
}

// group lays out a group and its members. What the element holds besides
// counts as one more member, which is unknown.
func (b *builder) group(e *element, o op, word string, depth int, members []*element, known ...string) {
	p := b.program
	at := len(p.nodes)
	b.append(node{op: o}, clause{depth: depth, group: word})
	for _, m := range members {
		switch m.name {
		case "condition":
			b.condition(m, depth+1)
		case "logical":
			b.logical(m, depth+1)
		default:
			b.unknown(m, depth+1, "element", "<"+m.name+"> among the conditions is not known")
		}
	}
	if name, ok := e.stray(known...); ok {
		b.unknown(&element{raw: name}, depth+1, "element", fmt.Sprintf("the attribute %q of <%s> is not known", name, e.name))
	}
	if e.text != "" {
		b.unknown(&element{raw: e.text}, depth+1, "element", "there is text among the conditions")
	}
	p.nodes[at].end = int32(len(p.nodes))
}

// action reads <action> for the row that it names. The flags which the portal
// sets beside it say nothing that the condition does not say.
func (b *builder) action(e *element) {
	r := b.current()
	for _, set := range e.children {
		if r.action == "" && r.problem != noAction {
			return // two actions, or one that cannot be read, do not get better
		}
		left, right, ok := sides(set)
		if set.name != "setattribute" || !ok {
			b.note("unsupported.element", b.ruleLabel()+": <"+set.name+"> in its action is not known", "It is ignored; the action that the rule names is used.")
			continue
		}
		if left.text != actionReference {
			continue
		}
		id := adapter.ActionID(adapter.NormalizeID(right.text))
		switch kind, _ := right.attr("type"); {
		case kind != "staticvalue" || !adapter.IsGUID(string(id)):
			r.action, r.problem = "", "its reference to an action cannot be read"
			continue
		case r.action != "" && r.action != id:
			r.action, r.problem = "", "it names two actions"
			continue
		}
		r.action, r.problem = id, ""
	}
}

// sides are the <lhs> and <rhs> of an element that holds exactly these.
func sides(e *element) (left, right *element, ok bool) {
	for _, child := range e.children {
		switch {
		case child.name == "lhs" && left == nil:
			left = child
		case child.name == "rhs" && right == nil:
			right = child
		default:
			return nil, nil, false
		}
	}
	return left, right, left != nil && right != nil
}

func (b *builder) current() *rule { return &b.program.rules[b.rule] }

// ruleLabel names the rule being read as a person counts it.
func (b *builder) ruleLabel() string { return ruleLabel(b.rule, b.current().name) }

func ruleLabel(index int, name string) string {
	if name == "" {
		return fmt.Sprintf("rule %d", index+1)
	}
	return fmt.Sprintf("rule %d (%s)", index+1, name)
}

// append adds a node; a leaf ends where it stands.
func (b *builder) append(n node, c clause) {
	n.end = int32(len(b.program.nodes)) + 1
	b.program.nodes = append(b.program.nodes, n)
	b.program.clauses = append(b.program.clauses, c)
	if n.op == compare {
		b.current().reads.add(n.attribute)
	}
}
