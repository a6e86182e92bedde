package dataverse

// relationships are OneToManyRelationshipMetadata of a lookup: one a target, and one in all for an owner, whose
// targets stand behind a table of their own.
func (t *table) relationships(c *column) []definition {
	var all []definition
	for _, g := range c.targets {
		referenced, key := g.table, g.table+"id"
		if c.attribute == "Owner" {
			referenced, key = "owner", "ownerid"
		}
		all = append(all, definition{kind: "OneToManyRelationshipMetadata", facts: append(relationshipFacts(g.schema, "OneToManyRelationship"),
			member{"ReferencedEntity", referenced},
			member{"ReferencedAttribute", key},
			member{"ReferencedEntityNavigationPropertyName", g.back},
			member{"ReferencingEntity", t.name},
			member{"ReferencingAttribute", c.name},
			member{"ReferencingEntityNavigationPropertyName", g.nav},
			member{"RelationshipBehavior", 1},
			member{"IsHierarchical", g.table == t.name && !isCustom(c.name)},
			member{"CascadeConfiguration", c.cascadeFacts()},
		)})
		if c.attribute == "Owner" {
			break
		}
	}
	return all
}

// cascadeFacts: what happens to the row when the one it points at goes. The other cascades are those of an ordinary
// relationship.
func (c *column) cascadeFacts() object {
	onDelete := "RemoveLink"
	switch {
	case c.cascade:
		onDelete = "Cascade"
	case c.restrict:
		onDelete = "Restrict"
	case isEverywhere(c.name):
		onDelete = "NoCascade"
	}
	facts := object{}
	for _, name := range []string{"Assign", "Delete", "Archive", "Merge", "Reparent", "Share", "Unshare", "RollupView"} {
		value := "NoCascade"
		if name == "Delete" {
			value = onDelete
		}
		facts = append(facts, member{name, enumValue{"CascadeType", value}})
	}
	return facts
}

func relationshipFacts(schema, kind string) []member {
	return []member{
		{"MetadataId", metadataID("relationship", schema)},
		{"HasChanged", nil},
		{"SchemaName", schema},
		{"RelationshipType", enumValue{"RelationshipType", kind}},
		{"IsCustomRelationship", isCustom(schema)},
		{"IsManaged", true},
		{"IsValidForAdvancedFind", true},
		{"SecurityTypes", enumValue{"SecurityTypes", "None"}},
		{"IsCustomizable", managed(true, "iscustomizable")},
	}
}

func (s *schema) defineIntersect(t *table) definition {
	facts := append(relationshipFacts(t.intersect.schema, "ManyToManyRelationship"), member{"IntersectEntityName", t.name})
	for i, name := range t.intersect.tables {
		side := [2]string{"Entity1", "Entity2"}[i]
		facts = append(facts,
			member{side + "LogicalName", name},
			member{side + "IntersectAttribute", s.byName[name].key().name},
			member{side + "NavigationPropertyName", t.intersect.schema},
		)
	}
	return definition{kind: "ManyToManyRelationshipMetadata", facts: facts}
}

// allRelationships are RelationshipDefinitions.
func (s *schema) allRelationships() []definition {
	var all []definition
	for _, t := range s.all {
		for _, c := range t.columns {
			all = append(all, t.relationships(c)...)
		}
		if t.intersect != nil {
			all = append(all, s.defineIntersect(t))
		}
	}
	return all
}
