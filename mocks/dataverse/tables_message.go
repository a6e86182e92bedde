package dataverse

func messageTables() []*table {
	return []*table{{
		name: "msdyn_ocsystemmessage", display: "Omnichannel message", set: "msdyn_ocsystemmessages", primaryName: "msdyn_name",
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
			lookup("msdyn_defaultlanguage", "msdyn_oclanguage"),
			lookup("msdyn_widgetid", "msdyn_livechatconfig"),
		), state(), system()),
	}}
}

// messageEvents are the triggers around waiting, overflow and callback; others are refused as out of range until a
// test needs them.
func messageEvents() []label {
	return []label{
		{192350000, "Agent joined the conversation"},
		{192350017, "Agent assigned to conversation"},
		{192350018, "Agent couldn't be assigned to conversation"},
		{192350019, "Customer ended the conversation"},
		{192350020, "Customer disconnected from the conversation"},
		{192350021, "Customer's position in queue"},
		{192350024, "Customer is next in line"},
		{192350030, "Average wait time for customers: minutes"},
		{192350031, "Average wait time for customers: hours"},
		{192350032, "Average wait time for customers: hours and minutes"},
		{192350035, "Holiday message to customer"},
		{192350036, "Out of operating hours message to customer"},
		{192350039, "Transfer to out of operating hours queue"},
		{192350055, "End conversation due to overflow"},
		{192350056, "Greeting message"},
		{192350064, "Not enough data for average wait time"},
		{192350073, "Offer customer callback"},
		{192350074, "Customer callback response"},
		{192370004, "Estimated wait time notification"},
	}
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
