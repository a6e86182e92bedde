package dataverse

// presenceTables say who can take work. Pages: Presence, Agent Status, Agent Status history.
func presenceTables() []*table {
	return []*table{{
		name: "msdyn_presence", set: "msdyn_presences", display: "Presence", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_presenceId"),
			text("msdyn_name", 100), text("msdyn_presencestatustext", 100),
			memo("msdyn_description", 2000),
			choice("msdyn_basepresencestatus", labelsFrom(192360000, "Available|Busy|Busy - DND|Away|Offline")...),
			yesNo("msdyn_canuserset"),
			componentState(),
			organisationColumn("msdyn_presence"),
		), state(), system()),
	}, {
		name: "msdyn_agentstatus", set: "msdyn_agentstatuses", display: "Agent Status", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_agentstatusId"),
			text("msdyn_name", 100),
			lookup("msdyn_agentid", "systemuser").as("msdyn_systemuser_msdyn_agentstatus_agentid"),
			lookup("msdyn_currentpresenceid", "msdyn_presence").as("msdyn_presence_msdyn_agentstatus_currentpresenceid"),
			lookup("msdyn_presencemodifiedbyuserid", "systemuser").as("msdyn_systemuser_msdyn_agentstatus_msdyn_presencemodifiedbyuserid"),
			dateTime("msdyn_presencemodifiedon"),
			number("msdyn_availableunitscapacity"),
			yesNo("msdyn_isagentloggedin"),
		), owned(), state(), system()),
	}, {
		name: "msdyn_agentstatushistory", set: "msdyn_agentstatushistories", display: "Agent Status history", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_agentstatushistoryId"),
			text("msdyn_name", 100),
			lookup("msdyn_Agentid", "systemuser").as("msdyn_systemuser_msdyn_agentstatushistory_Agentid"),
			lookup("msdyn_presenceid", "msdyn_presence").as("msdyn_msdyn_presence_msdyn_agentstatushistory_presenceid"),
			dateTime("msdyn_starttime"), dateTime("msdyn_endtime"),
			number("msdyn_availablecapacity"),
			yesNo("msdyn_isagentloggedin"),
		), owned(), state(), system()),
	}}
}
