package dataverse

// engagementTables configure outbound engagement. Pages: Proactive Engagement Configuration, and its attributes, status
// and characteristics, of which only the names are public.
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
			lookup("msdyn_workstream", "msdyn_liveworkstream").as("msdyn_liveworkstream_msdyn_proactive_engagement_config_workstream").must(),
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
			choice("msdyn_bot_failure_treatment_type", labelsFrom(192360000, "None|Suspend|Threshold")...),
			integer("msdyn_bot_failure_treatment_rate_threshold", 0, 100),
			choice("msdyn_retry_priority_mode", labelsFrom(700610000, "Same as new|Lower|Higher")...),
			choice("msdyn_throttle_metric", throttleMetrics()...), choice("msdyn_throttle_metric_2", throttleMetrics()...),
			count("msdyn_throttle_threshold"), count("msdyn_throttle_threshold_2"),
			count("msdyn_throttle_control_period"), count("msdyn_throttle_control_period_2"), // minutes
			integer("msdyn_throttle_adjustment_percentage", 1, 100),
			count("msdyn_suspend_threshold_percentage"), count("msdyn_suspend_threshold_lookback"),
			count("msdyn_first_response_timeout_mins"),
			yesNo("msdyn_enable_whatsapp_outbound_messaging"),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_proactive_engagement_config_attribute", set: "msdyn_proactive_engagement_config_attributes",
		display: "Proactive Engagement Configuration Attribute", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_proactive_engagement_config_attributeid"),
			text("msdyn_name", 100).seen(), text("msdyn_keyword", 100).seen(),
			lookup("msdyn_proactive_engagement_config", "msdyn_proactive_engagement_config").
				as("msdyn_proactive_engagement_config_msdyn_proactive_engagement_config_attribute").seen(),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_proactive_engagement_config_status", set: "msdyn_proactive_engagement_config_statuses",
		display: "Proactive Engagement Configuration Status", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_proactive_engagement_config_statusid"),
			text("msdyn_name", 100).seen(),
			yesNo("msdyn_suspended").seen(),
			lookup("msdyn_proactive_engagement_config", "msdyn_proactive_engagement_config").
				as("msdyn_proactive_engagement_config_status_msdyn_proactive_engagement_config_msdyn_proactive").seen(),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_proactive_eng_config_characteristic", set: "msdyn_proactive_eng_config_characteristics",
		display: "Proactive Engagement Configuration Characteristic", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_proactive_eng_config_characteristicid"),
			text("msdyn_name", 100).seen(),
			lookup("msdyn_proactive_engagement_configuration", "msdyn_proactive_engagement_config").
				as("msdyn_proactive_eng_config_characteristic_proactive_engagement_configuration_msdyn_proactive_engagem").seen(),
			componentState(),
		), owned(), state(), system()),
	}}
}

func throttleMetrics() []label {
	return labelsFrom(192360000, "Avg. Escalation Wait Time|Escalation Count|Abandonment Rate|Open Escalation Count")
}

const engagementVoice = 100000000

// dialPreview as a delivery's row prints it.
const dialPreview = "Preview"

// dialModes; callbacks use Preview.
func dialModes() []label {
	return labelsFrom(100000000, "Copilot|Progressive|Preview|Predictive")
}
