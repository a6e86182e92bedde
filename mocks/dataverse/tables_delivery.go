package dataverse

// deliveryTables report what became of each delivery. Both are elastic, keep ids as text and have no state. Pages:
// Proactive Delivery, Proactive Delivery Attribute.
func deliveryTables() []*table {
	return []*table{{
		name: "msdyn_proactive_delivery", set: "msdyn_proactive_deliveries", primaryName: "msdyn_delivery_id", elastic: true,
		columns: page(columns(
			key("msdyn_proactive_deliveryid"),
			text("msdyn_delivery_id", 850).must(), // what the API answered as DeliveryId; not the row's key
			text("msdyn_status", 100).must(),
			text("msdyn_state", 100),
			text("msdyn_result", 100),
			text("msdyn_sip_diagnostics", 1000),
			text("msdyn_conversation_id", 100), text("msdyn_parent_conversation_id", 100),
			text("msdyn_call_id", 100),
			text("msdyn_tracking_id", 400),
			text("msdyn_proactive_engagement_config_id", 100).must(),
			lookup("msdyn_proactive_callback_profileId", "msdyn_proactive_callback_profile").
				as("msdyn_proactive_delivery_msdyn_proactive_callback_profileId_msdyn_proactive_callback_profile"),
			text("msdyn_contact_id", 100), text("msdyn_queue_id", 100),
			text("msdyn_journey_id", 100), text("msdyn_journey_run_id", 100),
			text("msdyn_batch_id", 100), text("msdyn_cancellation_policy_id", 100),
			text("msdyn_channel", 100),
			text("msdyn_dialmode_type", 100).must(), text("msdyn_engagement_type", 100),
			text("msdyn_to_address", 300).must(), text("msdyn_from_address", 300),
			text("msdyn_disposition_codes", 1000),
			text("msdyn_country", 100), text("msdyn_postal_code", 100),
			yesNo("msdyn_exceeded_customer_wait_threshold"), yesNo("msdyn_speech_detected"),
			integer("msdyn_seq_no", 1, 1000),
			dateTime("msdyn_window_start_date").everywhereTheSame(), dateTime("msdyn_window_end_date").everywhereTheSame(),
		), withMilliseconds(
			"msdyn_result_date", "msdyn_earliest_schedule_date", "msdyn_expiration_date", "msdyn_start_date",
			"msdyn_end_date", "msdyn_channel_sent_date", "msdyn_customer_connected_date", "msdyn_csr_connected_date",
			"msdyn_start_of_speech_timestamp",
		), owned(), partitioned(), system()),
	}, {
		name: "msdyn_proactive_delivery_attribute", set: "msdyn_proactive_delivery_attributes", primaryName: "msdyn_keyword", elastic: true,
		columns: page(columns(
			key("msdyn_proactive_delivery_attributeid"),
			text("msdyn_keyword", maxKeyword).must(),
			text("msdyn_value", maxAttributeValue),
			choice("msdyn_type", labelsFrom(attributeInput, "Input|Result")...),
			lookup("msdyn_proactive_delivery", "msdyn_proactive_delivery").
				as("msdyn_proactive_delivery_attribute_msdyn_proactive_delivery_msdyn_proactive_delivery").cascades(),
			text("msdyn_proactive_deliverypid", 100), // the delivery's partition
		), owned(), partitioned(), system()),
	}}
}

const (
	attributeInput    = 700610000
	maxKeyword        = 850
	maxAttributeValue = 4000
)

// withMilliseconds gives each date its twin: columns keep whole seconds, the text beside them keeps the rest.
func withMilliseconds(names ...string) []*column {
	var all []*column
	for _, name := range names {
		all = append(all, dateTime(name).everywhereTheSame(), text(name+"_ms", 100))
	}
	return all
}
