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

// TestExplain holds every kind of sentence to its wording.
func TestExplain(t *testing.T) {
	t.Parallel()
	load := decision(rule(1, toQueue, atLeast(wait, "10")), rule(2, callback, atLeast(size, "10")))
	in := `<condition operator="in"><lhs type="attribute">` + size + `</lhs><rhs type="multistaticvalues"><value>1</value><value>3</value></rhs></condition>`
	for name, c := range map[string]struct {
		pre, in  string
		snapshot overflow.Snapshot
		want     string
	}{
		"acts": {
			load, "", calls(14),
			"14 calls are waiting; the limit of this queue is 10 (rule 2, Work item limit). Action: direct callback.",
		},
		"no rule": {
			load, "",
			overflow.Snapshot{Size: 1, EstimatedWait: 9*time.Minute + 59*time.Second},
			"The estimated wait is 9 minutes 59 seconds; the limit of this queue is 10 minutes (rule 1, Average wait time). " +
				"1 call is waiting; the limit of this queue is 10 (rule 2, Work item limit). No overflow rule holds; the call waits.",
		},
		"no estimate": {
			decision(rule(1, callback, atLeast(wait, "10"))), "", calls(1),
			"There is no estimated wait yet (rule 1, Average wait time). No overflow rule holds; the call waits.",
		},
		"several conditions": {
			decision(rule(1, callback, atLeast(wait, "8"), condition(size, "&lt;=", "40"))), "",
			overflow.Snapshot{Size: 2, EstimatedWait: 9 * time.Minute},
			"The estimated wait is 9 minutes; the limit of this queue is 8 minutes. " +
				"2 calls are waiting; the rule asks for <= 40 (rule 1, Average wait time, Work item limit). Action: direct callback.",
		},
		"only the members that matter": {
			decision(rule(1, callback, or(atLeast(wait, "8"), in))), "",
			overflow.Snapshot{Size: 3, EstimatedWait: time.Minute},
			"3 calls are waiting; the rule asks for one of 1, 3 (rule 1, Average wait time, Work item limit). Action: direct callback.",
		},
		"closed": {
			decision(rule(1, voicemail, and(notNull(hours), condition(hours, "==", "false")))), "",
			overflow.Snapshot{Hours: overflow.Closed},
			"The queue is closed (rule 1, Out of operation hours). Action: voicemail.",
		},
		"open": {
			decision(rule(1, voicemail, and(notNull(hours), condition(hours, "==", "false")))), "",
			overflow.Snapshot{Hours: overflow.Open},
			"The queue is open (rule 1, Out of operation hours). No overflow rule holds; the call waits.",
		},
		"waited": {
			"", decision(rule(1, callback, atLeast(elapsed, "90"))), waited(90500 * time.Millisecond),
			"The caller has waited 1 minute 30.5 seconds; the limit of this queue is 1 minute 30 seconds (rule 1, Waiting time in queue). Action: direct callback.",
		},
		"no conditions": {
			decision(rule(1, endCall)), "", calls(0),
			"The rule has no conditions, so it always holds (rule 1). Action: end call.",
		},
		"no rules": {"", "", calls(0), "This queue has no overflow rules pre-queue; the call waits."},
		"excluded": {
			load, "",
			overflow.Snapshot{Entry: adapter.EntryFallback},
			"Overflow rules do not apply pre-queue: the call came to the fallback queue.",
		},
		"fallback, in-queue": {
			"", decision(rule(1, callback, atLeast(elapsed, "60"))),
			overflow.Snapshot{Moment: overflow.InQueue, Elapsed: time.Minute, Entry: adapter.EntryFallback},
			"The caller has waited 1 minute; the limit of this queue is 1 minute (rule 1, Waiting time in queue). Action: direct callback. " +
				"Whether rules apply in the fallback queue is not documented; they were asked.",
		},
		"moved": {
			"", decision(rule(1, callback, atLeast(elapsed, "60"))),
			overflow.Snapshot{Moment: overflow.InQueue, Elapsed: time.Minute, Entry: adapter.EntryTransfer},
			"The caller has waited 1 minute; the limit of this queue is 1 minute (rule 1, Waiting time in queue). " +
				"Action: direct callback; it is shown and not carried out: a call that came by transfer or overflow can only be transferred.",
		},
		"not offered in classic": {
			decision(rule(1, callback, condition(hours, "==", "false"))), "",
			overflow.Snapshot{Hours: overflow.Closed},
			"The queue is closed (rule 1, Out of operation hours). Action: direct callback; it is shown and not carried out: " +
				"direct callback is not offered in classic for the condition Out of operation hours.",
		},
		"unknown action": {
			decision(rule(1, scheduled, atLeast(size, "1"))), "", calls(2),
			"2 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). " +
				`Action: unknown overflow action 192350007 ("Scheduled callback"); it is shown and not carried out: the action is not known here.`,
		},
		"missing action": {
			decision(rule(1, missing, atLeast(size, "1"))), "", calls(2),
			"2 calls are waiting; the limit of this queue is 1 (rule 1, Work item limit). " +
				"Action: not known; it is shown and not carried out: its action row does not exist or cannot be read.",
		},
		"shadowed": {
			decision(rule(1, toQueue, condition(strange, ">=", "90")), rule(2, callback, atLeast(size, "1"))), "", calls(2),
			"2 calls are waiting; the limit of this queue is 1 (rule 2, Work item limit). " +
				`The attribute "queue_prequeue.longestwaitinseconds" is not known (rule 1, Unknown condition). ` +
				"Because rule 1 cannot be decided, the action is shown and not carried out: direct callback.",
		},
		"indeterminate": {
			decision(rule(1, toQueue, atLeast(size, "3"))), "", calls(overflow.UnknownSize),
			"The number of waiting calls is unknown (rule 1, Work item limit). No rule holds for certain; nothing is offered.",
		},
		"unreadable ruleset": {
			"{}", "", calls(1),
			"Nothing can be decided pre-queue: its definition is empty or not XML. Nothing is offered.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := plan(t, settings(c.pre, c.in)).Decide(c.snapshot, noon)
			if diff := cmp.Diff(c.want, d.Explain()); diff != "" {
				t.Error(diff)
			}
		})
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
