package dataverse

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"directcallback/adapter"
)

func loadActions(ctx context.Context, c *Client, s *adapter.Settings) ([]adapter.Finding, error) {
	actions := actionTable()
	return actions.each(ctx, c, Filter{}, func(r *Reader) {
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
		s.Actions[action.ID] = action
		// Live organizations have action types that no page lists; the portal's own word for them is all there is.
		if label := r.Row.Formatted("msdyn_overflowactiontype"); label != "" {
			s.ActionLabels[action.Type] = label
		}
	})
}

func loadMessages(ctx context.Context, c *Client, s *adapter.Settings) ([]adapter.Finding, error) {
	spoken := And(
		In("msdyn_systemmessageeventtype", int(adapter.MessageOverflowEnd), int(adapter.MessageCallbackOffer), int(adapter.MessageCallbackResponse)),
		Eq("msdyn_streamsource", adapter.StreamVoice),
	)
	messages := messageTable()
	findings, err := messages.each(ctx, c, spoken, func(r *Reader) {
		s.Messages = append(s.Messages, adapter.Message{
			ID:       r.ID("msdyn_ocsystemmessageid"),
			Event:    adapter.MessageEvent(r.Int("msdyn_systemmessageeventtype")),
			Stream:   r.Int("msdyn_streamsource"),
			Instance: r.String("msdyn_instanceid"),
			Locale:   locale(r.Row),
			Text:     r.String("msdyn_messagetext"),
			Active:   r.Int("statecode") == 0,
		})
	})
	slices.SortFunc(s.Messages, func(a, b adapter.Message) int { return cmp.Compare(a.ID, b.ID) })
	return findings, err
}

var localePattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// locale is the name of the language row where that is a language tag. The
// columns of the language table are not documented, so nothing else is read; a
// name such as "English" leaves the text what it is: the one of the default language.
func locale(row Row) string {
	name := row.Formatted(LookupColumn("msdyn_defaultlanguage"))
	if !localePattern.MatchString(name) {
		return ""
	}
	return name
}

func loadConfigurations(ctx context.Context, c *Client, s *adapter.Settings) ([]adapter.Finding, error) {
	configurations := configurationTable()
	findings, err := configurations.each(ctx, c, Filter{}, func(r *Reader) {
		s.Configurations = append(s.Configurations, adapter.EngagementConfiguration{
			ID:       adapter.ConfigurationID(r.ID("msdyn_proactive_engagement_configid")),
			Name:     r.String("msdyn_name"),
			Active:   r.Int("statecode") == 0,
			Type:     r.Int("msdyn_type"),
			DialMode: r.Int("msdyn_dialmode_type"),
			Queue:    adapter.QueueID(r.Lookup("msdyn_queue")),
			// Its documented default is yes, and an empty column means the default.
			ClosesConversations: r.Row["msdyn_close_existing_conversations"] == nil || r.Bool("msdyn_close_existing_conversations"),
			IgnoresHours:        r.Bool("msdyn_ignore_queue_hours"),
		})
	})
	slices.SortFunc(s.Configurations, func(a, b adapter.EngagementConfiguration) int { return cmp.Compare(a.ID, b.ID) })
	return findings, err
}
