package understood_test

import (
	"maps"
	"slices"
	"testing"
	"time"

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

// TestAHolidayIsADifference: hours are part of what is compared, day by day.
func TestAHolidayIsADifference(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	settings := adapter.Settings{
		Queues: []adapter.Queue{{ID: "a", Name: "Cards", Type: adapter.QueueVoice, Active: true, OperatingHours: "h"}},
		Hours:  map[string]adapter.OperatingHours{"h": {ID: "h", Name: "Office", Active: true, Calendar: "c"}},
		Calendars: map[string]adapter.Calendar{
			"c": {ID: "c", Rules: []adapter.CalendarRule{{
				ID: "r", Pattern: "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU", Start: start, From: start, Inner: "i",
				Duration: new(1440), Rank: new(0), Extent: new(1), TimeZone: new(105),
			}}},
			"i": {ID: "i", Rules: []adapter.CalendarRule{{ID: "s", Offset: new(540), Duration: new(60), Rank: new(0), TimeCode: new(0), SubCode: new(1), TimeZone: new(-1)}}},
		},
		TimeZones: map[int]string{105: "Romance Standard Time"},
	}
	before := understood.Of(settings)
	if want := []string{"from 2026-01-05: Mon-Tue 09:00-10:00"}; !slices.Equal(before.Hours[0].Open, want) || before.Hours[0].Zone != "Europe/Paris" {
		t.Fatalf("%+v", before.Hours)
	}
	calendars := maps.Clone(settings.Calendars)
	calendars["c"] = adapter.Calendar{ID: "c", Rules: append(slices.Clone(calendars["c"].Rules), adapter.CalendarRule{
		ID: "x", Pattern: "FREQ=DAILY;INTERVAL=1;COUNT=1", Start: start.AddDate(0, 0, 7), From: start.AddDate(0, 0, 7), To: start.AddDate(0, 0, 8), Inner: "o",
		Duration: new(1440), Rank: new(1), Extent: new(2), TimeZone: new(105),
	})}
	calendars["o"] = adapter.Calendar{ID: "o", Rules: []adapter.CalendarRule{{ID: "y", Offset: new(0), Duration: new(1440), Rank: new(0), TimeCode: new(2), SubCode: new(5), TimeZone: new(-1)}}}
	settings.Calendars = calendars
	got, err := understood.Diff(before, understood.Of(settings))
	want := []understood.Difference{{Where: "hours, Office, open, 2026-01-12", After: "2026-01-12: closed"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestTheTermsOfACallbackAreWrittenDown, and queues that take no calls.
func TestTheTermsOfACallbackAreWrittenDown(t *testing.T) {
	t.Parallel()
	const direct = "0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163"
	got := understood.Of(adapter.Settings{
		Queues: []adapter.Queue{
			{ID: "a", Name: "Cards", Type: adapter.QueueVoice, Active: true, PreQueue: "r", Assignment: 192350003},
			{ID: "b", Name: "Chat", Type: adapter.QueueMessaging},
			{ID: "c", Name: "Odd", Type: 7},
		},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{"r": {
			ID: "r", Type: adapter.RulesetDeclarative,
			Definition: `<decision><rules><rule id="1"><action><setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">` + direct + `</rhs></setattribute></action></rule></rules></decision>`,
		}},
		Actions:  map[adapter.ActionID]adapter.OverflowAction{direct: {ID: direct, Active: true, Type: adapter.ActionDirectCallback, Profile: "p"}},
		Profiles: map[adapter.ProfileID]adapter.CallbackProfile{"p": {ID: "p", Active: true, Type: adapter.CallbackDirect, RepeatInterval: new(90)}},
		Choices:  map[string]map[int]string{"queue.msdyn_queuetype": {192350000: "Messaging"}, "queue.msdyn_assignmentstrategy": {192350003: "Least active"}},
	})
	if q := got.Queues[0]; q.Assignment != "Least active" || q.Before[0].Terms != "The offer comes after 30 seconds and then every 1 minute 30 seconds." {
		t.Errorf("%+v", q)
	}
	want := []understood.Other{{ID: "b", Name: "Chat", Type: "Messaging"}, {ID: "c", Name: "Odd", Type: "7"}}
	if diff := cmp.Diff(want, got.Others); diff != "" {
		t.Error(diff)
	}
}
