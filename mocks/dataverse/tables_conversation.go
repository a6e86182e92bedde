package dataverse

// conversationTables are the calls and chats themselves. Pages: Conversation, Session, Queue Extension.
func conversationTables() []*table {
	return []*table{conversation(), session(), {
		// One row for each stay of a conversation in a queue.
		name: "msdyn_queueextension", set: "msdyn_queueextensions", display: "Queue Extension", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_queueextensionid"),
			text("msdyn_name", 850).seen(),
			lookup("msdyn_conversationid", "msdyn_ocliveworkitem").as("msdyn_ocliveworkitem_msdyn_queueextension_msdyn_conversationid"),
			lookup("msdyn_queueid", "queue").as("queue_msdyn_queueextension_msdyn_queueid"),
			lookup("msdyn_sourcequeue", "queue").as("queue_msdyn_queueextension_msdyn_sourcequeue"),
			lookup("msdyn_targetqueue", "queue").as("queue_msdyn_queueextension_msdyn_targetqueue"),
			dateTime("msdyn_starttime"), dateTime("msdyn_endtime"), dateTime("msdyn_closedon"),
			dateTime("msdyn_agentassignedon"), dateTime("msdyn_agentacceptedon"),
			dateTime("msdyn_waitstartedon").seen(), dateTime("msdyn_firstwaitstartedon").seen(),
			yesNo("msdyn_isabandoned"),
			text("msdyn_creationreason", 100), text("msdyn_closurereason", 100),
			count("msdyn_firstwaittimeinseconds"),
			count("msdyn_handletime"), count("msdyn_talktime"), count("msdyn_holdtime"), count("msdyn_activetime"),
			count("msdyn_activechattime"), count("msdyn_activewrapuptime"), count("msdyn_inactivetime"),
		), owned(), state(), system()),
	}}
}

func conversation() *table {
	return &table{
		name: "msdyn_ocliveworkitem", set: "msdyn_ocliveworkitems", display: "Conversation", primaryName: "subject", activity: true,
		columns: page(columns(
			key("ActivityId"),
			text("Subject", 200),
			choice("msdyn_statuschangereason", labelsFrom(192350001, "AwaitingAgentAssignment|AwaitingAgentAcceptance|InConversation|"+
				"AwaitingCustomerResponse|AgentMovedToWrapUp|CustomerDisconnectedOrLeftActiveConversation|CutomerMovedToWrapUp|"+
				"ConversationEndedByAgent|AutoClosedFromWaitingState|AutoClosedBySystem|ClosedDueToOverflow|"+
				"CustomerDisconnectedOrLeftOpenConversation|ConversationEndedByBot|ClosedDueToFailure|ForceClosedBySupervisor|"+
				"ClosedInDataverseDirectlyByAdmin|AssignedBySupervisor")...),
			memo("msdyn_statereason", 4000),
			choice("msdyn_routingtype", labelsFrom(0, "Rule Based|Intent Based")...),
			choice("msdyn_workstreamworkdistributionmode", labelsFrom(192350000, "Push|Pick")...),
			lookup("msdyn_cdsqueueid", "queue").as("msdyn_queue_msdyn_ocliveworkitem_queueid"),
			lookup("msdyn_queueid", "msdyn_omnichannelqueue"),
			lookup("msdyn_liveworkstreamid", "msdyn_liveworkstream").as("msdyn_msdyn_liveworkstream_msdyn_ocliveworkitem_liveworkstreamid"),
			choice("msdyn_channel", streamSources()...),
			lookup("msdyn_channelinstanceid", "msdyn_channelinstance").via("msdyn_channelinstanceid").as("msdyn_msdyn_liveworkitem_msdyn_channelinstance"),
			customer("msdyn_customer").via("msdyn_customer_msdyn_ocliveworkitem_account", "msdyn_customer_msdyn_ocliveworkitem_contact").
				as("msdyn_account_msdyn_ocliveworkitem_Customer", "msdyn_contact_msdyn_ocliveworkitem_Customer"),
			text("msdyn_customerlocale", 100),
			lookup("msdyn_customerlanguageid", "msdyn_oclanguage").as("msdyn_msdyn_oclanguage_msdyn_ocliveworkitem_customerlanguageid"),
			dateTime("msdyn_createdon"), dateTime("msdyn_initiatedon"), dateTime("msdyn_startedon"), dateTime("msdyn_firstwaitstartedon"),
			dateTime("msdyn_statusupdatedon"), dateTime("msdyn_modifiedon"), dateTime("msdyn_wrapupinitiatedon"), dateTime("msdyn_closedon"),
			yesNo("msdyn_isoutbound"), yesNo("msdyn_isabandoned"), yesNo("msdyn_isagentaccepted"), yesNo("msdyn_isagentsession"),
			count("msdyn_transfercount"), count("msdyn_escalationcount"), count("msdyn_overflowtransfercount"), count("msdyn_priorityscore"),
			lookup("msdyn_activeagentid", "systemuser"), dateTime("msdyn_activeagentassignedon"),
			lookup("msdyn_lastsessionid", "msdyn_ocsession").as("msdyn_msdyn_ocsession_msdyn_ocliveworkitem_lastsessionid"),
			text("msdyn_title", 100),
			count("msdyn_conversationfirstwaittimeinseconds"), count("msdyn_conversationhandletimeinseconds"),
			count("msdyn_conversationtalktimeinseconds"), count("msdyn_conversationholdtimeinseconds"),
			count("msdyn_conversationwrapuptimeinseconds"), count("msdyn_conversationactivechattimeinseconds"),
		), owned(), states("Open|Closed|Resolved|Scheduled|Wrap-up", "Open|Active|Waiting|Closed|Wrap-up|Resolved|Scheduled",
			map[int64]int64{1: 0, 2: 0, 3: 0, 4: 1, 5: 0, 6: 2, 7: 3}), system()),
	}
}

