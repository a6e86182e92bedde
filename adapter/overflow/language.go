package overflow

import (
	"math"
	"strconv"
	"strings"

	"directcallback/adapter"
)

// Language is one in which decisions are explained.
type Language uint8

// The languages.
const (
	English Language = iota
	French
)

// LanguageOf is the language of a locale such as "fr-CA"; English for those that
// nothing is written in.
func LanguageOf(locale string) Language {
	if strings.EqualFold(language(locale), "fr") {
		return French
	}
	return English
}

func (l Language) words() words {
	if l == French {
		return french()
	}
	return english()
}

// words is what explanations are made of, in one language. Values stand where a
// phrase has %s.
type words struct {
	noRules, excluded, unreadable, fallback  string
	acts, hindered, shadowed, actionUnknown  string
	noneHolds, indeterminate                 string
	rule, ruleIs, always, semicolon          string
	atMost, moreThan, lessThan, exactly, not string
	limit, oneOf, asks, oneCall, open, shut  string
	point, group                             string // in numbers
	hour, minute, second                     [2]string
	moments                                  [momentCount]string
	truths                                   [3]string
	readings                                 [attributeCount]seen
	labels                                   [attributeCount]string
	actions                                  [documentedActions]string
	otherAction, otherActionCalled           string
	promises                                 promises
	quoted, colon, percent                   string
	noRoutes, noQueue, toFallback, toQueue   string // of routing
	firstFree, allFull, opensFirst           string
	unread, unsaid                           string
	reasons, effects                         [][2]string       // as a trace has them, and in this language; nil = as a trace has them
	traced                                   map[string]string // short words of a trace
}

// seen is how a reading is told: one there is, none, and one that cannot be read.
type seen struct{ value, absent, unknown string }

func english() words {
	w := words{
		noRules:    "This queue has no overflow rules %s; the call waits.",
		excluded:   "Overflow rules do not apply %s: %s.",
		unreadable: "Nothing can be decided %s: %s. Nothing is offered.",
		fallback:   "Whether rules apply in the fallback queue is not documented; they were asked.",
		acts:       "Action: %s.", hindered: "Action: %s; it is shown and not carried out: %s.",
		shadowed:      "Because rule %s cannot be decided, the action is shown and not carried out: %s.",
		actionUnknown: "not known",
		noneHolds:     "No overflow rule holds; the call waits.", indeterminate: "No rule holds for certain; nothing is offered.",
		rule: "rule %s", ruleIs: "the rule is %s", always: "the rule has no conditions, so it always holds", semicolon: "; ",
		limit: "the limit of this queue is %s", oneOf: "the rule asks for one of %s", asks: "the rule asks for %s %s",
		atMost: "at most", moreThan: "more than", lessThan: "less than", exactly: "exactly", not: "anything but",
		oneCall: "1 call is waiting", open: "the queue is open", shut: "the queue is closed",
		point: ".", group: ",",
		hour: [2]string{"hour", "hours"}, minute: [2]string{"minute", "minutes"}, second: [2]string{"second", "seconds"},
		moments: [momentCount]string{PreQueue.String(), InQueue.String()},
		truths:  [3]string{False.String(), Unknown.String(), True.String()},
		readings: [attributeCount]seen{
			estimatedWait: {"the estimated wait is %s", "there is no estimated wait yet", "the estimated wait cannot be read"},
			queueSize:     {"%s calls are waiting", "nothing is known of waiting calls", "the number of waiting calls is unknown"},
			withinHours:   {"", "the queue has no operating hours", "the operating hours of the queue cannot be read"},
			elapsedWait:   {"the caller has waited %s", "the wait is not known", "the wait cannot be read"},
			opaque:        {"", "a condition cannot be read", "a condition cannot be read"},
		},
		otherAction: "unknown overflow action %s", otherActionCalled: "unknown overflow action %s (%s)",
		promises: englishPromises(),
		quoted:   `"%s"`, colon: ": ", percent: "%s%",
		noRoutes: "No route-to-queue rules of this work stream are known; the events of its calls name the queue.",
		noQueue:  "No rule matches, and the work stream has no fallback queue.", toFallback: "No rule matches: the call goes to the fallback queue %s.",
		toQueue: "The call goes to %s.", firstFree: "Of the %s queues that match, %s is the first that does not overflow.",
		allFull:    "All %s queues that match overflow; %s operates, so its action runs.",
		opensFirst: "All %s queues that match overflow, and none operates; %s opens first, so its action runs.",
		unread:     "It is not among the voice queues that were read.",
		unsaid:     "Another queue may be chosen; it depends on what was not said: %s.",
	}
	for a := range attributeCount {
		w.labels[a] = a.facts().label
	}
	for a := range documentedActions {
		w.actions[a] = actionName(adapter.ActionDefault+a, nil)
	}
	return w
}

