package dataverse

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// section is a part of a scenario with words of its own for the columns people set most.
type section struct {
	name, table string
	words       []word
	defaults    map[string]any // by logical name
}

// word stands for a column, or for something that read makes of it.
type word struct {
	name   string
	column string
	read   func(r *scenarioReader, i *item, n yamlNode) error
	must   bool
}

// scenarioSections are what a scenario may say beside rows.
func scenarioSections() []section {
	return []section{{
		name: "workstreams", table: "msdyn_liveworkstream",
		words: []word{
			{name: "name", column: "msdyn_name", must: true},
			{name: "channel", column: "msdyn_streamsource"},
			{name: "direction", column: "msdyn_direction"},
			{name: "queue", column: "msdyn_defaultqueue"},
		},
		defaults: map[string]any{"msdyn_streamsource": 192370000, "msdyn_direction": 0, "msdyn_enablevoicev2": true},
	}, {
		name: "hours", table: "msdyn_operatinghour",
		words: []word{
			{name: "name", column: "msdyn_name", must: true},
			{name: "week", read: readWeek, must: true},
		},
	}, {
		name: "profiles", table: "msdyn_proactive_callback_profile",
		words: []word{
			{name: "name", column: "msdyn_name", must: true},
			{name: "repeat", column: "msdyn_repeat_message_interval_seconds", must: true},
			{name: "duplicates", column: "msdyn_duplicate_prevention_settings"},
			{name: "duplicate", column: "msdyn_duplicate_resolution_action"},
			{name: "limit", column: "msdyn_max_callback_limit"},
			{name: "retries", column: "msdyn_number_of_retries"},
		},
	}, {
		name: "actions", table: "msdyn_overflowactionconfig",
		words: []word{
			{name: "name", column: "msdyn_name", must: true},
			{name: "does", column: "msdyn_overflowactiontype", must: true},
			{name: "queue", read: readTransferQueue},
			{name: "number", column: "msdyn_overflowactiondata"},
			{name: "profile", column: "msdyn_proactive_callback_profileid"},
		},
		defaults: map[string]any{"msdyn_overflowactiondata": "{}"},
	}, {
		name: "rulesets", table: "msdyn_decisionruleset",
		words: []word{
			{name: "name", column: "msdyn_name", must: true},
			{name: "definition", column: "msdyn_rulesetdefinition"},
			{name: "before", read: readRules(beforeConditions)},
			{name: "waiting", read: readRules(waitingConditions)},
		},
		defaults: rulesetDefaults(),
	}, {
		name: "queues", table: "queue",
		words: []word{
			{name: "name", column: "name", must: true},
			{name: "channel", column: "msdyn_queuetype"},
			{name: "priority", column: "msdyn_priority"},
			{name: "assignment", column: "msdyn_assignmentstrategy"},
			{name: "hours", column: "msdyn_operatinghourid"},
			{name: "before", read: readQueueRules("msdyn_prequeueoverflowrulesetid", "queue_prequeue_", beforeConditions)},
			{name: "waiting", read: readQueueRules("msdyn_inqueueoverflowrulesetid", "queue_inqueue_", waitingConditions)},
			{name: "members", read: readMembers},
		},
		defaults: map[string]any{"msdyn_isomnichannelqueue": true, "msdyn_priority": 1, "msdyn_assignmentstrategy": 192350003},
	}, {
		name: "configurations", table: "msdyn_proactive_engagement_config",
		words: []word{
			{name: "name", column: "msdyn_name", must: true},
			{name: "queue", column: "msdyn_queue", must: true},
			{name: "workstream", column: "msdyn_workstream", must: true},
			{name: "mode", column: "msdyn_dialmode_type"},
			{name: "description", column: "msdyn_description"},
		},
		defaults: map[string]any{
			"msdyn_description": "Callbacks", "msdyn_type": engagementVoice, "msdyn_dialmode_type": 100000002, "msdyn_engagement_type": 100000101,
			"msdyn_close_existing_conversations": false,
		},
	}, {
		name: "messages", table: "msdyn_ocsystemmessage",
		words: []word{
			{name: "name", column: "msdyn_name"},
			{name: "event", column: "msdyn_systemmessageeventtype", must: true},
			{name: "text", column: "msdyn_messagetext", must: true},
			{name: "channel", column: "msdyn_streamsource"},
		},
		defaults: map[string]any{"msdyn_messagereceiver": 192350001, "msdyn_messagetype": 2, "msdyn_streamsource": 192370000},
	}, {
		name: "people", table: "systemuser",
		words: []word{
			{name: "first", column: "firstname"},
			{name: "last", column: "lastname", must: true},
			{name: "login", column: "domainname", must: true},
		},
	}, {
		name: "contacts", table: "contact",
		words: []word{
			{name: "first", column: "firstname"},
			{name: "last", column: "lastname", must: true},
			{name: "mobile", column: "mobilephone"},
			{name: "phone", column: "telephone1"},
			{name: "mail", column: "emailaddress1"},
		},
	}}
}

