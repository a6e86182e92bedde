package overflow_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// only is a route-to-queue rule with conditions of its own.
func only(number int, conditions string, queues ...adapter.QueueID) string {
	var action strings.Builder
	for _, q := range queues {
		action.WriteString(`<setattribute><lhs type="attribute">assign_to.queue</lhs><rhs type="staticvalue">` + string(q) + `</rhs></setattribute>`)
	}
	return fmt.Sprintf(`<rule id="%s" name="Rule%d">%s<action>%s</action></rule>`, ruleID(number), number, conditions, action.String())
}

func language(operator, value string) string {
	return `<condition operator="` + operator + `"><lhs type="attribute">liveworkitemcontext.Language</lhs><rhs type="staticvalue">` + value + `</rhs></condition>`
}

// crowd is how many wait in each queue, of which none has hours.
type crowd map[adapter.QueueID]int

func (c crowd) look(p *overflow.Plan) (overflow.Snapshot, time.Time) {
	return overflow.Snapshot{Size: c[p.Queue().ID], EstimatedWait: overflow.NoEstimate, Entry: adapter.EntryRoute, Bot: adapter.BotNone}, time.Time{}
}

// routes compiles a work stream with these rules. Queue A overflows from the second call
// on, with a direct callback; queue B never.
func routes(t *testing.T, change func(*adapter.Settings), rules ...string) (*overflow.Set, adapter.Workstream) {
	t.Helper()
	s := routed(strings.Join(rules, ""))
	if change != nil {
		change(&s)
	}
	set := overflow.Compile(s, nil)
	return set, set.Workstreams()[0]
}

