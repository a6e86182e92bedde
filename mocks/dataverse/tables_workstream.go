package dataverse

// workstreamTables are the channels' ways in. Pages: Work Stream, Context Variable, Voice Channel Setting and its
// language settings, Notification Template, Phone Number.
func workstreamTables() []*table {
	return []*table{{
		name: "msdyn_liveworkstream", set: "msdyn_liveworkstreams", display: "Workstream", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_liveworkstreamId"),
			text("msdyn_name", 100).must(),
			choice("msdyn_streamsource", streamSources()...),
			choice("msdyn_direction", labelsFrom(0, "Inbound|Outbound|Direct Inbound|Direct Outbound|ProactiveOutbound")...).seen(),
			choice("msdyn_workdistributionmode", labelsFrom(192350000, "Push|Pick")...),
			yesNo("msdyn_enablevoicev2").seen(),
			yesNo("msdyn_isdefault"),
			// The fallback queue.
			lookup("msdyn_defaultqueue", "queue").as("msdyn_liveworkstream_defaultqueue_Queue"),
			lookup("msdyn_outboundqueueid", "queue").as("msdyn_queue_msdyn_liveworkstream_queueid"),
			lookup("msdyn_bot_user", "systemuser").as("msdyn_systemuser_msdyn_liveworkstream_msdyn_bot_user"),
			lookup("msdyn_bot_queue", "queue").as("msdyn_queue_msdyn_liveworkstream_msdyn_bot_queue"),
			lookup("msdyn_BotFailureActionConfig", "msdyn_overflowactionconfig").
				as("msdyn_msdyn_liveworkstream_BotFailureActionConfig_msdyn_overflowactionconfig"),
			lookup("msdyn_routingcontractid", "msdyn_decisioncontract").as("msdyn_liveworkstream_decisioncontractid"),
			lookup("msdyn_intentfamilyid", "msdyn_intentfamily").as("msdyn_liveworkstream_intentfamilyid_msdyn_intentfamily"),
			// Templates are named by their unique names, not looked up.
			text("msdyn_notificationtemplate_incoming_auth", 100).seen(), text("msdyn_notificationtemplate_agent_dial", 100).seen(),
			text("msdyn_notificationtemplate_pre_dial", 100).seen(), text("msdyn_notificationtemplate_agent_reservation", 100).seen(),
			text("msdyn_notificationtemplate_callback_previewdialing", 100).seen(),
			count("msdyn_capacityrequired").seen(),
			yesNo("msdyn_enableautomatedmessages").seen(),
			count("msdyn_handlingtimethreshold").seen(), count("msdyn_waitingtimethreshold").seen(),
			count("msdyn_autocloseafterinactivity").seen(), count("msdyn_followupafterwaiting").seen(),
			count("msdyn_customerdisconnectholddurationforopenconversation").seen(),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_ocliveworkstreamcontextvariable", set: "msdyn_ocliveworkstreamcontextvariables",
		display: "Context variable", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_ocliveworkstreamcontextvariableId"),
			text("msdyn_name", 100), text("msdyn_displayname", 100),
			choice("msdyn_datatype", label{192350000, "Text"}, label{192350001, "Number"}, label{192350002, "Boolean"},
				label{192350100, "Entity Reference"}).seen(),
			yesNo("msdyn_isdisplayable"),
			lookup("msdyn_liveworkstreamid", "msdyn_liveworkstream").
				as("msdyn_msdyn_liveworkstream_msdyn_ocliveworkstreamcontextvariable_liveworkstreamid"),
			componentState(),
		), owned(), state(), system()),
	}, voiceChannelSetting(), {
		// What representatives are shown when work is offered to them.
		name: "msdyn_notificationtemplate", set: "msdyn_notificationtemplates", display: "Notification Template", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_notificationtemplateId"),
			text("msdyn_name", 100), text("msdyn_UniqueName", 256).seen(),
			text("msdyn_title", 100).seen(),
			memo("msdyn_description", 2000).seen(),
			count("msdyn_timeout").seen(),
			componentState(),
		), owned(), state(), system()),
	}, {
		// What is known of it is what it is there for: a voice for each language of a voice channel.
		name: "msdyn_ocvoicechannellanguagesetting", set: "msdyn_ocvoicechannellanguagesettings",
		display: "Voice channel language setting", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_ocvoicechannellanguagesettingId"),
			text("msdyn_name", 100).seen(),
			lookup("msdyn_ocvoicechannelsettingid", "msdyn_ocvoicechannelsetting").
				as("msdyn_msdyn_ocvoicechannelsetting_msdyn_ocvoicechannellanguagesetting_ocvoicechannelsettingid"),
		), owned(), state(), system()),
	}, {
		name: "msdyn_ocphonenumber", set: "msdyn_ocphonenumbers", display: "Phone number", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_ocphonenumberId"),
			text("msdyn_name", 100).seen(),
			text("msdyn_phonenumber", 100).seen(),
			choice("msdyn_phonenumbertype", labelsFrom(0, "Azure Communication Services|Teams")...).seen(),
			yesNo("msdyn_phoneinboundenabled").seen(),
			text("msdyn_teamsresourceaccount", 100).seen(),
		), owned(), state(), system()),
	}}
}

func voiceChannelSetting() *table {
	return &table{
		name: "msdyn_ocvoicechannelsetting", set: "msdyn_ocvoicechannelsettings", display: "Voice channel setting", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_ocvoicechannelsettingId"),
			text("msdyn_name", 100),
			lookup("msdyn_liveworkstreamid", "msdyn_liveworkstream").as("msdyn_liveworkstream_msdyn_ocvoicechannelsetting_liveworkstreamid").restricts(),
			lookup("msdyn_phonenumberid", "msdyn_ocphonenumber").as("msdyn_ocphonenumber_msdyn_ocvoicechannelsetting_phonenumberid").cascades(),
			lookup("msdyn_calleridphonenumberid", "msdyn_ocphonenumber").as("msdyn_ocphonenumber_msdyn_ocvoicechannelsetting_calleridphonenumberid"),
			lookup("msdyn_operatinghoursid", "msdyn_operatinghour").as("msdyn_operatinghour_msdyn_ocvoicechannelsetting_operatinghoursid"),
			yesNo("msdyn_announceaveragewaittime"), yesNo("msdyn_announcepositioninqueue"),
			yesNo("msdyn_isanonymouscallerid"),
			text("msdyn_outboundcallregionallowlist", 850),
			yesNo("msdyn_recordingenabled"), yesNo("msdyn_transcriptionenabled"),
			yesNo("msdyn_skipwaitmusicforivr"),
			yesNo("msdyn_usebridgetransferforpstntransfer"), yesNo("msdyn_stoptranscriptionandrecordingafterpstntransfer"),
			text("msdyn_inboundurl", 100),
		), owned(), state(), system()),
	}
}
