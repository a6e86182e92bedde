package overflow

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"directcallback/adapter"
)

// Explain says what was decided in plain words: what was seen, against which limit,
// by which rule, and what comes of it. It knows nothing but the account, so that a
// decision of last week is explained as it was made.
func (a Account) Explain(l Language) string { return a.explain(l.words()) }

func (a Account) explain(w words) string {
	x := explainer{account: a, words: w}
	switch {
	case len(a.Rules) == 0 || !slices.ContainsFunc(a.Rules, enabled):
		x.say(x.noRules, x.moment(a.Moment))
	case a.Rules[0].Number == 0:
		x.say(x.unreadable, x.moment(a.Moment), x.reason(a.Rules[0].Reason))
	case a.Verdict == Excluded:
		x.say(x.excluded, x.moment(a.Moment), x.reason(x.exclusion()))
	default:
		x.rules()
	}
	if a.Moment == InQueue && a.Entry == adapter.EntryFallback {
		x.say(x.fallback)
	}
	return strings.Join(x.sentences, " ")
}

func enabled(s Step) bool { return s.Result != ResultDisabled }

// explainer collects sentences.
type explainer struct {
	account Account
	words
	sentences []string
}

func (x *explainer) say(phrase string, values ...string) {
	text := fill(phrase, values...)
	first, size := utf8.DecodeRuneInString(text)
	x.sentences = append(x.sentences, string(unicode.ToUpper(first))+text[size:])
}

// exclusion is why rules were not asked.
func (x *explainer) exclusion() string {
	for _, s := range x.account.Rules {
		if s.Reason != "" {
			return s.Reason
		}
	}
	return ""
}

// rules explains the rule that holds, or why none does.
func (x *explainer) rules() {
	for i, s := range x.account.Rules {
		if s.Result == ResultTrue {
			x.holds(s, x.account.Rules[:i])
			return
		}
	}
	for _, s := range x.account.Rules {
		if enabled(s) {
			x.because(s)
		}
	}
	if x.account.Verdict == Indeterminate {
		x.say(x.indeterminate)
	} else {
		x.say(x.noneHolds)
	}
}

// holds explains the rule that holds; before are those that were asked before it.
func (x *explainer) holds(s Step, before []Step) {
	x.because(s)
	action := x.actionUnknown
	if s.Action != "" {
		action = x.action(s)
	}
	undecided := slices.IndexFunc(before, func(s Step) bool { return s.Result == ResultUnknown })
	switch {
	case undecided >= 0 && x.account.Verdict == Shadowed:
		x.because(before[undecided])
		x.say(x.shadowed, strconv.Itoa(before[undecided].Number), action)
	case s.Reason != "":
		x.say(x.hindered, action, x.reason(s.Reason))
	default:
		x.say(x.acts, action)
		x.promise(x.account.Terms)
	}
}

// because says what made a rule come out as it did, and cites it.
func (x *explainer) because(s Step) {
	cite := []string{fill(x.rule, strconv.Itoa(s.Number))}
	for _, a := range readBy(s) {
		cite = append(cite, x.label(a))
	}
	reasons := x.reasons(nil, s.Conditions, s.Result)
	switch {
	case len(reasons) > 0:
	case s.Result == ResultTrue && len(cite) == 1:
		reasons = []string{x.always}
	default:
		reasons = []string{fill(x.ruleIs, x.truth(s.Result))}
	}
	for _, reason := range reasons[:len(reasons)-1] {
		x.say(reason + ".")
	}
	x.say(reasons[len(reasons)-1] + " (" + strings.Join(cite, ", ") + ").")
}

// readBy lists what a rule reads; a condition that cannot be read is one of them.
func readBy(s Step) []attribute {
	var set attributeSet
	for _, o := range s.Conditions {
		if a, ok := attributeNamed(o.Attribute); ok {
			set.add(a)
		}
		if o.Reason != "" {
			set.add(opaque)
		}
	}
	var all []attribute
	for a := range attributeCount {
		if set.has(a) {
			all = append(all, a)
		}
	}
	return all
}

// reasons collects the conditions that brought about the result of the first of
// these observations, which the deeper ones behind it belong to. A false AND has
// one false member at the least, and the first will do.
func (x *explainer) reasons(list []string, all []Observation, result string) []string {
	if len(all) == 0 || all[0].Result.String() != result {
		return list
	}
	if all[0].Group == "" {
		if text := x.observation(all[0]); text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
		return list
	}
	for members := all[1:]; len(members) > 0 && members[0].Depth > all[0].Depth; {
		before := len(list)
		list = x.reasons(list, members, result)
		if all[0].Group == groupAnd && result == ResultFalse && len(list) > before {
			break
		}
		members = afterSubtree(members)
	}
	return list
}

// groupAnd is Observation.Group of a group whose members must all hold.
const groupAnd = "AND"

// groupOr is that of a group of which one member must hold.
const groupOr = "OR"

// afterSubtree skips the first observation and what is deeper behind it.
func afterSubtree(all []Observation) []Observation {
	next := 1
	for next < len(all) && all[next].Depth > all[0].Depth {
		next++
	}
	return all[next:]
}

// observation says one condition: what was seen, and what it was held against. The
// guard "not-null" stands beside most comparisons and says nothing once there is a
// value.
func (x *explainer) observation(o Observation) string {
	if o.Reason != "" {
		return x.reason(o.Reason)
	}
	a, _ := attributeNamed(o.Attribute)
	switch {
	case o.Value == valueAbsent:
		return x.seen(a).absent
	case o.Value == valueUnknown || o.Value == "":
		return x.seen(a).unknown
	case a == withinHours:
		return x.hours(o.Value == "true")
	}
	text := x.value(a, o.Value, o.ValueUnit)
	switch word, _ := operatorNamed(strings.ToLower(o.Operator)); {
	case word.operand == noOperand:
		return ""
	case word.operand == manyValues:
		return text + x.semicolon + fill(x.oneOf, o.Threshold)
	case word.holds == greater|equal:
		// The portal only ever writes "at least", and calls it the limit.
		return text + x.semicolon + fill(x.limit, x.measure(a, o.Threshold, o.ThresholdUnit))
	default:
		return text + x.semicolon + fill(x.asks, x.relation(word.holds), x.measure(a, o.Threshold, o.ThresholdUnit))
	}
}

// value says a reading.
func (x *explainer) value(a attribute, value, unit string) string {
	if a == queueSize && value == "1" {
		return x.oneCall
	}
	return fill(x.seen(a).value, x.measure(a, value, unit))
}

// measure writes a stored value as a person would.
func (x *explainer) measure(a attribute, value, unit string) string {
	number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return value
	}
	facts := a.facts()
	if facts.kind != duration {
		return x.number(number)
	}
	scale := facts.unit
	switch strings.ToLower(strings.TrimSpace(unit)) {
	case "second", "seconds":
		scale = time.Second
	case "minute", "minutes":
		scale = time.Minute
	}
	return x.span(number * scale.Seconds())
}

// fill puts the values where the phrase has %s, in their order.
func fill(phrase string, values ...string) string {
	var text strings.Builder
	for _, value := range values {
		before, rest, _ := strings.Cut(phrase, "%s")
		text.WriteString(before)
		text.WriteString(value)
		phrase = rest
	}
	text.WriteString(phrase)
	return text.String()
}
