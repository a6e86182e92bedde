package dataverse

import (
	"maps"
	"slices"
	"strings"
)

// outline is what a request wants to see of definitions: $select, $expand and, of a collection, $filter.
type outline struct {
	kind    string   // declared type
	names   []string // nil: all
	expands []innerOutline
	filter  metadataPredicate
}

type innerOutline struct {
	nav string
	outline
}

// newOutline checks every name against the declared type.
func newOutline(all prototypes, kind string, options queryOptions) (outline, error) {
	s, p := outline{kind: kind}, all[kind]
	if text, ok := options.get("$select"); ok {
		s.names = []string{}
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			if _, known := p.fact(name); !known {
				return outline{}, noMetadataProperty(name, kind)
			}
			s.names = append(s.names, name)
		}
	}
	if source, ok := options.get("$filter"); ok {
		var err error
		if s.filter, err = parseMetadataFilter(p, source, options); err != nil {
			return outline{}, err
		}
	}
	text, _ := options.get("$expand")
	for _, item := range splitOutside(text, ',') {
		inner, err := newInnerOutline(all, p, strings.TrimSpace(item))
		if err != nil {
			return outline{}, err
		}
		s.expands = append(s.expands, inner)
	}
	return s, nil
}

func newInnerOutline(all prototypes, p definition, item string) (innerOutline, error) {
	nav, inside, hasOptions := strings.Cut(item, "(")
	if hasOptions {
		var closed bool
		if inside, closed = strings.CutSuffix(inside, ")"); !closed {
			return innerOutline{}, badRequest(codeCrmHTTP, "Found an unbalanced bracket expression.")
		}
	}
	options, err := nestedOptions(inside)
	if err != nil {
		return innerOutline{}, err
	}
	if p.nav == nil {
		return innerOutline{}, noMetadataProperty(nav, p.kind)
	}
	r, known := p.nav(nav)
	if !known {
		return innerOutline{}, noMetadataProperty(nav, p.kind)
	}
	if err := options.allow("$select", "$filter", "$expand"); err != nil {
		return innerOutline{}, err
	}
	s, err := newOutline(all, r.kind, options)
	return innerOutline{nav, s}, err
}

// noMetadataProperty: some of the real ones are not served, and saying they do not exist would be a lie.
func noMetadataProperty(name, kind string) error {
	const unserved = ` ActivityTypeMask AutoCreateAccessTeams AutoRouteToOwnerQueue CanBeInCustomEntityAssociation CanBeInManyToMany
		CanBePrimaryEntityInRelationship CanBeRelatedEntityInRelationship CanCreateCharts CanCreateForms CanCreateViews
		CanEnableSyncToExternalSearchIndex CanModifyAdditionalSettings CanTriggerWorkflow CreatedOn DataProviderId DataSourceId
		DaysSinceRecordLastModified EnforceStateTransitions EntityColor EntityHelpUrl EntityHelpUrlEnabled ExternalCollectionName
		ExternalName HasActivities HasEmailAddresses HasFeedback HasNotes IconLargeName IconMediumName IconSmallName IconVectorName
		IntroducedVersion IsAIRUpdated IsAuditEnabled IsAvailableOffline IsBusinessProcessEnabled IsConnectionsEnabled
		IsDocumentManagementEnabled IsDocumentRecommendationsEnabled IsDuplicateDetectionEnabled IsEnabledForExternalChannels
		IsEnabledForTrace IsImportable IsInteractionCentricEnabled IsKnowledgeManagementEnabled IsMSTeamsIntegrationEnabled
		IsMailMergeEnabled IsMappable IsOfflineInMobileClient IsOneNoteIntegrationEnabled IsQuickCreateEnabled
		IsReadOnlyInMobileClient IsReadingPaneEnabled IsRenameable IsRetentionEnabled IsSLAEnabled IsSolutionAware
		IsValidForQueue IsVisibleInMobile IsVisibleInMobileClient MobileOfflineFilters ModifiedOn ObjectTypeCode OwnerId
		PrimaryImageAttribute RecurrenceBaseEntityLogicalName ReportViewName SettingOf Settings SyncToExternalSearchIndex
		UsesBusinessDataLabelTable CanBeSecuredForCreate CanBeSecuredForRead CanBeSecuredForUpdate DeprecatedVersion
		InheritsFrom IsDataSourceSecret IsFilterable IsGlobalFilterEnabled IsRequiredForForm IsRetrievable IsSearchable IsSecured
		IsSortableEnabled IsValidForAdvancedFind IsValidForForm IsValidForGrid IsValidODataAttribute LinkedAttributeId SourceType
		AutoNumberFormat ChildPicklistLogicalNames DatabaseLength FormulaDefinition ImeMode IsLocalizable SourceTypeMask
		ParentPicklistLogicalName YomiOf AssociatedMenuConfiguration EntityKey RelationshipAttributes DenormalizedAttributeName
		IsDenormalizedLookup IsRelationshipAttributeDenormalized AsyncJob IsSynchronous IsExportKey SecondaryKeyAttributes `
	if slices.Contains(strings.Fields(unserved), name) {
		return unsupported("the property %s of %s", name, kind)
	}
	return badRequest(codeNone, "Could not find a property named '%s' on type '%s'.", name, queryNamespace+kind)
}

