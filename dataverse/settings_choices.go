package dataverse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"directcallback/adapter"
)

// reliedChoice is a choice column whose numbers mean something here. Organizations have
// more numbers than the pages list, and may have others: what the metadata says is held
// against this, and told where it differs. Numbers decide, labels never do, because they
// are translated and can be edited.
type reliedChoice struct {
	table, column string
	options       []option
	open          bool // the pages list more than is of any use here, so that others are no news
}

// option is a number, by the names that Microsoft has for it in English.
type option struct {
	number  int
	names   string           // between bars; the first is what findings say
	needed  adapter.Severity // how bad it is when an organization has no such number; empty = not at all
	without string           // what follows then
}

// reliedChoices are the columns, in the order of the reference.
func reliedChoices() []reliedChoice {
	const queue, action, profile = "queue", "msdyn_overflowactionconfig", "msdyn_proactive_callback_profile"
	const configuration, message, workstream = "msdyn_proactive_engagement_config", "msdyn_ocsystemmessage", "msdyn_liveworkstream"
	const bad, odd = adapter.SeverityError, adapter.SeverityWarning
	const classic = "where a second request of one number counts as a duplicate is not read"
	unit := []option{{number: 192350000, names: "Seconds|Second"}, {number: 192350001, names: "Minutes|Minute"}, {number: 192350002, names: "Hours|Hour"}}
	voice := func(without string) []option { return []option{{adapter.StreamVoice, "Voice", bad, without}} }
	return []reliedChoice{
		{table: queue, column: "msdyn_queuetype", options: []option{
			{int(adapter.QueueMessaging), "Messaging", "", ""},
			{int(adapter.QueueRecord), "Entity|Record", "", ""},
			{int(adapter.QueueVoice), "Voice", bad, "no queue is taken for a voice queue"},
		}},
		{table: queue, column: "msdyn_assignmentstrategy", options: []option{
			{192350000, "Omnichannel Assignment|Highest capacity", "", ""},
			{192350001, "Round Robin|Advanced round robin", "", ""},
			{192350002, "Custom|Custom assignment configuration", "", ""},
			{192350003, "Longest Idle|Least active", "", ""},
			{192350005, "No Assignment", "", ""},
		}},
		{table: "msdyn_decisionruleset", column: "msdyn_rulesettype", options: []option{
			{adapter.RulesetDeclarative, "Declarative", bad, "no ruleset can be evaluated"},
			{192350001, "ML model based", "", ""},
			{192350002, "Dataverse Components", "", ""},
			{192350003, "Intelligent Conversation Distribution", "", ""},
		}},
		{table: action, column: "msdyn_overflowactiontype", options: []option{
			{int(adapter.ActionDefault), "Default", "", ""},
			{int(adapter.ActionEnd), "End Conversation|End call", odd, "no rule can end a call"},
			{int(adapter.ActionTransferToPhone), "Transfer to Phone|Transfer to an external number|External transfer", odd, "no rule can transfer to a number"},
			{int(adapter.ActionDirectCallback), "Direct Callback", bad, "no rule can lead to a direct callback"},
			{int(adapter.ActionVoicemail), "Voicemail", odd, "no rule can lead to voicemail"},
			{int(adapter.ActionTransferToQueue), "Queue Transfer|Transfer to a different queue|Transfer to queue", odd, "no rule can transfer to another queue"},
			{int(adapter.ActionStay), "Remain In Queue|Assign to queue anyway", odd, "no rule can leave a call in its queue"},
		}},
		{table: action, column: "msdyn_directcallbackqueuesetting", options: []option{
			{int(adapter.DuplicateInQueue), "Specific queue only", odd, classic},
			{int(adapter.DuplicateInWorkstream), "All queues in this workstream", odd, classic},
		}},
		{table: action, column: "msdyn_directcallbackaction", options: []option{
			{int(adapter.DuplicateDisconnect), "Play message and disconnect the call", odd, "what a duplicate hears is not read"},
			{int(adapter.DuplicateKeepCall), "Play message but don't end the call", odd, "what a duplicate hears is not read"},
		}},
		{table: profile, column: "msdyn_callback_type", options: []option{
			{int(adapter.CallbackDirect), "Direct Callback", odd, "no callback profile can be used"},
			{int(adapter.CallbackScheduled), "Scheduled Callback", "", ""},
		}},
		{table: profile, column: "msdyn_duplicate_prevention_settings", options: []option{
			{int(adapter.PreventNone), "None", "", ""}, {int(adapter.PreventInQueue), "Same Queue", "", ""}, {int(adapter.PreventInAnyLine), "All Queues", "", ""},
		}},
		{table: profile, column: "msdyn_duplicate_resolution_action", options: []option{
			{int(adapter.ResolveEndCall), "End Call", "", ""}, {int(adapter.ResolveWaitInQueue), "Wait In Queue", "", ""},
		}},
		{table: profile, column: "msdyn_wait_time_limit_unit", options: unit[:2]},
		{table: profile, column: "msdyn_wait_time_window_unit", options: unit},
		{table: profile, column: "msdyn_delay_between_retries_unit", options: unit},
		{table: message, column: "msdyn_systemmessageeventtype", open: true, options: []option{
			{int(adapter.MessageCallbackOffer), "Offer customer callback", odd, "callers hear the default offer of a callback"},
			{int(adapter.MessageCallbackResponse), "Customer callback response", odd, "callers hear the default confirmation of a callback"},
			{int(adapter.MessageOverflowEnd), "End conversation due to overflow", odd, "callers hear the default text before a call is ended"},
		}},
		{table: message, column: "msdyn_streamsource", open: true, options: voice("callers hear the default texts")},
		{table: workstream, column: "msdyn_streamsource", open: true, options: voice("no work stream is taken for one of calls")},
		{table: "msdyn_routingconfigurationstep", column: "msdyn_type", options: []option{
			{int(adapter.StepClassification), "Work classification", "", ""},
			{int(adapter.StepSkills), "Skill identification", "", ""},
			{int(adapter.StepRouteToQueue), "Queue identification|Route to queue", odd, "overflow handling of route-to-queue rules is not read"},
			{int(adapter.StepAgentGroup), "Agent-group identification", "", ""},
		}},
		{table: configuration, column: "msdyn_type", options: []option{
			{adapter.ConfigurationVoice, "Voice", bad, "no callback can be placed"},
			{100000001, "SMS", "", ""},
			{100000002, "WhatsApp", "", ""},
		}},
		{table: configuration, column: "msdyn_dialmode_type", options: []option{
			{100000000, "Copilot", "", ""},
			{100000001, "Progressive", "", ""},
			{adapter.DialModePreview, "Preview", bad, "no callback can be placed"},
			{100000003, "Predictive", "", ""},
		}},
		{table: configuration, column: "msdyn_processing_order", options: []option{
			{adapter.OrderEarliest, "Earliest Scheduled Date", "", ""},
			{adapter.OrderFirst, "First In First Out", "", ""},
			{adapter.OrderLast, "Last In First Out", "", ""},
			{700610003, "Custom Priority Ascending", "", ""},
			{700610004, "Custom Priority Descending", "", ""},
		}},
	}
}