func TestRoute(t *testing.T) {
	t.Parallel()
	twoQueues := []string{only(1, "", queueA), only(2, "", queueB)}
	bothFull := func(s *adapter.Settings) { s.Queues[1].PreQueue = s.Queues[0].PreQueue }
	for name, c := range map[string]struct {
		change func(*adapter.Settings)
		rules  []string
		item   overflow.Item
		crowd  crowd
		want   []string // what is said
	}{
		"the one rule that matches": {
			nil,
			[]string{only(1, language("==", "FR"), queueA), only(2, language("==", "EN"), queueB)},
			overflow.Item{"Language": "en"},
			nil,
			[]string{"The call goes to Other. This queue has no overflow rules pre-queue; the call waits."},
		},
		"and its queue overflows": {
			nil,
			[]string{only(1, language("==", "FR"), queueA)},
			overflow.Item{"liveworkitemcontext.Language": "FR"},
			crowd{queueA: 3},
			[]string{"The call goes to Billing. 3 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). Action: direct callback."},
		},
		"the first queue that does not overflow": {
			nil, twoQueues, nil,
			crowd{queueA: 3, queueB: 9},
			[]string{"Of the 2 queues that match, Other is the first that does not overflow. This queue has no overflow rules pre-queue; the call waits."},
		},
		"the order counts, not the crowd": {
			nil, twoQueues, nil,
			crowd{queueB: 9},
			[]string{"Of the 2 queues that match, Billing is the first that does not overflow. Nothing waits; the limit of this queue is 1 (rule 1, Work item limit). No overflow rule holds; the call waits."},
		},
		"all overflow: the action of an operational one": {
			bothFull, twoQueues, nil,
			crowd{queueA: 3, queueB: 3},
			[]string{"All 2 queues that match overflow; Billing operates, so its action runs. 3 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). Action: direct callback."},
		},
		"percentage before overflow": {
			nil,
			[]string{splitRoute("70", "30")},
			nil,
			crowd{queueA: 3},
			[]string{
				"70%: The call goes to Billing. 3 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). Action: direct callback.",
				"30%: The call goes to Other. This queue has no overflow rules pre-queue; the call waits.",
			},
		},
		"the queue that was picked, then the others in order": {
			nil,
			[]string{splitRoute("70", "30"), only(2, "", queueB)},
			nil,
			crowd{queueA: 3},
			[]string{
				"70%: Of the 2 queues that match, Other is the first that does not overflow. This queue has no overflow rules pre-queue; the call waits.",
				"30%: Of the 2 queues that match, Other is the first that does not overflow. This queue has no overflow rules pre-queue; the call waits.",
			},
		},
		"no rule matches: the fallback queue, whose rules are not asked": {
			func(s *adapter.Settings) { s.Workstreams[0].Fallback = queueA },
			[]string{only(1, language("==", "FR"), queueB)},
			overflow.Item{"Language": "DE"},
			crowd{queueA: 9},
			[]string{"No rule matches: the call goes to the fallback queue Billing. Overflow rules do not apply pre-queue: the call came to the fallback queue."},
		},
		"no rule matches, and no fallback queue": {
			nil,
			[]string{only(1, language("==", "FR"), queueB)},
			overflow.Item{"Language": ""},
			nil,
			[]string{"No rule matches, and the work stream has no fallback queue."},
		},
		"what was not said may change it": {
			nil,
			[]string{only(1, language("==", "FR"), queueB), only(2, "", queueA)},
			nil, nil,
			[]string{
				"The call goes to Billing. Nothing waits; the limit of this queue is 1 (rule 1, Work item limit). No overflow rule holds; the call waits.",
				"Another queue may be chosen; it depends on what was not said: liveworkitemcontext.Language.",
			},
		},
		"a disabled rule does not match": {
			func(s *adapter.Settings) {
				r := s.Rulesets[routeRules]
				r.DisabledRules = `["` + ruleID(1) + `"]`
				s.Rulesets[routeRules] = r
			}, twoQueues, nil, nil,
			[]string{"The call goes to Other. This queue has no overflow rules pre-queue; the call waits."},
		},
		"overflow handling of the rule's own": {
			nil,
			[]string{toQueueRoute(`<setattribute><lhs type="attribute">overflow.rulesetid</lhs><rhs type="staticvalue">` + string(ownRules) + `</rhs></setattribute>`)},
			overflow.Item{"Language": "FR"},
			nil,
			[]string{"The call goes to Billing. Nothing waits; the limit of this queue is 0 (rule 1, Work item limit). Action: end call."},
		},
		"a queue that was not read": {
			nil,
			[]string{only(1, "", "57e09677-b288-44ab-a7b8-7f6fd67c73ac")},
			nil, nil,
			[]string{"The call goes to 57e09677-b288-44ab-a7b8-7f6fd67c73ac. It is not among the voice queues that were read."},
		},
		"no rules": {nil, nil, nil, nil, []string{"No route-to-queue rules of this work stream are known; the events of its calls name the queue."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, w := routes(t, c.change, c.rules...)
			got := set.Route(w, c.item, c.crowd.look, noon).Explain(overflow.English)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], "0 calls are waiting", "Nothing waits")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Where none of the queues operates, the one that opens first is asked.
func TestTheQueueThatOpensFirst(t *testing.T) {
	t.Parallel()
	set, w := routes(t, func(s *adapter.Settings) { s.Queues[1].PreQueue = s.Queues[0].PreQueue }, only(1, "", queueA), only(2, "", queueB))
	opens := map[adapter.QueueID]time.Duration{queueA: 9 * time.Hour, queueB: time.Hour}
	r := set.Route(w, nil, func(p *overflow.Plan) (overflow.Snapshot, time.Time) {
		return overflow.Snapshot{Size: 5, EstimatedWait: overflow.NoEstimate, Hours: overflow.Closed}, noon.Add(opens[p.Queue().ID])
	}, noon)
	want := "Les 2 files qui correspondent débordent et aucune n'est ouverte\u00a0; Other ouvre la première, c'est donc son action qui est exécutée. "
	if got := r.Explain(overflow.French)[0]; !strings.HasPrefix(got, want) || !strings.Contains(got, "rappel direct") {
		t.Error(got)
	}
}

// TestCriteria holds each operator of a route's conditions to what it makes of a value,
// of none, and of one that nobody told.
func TestCriteria(t *testing.T) {
	t.Parallel()
	several := `<condition operator="in"><lhs type="attribute">liveworkitemcontext.Language</lhs><rhs type="multistaticvalues"><value>FR</value><value>DE</value></rhs></condition>`
	exists := `<condition operator="not-null"><lhs type="attribute">liveworkitemcontext.Language</lhs></condition>`
	guid := "{57E09677-B288-44AB-A7B8-7F6FD67C73AC}"
	for name, c := range map[string]struct{ condition, yes, no, unknown string }{
		"equal":                 {language("==", "FR"), "fr", "DE", ""},
		"equal, another sign":   {language("=", "FR"), "FR", "", ""},
		"numbers are numbers":   {language("==", "7"), "7.0", "8", ""},
		"identifiers":           {language("==", guid), "57e09677-b288-44ab-a7b8-7f6fd67c73ac", "57e09677-b288-44ab-a7b8-7f6fd67c73ad", ""},
		"not equal":             {language("!=", "FR"), "DE", "FR", ""},
		"in":                    {several, "de", "EN", ""},
		"contains":              {language("contains", "gold"), "A Golden one", "silver", ""},
		"not-null":              {exists, "anything", "", ""},
		"at least":              {language("&gt;=", "3"), "3", "2.9", "many"},
		"less":                  {language("&lt;", "3"), "2", "3", "many"},
		"and":                   {and(language("!=", "FR"), language("!=", "DE")), "EN", "DE", ""},
		"or":                    {or(language("==", "FR"), language("==", "DE")), "DE", "EN", ""},
		"or with something odd": {or(language("==", "FR"), "<sunshine/>"), "FR", "-", "DE"},
		"an unknown operator":   {language("~", "FR"), "-", "-", "FR"},
		"nothing to compare":    {`<condition operator="=="><lhs type="attribute">liveworkitemcontext.Language</lhs></condition>`, "-", "-", "FR"},
		"an odd group":          {`<logical operator="XOR">` + exists + `</logical>`, "-", "-", "FR"},
		"an empty group":        {`<logical operator="AND"/>`, "-", "-", "FR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, w := routes(t, nil, only(1, c.condition, queueA))
			result := func(item overflow.Item) string { return set.Route(w, item, crowd{}.look, noon).Rules[0].Result }
			for want, value := range map[string]string{"true": c.yes, "false": c.no, "unknown": c.unknown} {
				if value == "-" || value == "" && want != "false" {
					continue
				}
				if got := result(overflow.Item{"Language": value}); got != want {
					t.Errorf("%q: %s, want %s", value, got, want)
				}
			}
			if got := result(nil); got != "unknown" {
				t.Errorf("of a value that nobody told: %s", got)
			}
		})
	}
}

func TestRoutingAsATrace(t *testing.T) {
	t.Parallel()
	set, w := routes(t, nil, only(1, and(language("==", "FR"), `<condition operator="not-null"><lhs type="attribute">liveworkitemcontext.Tier</lhs></condition>`), queueB), splitRoute("70", "30"))
	r := set.Route(w, overflow.Item{"Language": "FR"}, crowd{}.look, noon)
	for l, want := range map[overflow.Language][]overflow.Told{
		overflow.English: {
			{Title: `rule 1 "Rule1": unknown`, Action: "Other", Conditions: []overflow.ToldCondition{
				{Text: "AND", Result: "unknown"},
				{Depth: 1, Text: "Language == FR", Seen: "FR", Result: "true"},
				{Depth: 1, Text: "Tier not-null", Seen: "not said", Result: "unknown"},
			}},
			{Title: `rule 2 "Split": true`, Action: "70% Billing, 30% Other", Conditions: []overflow.ToldCondition{{Text: "AND", Result: "true"}}},
		},
		overflow.French: {
			{Title: "règle 1 «\u00a0Rule1\u00a0»\u00a0: indéterminée", Action: "Other", Conditions: []overflow.ToldCondition{
				{Text: "ET", Result: "indéterminée"},
				{Depth: 1, Text: "Language == FR", Seen: "FR", Result: "vraie"},
				{Depth: 1, Text: "Tier not-null", Seen: "pas dit", Result: "indéterminée"},
			}},
			{Title: "règle 2 «\u00a0Split\u00a0»\u00a0: vraie", Action: "70\u00a0% Billing, 30\u00a0% Other", Conditions: []overflow.ToldCondition{{Text: "ET", Result: "vraie"}}},
		},
	} {
		if diff := cmp.Diff(want, r.Told(l)); diff != "" {
			t.Error(diff)
		}
	}
}

// FuzzRoutes reads anything as a route-to-queue ruleset, asks where it leads, and whose
// rules are asked then.
func FuzzRoutes(f *testing.F) {
	for _, seed := range []string{
		toQueueRoute(""), splitRoute("70", "30"), splitRoute("0", "NaN"), splitRoute("1e308", "-1"), only(1, "", queueA, queueB) + only(2, or(language("in", "a"), "<x/>"), queueB),
		toQueueRoute("<overflow>" + string(ownRules) + "</overflow>"), toQueueRoute("<upsertrecords/>"), toQueueRoute(`<upsertrecords><target>x</target></upsertrecords>`),
		"<rule/>", "<rule><rule/></rule>", "text", strings.Repeat(splitRoute("50", "50"), 9), `<rule id="{` + strings.ToUpper(routeID) + `}"><logical operator="or"><logical/></logical></rule>`,
	} {
		f.Add(seed, "", "FR")
	}
	f.Add(toQueueRoute(""), `["`+routeID+`"]`, "")
	f.Add(toQueueRoute(""), "[[", "\x00")
	f.Fuzz(func(t *testing.T, rules, disabled, value string) {
		s := routed(rules)
		r := s.Rulesets[routeRules]
		r.DisabledRules = disabled
		s.Rulesets[routeRules] = r
		s.Workstreams[0].Fallback = queueB
		set := overflow.Compile(s, nil)
		for _, route := range set.Routes() {
			p, ok := set.PlanFor(queueA, route.ID)
			if !ok || p.Decide(calls(1), noon).Explain() == "" {
				t.Errorf("route %+v leads to no plan", route)
			}
			for _, share := range route.Shares {
				if !(share.Percent >= 0 && share.Percent <= 100) {
					t.Errorf("a share of %g", share.Percent)
				}
			}
		}
		for _, item := range []overflow.Item{nil, {"Language": value}} {
			routing := set.Route(set.Workstreams()[0], item, crowd{queueA: 5}.look, noon)
			sum := 0.0
			for _, o := range routing.Outcomes {
				sum += o.Percent
				if o.Chosen >= len(o.Queues) || o.Chosen < 0 && len(o.Queues) > 0 {
					t.Errorf("chosen is %d of %d", o.Chosen, len(o.Queues))
				}
			}
			if math.Abs(sum-100) > 1e-6 {
				t.Errorf("chances add up to %g", sum)
			}
			for _, l := range []overflow.Language{overflow.English, overflow.French} {
				if len(routing.Explain(l)) == 0 || len(routing.Told(l)) != len(routing.Rules) || slices.Contains(routing.Explain(l), "") {
					t.Error("nothing to say")
				}
			}
		}
	})
}
