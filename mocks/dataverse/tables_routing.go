package dataverse

// routingTables lead from a work stream to a queue. Pages: Routing Configuration and its Step, Rule Item, Decision
// Contract. Where no page gives a length it is the portal's own for a line of text, 100.
func routingTables() []*table {
	return []*table{{
		name: "msdyn_routingconfiguration", set: "msdyn_routingconfigurations", display: "Routing configuration", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_routingconfigurationId"),
			text("msdyn_name", 100),
			text("msdyn_UniqueName", 256).seen(),
			lookup("msdyn_liveworkstreamid", "msdyn_liveworkstream").as("msdyn_liveworkstream_msdyn_routingconfiguration_liveworkstreamid"),
			yesNo("msdyn_isactiveconfiguration"),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_routingconfigurationstep", set: "msdyn_routingconfigurationsteps", display: "Routing configuration step", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_routingconfigurationstepId"),
			text("msdyn_name", 100),
			text("msdyn_UniqueName", 256).seen(),
			lookup("msdyn_routingconfigurationid", "msdyn_routingconfiguration").
				as("msdyn_routingconfiguration_msdyn_routingconfigurationstep_routingconfigurationid"),
			number("msdyn_steporder"),
			choice("msdyn_type", labelsFrom(192350000,
				"Work classification|Skill identification|Queue identification|Agent-group identification")...).seen(),
			lookup("msdyn_rulesetid", "msdyn_decisionruleset").as("msdyn_decisionruleset_msdyn_routingconfigurationstep_rulesetid"),
			componentState(),
		), owned(), state(), system()),
	}, {
		// Older than routing configurations, and without effect where an active one exists.
		name: "msdyn_ocruleitem", set: "msdyn_ocruleitems", display: "Rule Item", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_ocruleitemId"),
			text("msdyn_name", 100),
			memo("msdyn_Condition", 1_048_576).seen(), memo("msdyn_Rulejson", 1_048_576).seen(),
			number("msdyn_priority"),
			lookup("msdyn_liveworkstream", "msdyn_liveworkstream").as("msdyn_liveworkstream_ocruleitem"),
			lookup("msdyn_QueueAssignId", "msdyn_omnichannelqueue"),
			lookup("msdyn_cdsqueueassignid", "queue").as("msdyn_queue_ocruleitem"),
			lookup("msdyn_UserAssignId", "systemuser").as("msdyn_systemuser_ocruleitem"),
			componentState(),
		), owned(), state(), system()),
	}, {
		name: "msdyn_decisioncontract", set: "msdyn_decisioncontracts", display: "Decision contract", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_decisioncontractId"),
			text("msdyn_name", 100),
			text("msdyn_UniqueName", 256).seen(),
			memo("msdyn_contractdefinition", 1_048_576).seen(),
			componentState(),
		), owned(), state(), system()),
	}}
}