func sectionNamed(name string) *section {
	for _, s := range scenarioSections() {
		if s.name == name {
			return &s
		}
	}
	return nil
}

func sectionNames() (names []string) {
	for _, s := range scenarioSections() {
		names = append(names, s.name)
	}
	return names
}

// section reads rows by key.
func (r *scenarioReader) section(s *section, n yamlNode) error {
	keyed, err := n.entries()
	if err != nil {
		return err
	}
	for _, e := range keyed {
		i, err := r.add(s.table, e)
		if err != nil {
			return err
		}
		if err := r.sectionRow(s, i, e.value); err != nil {
			return err
		}
	}
	return nil
}

func (r *scenarioReader) sectionRow(s *section, i *item, n yamlNode) error {
	entries, err := n.entries()
	if err != nil {
		return err
	}
	given := map[string]bool{}
	for _, e := range entries {
		given[e.key] = true
		if err := r.word(s, i, e); err != nil {
			return err
		}
	}
	for _, w := range s.words {
		if w.must && !given[w.name] {
			return n.wrong("%s is missing", w.name)
		}
	}
	for column, v := range s.defaults {
		if i.values[column] == nil {
			i.values[column] = literal(v)
		}
	}
	return nil
}

// word reads one entry of a section's row.
func (r *scenarioReader) word(s *section, i *item, e yamlEntry) error {
	if e.key == "columns" {
		return r.columns(i, e.value)
	}
	if e.key == "id" {
		return r.column(i, r.schema.byName[i.table].key().name, e)
	}
	var known []string
	for _, w := range s.words {
		if w.name == e.key && w.read != nil {
			return w.read(r, i, e.value)
		}
		if w.name == e.key {
			return r.column(i, w.column, e)
		}
		known = append(known, w.name)
	}
	return e.at.wrong("unknown: %s, id and columns are known here", strings.Join(known, ", "))
}

// readTransferQueue writes the target as the portal does at times: in braces and capitals.
func readTransferQueue(r *scenarioReader, i *item, n yamlNode) error {
	key, err := n.text()
	if err != nil {
		return err
	}
	target := r.refer("queue", key, n)
	i.values["msdyn_overflowactiondata"] = func(idOf func(table, key string) string) any {
		return fmt.Sprintf("{%s}", strings.ToUpper(fmt.Sprint(target(idOf))))
	}
	return nil
}

// readMembers makes a membership of each person.
func readMembers(r *scenarioReader, i *item, n yamlNode) error {
	people, err := n.items()
	if err != nil {
		return err
	}
	for _, p := range people {
		key, err := p.text()
		if err != nil {
			return err
		}
		m := r.addUnnamed("queuemembership", "", p)
		m.values["queueid"] = r.refer("queue", i.key, p)
		m.values["systemuserid"] = r.refer("systemuser", key, p)
	}
	return nil
}

func parseInteger(text string) (int64, bool) {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	return n, err == nil
}

// readClock reads 09:30 as minutes from midnight; 24:00 is the end of the day.
func readClock(n yamlNode) (minutes int64, err error) {
	text, err := n.text()
	if err != nil {
		return 0, err
	}
	if text == "24:00" {
		return 24 * 60, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, n.wrong("a time of the form 09:30 is wanted")
	}
	return int64(at.Hour()*60 + at.Minute()), nil
}
