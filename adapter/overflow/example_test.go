package overflow_test

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// A queue whose admin wants a direct callback once ten calls are waiting.
func Example() {
	const (
		billing  = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"
		rules    = "5d0c7f12-9a3e-4b68-a1f4-c2e8069b7d35"
		callback = "0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163"
	)
	set := overflow.Compile(adapter.Settings{
		Queues:  []adapter.Queue{{ID: billing, Name: "Billing", Type: adapter.QueueVoice, Active: true, PreQueue: rules}},
		Actions: map[adapter.ActionID]adapter.OverflowAction{callback: {ID: callback, Active: true, Type: adapter.ActionDirectCallback}},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{rules: {ID: rules, Type: adapter.RulesetDeclarative, Definition: `
<decision hit-policy="all" version="1"><rules>
  <rule id="c5a1e7d3-0b94-4f28-96d7-3e8f1a6b2c50" name="Rule1">
    <action><setattribute>
      <lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs>
      <rhs type="staticvalue">{0E6A3C58-71BF-4D29-8A05-F9C4B2D7E163}</rhs>
    </setattribute></action>
    <logical operator="AND">
      <condition operator="not-null"><lhs type="attribute">queue_prequeue.currentqueuesize</lhs></condition>
      <condition operator=">="><lhs type="attribute">queue_prequeue.currentqueuesize</lhs><rhs type="staticvalue">10</rhs></condition>
    </logical>
  </rule>
</rules></decision>`}},
	}, nil)

	plan, _ := set.Plan(billing)
	now := time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)
	for _, waiting := range []int{9, 14} {
		decision := plan.Decide(overflow.Snapshot{Size: waiting, EstimatedWait: overflow.NoEstimate}, now)
		fmt.Println(decision.Verdict)
		fmt.Println(decision.Explain())
	}
	for _, finding := range set.Findings() {
		fmt.Println(finding.Severity, finding.Code)
	}
	// Output:
	// no rule
	// 9 calls are waiting; the limit of this queue is 10 (rule 1, Work item limit). No overflow rule holds; the call waits.
	// act
	// 14 calls are waiting; the limit of this queue is 10 (rule 1, Work item limit). Action: direct callback.
	// error missing.configuration
}
