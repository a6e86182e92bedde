package service_test

import (
	"fmt"
	"strings"

	"directcallback/adapter"
)

// The rows of the tests. Billing offers a callback to everyone, support to those
// who have waited for two minutes; sales has no rules, orphans no configuration.
const (
	billing = adapter.QueueID("3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61")
	support = adapter.QueueID("b84c1a70-25de-4f3b-8c66-1f0e9d7a5b32")
	sales   = adapter.QueueID("c5d9e2f8-1b3a-4c7d-9e0f-2a4b6c8d0e1f")
	orphans = adapter.QueueID("d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e5f6")

	preRules    = adapter.RulesetID("5d0c7f12-9a3e-4b68-a1f4-c2e8069b7d35")
	inRules     = adapter.RulesetID("c19e4b07-8f52-4d6a-b3c0-64a7d5e1f298")
	callBack    = adapter.ActionID("0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163")
	voicemail   = adapter.ActionID("7a9d2e41-c0b8-4f16-95e3-3d8c6f0a1b74")
	elapsedWait = "queue_inqueue.lapsedwaittime"
	queueSize   = "queue_prequeue.currentqueuesize"
)

func portal() adapter.Settings {
	s := adapter.Settings{
		Actions: map[adapter.ActionID]adapter.OverflowAction{
			callBack:  {ID: callBack, Name: "Callback", Active: true, Type: adapter.ActionDirectCallback},
			voicemail: {ID: voicemail, Name: "Voicemail", Active: true, Type: adapter.ActionVoicemail},
		},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{
			preRules: ruleset(preRules, rule(1, callBack, queueSize, "0")),
			inRules:  ruleset(inRules, rule(1, callBack, elapsedWait, "120")),
		},
	}
	for _, q := range []adapter.Queue{
		{ID: billing, Name: "Billing", PreQueue: preRules},
		{ID: support, Name: "Support", InQueue: inRules},
		{ID: sales, Name: "Sales"},
		{ID: orphans, Name: "Orphans", PreQueue: preRules},
	} {
		q.Type, q.Active = adapter.QueueVoice, true
		s.Queues = append(s.Queues, q)
		if q.ID != orphans {
			s.Configurations = append(s.Configurations, adapter.EngagementConfiguration{
				ID: configurationOf(q.ID), Name: q.Name, Active: true, Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: q.ID,
			})
		}
	}
	return s
}

func configurationOf(queue adapter.QueueID) adapter.ConfigurationID {
	return adapter.ConfigurationID("8d2f6a40" + strings.TrimLeft(string(queue), "0123456789abcdef"))
}

func ruleset(id adapter.RulesetID, rules ...string) adapter.Ruleset {
	return adapter.Ruleset{
		ID: id, Name: string(id), Type: adapter.RulesetDeclarative,
		Definition: `<decision hit-policy="all" version="1"><rules>` + strings.Join(rules, "") + `</rules></decision>`,
	}
}

// rule leads to action where attribute is at least value, as the portal writes it.
func rule(number int, action adapter.ActionID, attribute, value string) string {
	return fmt.Sprintf(`<rule id="11111111-2222-4333-8444-%012d" name="Rule%d"><action>`+
		`<setattribute><lhs type="attribute">overflow.flag</lhs><rhs type="staticvalue">true</rhs></setattribute>`+
		`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute>`+
		`</action><logical operator="AND"><condition operator="not-null"><lhs type="attribute">%s</lhs></condition>`+
		`<condition operator=">="><lhs type="attribute">%s</lhs><rhs type="staticvalue">%s</rhs></condition></logical></rule>`,
		number, number, action, attribute, attribute, value)
}
