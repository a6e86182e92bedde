package overflow_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// TestAccountAsJSON is what a person finds in the history of a call: no other file is
// needed to read it.
func TestAccountAsJSON(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(rule(1, callback, condition(size, "&gt;=", "10"))), ""))
	got, err := json.MarshalIndent(p.Decide(overflow.Snapshot{
		Size: 14, EstimatedWait: 90 * time.Second, Hours: overflow.Open, Entry: adapter.EntryRoute, Bot: adapter.BotNone,
	}, noon).Account(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "queueId": "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61",
 "queueName": "Billing",
 "at": "2026-03-04T12:00:00Z",
 "moment": "pre-queue",
 "entry": "route",
 "bot": "none",
 "seen": {
  "waiting": 14,
  "estimatedWaitSeconds": 90,
  "hours": "open"
 },
 "verdict": "act",
 "rule": 1,
 "action": "direct callback",
 "actionType": 192350003,
 "actionId": "0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163",
 "explanation": "14 calls are waiting; the limit of this queue is 10 (rule 1, Work item limit). Action: direct callback.",
 "rules": [
  {
   "number": 1,
   "id": "11111111-2222-4333-8444-000000000001",
   "name": "Rule1",
   "result": "true",
   "effect": "act",
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
     "attribute": "queue_prequeue.currentqueuesize",
     "operator": "\u003e=",
     "value": "14",
     "threshold": "10",
     "result": "true"
    }
   ]
  }
 ],
 "terms": {
  "actionId": "0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163"
 }
}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestReadAccount(t *testing.T) {
	t.Parallel()
	d := plan(t, settings(decision(rule(1, callback, atLeast(size, "10"))), "")).Decide(calls(14), noon)
	judgement := func(moment, verdict string, what any) adapter.Judgement {
		body, err := json.Marshal(what)
		if err != nil {
			t.Fatal(err)
		}
		return adapter.Judgement{At: noon, Moment: moment, Verdict: verdict, Trace: body}
	}
	for name, c := range map[string]struct {
		kept adapter.Judgement
		says string // empty = it is no decision
	}{
		"a decision":                        {judgement("pre-queue", "act", d.Account()), d.Explain()},
		"the rules alone, of a release ago": {judgement("pre-queue", "act", d.Trace()), d.Explain()},
		"an offer that was not made":        {judgement("offer", "NotOffered", map[string]string{"refused": "withheld"}), ""},
		"a command that was not sent":       {judgement("command", "Shadow", map[string]string{"command": "play"}), ""},
		"something else":                    {adapter.Judgement{Moment: "pre-queue", Verdict: "act", Trace: []byte(`"?"`)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, ok := overflow.ReadAccount(c.kept)
			if ok != (c.says != "") {
				t.Fatalf("is a decision: %v", ok)
			}
			if ok && a.Explain(overflow.English) != c.says {
				t.Errorf("%q, want %q", a.Explain(overflow.English), c.says)
			}
			if ok && (!a.At.Equal(noon) || a.Verdict != overflow.Act) {
				t.Errorf("%+v", a)
			}
		})
	}
}
