package dataverse

import (
	"context"

	"directcallback/adapter"
)

func loadActions(ctx context.Context, l *loader) error {
	if l.only == nil {
		if err := l.labels(ctx); err != nil {
			return err
		}
	}
	return l.each(ctx, Filter{}, func(r *Reader) {
		action := adapter.OverflowAction{
			ID:                adapter.ActionID(r.ID("msdyn_overflowactionconfigid")),
			Name:              r.String("msdyn_name"),
			Active:            r.Int("statecode") == 0,
			Type:              adapter.OverflowActionType(r.Int("msdyn_overflowactiontype")),
			Data:              r.String("msdyn_overflowactiondata"),
			Deduplicate:       r.Bool("msdyn_directcallbackdedupsetting"),
			DuplicateScope:    adapter.DuplicateScope(r.Int("msdyn_directcallbackqueuesetting")),
			DuplicateHandling: adapter.DuplicateHandling(r.Int("msdyn_directcallbackaction")),
			Profile:           adapter.ProfileID(r.Lookup("msdyn_proactive_callback_profileid")),
		}
		put(&l.settings.Actions, action.ID, action)
		// Live organizations have action types that no page lists; the portal's own word for them is all there is.
		if label := r.Row.Formatted("msdyn_overflowactiontype"); label != "" {
			put(&l.settings.ActionLabels, action.Type, label)
		}
	})
}

func loadConfigurations(ctx context.Context, l *loader) error {
	return l.each(ctx, Filter{}, func(r *Reader) {
		l.settings.Configurations = append(l.settings.Configurations, adapter.EngagementConfiguration{
			ID:         adapter.ConfigurationID(r.ID("msdyn_proactive_engagement_configid")),
			Name:       r.String("msdyn_name"),
			Active:     r.Int("statecode") == 0,
			Type:       r.Int("msdyn_type"),
			DialMode:   r.Int("msdyn_dialmode_type"),
			Queue:      adapter.QueueID(r.Lookup("msdyn_queue")),
			Workstream: r.Lookup("msdyn_workstream"),
			// Its documented default is yes, and an empty column means the default.
			ClosesConversations: r.Row["msdyn_close_existing_conversations"] == nil || r.Bool("msdyn_close_existing_conversations"),
			IgnoresHours:        r.Bool("msdyn_ignore_queue_hours"),
		})
	})
}