func (w words) moment(m Moment) string { return w.moments[min(m, momentCount-1)] }

func (w words) label(a attribute) string { return w.labels[a] }

func (w words) seen(a attribute) seen { return w.readings[a] }

// relation says how a value must stand to a limit.
func (w words) relation(r relation) string {
	switch r {
	case less | equal:
		return w.atMost
	case greater:
		return w.moreThan
	case less:
		return w.lessThan
	case less | greater:
		return w.not
	default:
		return w.exactly
	}
}

func (w words) hours(open bool) string {
	if open {
		return w.open
	}
	return w.shut
}

// truth is a result of a rule in a trace.
func (w words) truth(result string) string {
	for t := range True + 1 {
		if t.String() == result {
			return w.truths[t]
		}
	}
	return result
}

// action is a step's action. One that no page lists keeps the organization's own
// word for it, which the trace has in brackets.
func (w words) action(s Step) string {
	if documented(s.ActionType) {
		return w.actions[s.ActionType-adapter.ActionDefault]
	}
	number := strconv.Itoa(int(s.ActionType))
	if _, label, called := strings.Cut(s.Action, " ("); called {
		return fill(w.otherActionCalled, number, strings.TrimSuffix(label, ")"))
	}
	return fill(w.otherAction, number)
}

// reason translates a reason of a trace. One that nobody has translated stays what
// it is: it is better read in English than not at all.
func (w words) reason(text string) string {
	for _, r := range w.reasons {
		if values, ok := match(r[0], text); ok {
			for i := range values {
				values[i] = w.term(values[i])
			}
			return fill(r[1], values...)
		}
	}
	return text
}

// term translates what stands in a reason by name.
func (w words) term(text string) string {
	for a := range documentedActions {
		if text == actionName(adapter.ActionDefault+a, nil) {
			return w.actions[a]
		}
	}
	for a := range attributeCount {
		if text == a.facts().label {
			return w.labels[a]
		}
	}
	for m := range momentCount {
		if text == m.String() {
			return w.moments[m]
		}
	}
	return text
}

// match finds the values that a text has where a phrase has %s.
func match(phrase, text string) (values []string, ok bool) {
	for {
		before, rest, more := strings.Cut(phrase, "%s")
		if text, ok = strings.CutPrefix(text, before); !ok {
			return nil, false
		}
		if !more {
			return values, text == ""
		}
		next, _, _ := strings.Cut(rest, "%s")
		end := len(text)
		if next != "" {
			if end = strings.Index(text, next); end < 0 {
				return nil, false
			}
		}
		values, text, phrase = append(values, text[:end]), text[end:], rest
	}
}

// number groups its digits by three.
func (w words) number(n float64) string {
	whole, fraction, broken := strings.Cut(strconv.FormatFloat(math.Abs(n), 'f', -1, 64), ".")
	var text strings.Builder
	if n < 0 {
		text.WriteByte('-')
	}
	for i, digit := range whole {
		if left := len(whole) - i; i > 0 && left%3 == 0 && len(whole) > 3 {
			text.WriteString(w.group)
		}
		text.WriteRune(digit)
	}
	if broken {
		text.WriteString(w.point + fraction)
	}
	return text.String()
}

// span writes seconds in hours, minutes and seconds.
func (w words) span(seconds float64) string {
	const most = 1e12 // beyond it there are no hours worth telling
	if seconds < 0 {
		return "-" + w.span(-seconds)
	}
	if !(seconds < most) {
		return w.number(seconds) + " " + w.second[1]
	}
	thousandths := math.Round(seconds * 1000) // a stored value is a decimal, and not exact
	hours, minutes := math.Floor(thousandths/3_600_000), math.Floor(math.Mod(thousandths, 3_600_000)/60_000)
	left := math.Mod(thousandths, 60_000) / 1000
	var parts []string
	for _, part := range []struct {
		n    float64
		noun [2]string
	}{{hours, w.hour}, {minutes, w.minute}, {left, w.second}} {
		if part.n == 0 && (part.noun != w.second || len(parts) > 0) {
			continue
		}
		parts = append(parts, w.number(part.n)+" "+w.plural(part.n, part.noun))
	}
	return strings.Join(parts, " ")
}

// plural is the noun for a number: French has the singular up to two, English for
// one alone.
func (w words) plural(n float64, noun [2]string) string {
	if n == 1 || w.point == "," && n < 2 {
		return noun[0]
	}
	return noun[1]
}