func (s outline) wants(name string) bool {
	return s.names == nil || name == "MetadataId" || slices.Contains(s.names, name)
}

// context is what stands in parentheses in the context URL.
func (s outline) context() string {
	names := slices.Clone(s.names)
	for _, e := range s.expands {
		names = append(names, e.nav+e.context())
	}
	if len(names) == 0 {
		return ""
	}
	return "(" + strings.Join(names, ",") + ")"
}

// write writes the members of an object already open. The type is named where it is not the declared one.
func (s outline) write(w *jsonWriter, d definition) error {
	if d.kind != s.kind {
		w.member("@odata.type", "#"+d.typeName())
	}
	for _, m := range d.facts {
		if s.wants(m.name) {
			w.name(m.name)
			w.fact(m.value)
		}
	}
	for _, e := range s.expands {
		r, _ := d.nav(e.nav)
		w.name(e.nav)
		if r.many != nil {
			if err := e.list(w, r.many); err != nil {
				return err
			}
			continue
		}
		if r.one == nil {
			w.value(nil)
			continue
		}
		w.open('{')
		if err := e.write(w, *r.one); err != nil {
			return err
		}
		w.close('}')
	}
	return nil
}

func (s outline) list(w *jsonWriter, many []definition) error {
	w.open('[')
	for _, d := range many {
		if s.filter != nil && s.filter(d) != yes {
			continue
		}
		w.open('{')
		if err := s.write(w, d); err != nil {
			return err
		}
		w.close('}')
	}
	w.close(']')
	return nil
}

// prototypes are one definition of each type, to check names against: made by the same code as all others. A base
// type has what its members have in common.
type prototypes map[string]definition

func newPrototypes() prototypes {
	t := &table{name: "prototype", primaryName: "string", columns: append(page(columns(
		key("Key"), text("String", 1), memo("Memo", 1), tableName("EntityName"), number("Integer"), bigInt("BigInt"), double("Double"),
		money("Money"), yesNo("Boolean"), dateTime("DateTime"), choice("Picklist", label{0, "0"}),
	), state()), lookup("Lookup", "prototype"))}
	s := &schema{all: []*table{t}, byName: map[string]*table{"prototype": t}}
	t.complete(0)
	all := prototypes{}
	for _, c := range t.columns {
		all[c.attributeType()] = t.define(c)
	}
	for alias, of := range map[string]string{
		"DecimalAttributeMetadata": "DoubleAttributeMetadata", "MultiSelectPicklistAttributeMetadata": "PicklistAttributeMetadata",
		"ImageAttributeMetadata": "EntityNameAttributeMetadata", "FileAttributeMetadata": "EntityNameAttributeMetadata",
		"ManagedPropertyAttributeMetadata": "EntityNameAttributeMetadata",
	} {
		all[alias] = all[of]
	}
	all["EntityMetadata"] = s.define(t)
	all["EntityKeyMetadata"] = t.defineKey(Key{})
	all["OptionSetMetadata"] = t.optionSet(t.columns[t.at("picklist")])
	all["BooleanOptionSetMetadata"] = t.optionSet(t.columns[t.at("boolean")])
	all["OneToManyRelationshipMetadata"] = t.relationships(t.columns[t.at("lookup")])[0]
	t.intersect = &intersect{"prototype", [2]string{"prototype", "prototype"}}
	all["ManyToManyRelationshipMetadata"] = s.defineIntersect(t)
	base := func(kind string, of ...string) { all[kind] = common(kind, all, of) }
	base("OptionSetMetadataBase", "OptionSetMetadata", "BooleanOptionSetMetadata")
	base("RelationshipMetadataBase", "OneToManyRelationshipMetadata", "ManyToManyRelationshipMetadata")
	attributes := slices.DeleteFunc(slices.Collect(maps.Keys(all)), func(kind string) bool { return !strings.HasSuffix(kind, "AttributeMetadata") })
	base("AttributeMetadata", attributes...)
	return all
}

// common has the facts all of the given types have, and no navigation property.
func common(kind string, all prototypes, of []string) definition {
	d := definition{kind: kind}
	for _, m := range all[of[0]].facts {
		if !slices.ContainsFunc(of, func(other string) bool { _, ok := all[other].fact(m.name); return !ok }) {
			d.facts = append(d.facts, m)
		}
	}
	return d
}