func session() *table {
	return &table{
		name: "msdyn_ocsession", set: "msdyn_ocsessions", display: "Session", primaryName: "subject", activity: true,
		columns: page(columns(
			key("ActivityId"),
			text("Subject", 200),
			text("msdyn_sessionid", 100).seen(),
			lookup("msdyn_liveworkitemid", "msdyn_ocliveworkitem").as("msdyn_msdyn_ocliveworkitem_msdyn_ocsession_liveworkstreamid"),
			lookup("msdyn_cdsqueueid", "queue").as("msdyn_queue_msdyn_ocsession_queueid"),
			lookup("msdyn_queueextensionid", "msdyn_queueextension").via("msdyn_queueextensionid").as("msdyn_ocsession_msdyn_queueextension"),
			lookup("msdyn_primarysession", "msdyn_ocsession").as("msdyn_msdyn_ocsession_msdyn_ocsession_primarysession"),
			choice("msdyn_channel", streamSources()...),
			choice("msdyn_closurereason", sessionClosures()...),
			// Marked internal; these are the values worth showing.
			choice("msdyn_queueassignedreason", sessionReasons()...), choice("msdyn_sessioncreationreason", sessionReasons()...),
			dateTime("msdyn_sessioncreatedon"), dateTime("msdyn_sessionclosedon"), dateTime("msdyn_sessionmodifiedon"),
			dateTime("msdyn_agentassignedon"), dateTime("msdyn_agentacceptedon"), dateTime("msdyn_queueassignedon"),
		), owned(), states("Open|Completed|Canceled|Scheduled", "Open|Completed|Canceled|Scheduled", nil), system()),
	}
}

// sessionReasons stand in both columns that say how a session came about.
func sessionReasons() []label {
	return []label{
		{192350034, "OverflowQueueTransfer"}, {192350035, "OverflowEndConversation"}, {192350036, "OverflowAssignToQueue"}, {192350042, "Preview"},
	}
}

// sessionClosures are the page "Session closure reasons"; the gaps are Microsoft's.
func sessionClosures() []label {
	all := labelsFrom(192350000, "Default|AgentReject|AgentTimeout|ConversationTimeout|AgentClosed|ConversationClosed|AgentTransferred|"+
		"AgentDisconnected|AgentReRouted|VirtualAgentClosed|AgentTransferToQueue|SupervisorAssignToQueue|SupervisorTransferToAgent|"+
		"SystemReject|ForceClose|OverflowQueueTransfer|OverflowEndConversation|AddAgentFailed|AutoClose|SecondaryChannelClosed|"+
		"CustomerDisconnect|AgentEndConversation|CustomerEndConversation|QueueTransfer|InqueueOverflowQueueTransfer|"+
		"InqueueOverflowEndConversation|BotTransferToAgent|BotEndConversation|BotCallFailureEndConversation|"+
		"BotCallFailureExternalTransfer|BotCallFailurePromptAndEscalate|BotCallFailureEscalate|CanceledByProactiveService|"+
		"ManuallyClosedConversation|ManuallyClosedSession|AgentTransferToAgentGroup|ExternalAgentAccept|ExternalAgentReject|"+
		"ExternalAgentTransfer")
	return append(all,
		label{192350052, "MonitorDisconnected"}, label{192350054, "VoiceConnectivityProblem"}, label{192350055, "MaximumSessionsReached"},
		label{192350056, "CallTimedOut"}, label{192350061, "CustomerNonResponseTimeoutRule"}, label{192350062, "AgentNonResponseTimeoutRule"},
		label{192350063, "AgentMovedConversationToWaiting"}, label{192350064, "AutoRejectedDueToBrowserRefresh"},
		label{192350065, "AutoRejectAsOutboundCallInProgress"},
	)
}
