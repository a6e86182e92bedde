package dataverse

import (
	"context"

	"directcallback/adapter"
)

func loadActions(ctx context.Context, l *loader) error {
	return l.each(ctx, Filter{}, func(r *Reader) {
		action := adapter.OverflowAction{
			ID:                adapter.ActionID(r.ID("msdyn_overflowactionconfigid")),
			Name:              r.String("msdyn_name"),
			Active:            r.Int("statecode") == 0,
			Type:              adapter.OverflowActionType(r.Int("msdyn_overflowactiontype")),
			TypeName:          r.Row.Formatted("msdyn_overflowactiontype"), // live organizations have types that no page lists
			Data:              r.String("msdyn_overflowactiondata"),
			Deduplicate:       r.Bool("msdyn_directcallbackdedupsetting"),
			DuplicateScope:    adapter.DuplicateScope(r.Int("msdyn_directcallbackqueuesetting")),
			DuplicateHandling: adapter.DuplicateHandling(r.Int("msdyn_directcallbackaction")),
			Profile:           adapter.ProfileID(r.Lookup("msdyn_proactive_callback_profileid")),

			OutboundProfile:     r.Lookup("msdyn_directcallbackoutboundprofile"),
			ScheduledWorkstream: r.Lookup("msdyn_schedulecallbackoutboundworkstream"),
			BotFailure:          r.Int("msdyn_botfailureactiontype"),
			StopsRecording:      r.Bool("msdyn_stoptranscriptionandrecordingaftercalltransfer"),
		}
		put(&l.settings.Actions, action.ID, action)
	})
}

// loadConfigurations reads engagement configurations, with the rows beside them that
// say which are suspended.
func loadConfigurations(ctx context.Context, l *loader) error {
	suspended := map[string]bool{}
	err := l.others(ctx, suspensionTable(), Eq("msdyn_suspended", true), func(r *Reader) {
		suspended[r.Lookup("msdyn_proactive_engagement_config")] = true
	})
	if err != nil {
		return err
	}
	return l.each(ctx, Filter{}, func(r *Reader) {
		id := r.ID("msdyn_proactive_engagement_configid")
		c := adapter.EngagementConfiguration{
			ID:         adapter.ConfigurationID(id),
			Name:       r.String("msdyn_name"),
			Active:     r.Int("statecode") == 0,
			Type:       r.Int("msdyn_type"),
			DialMode:   r.Int("msdyn_dialmode_type"),
			Queue:      adapter.QueueID(r.Lookup("msdyn_queue")),
			Workstream: r.Lookup("msdyn_workstream"),
			// Its documented default is yes, and an empty column means the default.
			ClosesConversations: r.Row["msdyn_close_existing_conversations"] == nil || r.Bool("msdyn_close_existing_conversations"),
			IgnoresHours:        r.Bool("msdyn_ignore_queue_hours"),

			Suspended:          suspended[id],
			Engagement:         r.Int("msdyn_engagement_type"),
			Priority:           r.Int("msdyn_priority"),
			ProcessingOrder:    r.Int("msdyn_processing_order"),
			SkipsAvailability:  r.Bool("msdyn_create_conversation_without_availability_check"),
			MaxConcurrentCalls: r.Int("msdyn_max_concurrent_calls"),
		}
		if r.Bool("msdyn_call_delay_enabled") {
			c.PreviewSeconds = r.Int("msdyn_call_delay_seconds")
		}
		l.settings.Configurations = append(l.settings.Configurations, c)
	})
}
