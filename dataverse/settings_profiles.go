package dataverse

import (
	"context"

	"directcallback/adapter"
)

func profileTable() table {
	return table{
		name: "msdyn_proactive_callback_profile", set: "msdyn_proactive_callback_profiles",
		key: "msdyn_proactive_callback_profileid", label: "msdyn_name",
		columns: []column{
			{"msdyn_proactive_callback_profileid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityWarning},
			{"statecode", adapter.SeverityWarning},
			{"msdyn_callback_type", adapter.SeverityWarning},
			{"msdyn_repeat_message_interval_seconds", adapter.SeverityWarning},
			{"msdyn_callback_offering_windows", adapter.SeverityWarning},
			{"msdyn_max_callback_limit", adapter.SeverityError},
			{"msdyn_duplicate_prevention_settings", adapter.SeverityError},
			{"msdyn_duplicate_resolution_action", adapter.SeverityError},
			{"msdyn_ask_for_alternate_number", adapter.SeverityInfo},
			{"msdyn_alternate_phone_number_terminating_key", adapter.SeverityInfo},
			{"msdyn_wait_time_limit_seconds", adapter.SeverityWarning},
			{"msdyn_wait_time_limit_unit", adapter.SeverityWarning},
			{"msdyn_wait_time_window_seconds", adapter.SeverityWarning},
			{"msdyn_wait_time_window_unit", adapter.SeverityWarning},
			{"msdyn_call_outside_queue_hours", adapter.SeverityWarning},
			{"msdyn_number_of_retries", adapter.SeverityWarning},
			{"msdyn_delay_between_retries", adapter.SeverityWarning},
			{"msdyn_delay_between_retries_unit", adapter.SeverityWarning},
			{"msdyn_reattempt_rules", adapter.SeverityWarning},
			{"msdyn_callback_number_behavior", adapter.SeverityInfo},
			{"_msdyn_callback_phone_number_value", adapter.SeverityInfo},
			{"_msdyn_bot_user_value", adapter.SeverityInfo},
			{"_msdyn_callback_bot_user_value", adapter.SeverityInfo},
			{"msdyn_fallback_action", adapter.SeverityInfo},
			{"msdyn_fallback_prompt_message", adapter.SeverityInfo},
		},
		without: "an overflow action that is linked to a callback profile offers no callback",
		absence: adapter.SeverityInfo, // organizations with classic direct callback only
	}
}

func loadProfiles(ctx context.Context, l *loader) error {
	return l.each(ctx, Filter{}, func(r *Reader) {
		p := adapter.CallbackProfile{
			ID:     adapter.ProfileID(r.ID("msdyn_proactive_callback_profileid")),
			Name:   r.String("msdyn_name"),
			Active: r.Int("statecode") == 0,
			Type:   adapter.CallbackType(r.Int("msdyn_callback_type")),

			RepeatInterval:  optional(r, "msdyn_repeat_message_interval_seconds"),
			OfferingWindows: r.String("msdyn_callback_offering_windows"),
			MaxCallbacks:    optional(r, "msdyn_max_callback_limit"),

			DuplicatePrevention: adapter.DuplicatePrevention(r.Int("msdyn_duplicate_prevention_settings")),
			DuplicateResolution: adapter.DuplicateResolution(r.Int("msdyn_duplicate_resolution_action")),

			AskForAlternateNumber:   r.Bool("msdyn_ask_for_alternate_number"),
			AlternateTerminatingKey: r.String("msdyn_alternate_phone_number_terminating_key"),

			WaitLimit:      optional(r, "msdyn_wait_time_limit_seconds"),
			WaitLimitUnit:  adapter.WaitUnit(r.Int("msdyn_wait_time_limit_unit")),
			WaitWindow:     optional(r, "msdyn_wait_time_window_seconds"),
			WaitWindowUnit: adapter.WaitUnit(r.Int("msdyn_wait_time_window_unit")),

			OutsideHours: r.Bool("msdyn_call_outside_queue_hours"),

			Retries:        optional(r, "msdyn_number_of_retries"),
			RetryDelay:     optional(r, "msdyn_delay_between_retries"),
			RetryDelayUnit: adapter.RetryUnit(r.Int("msdyn_delay_between_retries_unit")),
			ReattemptRules: r.String("msdyn_reattempt_rules"),

			NumberBehavior: adapter.NumberBehavior(r.Int("msdyn_callback_number_behavior")),
			PhoneNumber:    r.Lookup("msdyn_callback_phone_number"),
			BotUser:        r.Lookup("msdyn_bot_user"),
			CallbackBot:    r.Lookup("msdyn_callback_bot_user"),
			Fallback:       adapter.FallbackAction(r.Int("msdyn_fallback_action")),
			FallbackPrompt: r.String("msdyn_fallback_prompt_message"),
		}
		put(&l.settings.Profiles, p.ID, p)
	})
}
