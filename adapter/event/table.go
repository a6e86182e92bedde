package event

import (
	"strings"

	"directcallback/adapter"
)

// Table is a table of Dataverse whose changes are read here. The service
// endpoint's steps are registered for exactly these: Create, Update and Delete,
// after the operation, asynchronous.
type Table struct {
	Name       string   // logical
	Attributes []string // an Update that names none of these says nothing; none = any Update counts
}

// Messages are what is done to a row of a [Table].
func Messages() []string { return []string{"Create", "Update", "Delete"} }

// Tables lists them, for whoever registers the steps.
func Tables() []Table {
	all := tables()
	list := make([]Table, 0, len(all))
	for _, t := range all {
		list = append(list, Table{t.name, strings.Fields(t.attributes)})
	}
	return list
}

// tables is which tables' steps are read, as what, and which columns matter in the
// two tables that also change for other reasons many times an hour.
func tables() [13]struct {
	name       string
	decode     func(*remoteContext) adapter.EventData
	attributes string
} {
	return [13]struct {
		name       string
		decode     func(*remoteContext) adapter.EventData
		attributes string
	}{
		{"queue", decodeSettings, "name statecode msdyn_prequeueoverflowrulesetid msdyn_inqueueoverflowrulesetid msdyn_operatinghourid msdyn_queuetype msdyn_priority"},
		{"msdyn_decisionruleset", decodeSettings, ""},
		{"msdyn_overflowactionconfig", decodeSettings, ""},
		{"msdyn_proactive_callback_profile", decodeSettings, ""},
		{"msdyn_operatinghour", decodeSettings, ""},
		{"msdyn_ocsystemmessage", decodeSettings, ""},
		{"calendar", decodeSettings, ""},
		{"msdyn_routingconfiguration", decodeSettings, ""},
		{"msdyn_routingconfigurationstep", decodeSettings, ""},
		{"msdyn_liveworkstream", decodeSettings, ""},
		{"msdyn_proactive_engagement_config", decodeSettings, ""},
		{"msdyn_proactive_delivery", decodeDelivery, ""},
		{"msdyn_ocliveworkitem", decodeConversation, "statuscode msdyn_statuschangereason msdyn_cdsqueueid msdyn_overflowtransfercount msdyn_transfercount msdyn_closedon"},
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
