package dataverse

// queueTables are the queue and who works in it. Pages: Queue in its Dataverse and Customer Service editions,
// QueueMembership.
func queueTables() []*table {
	return []*table{{
		name: "queue", set: "queues", schema: "Queue", display: "Queue", primaryName: "name", audit: "lk_queuebase_%s",
		columns: page(columns(
			key("QueueId"),
			text("Name", 200).must(),
			memo("Description", 2000),
			text("EMailAddress", 100),
			yesNo("msdyn_isomnichannelqueue").starts(false),
			choice("msdyn_queuetype", labelsFrom(192350000, "Messaging|Entity|Voice")...).starts(int64(192350000)),
			integer("msdyn_priority", 1, 1<<31-1),
			choice("msdyn_assignmentstrategy",
				label{192350000, "Omnichannel Assignment"}, label{192350001, "Round Robin"},
				label{192350002, "Custom assignment configuration"}, label{192350003, "Longest Idle"},
				label{192350005, "No Assignment"},
			),
			lookup("msdyn_operatinghourid", "msdyn_operatinghour").as("msdyn_msdyn_operatinghour_queue"),
			yesNo("msdyn_operatinghoursbasedassignment").starts(false),
			lookup("msdyn_prequeueoverflowrulesetid", "msdyn_decisionruleset").via("msdyn_decisionrulesetid").
				as("msdyn_queue_decisionrulesetId"),
			lookup("msdyn_inqueueoverflowrulesetid", "msdyn_decisionruleset").
				as("msdyn_decisionruleset_queue_msdyn_inqueueoverflowrulesetid").cascades(),
			lookup("msdyn_assignmentinputcontractid", "msdyn_decisioncontract").via("msdyn_routingcontractid").
				as("msdyn_queue_decisioncontractid"),
			lookup("msdyn_intentfamilyid", "msdyn_intentfamily").as("Queue_intentfamilyid_msdyn_intentfamily").restricts(),
			count("msdyn_maxqueuesize"),
			yesNo("msdyn_processqueueperiodically").starts(false),
			yesNo("msdyn_isdefaultqueue").starts(false),
			text("msdyn_uniquename", 128).with(createOnly),
			choice("QueueViewType", labelsFrom(0, "Public|Private")...).starts(int64(0)),
		), ownedAs("queues"), state(), system()),
	}, {
		// The intersect table has plain identifiers, not lookups, and no name of its own.
		name: "queuemembership", set: "queuememberships", schema: "QueueMembership", display: "Queue Membership",
		ownership: ownedByNobody, untracked: true, pessimistic: true, silent: true,
		intersect: &intersect{"queuemembership_association", [2]string{"queue", "systemuser"}},
		columns:   columns(key("QueueMembershipId"), guidColumn("QueueId"), guidColumn("SystemUserId"), version()),
	}}
}
