package dataverse

// queueTables are the queue itself, who works in it, and when it is open. Pages: Queue, QueueMembership, Operating
// Hour, Work Stream.
func queueTables() []*table {
	return []*table{{
		name: "queue", set: "queues", primaryName: "name",
		columns: page(columns(
			key("queueid"),
			text("name", 200).must(),
			memo("description", 2000),
			text("emailaddress", 100),
			yesNo("msdyn_isomnichannelqueue").starts(false),
			choice("msdyn_queuetype", labelsFrom(192350000, "Messaging|Entity|Voice")...).starts(int64(192350000)),
			integer("msdyn_priority", 1, 1<<31-1),
			choice("msdyn_assignmentstrategy",
				label{192350000, "Omnichannel Assignment"}, label{192350001, "Round Robin"},
				label{192350002, "Custom assignment configuration"}, label{192350003, "Longest Idle"},
				label{192350005, "No Assignment"},
			),
			lookup("msdyn_operatinghourid", "msdyn_operatinghour"),
			yesNo("msdyn_operatinghoursbasedassignment").starts(false),
			lookup("msdyn_prequeueoverflowrulesetid", "msdyn_decisionruleset").via("msdyn_decisionrulesetid"),
			lookup("msdyn_inqueueoverflowrulesetid", "msdyn_decisionruleset"),
			lookup("msdyn_assignmentinputcontractid", "msdyn_decisioncontract").via("msdyn_routingcontractid"),
			integer("msdyn_maxqueuesize", 0, 1<<31-1),
			yesNo("msdyn_processqueueperiodically").starts(false),
			yesNo("msdyn_isdefaultqueue").starts(false),
			text("msdyn_uniquename", 128).with(createOnly),
			choice("queueviewtype", labelsFrom(0, "Public|Private")...).starts(int64(0)),
		), owned(), state(), system()),
		collections: []collection{
			{nav: "queuemembership_association", table: "queuemembership", column: "queueid", farTable: "systemuser", far: "systemuserid"},
			{nav: "msdyn_proactive_engagement_config_queue_queue", table: "msdyn_proactive_engagement_config", column: "msdyn_queue"},
		},
	}, {
		// The intersect table has plain identifiers, not lookups, and no name of its own.
		name: "queuemembership", set: "queuememberships",
		columns: columns(
			key("queuemembershipid"),
			guidColumn("queueid"), guidColumn("systemuserid"),
			&column{name: "versionnumber", kind: kindBigInt, access: readOnly},
		),
	}, {
		name: "msdyn_operatinghour", set: "msdyn_operatinghours", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_operatinghourid"),
			text("msdyn_name", 100).must(),
			memo("msdyn_description", 2000),
			text("msdyn_calendarid", 100), // the calendar's guid as text, not a lookup
			yesNo("msdyn_enablealldays"),
			text("msdyn_starttimestring", 100), text("msdyn_endtimestring", 100),
			integer("msdyn_timezone", -1500, 1500),
		), owned(), state(), system()),
	}, {
		name: "msdyn_liveworkstream", set: "msdyn_liveworkstreams", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_liveworkstreamid"),
			text("msdyn_name", 100).must(),
			choice("msdyn_streamsource", streamSources()...),
			choice("msdyn_direction", labelsFrom(0, "Inbound|Outbound|Direct Inbound|Direct Outbound|ProactiveOutbound")...),
			choice("msdyn_workdistributionmode", labelsFrom(192350000, "Push|Pick")...),
			yesNo("msdyn_enablevoicev2"),
			lookup("msdyn_defaultqueue", "queue"),
		), owned(), state(), system()),
	}}
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
