package dataverse_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

const profileScenario = `people:
  ada: {first: Ada, last: Agent, login: ada@contoso.example}
  bot: {first: Bot, last: Agent, login: bot@contoso.example}
profiles:
  full: {name: Patient, repeat: 120}
  plain: {name: Plain, repeat: 30}
actions:
  linked: {name: Callback with profile, does: Direct Callback, profile: full}
`

func TestLoadProfiles(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	ids := loadScenario(t, o, profileScenario)
	full, ada, bot := ids["msdyn_proactive_callback_profile"]["full"], ids["systemuser"]["ada"], ids["systemuser"]["bot"]
	err := o.mock.Update("msdyn_proactive_callback_profile", full, map[string]any{
		"msdyn_callback_type":                          192350000,
		"msdyn_callback_offering_windows":              `[{"from":"09:00"}]`,
		"msdyn_max_callback_limit":                     25,
		"msdyn_duplicate_prevention_settings":          192350002,
		"msdyn_duplicate_resolution_action":            192350001,
		"msdyn_ask_for_alternate_number":               true,
		"msdyn_alternate_phone_number_terminating_key": "#",
		"msdyn_wait_time_limit_seconds":                300,
		"msdyn_wait_time_limit_unit":                   192350001,
		"msdyn_wait_time_window_seconds":               0,
		"msdyn_wait_time_window_unit":                  192350002,
		"msdyn_call_outside_queue_hours":               true,
		"msdyn_number_of_retries":                      3,
		"msdyn_delay_between_retries":                  15,
		"msdyn_delay_between_retries_unit":             192350001,
		"msdyn_reattempt_rules":                        `{"noAnswer":true}`,
		"msdyn_callback_number_behavior":               192350001,
		"msdyn_bot_user":                               ada,
		"msdyn_callback_bot_user":                      bot,
		"msdyn_fallback_action":                        192350001,
		"msdyn_fallback_prompt_message":                "One moment",
	})
	if err != nil {
		t.Fatal(err)
	}
	s := settingsOf(t, o)
	want := adapter.CallbackProfile{
		ID: adapter.ProfileID(full), Name: "Patient", Active: true, Type: adapter.CallbackDirect,
		RepeatInterval: new(120), OfferingWindows: `[{"from":"09:00"}]`, MaxCallbacks: new(25),
		DuplicatePrevention: adapter.PreventInAnyLine, DuplicateResolution: adapter.ResolveWaitInQueue,
		AskForAlternateNumber: true, AlternateTerminatingKey: "#",
		WaitLimit: new(300), WaitLimitUnit: adapter.WaitMinutes, WaitWindow: new(0), WaitWindowUnit: adapter.WaitHours,
		OutsideHours: true, Retries: new(3), RetryDelay: new(15), RetryDelayUnit: adapter.RetryMinutes, ReattemptRules: `{"noAnswer":true}`,
		NumberBehavior: adapter.NumberSpecific, BotUser: ada, CallbackBot: bot, Fallback: adapter.FallbackEscalate, FallbackPrompt: "One moment",
	}
	got := s.Profiles[adapter.ProfileID(full)]
	want.PhoneNumber = got.PhoneNumber // a row that the mock makes by itself
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// An empty column is nothing, not zero.
	plain := s.Profiles[adapter.ProfileID(ids["msdyn_proactive_callback_profile"]["plain"])]
	if plain.MaxCallbacks != nil || plain.Retries != nil || plain.RetryDelay != nil || plain.WaitLimit != nil || *plain.RepeatInterval != 30 {
		t.Errorf("profile %+v", plain)
	}
	action := s.Actions[adapter.ActionID(ids["msdyn_overflowactionconfig"]["linked"])]
	if action.Profile != adapter.ProfileID(full) {
		t.Errorf("action %+v", action)
	}
}

func TestAnOrganizationWithoutProfilesIsNotBroken(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(w http.ResponseWriter, r *http.Request) bool {
		return asks(r, "msdyn_proactive_callback_profiles") &&
			answer(w, 404, "0x80060888", "Resource not found for the segment 'msdyn_proactive_callback_profiles'.")
	})
	s := settingsOf(t, o)
	for _, f := range s.Findings {
		if f.Table == "msdyn_proactive_callback_profile" && (f.Code != "missing.table" || f.Severity != adapter.SeverityInfo) {
			t.Errorf("finding %+v", f)
		}
	}
	if len(s.Profiles) != 0 || len(s.Queues) == 0 {
		t.Errorf("%d profiles, %d queues", len(s.Profiles), len(s.Queues))
	}
}

func TestProfilesThatMayNotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(w http.ResponseWriter, r *http.Request) bool {
		return asks(r, "msdyn_proactive_callback_profiles") && answer(w, 403, "0x80040220", "missing prvRead privilege")
	})
	for _, f := range settingsOf(t, o).Findings {
		if f.Table == "msdyn_proactive_callback_profile" && f.Code == "unreadable.table" && f.Severity == adapter.SeverityError && strings.Contains(f.Consequence, "offers no callback") {
			return
		}
	}
	t.Error("not found")
}
