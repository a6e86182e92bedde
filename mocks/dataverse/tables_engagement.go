package dataverse

// engagementTables configure outbound engagement. Page: Proactive Engagement Configuration.
func engagementTables() []*table {
	return []*table{{
		name: "msdyn_proactive_engagement_config", display: "Proactive Engagement Configuration", set: "msdyn_proactive_engagement_configs", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_proactive_engagement_configid"),
			text("msdyn_name", 100).must(),
			text("msdyn_description", 200).must(),
			choice("msdyn_type", labelsFrom(engagementVoice, "Voice|SMS|WhatsApp")...).starts(int64(engagementVoice)),
			choice("msdyn_dialmode_type", dialModes()...),
			choice("msdyn_engagement_type", labelsFrom(100000100, "BotLed|CSRLed")...),
			lookup("msdyn_workstream", "msdyn_liveworkstream").must(),
			lookup("msdyn_queue", "queue").as("msdyn_proactive_engagement_config_queue_queue").must(),
			choice("msdyn_priority", labelsFrom(1, "Critical|High|Normal")...).starts(int64(3)),
			choice("msdyn_processing_order", labelsFrom(700610000,
				"Earliest Scheduled Date|First In First Out|Last In First Out|Custom Priority Ascending|Custom Priority Descending")...).starts(int64(700610000)),
			yesNo("msdyn_ignore_queue_hours").starts(false),
			yesNo("msdyn_call_delay_enabled").starts(false),
			integer("msdyn_call_delay_seconds", 60, 7080),
			yesNo("msdyn_create_conversation_without_availability_check").starts(false),
			count("msdyn_max_batch_size_without_availability"),
			count("msdyn_max_concurrent_calls"),
			count("msdyn_max_calls_per_agent"),
			yesNo("msdyn_close_existing_conversations").starts(true),
			choice("msdyn_answering_machine_action_type",
				labelsFrom(100000200, "Hangup|LeaveMessage|LeaveMessageOnLastAttemptOnly")...),
			memo("msdyn_answering_machine_message", 2000),
			integer("msdyn_answering_machine_detection_time_seconds", 1, 7),
			integer("msdyn_queue_allotment", 1, 100),
			yesNo("msdyn_reserve_agent_capacity").starts(false),
			count("msdyn_customer_wait_threshold"),
			yesNo("msdyn_fallback_message_enabled").starts(false),
			memo("msdyn_fallback_message", 2000),
		), owned(), state(), system()),
	}}
}

const engagementVoice = 100000000

// dialPreview as a delivery's row prints it.
const dialPreview = "Preview"

// dialModes; callbacks use Preview.
func dialModes() []label {
	return labelsFrom(100000000, "Copilot|Progressive|Preview|Predictive")
}
