package dataverse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"directcallback/adapter"
)

// table is what is read of one Dataverse table.
type table struct {
	name      string // logical name, for findings
	set       string // entity set
	key       string // primary key column
	label     string // column with the name that the portal shows
	columns   []column
	formatted bool             // read the portal's labels too
	without   string           // what follows when it cannot be read
	lesser    adapter.Severity // how bad that is; empty = an error
	absence   adapter.Severity // of an organization that has no such table; empty = as bad
}

// column is read; without says how bad it is when the organization lacks it.
type column struct {
	name    string
	without adapter.Severity
}

func queueTable() table {
	return table{
		name: "queue", set: "queues", key: "queueid", label: "name",
		columns: []column{
			{"queueid", adapter.SeverityError},
			{"name", adapter.SeverityWarning},
			{"statecode", adapter.SeverityWarning},
			{"msdyn_queuetype", adapter.SeverityError},
			{"msdyn_priority", adapter.SeverityWarning},
			{"msdyn_assignmentstrategy", adapter.SeverityInfo},
			{"msdyn_isdefaultqueue", adapter.SeverityInfo},
			{"msdyn_maxqueuesize", adapter.SeverityInfo},
			{"_msdyn_operatinghourid_value", adapter.SeverityError},
			{"_msdyn_prequeueoverflowrulesetid_value", adapter.SeverityError},
			{"_msdyn_inqueueoverflowrulesetid_value", adapter.SeverityError},
		},
	}
}

