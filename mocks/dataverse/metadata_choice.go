package dataverse

import (
	"strconv"
	"strings"
)

// optionSet is OptionSetMetadata of a choice, BooleanOptionSetMetadata of a yes/no.
func (t *table) optionSet(c *column) definition {
	name, global := t.name+"_"+c.name, false
	if c.optionSet != "" {
		name, global = c.optionSet, true
	}
	d := definition{kind: "OptionSetMetadata", facts: []member{
		{"MetadataId", metadataID("choice", name)},
		{"HasChanged", nil},
		{"Name", name},
		{"DisplayName", localised(c.schema, name)},
		{"Description", localised("", name)},
		{"IsGlobal", global},
		{"IsCustomOptionSet", isCustom(c.name)},
		{"IsManaged", true},
		{"OptionSetType", enumValue{"OptionSetType", c.attribute}},
		{"ExternalTypeName", nil},
		{"ParentOptionSetName", nil},
	}}
	if c.kind == kindBoolean {
		d.kind = "BooleanOptionSetMetadata"
		d.facts = append(d.facts, member{"TrueOption", option1(name, c.labels[1])}, member{"FalseOption", option1(name, c.labels[0])})
		return d
	}
	options := []object{}
	for _, l := range c.labels {
		options = append(options, t.option(c, name, l))
	}
	d.facts = append(d.facts, member{"Options", options})
	return d
}

// option1 is OptionMetadata.
func option1(set string, l label) object {
	return object{
		{"Value", l.value},
		{"Label", localised(l.text, set+strconv.FormatInt(l.value, 10))},
		{"Description", localised("", set)},
		{"Color", nil},
		{"IsManaged", true},
		{"ExternalValue", ""},
		{"ParentValues", []string{}},
		{"Tag", nil},
		{"IsHidden", false},
		{"MetadataId", nil},
		{"HasChanged", nil},
	}
}

// option is what states and statuses add.
func (t *table) option(c *column, set string, l label) object {
	o := option1(set, l)
	switch c.attribute {
	case "State":
		status := t.columns[t.at("statuscode")].firstOf(l.value)
		return append(object{{"@odata.type", "#Microsoft.Dynamics.CRM.StateOptionMetadata"}}, append(o,
			member{"DefaultStatus", status}, member{"InvariantName", strings.ReplaceAll(l.text, " ", "")})...)
	case "Status":
		return append(object{{"@odata.type", "#Microsoft.Dynamics.CRM.StatusOptionMetadata"}}, append(o,
			member{"State", c.stateOf[l.value]}, member{"TransitionData", nil})...)
	default:
		return o
	}
}

// globalChoices are the sets several columns share, each once.
func (s *schema) globalChoices() []definition {
	seen, all := map[string]bool{}, []definition{}
	for _, t := range s.all {
		for _, c := range t.columns {
			if c.optionSet != "" && !seen[c.optionSet] {
				seen[c.optionSet] = true
				all = append(all, t.optionSet(c))
			}
		}
	}
	return all
}
