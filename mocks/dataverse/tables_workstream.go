package dataverse

func workstreamTables() []*table {
	return []*table{{
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
