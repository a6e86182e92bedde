package dataverse

import "strings"

// define is EntityMetadata: what the schema says of a table.
func (s *schema) define(t *table) definition {
	custom := isCustom(t.name)
	key := ""
	if t.primaryName != "" {
		key = t.primaryName
	}
	tableType := "Standard"
	if t.elastic {
		tableType = "Elastic"
	}
	facts := []member{
		{"MetadataId", metadataID("table", t.name)},
		{"HasChanged", nil},
		{"LogicalName", t.name},
		{"SchemaName", t.schema},
		{"EntitySetName", t.set},
		{"LogicalCollectionName", t.set},
		{"CollectionSchemaName", t.collectionSchema()},
		{"PrimaryIdAttribute", t.key().name},
		{"PrimaryNameAttribute", nullable(key)},
		{"DisplayName", localised(t.display, t.name)},
		{"DisplayCollectionName", localised(t.display+"s", t.name)},
		{"Description", localised("", t.name)},
		{"OwnershipType", enumValue{"OwnershipTypes", string(t.ownership)}},
		{"TableType", tableType},
		{"IsCustomEntity", custom},
		{"IsManaged", true},
		{"IsActivity", t.activity},
		{"IsActivityParty", false},
		{"IsIntersect", t.intersect != nil},
		{"IsLogicalEntity", false},
		{"IsPrivate", false},
		{"IsBPFEntity", false},
		{"IsChildEntity", t.ownership == ownedByNobody && t.intersect == nil && !t.fixed},
		{"IsEnabledForCharts", false},
		{"IsStateModelAware", t.has("statecode")},
		{"ChangeTrackingEnabled", !t.untracked},
		{"IsOptimisticConcurrencyEnabled", !t.pessimistic},
		{"CanChangeTrackingBeEnabled", managed(!t.untracked, "canchangetrackingbeenabled")},
		{"CanCreateAttributes", managed(!t.fixed && t.intersect == nil, "cancreateattributes")},
		{"IsCustomizable", managed(true, "iscustomizable")},
		{"Privileges", t.tablePrivileges()},
	}
	return definition{"EntityMetadata", facts, func(name string) (related, bool) { return s.ofTable(t, name) }}
}

// collectionSchema puts the schema name's capitals into the set's name.
func (t *table) collectionSchema() string {
	if plural, ok := strings.CutPrefix(t.set, t.name); ok {
		return t.schema + plural
	}
	return t.set
}

// nullable is null for an empty text.
func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// ofTable follows a navigation property of EntityMetadata.
func (s *schema) ofTable(t *table, name string) (related, bool) {
	many, kind := []definition{}, "OneToManyRelationshipMetadata"
	switch name {
	case "Attributes":
		kind = "AttributeMetadata"
		for _, c := range t.columns {
			many = append(many, t.define(c))
		}
	case "Keys":
		kind = "EntityKeyMetadata"
		for _, k := range t.keys {
			many = append(many, t.defineKey(k))
		}
	case "ManyToOneRelationships":
		for _, c := range t.columns {
			many = append(many, t.relationships(c)...)
		}
	case "OneToManyRelationships":
		for _, other := range s.all {
			for _, c := range other.columns {
				for _, r := range other.relationships(c) {
					if r.text("ReferencedEntity") == t.name {
						many = append(many, r)
					}
				}
			}
		}
	case "ManyToManyRelationships":
		kind = "ManyToManyRelationshipMetadata"
		for _, other := range s.all {
			if x := other.intersect; x != nil && (x.tables[0] == t.name || x.tables[1] == t.name) {
				many = append(many, s.defineIntersect(other))
			}
		}
	default:
		return related{}, false
	}
	return related{kind: kind, many: many}, true
}

func (t *table) defineKey(k Key) definition {
	return definition{kind: "EntityKeyMetadata", facts: []member{
		{"MetadataId", metadataID("key", t.name, k.Name)},
		{"HasChanged", nil},
		{"DisplayName", localised(k.Name, t.name)},
		{"LogicalName", strings.ToLower(strings.ReplaceAll(k.Name, " ", ""))},
		{"SchemaName", strings.ReplaceAll(k.Name, " ", "")},
		{"EntityLogicalName", t.name},
		{"KeyAttributes", k.Columns},
		{"EntityKeyIndexStatus", enumValue{"EntityKeyIndexStatus", "Active"}},
		{"IsManaged", false},
		{"IsCustomizable", managed(true, "iscustomizable")},
	}}
}
