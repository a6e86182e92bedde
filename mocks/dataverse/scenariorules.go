package dataverse

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// ruleCondition is what a rule may look at, and how the portal writes that.
type ruleCondition struct {
	words, attribute, unit, flag string
	is                           string // compared with this; empty = with a threshold of the rule's own
}

// The conditions of the two moments at which a queue can overflow.
func beforeConditions() []ruleCondition {
	return []ruleCondition{
		{words: "queue size", attribute: "queue_prequeue.currentqueuesize", flag: "overflow.queuesizeoverflow"},
		{words: "estimated wait", attribute: "queue_prequeue.estimatedwaittimeinminutes", flag: "overflow.estimatedwaittimeoverflow"}, // in minutes
		// The attribute is Microsoft's; its flag and the spelling of the value were never seen.
		{words: "out of hours", attribute: "queue_prequeue.iswithinoperatinghour", flag: "overflow.outofoperatinghouroverflow", is: "false"},
	}
}

func waitingConditions() []ruleCondition {
	return []ruleCondition{
		{words: "elapsed wait", attribute: "queue_inqueue.lapsedwaittime", unit: "seconds", flag: "overflow.lapsedwaittimeoverflow"},
	}
}

// overflowRule is "attribute present and at least threshold: action", the shape the portal writes.
type overflowRule struct {
	ruleCondition

	name      string
	threshold string
	action    value
}

func rulesetDefaults() map[string]any {
	return map[string]any{"msdyn_rulesettype": 192350000, "msdyn_authoringmode": 192350000}
}

// readRules makes the definition of a ruleset.
func readRules(conditions func() []ruleCondition) func(*scenarioReader, *item, yamlNode) error {
	return func(r *scenarioReader, i *item, n yamlNode) error {
		if i.values["msdyn_rulesetdefinition"] != nil {
			return n.wrong("a ruleset has one of definition, before and waiting")
		}
		definition, err := r.rules(n, conditions())
		i.values["msdyn_rulesetdefinition"] = definition
		return err
	}
}

// readQueueRules makes a ruleset of a queue's own, or takes the key of one.
func readQueueRules(column, prefix string, conditions func() []ruleCondition) func(*scenarioReader, *item, yamlNode) error {
	return func(r *scenarioReader, i *item, n yamlNode) error {
		if !n.isList() {
			key, err := n.text()
			if err != nil {
				return err
			}
			i.values[column] = r.refer("msdyn_decisionruleset", key, n)
			return nil
		}
		ruleset, err := r.add("msdyn_decisionruleset", yamlEntry{key: prefix + i.key, at: n, value: n})
		if err != nil {
			return err
		}
		for name, v := range rulesetDefaults() {
			ruleset.values[name] = literal(v)
		}
		// The queue's name may come after its rules.
		ruleset.values["msdyn_name"] = func(idOf func(table, key string) string) any {
			return fmt.Sprint(prefix, i.values["name"](idOf))
		}
		i.values[column] = r.refer("msdyn_decisionruleset", ruleset.key, n)
		return readRules(conditions)(r, ruleset, n)
	}
}

func (r *scenarioReader) rules(n yamlNode, conditions []ruleCondition) (value, error) {
	items, err := n.items()
	if err != nil {
		return nil, err
	}
	var rules []overflowRule
	for _, one := range items {
		rule, err := r.rule(one, conditions)
		if err != nil {
			return nil, err
		}
		rules = append(rules, rule)
	}
	return func(idOf func(table, key string) string) any {
		definition := []string{`<decision hit-policy="all" version="1"><rules>`}
		for number, rule := range rules {
			definition = append(definition, rule.xml(number, fmt.Sprint(rule.action(idOf))))
		}
		return strings.Join(append(definition, `</rules></decision>`), "")
	}, nil
}

// rule reads {when, reaches, do}, and perhaps a name; out of hours reaches nothing.
func (r *scenarioReader) rule(n yamlNode, conditions []ruleCondition) (rule overflowRule, err error) {
	entries, err := n.entries()
	if err != nil {
		return rule, err
	}
	for _, e := range entries {
		text, err := e.value.text()
		if err != nil {
			return rule, err
		}
		switch e.key {
		case "name":
			rule.name = text
		case "when":
			if rule.ruleCondition, err = conditionNamed(e.value, text, conditions); err != nil {
				return rule, err
			}
		case "reaches":
			if !isDecimal(text) {
				return rule, e.value.wrong("a number is wanted")
			}
			rule.threshold = text
		case "do":
			rule.action = r.refer("msdyn_overflowactionconfig", text, e.value)
		default:
			return rule, e.at.wrong("unknown: name, when, reaches and do are known here")
		}
	}
	switch {
	case rule.is != "" && rule.threshold != "":
		return rule, n.wrong("%s is or is not: there is nothing to reach", rule.words)
	case rule.attribute == "" || rule.threshold == "" && rule.is == "" || rule.action == nil:
		return rule, n.wrong("a rule needs when, reaches and do")
	}
	if rule.name == "" {
		rule.name = strings.ToUpper(rule.words[:1]) + rule.words[1:]
	}
	return rule, nil
}

func conditionNamed(n yamlNode, text string, conditions []ruleCondition) (ruleCondition, error) {
	var known []string
	for _, c := range conditions {
		if c.words == text {
			return c, nil
		}
		known = append(known, c.words)
	}
	return ruleCondition{}, n.wrong("%q is not looked at here: %s", text, strings.Join(known, ", "))
}

func isDecimal(text string) bool {
	whole, part, _ := strings.Cut(text, ".")
	return whole != "" && len(text) < 16 && strings.Trim(whole+part, "0123456789") == "" && !strings.HasSuffix(text, ".")
}

// xml is the portal's form. The identifier is the ruleset's own affair.
func (r overflowRule) xml(number int, action string) string {
	operator, value, unit := ">=", r.threshold, ""
	if r.is != "" {
		operator, value = "==", r.is
	}
	if r.unit != "" {
		unit = ` unit="` + r.unit + `"`
	}
	var name strings.Builder
	_ = xml.EscapeText(&name, []byte(r.name)) // a Builder never fails
	id := ruleID(action, number)
	return fmt.Sprintf(`<rule id="%s" name="%s"><action>`+
		`<setattribute><lhs type="attribute">%s</lhs><rhs type="staticvalue">true</rhs></setattribute>`+
		`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute>`+
		`</action><logical operator="AND">`+
		`<condition operator="not-null"><lhs type="attribute">%s</lhs></condition>`+
		`<condition operator="%s"><lhs type="attribute">%s</lhs><rhs type="staticvalue"%s>%s</rhs></condition>`+
		`</logical></rule>`, id, name.String(), r.flag, action, r.attribute, operator, r.attribute, unit, value)
}

// ruleID is unlike any other of the same organisation, and the same for the same rule.
func ruleID(action string, number int) string {
	var b [16]byte
	for i := range 2 {
		x := mix(fingerprint(action) ^ mix(uint64(number*2+i)))
		for j := range 8 {
			b[i*8+j] = byte(x >> (8 * j))
		}
	}
	return guid(b)
}
