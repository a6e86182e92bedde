package adapter_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

// TestSettingsSurviveTheStore has settings written and read as a restart does.
func TestSettingsSurviveTheStore(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	want := adapter.Settings{
		ReadAt:   at,
		Queues:   []adapter.Queue{{ID: "q", Name: "Billing <1>", Type: adapter.QueueVoice, Active: true, PreQueue: "rules"}},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{"rules": {ID: "rules", Definition: "<decision/>\u2028"}},
		Actions:  map[adapter.ActionID]adapter.OverflowAction{"a": {ID: "a", Type: 192350007}},
		Messages: []adapter.Message{{ID: "m", Event: adapter.MessageCallbackOffer, Locale: "fr-FR", Text: "Tapez 1"}},
		Findings: []adapter.Finding{{Code: "unsupported.action", Severity: adapter.SeverityWarning}},
		Hours:    map[string]adapter.OperatingHours{"h": {ID: "h", Name: "Office", Active: true, Calendar: "c"}},
		Calendars: map[string]adapter.Calendar{"c": {ID: "c", Rules: []adapter.CalendarRule{
			{ID: "r", Pattern: "FREQ=WEEKLY;BYDAY=MO", From: at, Inner: "i", Rank: new(int), TimeZone: new(-1)}, // 0 and nothing differ
		}}},
		TimeZones: map[int]string{105: "Romance Standard Time"},
		Members:   map[adapter.QueueID]int{},
	}
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got adapter.Settings
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
