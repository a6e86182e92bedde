package dataverse

// overflowTables say when a queue overflows and what then happens. Pages: Decision Rule Set, Overflow Action Config,
// Proactive Callback Profile.
func overflowTables() []*table {
	return []*table{{
		name: "msdyn_decisionruleset", display: "Decision rule set", set: "msdyn_decisionrulesets", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_decisionrulesetid"),
			text("msdyn_name", 200).must(),
			text("msdyn_uniquename", 256),
			text("msdyn_description", 500),
			memo("msdyn_rulesetdefinition", 1_048_576),
			choice("msdyn_rulesettype",
				labelsFrom(192350000, "Declarative|ML model based|Dataverse Components|Intelligent Conversation Distribution")...),
			choice("msdyn_authoringmode", label{192350000, "Decision list"}),
			yesNo("msdyn_isinputcollection"), yesNo("msdyn_persistoutputdata"), yesNo("msdyn_refreshinputdata"),
			memo("msdyn_fetchxml", 1_048_576),
			memo("msdyn_disabledrules", 1_048_576).seen(),
			lookup("msdyn_inputcontractid", "msdyn_decisioncontract").
				as("msdyn_decisioncontract_msdyn_decisionruleset_inputcontractId"),
			lookup("msdyn_outputcontractid", "msdyn_decisioncontract").
				as("msdyn_decisioncontract_msdyn_decisionruleset_outputcontractid"),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_overflowactionconfig", display: "Overflow Action Config", set: "msdyn_overflowactionconfigs", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_overflowactionconfigid"),
			text("msdyn_name", 100).must(),
			choice("msdyn_overflowactiontype", labelsFrom(192350000,
				"Default|End Conversation|Transfer to Phone|Direct Callback|Voicemail|Queue Transfer|Remain In Queue")...).starts(int64(192350000)),
			memo("msdyn_overflowactiondata", 1024).must(),
			yesNo("msdyn_directcallbackdedupsetting").starts(false),
			choice("msdyn_directcallbackqueuesetting", labelsFrom(1, "Specific queue only|All queues in this workstream")...),
			choice("msdyn_directcallbackaction",
				labelsFrom(1, "Play message and disconnect the call|Play message but don't end the call")...),
			lookup("msdyn_directcallbackoutboundprofile", "msdyn_ocvoicechannelsetting").
				as("msdyn_msdyn_ocvoicechannelsetting_msdyn_overflowactionconfig_directcallbackoutboundprofile").restricts(),
			lookup("msdyn_proactive_callback_profileId", "msdyn_proactive_callback_profile").
				as("msdyn_overflowactionconfig_proactive_callback_profileId_msdyn_proactive_callback_profile"),
			lookup("msdyn_schedulecallbackoutboundworkstream", "msdyn_liveworkstream").
				as("msdyn_msdyn_overflowactionconfig_schedulecallbackoutboundworkstream_msdyn_liveworkstream").seen(),
			choice("msdyn_botfailureactiontype", labelsFrom(192350000,
				"Prompt and Hang Up|Prompt and External Transfer|Prompt and Escalate|Wait Music and Escalate")...),
			yesNo("msdyn_stoptranscriptionandrecordingaftercalltransfer").starts(false),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_proactive_callback_profile", display: "Proactive Callback Profile", set: "msdyn_proactive_callback_profiles", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_proactive_callback_profileid"),
			text("msdyn_name", 100).must(),
			choice("msdyn_callback_type", labelsFrom(192350000, "Direct Callback|Scheduled Callback")...).starts(int64(192350000)),
			yesNo("msdyn_ask_for_alternate_number").starts(false),
			text("msdyn_alternate_phone_number_terminating_key", 100),
			integer("msdyn_repeat_message_interval_seconds", 30, 3600).must(),
			memo("msdyn_callback_offering_windows", 4000),
			choice("msdyn_duplicate_prevention_settings", labelsFrom(192350000, "None|Same Queue|All Queues")...).starts(int64(192350000)),
			choice("msdyn_duplicate_resolution_action", labelsFrom(192350000, "End Call|Wait In Queue")...).starts(int64(192350000)),
			count("msdyn_max_callback_limit"),
			choice("msdyn_callback_number_behavior", labelsFrom(192350000, "Same Number|Specific Number")...).starts(int64(192350000)),
			lookup("msdyn_callback_phone_number", "msdyn_ocphonenumber").
				as("msdyn_proactive_callback_profile_callback_phone_number_msdyn_ocphonenumber").must(),
			lookup("msdyn_bot_user", "systemuser").must(),
			lookup("msdyn_callback_bot_user", "systemuser").must(),
			choice("msdyn_fallback_action", labelsFrom(192350000, "Hangup|Escalate")...).starts(int64(192350000)),
			memo("msdyn_fallback_prompt_message", 1000),
			count("msdyn_wait_time_limit_seconds"),
			choice("msdyn_wait_time_limit_unit", labelsFrom(192350000, "Seconds|Minutes")...),
			count("msdyn_wait_time_window_seconds"),
			choice("msdyn_wait_time_window_unit", labelsFrom(192350000, "Seconds|Minutes|Hours")...),
			yesNo("msdyn_call_outside_queue_hours").starts(false),
			memo("msdyn_reattempt_rules", 4000),
			count("msdyn_number_of_retries"),
			count("msdyn_delay_between_retries"),
			choice("msdyn_delay_between_retries_unit", labelsFrom(192350000, "Second|Minute|Hour")...),
		), owned(), state(), system()),
	}}
}