func rulesetTable() table {
	return table{
		name: "msdyn_decisionruleset", set: "msdyn_decisionrulesets", key: "msdyn_decisionrulesetid", label: "msdyn_name",
		columns: []column{
			{"msdyn_decisionrulesetid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityWarning},
			{"msdyn_rulesettype", adapter.SeverityError},
			{"msdyn_rulesetdefinition", adapter.SeverityError},
			{"msdyn_disabledrules", adapter.SeverityInfo}, // in some organizations only
		},
	}
}

func actionTable() table {
	return table{
		name: "msdyn_overflowactionconfig", set: "msdyn_overflowactionconfigs",
		key: "msdyn_overflowactionconfigid", label: "msdyn_name", formatted: true,
		columns: []column{
			{"msdyn_overflowactionconfigid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityWarning},
			{"statecode", adapter.SeverityWarning},
			{"msdyn_overflowactiontype", adapter.SeverityError},
			{"msdyn_overflowactiondata", adapter.SeverityError},
			{"msdyn_directcallbackdedupsetting", adapter.SeverityInfo},
			{"msdyn_directcallbackqueuesetting", adapter.SeverityInfo},
			{"msdyn_directcallbackaction", adapter.SeverityInfo},
			{"_msdyn_proactive_callback_profileid_value", adapter.SeverityInfo}, // newest releases only
			{"_msdyn_directcallbackoutboundprofile_value", adapter.SeverityInfo},
			{"_msdyn_schedulecallbackoutboundworkstream_value", adapter.SeverityInfo}, // on no page
			{"msdyn_botfailureactiontype", adapter.SeverityInfo},
			{"msdyn_stoptranscriptionandrecordingaftercalltransfer", adapter.SeverityInfo},
		},
		without: "no overflow action is known, so none is carried out",
	}
}

func messageTable() table {
	return table{
		name: "msdyn_ocsystemmessage", set: "msdyn_ocsystemmessages",
		key: "msdyn_ocsystemmessageid", label: "msdyn_name", formatted: true,
		columns: []column{
			{"msdyn_ocsystemmessageid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityInfo},
			{"msdyn_systemmessageeventtype", adapter.SeverityError},
			{"msdyn_messagetext", adapter.SeverityError},
			{"msdyn_streamsource", adapter.SeverityError},
			{"msdyn_instanceid", adapter.SeverityWarning},
			{"_msdyn_defaultlanguage_value", adapter.SeverityInfo},
			{"statecode", adapter.SeverityWarning},
		},
		without: "callers hear the default texts",
	}
}

func configurationTable() table {
	return table{
		name: "msdyn_proactive_engagement_config", set: "msdyn_proactive_engagement_configs",
		key: "msdyn_proactive_engagement_configid", label: "msdyn_name",
		columns: []column{
			{"msdyn_proactive_engagement_configid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityWarning},
			{"statecode", adapter.SeverityWarning},
			{"msdyn_type", adapter.SeverityError},
			{"msdyn_dialmode_type", adapter.SeverityError},
			{"_msdyn_queue_value", adapter.SeverityError},
			{"_msdyn_workstream_value", adapter.SeverityInfo},
			{"msdyn_close_existing_conversations", adapter.SeverityWarning},
			{"msdyn_ignore_queue_hours", adapter.SeverityWarning},
			{"msdyn_engagement_type", adapter.SeverityInfo},
			{"msdyn_priority", adapter.SeverityInfo},
			{"msdyn_processing_order", adapter.SeverityInfo},
			{"msdyn_create_conversation_without_availability_check", adapter.SeverityInfo},
			{"msdyn_call_delay_enabled", adapter.SeverityInfo},
			{"msdyn_call_delay_seconds", adapter.SeverityInfo},
			{"msdyn_max_concurrent_calls", adapter.SeverityInfo},
		},
		without: "no configuration is known, so no callback can be placed",
	}
}

// suspensionTable says which configurations are suspended: a row each.
func suspensionTable() table {
	return table{
		name: "msdyn_proactive_engagement_config_status", set: "msdyn_proactive_engagement_config_statuses",
		key: "msdyn_proactive_engagement_config_statusid", label: "msdyn_name",
		columns: []column{
			{"msdyn_proactive_engagement_config_statusid", adapter.SeverityError},
			{"_msdyn_proactive_engagement_config_value", adapter.SeverityInfo},
			{"msdyn_suspended", adapter.SeverityInfo},
		},
		without: "whether an engagement configuration is suspended is not known", lesser: adapter.SeverityInfo, absence: adapter.SeverityInfo,
	}
}

func hoursTable() table {
	return table{
		name: "msdyn_operatinghour", set: "msdyn_operatinghours", key: "msdyn_operatinghourid", label: "msdyn_name",
		columns: []column{
			{"msdyn_operatinghourid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityWarning},
			{"statecode", adapter.SeverityWarning},
			{"msdyn_calendarid", adapter.SeverityError},
		},
		without: unknownHours,
	}
}

func calendarTable() table {
	return table{
		name: "calendar", set: "calendars", key: "calendarid", label: "name",
		columns: []column{
			{"calendarid", adapter.SeverityError},
			{"name", adapter.SeverityInfo},
			{"_holidayschedulecalendarid_value", adapter.SeverityWarning},
		},
		without: unknownHours,
	}
}

// calendarRuleTable is never asked by itself: Dataverse hands rules out with
// their calendar only.
func calendarRuleTable() table {
	return table{
		name: "calendarrule", key: "calendarruleid", label: "name",
		columns: []column{
			{"calendarruleid", adapter.SeverityError},
			{"name", adapter.SeverityInfo},
			{"pattern", adapter.SeverityError},
			{"starttime", adapter.SeverityError},
			{"effectiveintervalstart", adapter.SeverityError},
			{"effectiveintervalend", adapter.SeverityError},
			{"_innercalendarid_value", adapter.SeverityError},
			{"offset", adapter.SeverityError},
			{"duration", adapter.SeverityError},
			{"rank", adapter.SeverityError},
			{"extentcode", adapter.SeverityError},
			{"timecode", adapter.SeverityError},
			{"subcode", adapter.SeverityError},
			{"timezonecode", adapter.SeverityError},
		},
	}
}

func timeZoneTable() table {
	return table{
		name: "timezonedefinition", set: "timezonedefinitions", key: "timezonedefinitionid", label: "standardname",
		columns: []column{
			{"timezonedefinitionid", adapter.SeverityError},
			{"timezonecode", adapter.SeverityError},
			{"standardname", adapter.SeverityError},
		},
		without: unknownHours,
	}
}

const unknownHours = "whether a queue with operating hours is open is not known"

func languageTable() table {
	return table{
		name: "msdyn_oclanguage", set: "msdyn_oclanguages", key: "msdyn_oclanguageid", label: "msdyn_languagename",
		columns: []column{
			{"msdyn_oclanguageid", adapter.SeverityError},
			{"msdyn_localecode", adapter.SeverityInfo},
		},
		without: "the language of a message is known by its language's name only", lesser: adapter.SeverityInfo,
	}
}

func localizationTable() table {
	return table{
		name: "msdyn_oclocalizationdata", set: "msdyn_oclocalizationdatas", key: "msdyn_oclocalizationdataid", formatted: true,
		columns: []column{
			{"msdyn_oclocalizationdataid", adapter.SeverityError},
			{"_msdyn_systemmessageid_value", adapter.SeverityWarning},
			{"_msdyn_customerlanguageid_value", adapter.SeverityInfo},
			{"msdyn_languagecode", adapter.SeverityInfo},
			{"msdyn_localizedtext", adapter.SeverityWarning},
			{"statecode", adapter.SeverityInfo},
		},
		without: "callers hear messages in their default language", lesser: adapter.SeverityWarning,
	}
}

const unknownRouting = "which queues a work stream leads to is not known; the queue that an event names counts"

func workstreamTable() table {
	columns := []column{
		{"msdyn_liveworkstreamid", adapter.SeverityError},
		{"msdyn_name", adapter.SeverityWarning},
		{"statecode", adapter.SeverityWarning},
		{"msdyn_streamsource", adapter.SeverityError},
		{"msdyn_direction", adapter.SeverityInfo},
		{LookupColumn(fallbackQueue), adapter.SeverityInfo},
		{"_msdyn_bot_user_value", adapter.SeverityInfo},
		{"_msdyn_bot_queue_value", adapter.SeverityInfo},
		{"_msdyn_botfailureactionconfig_value", adapter.SeverityInfo},
		{"_msdyn_outboundqueueid_value", adapter.SeverityInfo},
		{"msdyn_workdistributionmode", adapter.SeverityInfo},
		{"msdyn_enableautomatedmessages", adapter.SeverityInfo},
	}
	for _, name := range templateColumns() {
		columns = append(columns, column{name, adapter.SeverityInfo})
	}
	return table{
		name: "msdyn_liveworkstream", set: "msdyn_liveworkstreams", key: "msdyn_liveworkstreamid", label: "msdyn_name",
		columns: columns, without: unknownRouting, lesser: adapter.SeverityWarning,
	}
}

// templateColumns hold the unique names of templates, not lookups. Some releases
// have fewer.
func templateColumns() []string {
	return []string{
		templatePrefix + "incoming_auth", templatePrefix + "agent_dial", templatePrefix + "pre_dial",
		templatePrefix + "agent_reservation", templatePrefix + "callback_previewdialing",
	}
}

func routingTable() table {
	return table{
		name: "msdyn_routingconfiguration", set: "msdyn_routingconfigurations", key: "msdyn_routingconfigurationid", label: "msdyn_name",
		columns: []column{
			{"msdyn_routingconfigurationid", adapter.SeverityError},
			{"_msdyn_liveworkstreamid_value", adapter.SeverityError},
			{"statecode", adapter.SeverityInfo},
		},
		without: unknownRouting, lesser: adapter.SeverityWarning,
	}
}

func stepTable() table {
	return table{
		name: "msdyn_routingconfigurationstep", set: "msdyn_routingconfigurationsteps", key: "msdyn_routingconfigurationstepid", label: "msdyn_name",
		columns: []column{
			{"msdyn_routingconfigurationstepid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityInfo},
			{"_msdyn_routingconfigurationid_value", adapter.SeverityError},
			{"msdyn_steporder", adapter.SeverityWarning},
			{"msdyn_type", adapter.SeverityError},
			{"_msdyn_rulesetid_value", adapter.SeverityError},
			{"statecode", adapter.SeverityInfo},
		},
		without: unknownRouting, lesser: adapter.SeverityWarning,
	}
}

func templateTable() table {
	return table{
		name: "msdyn_notificationtemplate", set: "msdyn_notificationtemplates", key: "msdyn_notificationtemplateid", label: "msdyn_name",
		columns: []column{
			{"msdyn_notificationtemplateid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityInfo},
			{"msdyn_uniquename", adapter.SeverityInfo},
			{"msdyn_title", adapter.SeverityInfo},
		},
		without: "what representatives are shown of a callback is not known", lesser: adapter.SeverityInfo,
	}
}

func channelTable() table {
	return table{
		name: "msdyn_ocvoicechannelsetting", set: "msdyn_ocvoicechannelsettings", key: "msdyn_ocvoicechannelsettingid", label: "msdyn_name",
		columns: []column{
			{"msdyn_ocvoicechannelsettingid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityInfo},
			{"statecode", adapter.SeverityInfo},
			{"_msdyn_liveworkstreamid_value", adapter.SeverityWarning},
			{"_msdyn_phonenumberid_value", adapter.SeverityInfo},
			{"_msdyn_calleridphonenumberid_value", adapter.SeverityInfo},
			{"_msdyn_operatinghoursid_value", adapter.SeverityInfo},
			{"msdyn_announceaveragewaittime", adapter.SeverityInfo},
			{"msdyn_announcepositioninqueue", adapter.SeverityInfo},
			{"msdyn_isanonymouscallerid", adapter.SeverityInfo},
			{"msdyn_outboundcallregionallowlist", adapter.SeverityInfo},
			{"msdyn_recordingenabled", adapter.SeverityInfo},
			{"msdyn_transcriptionenabled", adapter.SeverityInfo},
			{"msdyn_stoptranscriptionandrecordingafterpstntransfer", adapter.SeverityInfo},
			{"msdyn_usebridgetransferforpstntransfer", adapter.SeverityInfo},
			{"msdyn_skipwaitmusicforivr", adapter.SeverityInfo},
		},
		without: "messages of a single number are not spoken", lesser: adapter.SeverityWarning,
	}
}

func presenceTable() table {
	return table{
		name: "msdyn_presence", set: "msdyn_presences", key: "msdyn_presenceid", label: "msdyn_name",
		columns: []column{
			{"msdyn_presenceid", adapter.SeverityError},
			{"msdyn_name", adapter.SeverityInfo},
			{"msdyn_basepresencestatus", adapter.SeverityInfo},
			{"statecode", adapter.SeverityInfo},
		},
		without: "the presences of representatives are not shown", lesser: adapter.SeverityInfo,
	}
}

func membershipTable() table {
	return table{
		name: "queuemembership", set: "queuememberships", key: "queuemembershipid",
		columns: []column{
			{"queuemembershipid", adapter.SeverityError},
			{"queueid", adapter.SeverityWarning},
		},
		without: "whether anybody works in a queue is not known", lesser: adapter.SeverityWarning,
	}
}

// each hands over the rows that pass the filter. Columns that the organization
// lacks are taken out of the table, so that the next each does not ask for them.
// A row whose id cannot be read is not handed over; one with another bad column is.
func (t *table) each(ctx context.Context, c *Client, filter Filter, take func(*Reader)) ([]adapter.Finding, error) {
	return t.eachOf(ctx, c, Query{Filter: filter, PageSize: maxPage}, take)
}

// eachOf is each for a query that says more than the filter.
func (t *table) eachOf(ctx context.Context, c *Client, q Query, take func(*Reader)) ([]adapter.Finding, error) {
	var findings []adapter.Finding
	q.Set, q.Select, q.Formatted = t.set, t.names(), t.formatted
	q.Dropped = func(name string) { findings = append(findings, t.drop(name)) }
	for row, err := range c.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		if id, err := row.ID(t.key); err != nil || id == "" {
			findings = append(findings, t.badRow(row, &ColumnError{t.key, "a GUID"}, "the row is not used"))
			continue
		}
		reader := row.Read()
		take(reader)
		if err := reader.Err(); err != nil {
			findings = append(findings, t.badRow(row, err, "the column counts as empty"))
		}
	}
	return findings, nil
}

// names are the columns to ask for.
func (t *table) names() []string {
	names := make([]string, len(t.columns))
	for i, column := range t.columns {
		names[i] = column.name
	}
	return names
}

// logicalName is a column's own name; a lookup has another one in answers.
func logicalName(name string) string {
	if inner, lookup := strings.CutSuffix(name, "_value"); lookup {
		return strings.TrimPrefix(inner, "_")
	}
	return name
}

// maxPage is Dataverse's own limit.
const maxPage = 5000

// drop takes a column out, in a copy: others may be reading with the old list.
func (t *table) drop(name string) adapter.Finding {
	var left []column
	f := adapter.Finding{
		Code: "missing.column", Table: t.name, Part: name,
		Reason: "the organization has no column " + logicalName(name), Consequence: "it counts as empty in every row",
		Remedy: "Update Dynamics 365 Customer Service in the Power Platform admin center, under the environment's Dynamics 365 apps: the column comes with a newer release.",
	}
	for _, column := range t.columns {
		if column.name == name {
			if f.Severity = column.without; f.Severity == adapter.SeverityInfo {
				f.Remedy = "Nothing need be done; the column comes with a newer release of Dynamics."
			}
		} else {
			left = append(left, column)
		}
	}
	t.columns = left
	return f
}

func (t *table) badRow(row Row, err error, consequence string) adapter.Finding {
	id, _ := row.ID(t.key)
	name, _ := row.String(t.label)
	return adapter.Finding{
		Code: "unreadable.row", Severity: adapter.SeverityError, Table: t.name, Row: id, Name: name,
		Reason: err.Error(), Consequence: consequence,
		Remedy: "Save the row again in the portal; if the finding comes back, a newer release of this product is needed.",
	}
}

func (t *table) unreadable(err error) adapter.Finding {
	code, reason := "unreadable.table", fmt.Sprintf("the application may not read the table: %v", err)
	severity, remedy := cmp.Or(t.lesser, adapter.SeverityError), "Give the application user a role with organization-wide read on table "+t.name+"."
	if privilege := MissingPrivilege(err); privilege != "" {
		reason = "the application user lacks the privilege " + privilege
		remedy = "Give a role of the application user the privilege " + privilege + " with access level Organization."
	}
	if errors.Is(err, ErrNotFound) {
		code, reason, severity = "missing.table", fmt.Sprintf("the organization has no such table: %v", err), cmp.Or(t.absence, severity)
		remedy = "Install the app of Dynamics that brings table " + t.name + ", or do without."
	}
	return adapter.Finding{
		Code: code, Severity: severity, Table: t.name,
		Reason: reason, Consequence: t.without, Remedy: remedy,
	}
}
