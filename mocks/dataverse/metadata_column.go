package dataverse

import "slices"

// define is AttributeMetadata, of the type the column has.
func (t *table) define(c *column) definition {
	kind := c.attributeType()
	facts := []member{
		{"MetadataId", metadataID("column", t.name, c.name)},
		{"HasChanged", nil},
		{"AttributeType", enumValue{"AttributeTypeCode", c.attribute}},
		{"AttributeTypeName", object{{"Value", c.attribute + "Type"}}},
		{"EntityLogicalName", t.name},
		{"LogicalName", c.name},
		{"SchemaName", c.schema},
		{"DisplayName", localised(c.schema, t.name)},
		{"Description", localised("", c.name)},
		{"ColumnNumber", slices.Index(t.columns, c) + 1},
		{"AttributeOf", nil},
		{"IsPrimaryId", c.kind == kindKey},
		{"IsPrimaryName", c.name == t.primaryName},
		{"IsCustomAttribute", isCustom(c.name)},
		{"IsManaged", true},
		{"IsLogical", false},
		{"IsValidForCreate", c.access != readOnly},
		{"IsValidForUpdate", c.access == readWrite},
		{"IsValidForRead", !c.secret},
		{"RequiredLevel", object{
			{"Value", enumValue{"AttributeRequiredLevel", c.requiredLevel()}},
			{"CanBeChanged", false},
			{"ManagedPropertyLogicalName", "canmodifyrequirementlevelsettings"},
		}},
		{"IsCustomizable", managed(true, "iscustomizable")},
	}
	return definition{kind, append(facts, c.typeFacts()...), func(name string) (related, bool) { return t.ofColumn(c, name) }}
}

func (c *column) requiredLevel() string {
	switch {
	case c.kind == kindKey:
		return "SystemRequired"
	case c.required:
		return "ApplicationRequired"
	default:
		return "None"
	}
}

// attributeType is the name of the metadata's type for the column.
func (c *column) attributeType() string {
	switch c.attribute {
	case "Owner", "Customer":
		return "LookupAttributeMetadata"
	case "Uniqueidentifier":
		return "UniqueIdentifierAttributeMetadata"
	default:
		return c.attribute + "AttributeMetadata"
	}
}

// typeFacts are the properties only this type has.
func (c *column) typeFacts() []member {
	switch c.attribute {
	case "String", "Memo":
		return []member{{"MaxLength", c.length}, {"Format", enumValue{"StringFormat", textFormat(c)}}, {"FormatName", object{{"Value", textFormat(c)}}}}
	case "Integer":
		return []member{{"MinValue", c.low}, {"MaxValue", c.high}, {"Format", enumValue{"IntegerFormat", "None"}}}
	case "BigInt":
		return []member{{"MinValue", int64(-1 << 63)}, {"MaxValue", int64(1<<63 - 1)}}
	case "Double":
		return []member{{"Precision", 2}}
	case "Money":
		return []member{{"Precision", 2}, {"PrecisionSource", 2}}
	case "Boolean":
		initial, _ := c.initial.(bool)
		return []member{{"DefaultValue", initial}}
	case "Picklist", "State", "Status":
		initial, ok := c.initial.(int64)
		if !ok {
			initial = -1
		}
		return []member{{"DefaultFormValue", initial}}
	case "DateTime":
		return c.dateFacts()
	case "Lookup", "Owner", "Customer":
		tables := []string{}
		for _, g := range c.targets {
			tables = append(tables, g.table)
		}
		return []member{{"Targets", tables}, {"Format", nil}}
	default:
		return nil
	}
}

func (c *column) dateFacts() []member {
	behaviour, format := "UserLocal", "DateAndTime"
	switch {
	case c.kind == kindDate:
		behaviour, format = "DateOnly", "DateOnly"
	case c.zoneless:
		behaviour = "TimeZoneIndependent"
	}
	return []member{{"Format", enumValue{"DateTimeFormat", format}}, {"DateTimeBehavior", object{{"Value", behaviour}}}}
}

func textFormat(c *column) string {
	if c.attribute == "Memo" {
		return "TextArea"
	}
	return "Text"
}

// ofColumn follows a navigation property of the choice types.
func (t *table) ofColumn(c *column, name string) (related, bool) {
	switch c.attribute {
	case "Picklist", "State", "Status", "Boolean":
	default:
		return related{}, false
	}
	set := t.optionSet(c)
	switch {
	case name == "OptionSet":
		return related{kind: set.kind, one: &set}, true
	case name == "GlobalOptionSet" && c.optionSet != "":
		return related{kind: set.kind, one: &set}, true
	case name == "GlobalOptionSet":
		return related{kind: set.kind}, true
	default:
		return related{}, false
	}
}