// loadChoices learns what numbers the organization has, and what it calls them. Tables
// whose metadata is hidden, or that it lacks, are told of by whoever reads their rows.
func loadChoices(ctx context.Context, l *loader) error {
	known := map[string]map[string][]Choice{} // by table and column
	for _, c := range reliedChoices() {
		columns, asked := known[c.table]
		if !asked {
			var err error
			if columns, err = l.client.Choices(ctx, c.table, Picklist); err != nil && !hidden(err) {
				return err
			}
			known[c.table] = columns
		}
		if choices := columns[c.column]; len(choices) > 0 { // a column that it lacks is found by reading rows
			names := map[int]string{}
			for _, choice := range choices {
				names[choice.Value] = choice.Label
			}
			put(&l.settings.Choices, c.table+"."+c.column, names)
			l.findings = append(l.findings, c.compare(choices)...)
		}
	}
	return nil
}

func takeChoices(into, from *adapter.Settings, _ ids) { into.Choices = from.Choices }

// compare holds what an organization has against what is relied on.
func (c reliedChoice) compare(choices []Choice) (findings []adapter.Finding) {
	there := map[int]Choice{}
	for _, choice := range choices {
		there[choice.Value] = choice
	}
	expected := map[int]bool{}
	for _, o := range c.options {
		expected[o.number] = true
		choice, has := there[o.number]
		switch {
		case !has && o.needed != "":
			findings = append(findings, c.finding("missing.option", o.number, o.needed, fmt.Sprintf("the organization has no number %d, %q, in %s%s", o.number, o.name(), c.column, o.elsewhere(choices)),
				o.without, "Update Dynamics 365 Customer Service in the Power Platform admin center; if the number is another one in all organizations, a newer release of this product is needed."))
		case has && !o.calls(choice.English):
			findings = append(findings, c.finding("renamed.option", o.number, adapter.SeverityInfo, fmt.Sprintf("the organization calls number %d in %s %q", o.number, c.column, choice.English),
				fmt.Sprintf("it is taken for %q all the same, because numbers decide", o.name()), "If it means something else there, a newer release of this product is needed."))
		}
	}
	if c.open {
		return findings
	}
	for _, number := range slices.Sorted(maps.Keys(there)) {
		if !expected[number] {
			findings = append(findings, c.finding("unknown.option", number, adapter.SeverityInfo, fmt.Sprintf("the organization has a number %d, %q, in %s that is not known here", number, there[number].Label, c.column),
				"rows that have it are shown as they are, and nothing is done by them", "Nothing need be done unless rows have it; then a newer release of this product is needed."))
		}
	}
	return findings
}

func (c reliedChoice) finding(code string, number int, severity adapter.Severity, reason, consequence, remedy string) adapter.Finding {
	return adapter.Finding{
		Code: code, Severity: severity, Table: c.table, Part: fmt.Sprintf("%s %d", c.column, number),
		Reason: reason, Consequence: consequence, Remedy: remedy,
	}
}

func (o option) name() string { name, _, _ := strings.Cut(o.names, "|"); return name }

// calls tells whether a label is one of the option's own; an organization without
// English says nothing.
func (o option) calls(label string) bool {
	return label == "" || slices.ContainsFunc(strings.Split(o.names, "|"), func(name string) bool { return bare(name) == bare(label) })
}

// elsewhere names another number that is called so. It is shown, never used.
func (o option) elsewhere(choices []Choice) string {
	for _, choice := range choices {
		if choice.English != "" && o.calls(choice.English) {
			return fmt.Sprintf("; it has %d of that name", choice.Value)
		}
	}
	return ""
}

// bare is a label by its letters alone.
func bare(label string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, label)
}
