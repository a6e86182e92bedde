package event

import "directcallback/adapter"

// tables is which tables' steps are read, and as what. The service endpoint's
// steps are registered for exactly these: Create, Update and Delete, after the
// operation, asynchronous.
func tables() [13]struct {
	name   string
	decode func(*remoteContext) adapter.EventData
} {
	return [13]struct {
		name   string
		decode func(*remoteContext) adapter.EventData
	}{
		{"queue", decodeSettings},
		{"msdyn_decisionruleset", decodeSettings},
		{"msdyn_overflowactionconfig", decodeSettings},
		{"msdyn_proactive_callback_profile", decodeSettings},
		{"msdyn_operatinghour", decodeSettings},
		{"msdyn_ocsystemmessage", decodeSettings},
		{"calendar", decodeSettings},
		{"msdyn_routingconfiguration", decodeSettings},
		{"msdyn_routingconfigurationstep", decodeSettings},
		{"msdyn_liveworkstream", decodeSettings},
		{"msdyn_proactive_engagement_config", decodeSettings},
		{"msdyn_proactive_delivery", decodeDelivery},
		{"msdyn_ocliveworkitem", decodeConversation},
	}
}

func tableOf(name string) (func(*remoteContext) adapter.EventData, bool) {
	for _, t := range tables() {
		if t.name == name {
			return t.decode, true
		}
	}
	return nil, false
}

func decodeSettings(c *remoteContext) adapter.EventData {
	return adapter.SettingsChanged{Table: c.table, Row: c.key}
}

func decodeDelivery(c *remoteContext) adapter.EventData {
	c.needKey()
	return adapter.DeliveryChanged{
		Row:      c.key,
		Delivery: adapter.DeliveryID(adapter.NormalizeID(c.row.text("msdyn_delivery_id"))),
		Status:   c.row.text("msdyn_status"),
		Result:   c.row.text("msdyn_result"),
	}
}

func decodeConversation(c *remoteContext) adapter.EventData {
	c.needKey()
	changed := adapter.ConversationChanged{
		Conversation: adapter.ConversationID(c.key),
		Queue:        adapter.QueueID(c.row.id("msdyn_cdsqueueid")),
		Status:       adapter.ConversationStatus(c.row.number("statuscode")),
		StatusReason: c.row.number("msdyn_statuschangereason"),
		Outbound:     c.row.yes("msdyn_isoutbound"),
	}
	if c.message == "Delete" {
		changed.Status = adapter.ConversationClosed
	} else {
		changed.Cut = c.row.isCut()
	}
	return changed
}

// needKey insists on one row: what tells of many at once tells of none.
func (c *remoteContext) needKey() {
	if c.key == "" {
		c.wrong("PrimaryEntityId", "missing; register the step on Create, Update and Delete")
	}
}
