package overflow_test

import (
	"fmt"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// The rows of the tests: one queue, one action of each kind.
const (
	queueA = adapter.QueueID("3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61")
	queueB = adapter.QueueID("b84c1a70-25de-4f3b-8c66-1f0e9d7a5b32")

	preRules = adapter.RulesetID("5d0c7f12-9a3e-4b68-a1f4-c2e8069b7d35")
	inRules  = adapter.RulesetID("c19e4b07-8f52-4d6a-b3c0-64a7d5e1f298")

	callback   = adapter.ActionID("0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163")
	voicemail  = adapter.ActionID("7a9d2e41-c0b8-4f16-95e3-3d8c6f0a1b74")
	toQueue    = adapter.ActionID("e25f8b90-4d1c-4a73-b6e8-0c97d3a5f412")
	toPhone    = adapter.ActionID("91c7d4a6-0f3e-48b5-a2d9-5b8e1f6c0374")
	endCall    = adapter.ActionID("4b0e9f63-a8d2-4c17-9f5a-e6d1c3b70829")
	stay       = adapter.ActionID("d6f1a835-3b9c-4e02-87d4-a0c5e2f9b716")
	scheduled  = adapter.ActionID("28c5e7d0-b4f9-4361-8e1a-9d7f0b3a6c52")
	inactive   = adapter.ActionID("f3a06d19-5e8b-4c74-b0d2-6c1e9a4f7583")
	badTarget  = adapter.ActionID("6e4d1b97-2a0f-4895-9c3e-b7f5d8a2c160")
	defaultRow = adapter.ActionID("a7b3f5c2-e19d-4068-a4b7-2f0c8e6d9315")
	missing    = adapter.ActionID("ffffffff-0000-4000-8000-00000000dead")
)

const unknownAction = adapter.OverflowActionType(192350007)

// actionTypes is the choice column that says what actions are called.
const actionTypes = "msdyn_overflowactionconfig.msdyn_overflowactiontype"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// settings is one voice queue with these two definitions; an empty one means
// no ruleset.
func settings(pre, in string) adapter.Settings {
	row := func(id adapter.ActionID, name string, kind adapter.OverflowActionType, data string) adapter.OverflowAction {
		return adapter.OverflowAction{ID: id, Name: name, Active: id != inactive, Type: kind, Data: data}
	}
	s := adapter.Settings{
		Queues: []adapter.Queue{{ID: queueA, Name: "Billing", Type: adapter.QueueVoice, Active: true}},
		Actions: map[adapter.ActionID]adapter.OverflowAction{
			callback:   row(callback, "Callback", adapter.ActionDirectCallback, ""),
			voicemail:  row(voicemail, "Voicemail", adapter.ActionVoicemail, ""),
			toQueue:    row(toQueue, "To queue", adapter.ActionTransferToQueue, "{"+strings.ToUpper(string(queueB))+"}"),
			toPhone:    row(toPhone, "To phone", adapter.ActionTransferToPhone, "+33 1 55 50 12 34"),
			endCall:    row(endCall, "End", adapter.ActionEnd, ""),
			stay:       row(stay, "Stay", adapter.ActionStay, ""),
			scheduled:  row(scheduled, "Scheduled", unknownAction, ""),
			inactive:   row(inactive, "Old callback", adapter.ActionDirectCallback, ""),
			badTarget:  row(badTarget, "Nowhere", adapter.ActionTransferToQueue, "nowhere"),
			defaultRow: row(defaultRow, "Default", adapter.ActionDefault, ""),
		},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{},
		Configurations: []adapter.EngagementConfiguration{{
			ID: "8d2f6a40-c7e1-4b95-83d0-1a9e5f7c2b64", Name: "Callbacks", Active: true,
			Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: queueA,
		}},
		Choices: map[string]map[int]string{actionTypes: {int(unknownAction): "Scheduled callback"}},
	}
	if pre != "" {
		s.Queues[0].PreQueue = preRules
		s.Rulesets[preRules] = adapter.Ruleset{ID: preRules, Name: "queue_prequeue_Billing", Type: adapter.RulesetDeclarative, Definition: pre}
	}
	if in != "" {
		s.Queues[0].InQueue = inRules
		s.Rulesets[inRules] = adapter.Ruleset{ID: inRules, Name: "queue_inqueue_Billing", Type: adapter.RulesetDeclarative, Definition: in}
	}
	return s
}

// plan compiles the one queue of s.
func plan(tb interface {
	Helper()
	Fatal(args ...any)
}, s adapter.Settings,
) *overflow.Plan {
	tb.Helper()
	p, ok := overflow.Compile(s, nil).Plan(queueA)
	if !ok {
		tb.Fatal("the voice queue has no plan")
	}
	return p
}

func decision(rules ...string) string {
	return `<decision hit-policy="all" version="1"><rules>` + strings.Join(rules, "\n") + `</rules></decision>`
}

// rule writes one rule with an id that its number gives.
func rule(number int, action adapter.ActionID, conditions ...string) string {
	return fmt.Sprintf(`<rule id="%s" name="Rule%d"><action><setattribute><lhs type="attribute">overflow.flag</lhs><rhs type="staticvalue">true</rhs></setattribute>`+
		`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute></action>%s</rule>`,
		ruleID(number), number, action, strings.Join(conditions, ""))
}

func ruleID(number int) string { return fmt.Sprintf("11111111-2222-4333-8444-%012d", number) }

func condition(attribute, operator, value string) string {
	return fmt.Sprintf(`<condition operator="%s"><lhs type="attribute">%s</lhs><rhs type="staticvalue">%s</rhs></condition>`, operator, attribute, value)
}

func notNull(attribute string) string {
	return fmt.Sprintf(`<condition operator="not-null"><lhs type="attribute">%s</lhs></condition>`, attribute)
}

func and(members ...string) string {
	return `<logical operator="AND">` + strings.Join(members, "") + `</logical>`
}

func or(members ...string) string {
	return `<logical operator="OR">` + strings.Join(members, "") + `</logical>`
}

// The attributes, as stored.
const (
	wait    = "queue_prequeue.estimatedwaittimeinminutes"
	size    = "queue_prequeue.currentqueuesize"
	hours   = "queue_prequeue.iswithinoperatinghour"
	elapsed = "queue_inqueue.lapsedwaittime"
	strange = "queue_prequeue.longestwaitinseconds"
)

// atLeast is what the portal writes for a load condition.
func atLeast(attribute, value string) string {
	return and(notNull(attribute), condition(attribute, ">=", value))
}

// calls is a pre-queue snapshot without an estimate.
func calls(waiting int) overflow.Snapshot {
	return overflow.Snapshot{Size: waiting, EstimatedWait: overflow.NoEstimate}
}

// waited is an in-queue snapshot.
func waited(d time.Duration) overflow.Snapshot {
	return overflow.Snapshot{Moment: overflow.InQueue, Size: overflow.UnknownSize, EstimatedWait: overflow.NoEstimate, Elapsed: d}
}

// codes lists the codes of findings.
func codes(findings []adapter.Finding) []string {
	list := []string{}
	for _, f := range findings {
		list = append(list, f.Code)
	}
	return list
}
