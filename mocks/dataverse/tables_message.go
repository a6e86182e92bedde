package dataverse

// messageTables are what callers hear. Pages: Automated Message, Language, Language Hierarchy, Localization.
func messageTables() []*table {
	return []*table{{
		name: "msdyn_ocsystemmessage", display: "Automated Message", set: "msdyn_ocsystemmessages", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_ocsystemmessageid"),
			text("msdyn_name", 100).must(),
			choice("msdyn_systemmessageeventtype", messageEvents()...),
			memo("msdyn_messagetext", 2000),
			memo("msdyn_messagedescription", 2000),
			choice("msdyn_messagereceiver", labelsFrom(192350000, "Agent|Customer")...),
			choice("msdyn_messagetype", labelsFrom(2, "Automated Message|Message Template")...),
			choice("msdyn_messagetemplatetrigger", label{1, "Outside 24-hour conversation window"}),
			choice("msdyn_streamsource", streamSources()...),
			memo("msdyn_instanceid", 2000), // the channel instance as text; null is the channel's own message
			yesNo("msdyn_isrecurring"),
			integer("msdyn_messageinterval", 1, 900),
			integer("msdyn_repeatcount", 1, 900),
			lookup("msdyn_defaultlanguage", "msdyn_oclanguage").as("msdyn_msdyn_oclanguage_msdyn_ocsystemmessage_defaultlanguage"),
			lookup("msdyn_widgetid", "msdyn_livechatconfig"),
			organisationColumn("msdyn_ocsystemmessage"),
		), state(), system()),
	}, {
		name: "msdyn_oclanguage", set: "msdyn_oclanguages", display: "Language", primaryName: "msdyn_languagename",
		columns: page(columns(
			key("msdyn_oclanguageId"),
			text("msdyn_languagename", 100), text("msdyn_localecode", 100), text("msdyn_localeid", 100).seen(),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_language", set: "msdyn_languages", display: "Language Hierarchy", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_languageId"),
			text("msdyn_name", 100), text("msdyn_languageName", 100), text("msdyn_localecode", 100), text("msdyn_localeid", 100).seen(),
			lookup("msdyn_parentlanguageid", "msdyn_language").as("msdyn_msdyn_language_msdyn_language_parentlanguageid"),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_oclocalizationdata", set: "msdyn_oclocalizationdatas", display: "Localization", primaryName: "msdyn_localizedtext",
		columns: page(columns(
			key("msdyn_oclocalizationdataId"),
			text("msdyn_localizedtext", 4000), text("msdyn_DefaultLocalizedText", 4000),
			text("msdyn_EntityName", 100), text("msdyn_EntityColumnName", 100), text("msdyn_EntityRecordId", 100),
			text("msdyn_LanguageCode", 100).seen(),
			yesNo("msdyn_Isdefault"),
			lookup("msdyn_customerlanguageid", "msdyn_oclanguage").as("msdyn_oclanguage_msdyn_oclocalizationdata"),
			lookup("msdyn_systemmessageid", "msdyn_ocsystemmessage").as("msdyn_ocsystemmessage_msdyn_oclocalizationdata"),
			organisationColumn("msdyn_oclocalizationdata"),
		), state(), system()),
	}}
}

// messageEvents are the events of the page; the gaps are Microsoft's. The texts are ours where the page has only
// internal names.
func messageEvents() []label {
	all := labelsFrom(192350000, "Agent joined the conversation|Consult accepted|Transfer to agent accepted|Consult started|"+
		"Consult request failed|Transfer to agent requested|Transfer to agent failed|Consult rejected|Transfer to agent rejected|"+
		"Consult timed out|Transfer to agent timed out|Transfer to queue started|Transfer to queue failed|Agent disconnected|"+
		"Agent ended the conversation|Session ended|Consult ended|Agent assigned to conversation|"+
		"Agent couldn't be assigned to conversation|Customer ended the conversation|Customer disconnected from the conversation|"+
		"Customer's position in queue|Agent message not sent|Customer message not sent, outside hours|Customer is next in line|"+
		"Unsupported message type|Voice call requested|Voice call accepted|Voice call declined|Outside allowed timeframe|"+
		"Average wait time for customers: minutes|Average wait time for customers: hours|"+
		"Average wait time for customers: hours and minutes|Voice call ended|Account cannot message another account|"+
		"Holiday message to customer|Out of operating hours message to customer|Channel account not found|Customer file too big|"+
		"Transfer to out of operating hours queue|File not attached|Leave a message notice|Put on hold|Taken off hold|"+
		"Message or attachment failed|Transcription started|Transcription paused|Transcription resumed|Transcription stopped|"+
		"Recording and transcription started|Recording and transcription paused|Recording and transcription resumed|"+
		"Recording and transcription stopped|Trial usage limit|Trial time limit|End conversation due to overflow|Greeting message|"+
		"Customer opted out|Agent left consult|Agent left customer conversation|Agent accepted consult|"+
		"Agent joined customer conversation|Agent ended consult|Agent removed from consult|Not enough data for average wait time")
	all = append(all, labelsFrom(192350070, "Waiting for a disconnected customer|Invalid Apple OAuth|Supervisor closed the conversation|"+
		"Offer customer callback|Customer callback response|Consult with queue or group started|Consult with queue or group cancelled|"+
		"No representative for consult|Consult failed|Consult target out of operating hours")...)
	return append(all, labelsFrom(192370001, "Service down|Survey message|Survey message after conversation|Estimated wait time notification")...)
}

// streamSources are the channels; Microsoft Teams really has eight digits only.
func streamSources() []label {
	return []label{
		{192300000, "WhatsApp"},
		{192310000, "LINE"},
		{192320000, "WeChat"},
		{192330000, "Facebook"},
		{192340000, "SMS"},
		{192350000, "Entity Records"},
		{192350001, "Twitter"},
		{192350002, "Custom"},
		{192360000, "Live chat"},
		{192370000, "Voice"},
		{192380000, "Video"},
		{192390000, "Co-browse"},
		{192400000, "Screen sharing"},
		{19241000, "Microsoft Teams"},
		{192440000, "Voice call"},
		{192450000, "Apple Messages for Business"},
		{192450001, "Google's Business Messages"},
	}
}
