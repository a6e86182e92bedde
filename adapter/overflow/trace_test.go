package overflow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

func TestTraceAsJSON(t *testing.T) {
	t.Parallel()
	seconds := `<condition operator=">="><lhs type="attribute">` + wait + `</lhs><rhs type="staticvalue" unit="seconds">600</rhs></condition>`
	p := plan(t, settings(decision(
		rule(1, toQueue, condition(strange, ">=", "90")),
		rule(2, callback, and(notNull(wait), seconds)),
		rule(3, voicemail, atLeast(size, "2")),
	), ""))
	got, err := json.MarshalIndent(p.Decide(overflow.Snapshot{Size: 1, EstimatedWait: 10*time.Minute + 30*time.Second}, noon).Trace(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `[
 {
  "number": 1,
  "id": "11111111-2222-4333-8444-000000000001",
  "name": "Rule1",
  "result": "unknown",
  "effect": "recorded; later rules are shown, not acted on",
  "action": "transfer to a different queue",
  "actionType": 192350005,
  "actionId": "e25f8b90-4d1c-4a73-b6e8-0c97d3a5f412",
  "conditions": [
   {
    "depth": 0,
    "group": "AND",
    "result": "unknown"
   },
   {
    "depth": 1,
    "attribute": "queue_prequeue.longestwaitinseconds",
    "operator": "\u003e=",
    "threshold": "90",
    "result": "unknown",
    "reason": "the attribute \"queue_prequeue.longestwaitinseconds\" is not known",
    "raw": "\u003ccondition operator=\"\u003e=\"\u003e\u003clhs type=\"attribute\"\u003equeue_prequeue.longestwaitinseconds\u003c/lhs\u003e\u003crhs type=\"staticvalue\"\u003e90\u003c/rhs\u003e\u003c/condition\u003e"
   }
  ]
 },
 {
  "number": 2,
  "id": "11111111-2222-4333-8444-000000000002",
  "name": "Rule2",
  "result": "true",
  "effect": "shadowed by rule 1: shown, not acted on",
  "action": "direct callback",
  "actionType": 192350003,
  "actionId": "0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163",
  "conditions": [
   {
    "depth": 0,
    "group": "AND",
    "result": "true"
   },
   {
    "depth": 1,
    "attribute": "queue_prequeue.estimatedwaittimeinminutes",
    "operator": "not-null",
    "value": "10.5",
    "valueUnit": "minutes",
    "result": "true"
   },
   {
    "depth": 1,
    "attribute": "queue_prequeue.estimatedwaittimeinminutes",
    "operator": "\u003e=",
    "value": "10.5",
    "valueUnit": "minutes",
    "threshold": "600",
    "thresholdUnit": "seconds",
    "result": "true"
   }
  ]
 },
 {
  "number": 3,
  "id": "11111111-2222-4333-8444-000000000003",
  "name": "Rule3",
  "result": "not asked",
  "effect": "an earlier rule decided",
  "action": "voicemail",
  "actionType": 192350004,
  "actionId": "7a9d2e41-c0b8-4f16-95e3-3d8c6f0a1b74",
  "conditions": [
   {
    "depth": 0,
    "group": "AND",
    "result": "false"
   },
   {
    "depth": 1,
    "attribute": "queue_prequeue.currentqueuesize",
    "operator": "not-null",
    "value": "1",
    "result": "true"
   },
   {
    "depth": 1,
    "attribute": "queue_prequeue.currentqueuesize",
    "operator": "\u003e=",
    "value": "1",
    "threshold": "2",
    "result": "false"
   }
  ]
 }
]`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestTheTraceOfAnExcludedCallListsTheRules(t *testing.T) {
	t.Parallel()
	d := plan(t, settings(decision(rule(1, callback, atLeast(size, "1"))), "")).Decide(overflow.Snapshot{Entry: adapter.EntryFallback}, noon)
	steps := d.Trace()
	if len(steps) != 1 || steps[0].Result != overflow.ResultNotAsked || steps[0].Reason != "the call came to the fallback queue" {
		t.Errorf("%+v", steps)
	}
}

func TestAnEmptyDecisionExplainsItself(t *testing.T) {
	t.Parallel()
	var d overflow.Decision
	if d.Explain() == "" || d.Trace() == nil {
		t.Error("a zero decision has nothing to say")
	}
}

func TestNoPhoneNumberIsPrinted(t *testing.T) {
	t.Parallel()
	bad := settings("", "").Actions[toPhone]
	bad.Data = "0155501234"
	for _, change := range []func(*adapter.Settings){
		func(*adapter.Settings) {},
		func(s *adapter.Settings) { s.Actions[toPhone] = bad },
	} {
		s := settings(decision(rule(1, toPhone, atLeast(size, "1"))), "")
		change(&s)
		p := plan(t, s)
		d := p.Decide(calls(5), noon)
		trace, err := json.Marshal(d.Trace())
		if err != nil {
			t.Fatal(err)
		}
		printed := fmt.Sprintf("%v %+v %s %s %+v", d.TargetPhone, d, d.Explain(), trace, p.Findings())
		// The settings themselves hold what the portal holds; they are not printed here.
		if strings.Contains(printed, "155501234") {
			t.Errorf("the number is in %s", printed)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"pre-queue": overflow.PreQueue, "in-queue": overflow.InQueue,
		"no operating hours": overflow.HoursAbsent, "open": overflow.Open, "closed": overflow.Closed,
		"false": overflow.False, "true": overflow.True,
		"act": overflow.Act, "not available": overflow.NotAvailable, "unknown": overflow.Verdict(99),
	} {
		if value.String() != want {
			t.Errorf("%T is %q, want %q", value, value, want)
		}
	}
	text, err := json.Marshal([]any{overflow.InQueue, overflow.Closed, overflow.Shadowed})
	if err != nil || string(text) != `["in-queue","closed","shadowed"]` {
		t.Errorf("%s, %v", text, err)
	}
}
