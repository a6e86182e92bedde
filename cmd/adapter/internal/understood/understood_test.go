package understood_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/cmd/adapter/internal/understood"
)

const ruleset = `<decision><rules><rule id="1" name="Busy"><logical operator="AND"><condition operator="not-null"><lhs type="attribute">queue_prequeue.currentqueuesize</lhs></condition>` +
	`<logical operator="OR"><condition operator=">="><lhs type="attribute">queue_prequeue.currentqueuesize</lhs><rhs type="staticvalue">40</rhs></condition>` +
	`<condition operator=">="><lhs type="attribute">queue_prequeue.estimatedwaittimeinminutes</lhs><rhs type="staticvalue">8</rhs></condition></logical></logical></rule></rules></decision>`

// TestTwoQueuesOfOneName are told apart: what one of them loses is not hidden by the other.
func TestTwoQueuesOfOneName(t *testing.T) {
	t.Parallel()
	settings := adapter.Settings{Queues: []adapter.Queue{
		{ID: "a", Name: "Cards", Type: adapter.QueueVoice, Active: true, Priority: 1},
		{ID: "b", Name: "Cards", Type: adapter.QueueVoice, Active: true, Priority: 2},
	}}
	before := understood.Of(settings)
	settings.Queues = []adapter.Queue{settings.Queues[0], {ID: "b", Name: "Cards", Type: adapter.QueueVoice, Active: true, Priority: 3}}
	got, err := understood.Diff(before, understood.Of(settings))
	want := []understood.Difference{{Where: "Cards (2), priority", Before: "2", After: "3"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestARulesetThatCannotBeRead is written down as such, and not as no rules.
func TestARulesetThatCannotBeRead(t *testing.T) {
	t.Parallel()
	got := understood.Of(adapter.Settings{Queues: []adapter.Queue{{ID: "a", Name: "Cards", Type: adapter.QueueVoice, Active: true, PreQueue: "gone"}}})
	if rules := got.Queues[0].Before; len(rules) != 1 || rules[0].When != "cannot be read: its ruleset gone does not exist or cannot be read" {
		t.Errorf("%+v", rules)
	}
}

func TestConditionsInOneLine(t *testing.T) {
	t.Parallel()
	got := understood.Of(adapter.Settings{
		Queues:   []adapter.Queue{{ID: "a", Name: "Cards", Type: adapter.QueueVoice, Active: true, PreQueue: "r"}},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{"r": {ID: "r", Type: adapter.RulesetDeclarative, Definition: ruleset}},
	})
	want := "(currentqueuesize >= 40 or estimatedwaittimeinminutes >= 8)"
	if rules := got.Queues[0].Before; len(rules) != 1 || rules[0].When != want {
		t.Errorf("%+v", rules)
	}
}
