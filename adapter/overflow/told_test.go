package overflow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter/overflow"
)

func TestTold(t *testing.T) {
	t.Parallel()
	d := plan(t, settings(decision(
		rule(1, toQueue, condition(strange, ">=", "90")),
		rule(2, callback, or(and(notNull(wait), condition(wait, "&gt;=", "8")), condition(size, "&gt;=", "40"))),
		rule(3, voicemail, condition(size, "&gt;=", "2")),
	), "")).Decide(overflow.Snapshot{Size: 41, EstimatedWait: overflow.NoEstimate}, noon)
	for language, want := range map[overflow.Language][]overflow.Told{
		overflow.English: {
			{
				Title: `rule 1 "Rule1": unknown, recorded; later rules are shown, not acted on`, Action: "transfer to a different queue",
				Conditions: []overflow.ToldCondition{
					{Text: "AND", Result: "unknown"},
					{Depth: 1, Text: `the attribute "queue_prequeue.longestwaitinseconds" is not known`, Result: "unknown"},
				},
			},
			{
				Title: `rule 2 "Rule2": true, shadowed by rule 1: shown, not acted on`, Action: "direct callback",
				Conditions: []overflow.ToldCondition{
					{Text: "OR", Result: "true"},
					{Depth: 1, Text: "AND", Result: "false"},
					{Depth: 2, Text: "estimatedwaittimeinminutes not-null", Seen: "absent", Result: "false"},
					{Depth: 2, Text: "estimatedwaittimeinminutes >= 8", Seen: "absent", Result: "false"},
					{Depth: 1, Text: "currentqueuesize >= 40", Seen: "41", Result: "true"},
				},
			},
			{
				Title: `rule 3 "Rule3": not asked, an earlier rule decided`, Action: "voicemail",
				Conditions: []overflow.ToldCondition{{Text: "AND", Result: "true"}, {Depth: 1, Text: "currentqueuesize >= 2", Seen: "41", Result: "true"}},
			},
		},
		overflow.French: {
			{
				Title: "règle 1 «\u00a0Rule1\u00a0»\u00a0: indéterminée, retenue\u00a0; les règles suivantes sont affichées, mais pas exécutées", Action: "transférer vers une autre file",
				Conditions: []overflow.ToldCondition{
					{Text: "ET", Result: "indéterminée"},
					{Depth: 1, Text: `l'attribut "queue_prequeue.longestwaitinseconds" n'est pas connu`, Result: "indéterminée"},
				},
			},
			{
				Title: "règle 2 «\u00a0Rule2\u00a0»\u00a0: vraie, masquée par la règle 1\u00a0: affichée, mais pas exécutée", Action: "rappel direct",
				Conditions: []overflow.ToldCondition{
					{Text: "OU", Result: "vraie"},
					{Depth: 1, Text: "ET", Result: "fausse"},
					{Depth: 2, Text: "estimatedwaittimeinminutes not-null", Seen: "absente", Result: "fausse"},
					{Depth: 2, Text: "estimatedwaittimeinminutes >= 8", Seen: "absente", Result: "fausse"},
					{Depth: 1, Text: "currentqueuesize >= 40", Seen: "41", Result: "vraie"},
				},
			},
			{
				Title: "règle 3 «\u00a0Rule3\u00a0»\u00a0: pas consultée, une règle précédente a décidé", Action: "messagerie vocale",
				Conditions: []overflow.ToldCondition{{Text: "ET", Result: "vraie"}, {Depth: 1, Text: "currentqueuesize >= 2", Seen: "41", Result: "vraie"}},
			},
		},
	} {
		if diff := cmp.Diff(want, d.Account().Told(language)); diff != "" {
			t.Errorf("language %d: %s", language, diff)
		}
	}
}

// Whatever a trace can say of a rule is French in French, but for names.
func TestTracesAreTranslated(t *testing.T) {
	t.Parallel()
	beside := decision(rule(1, toQueue, condition(strange, ">=", "90")), rule(2, callback, atLeast(size, "1")))
	policy := plan(t, settings(beside, "")).Decide(calls(2), noon).WithShadowed().Account()
	accounts := []overflow.Account{policy}
	for _, c := range explanations() {
		accounts = append(accounts, plan(t, settings(c.pre, c.in)).Decide(c.snapshot, noon).Account())
	}
	seen := map[string]bool{}
	for _, a := range accounts {
		for i, told := range a.Told(overflow.French) {
			seen[a.Rules[i].Effect] = true
			for _, english := range []string{" " + a.Rules[i].Result, a.Rules[i].Effect, "rule ", "minutes ", "seconds", "absent "} {
				if text := told.Title + " "; strings.Contains(text, english) {
					t.Errorf("%q is not translated in %q", english, text)
				}
			}
			for _, c := range told.Conditions {
				if strings.Contains(c.Text+c.Seen, "second ") || c.Result == "true" || c.Result == "false" || c.Result == "unknown" {
					t.Errorf("not translated: %+v", c)
				}
			}
		}
	}
	if len(seen) < 9 {
		t.Errorf("only %d effects were tried: %v", len(seen), seen)
	}
	if told := policy.Told(overflow.French)[1].Title; told != "règle 2 «\u00a0Rule2\u00a0»\u00a0: vraie, exécutée, bien que la règle 1 ne puisse pas être évaluée" {
		t.Error(told)
	}
}

// A stored account may come from a release that had other words.
func TestUnknownWordsOfATraceStay(t *testing.T) {
	t.Parallel()
	a := overflow.Account{Rules: []overflow.Step{{Number: 1, Result: "perhaps", Effect: "something new"}}}
	if got := a.Told(overflow.French)[0].Title; got != "règle 1\u00a0: perhaps, something new" {
		t.Error(got)
	}
}
