package promisetest

import (
	"context"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// The queues: both offer a callback to everybody, and each has its configuration.
var queues = [2]adapter.QueueID{"3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61", "b84c1a70-25de-4f3b-8c66-1f0e9d7a5b32"}

const (
	rules    = adapter.RulesetID("5d0c7f12-9a3e-4b68-a1f4-c2e8069b7d35")
	callBack = adapter.ActionID("0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163")

	// Written as the portal does: at a size of at least 0, which is always.
	always = `<decision hit-policy="all" version="1"><rules><rule id="11111111-2222-4333-8444-000000000001" name="Rule1"><action>` +
		`<setattribute><lhs type="attribute">overflow.flag</lhs><rhs type="staticvalue">true</rhs></setattribute>` +
		`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute>` +
		`</action><logical operator="AND"><condition operator="not-null"><lhs type="attribute">queue_prequeue.currentqueuesize</lhs></condition>` +
		`<condition operator=">="><lhs type="attribute">queue_prequeue.currentqueuesize</lhs><rhs type="staticvalue">0</rhs></condition></logical></rule></rules></decision>`
)

// portal is a SettingsReader.
type portal struct{ settings adapter.Settings }

func newPortal() portal {
	s := adapter.Settings{
		Actions:  map[adapter.ActionID]adapter.OverflowAction{callBack: {ID: callBack, Name: "Callback", Active: true, Type: adapter.ActionDirectCallback}},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{rules: {ID: rules, Name: "always", Type: adapter.RulesetDeclarative, Definition: fmt.Sprintf(always, callBack)}},
	}
	for i, id := range queues {
		s.Queues = append(s.Queues, adapter.Queue{ID: id, Name: fmt.Sprint("Queue ", i), Type: adapter.QueueVoice, Active: true, PreQueue: rules})
		s.Configurations = append(s.Configurations, adapter.EngagementConfiguration{
			ID: adapter.ConfigurationID(fmt.Sprintf("8d2f6a40-0000-4000-8000-%012d", i)), Name: fmt.Sprint("Preview ", i), Active: true,
			Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: id,
		})
	}
	return portal{s}
}

func (p portal) LoadSettings(_ context.Context, now time.Time) (adapter.Settings, error) {
	s := p.settings
	s.ReadAt = now
	return s, nil
}

// codec is the real one.
type codec struct{}

func (codec) Encode(e adapter.CallEvent) ([]byte, error) { return event.Encode(e) }
func (codec) Decode(body []byte) (adapter.CallEvent, error) {
	return event.Decode(event.Envelope{Body: body, ContentType: event.ContentType})
}

// clock is the bubble's.
type clock struct{}

func (clock) Now() time.Time                       { return time.Now() }
func (clock) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }
